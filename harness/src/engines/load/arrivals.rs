//! When the intents of one user are due in an open loop.

use std::f64::consts::TAU;
use std::time::Duration;

use syncbench_strategies::replica::{Rng, Time};

use crate::pace::{DAY_SWING, IN_A_BURST, Pace, TIMES_AS_DENSE};
use crate::rng::{exponential, unit};

/// The arrivals of one user.
pub(super) struct Arrivals {
    pace: Pace,
    /// Mean time between two intents of this user.
    mean: Duration,
    /// Length of a day: as long as all users act.
    day: Duration,
    rng: Rng,
}

impl Arrivals {
    pub(super) fn new(pace: Pace, mean: Duration, day: Duration, rng: Rng) -> Self {
        Self { pace, mean, day, rng }
    }

    /// When the next intent is due, after one at `last`.
    pub(super) fn after(&mut self, last: Time) -> Time {
        let mean_s = self.mean.as_secs_f64();
        match self.pace {
            Pace::Bursts => {
                // The pause after a burst makes up for its short gaps.
                let within_s = mean_s / TIMES_AS_DENSE;
                let pause_s = IN_A_BURST * mean_s - (IN_A_BURST - 1.0) * within_s;
                let ends = unit(&mut self.rng) < 1.0 / IN_A_BURST;
                last + span(exponential(&mut self.rng, if ends { pause_s } else { within_s }))
            }
            Pace::Day => {
                let passed_s = exponential(&mut self.rng, mean_s);
                Time::ZERO + span(self.moment_s(self.load_s(seconds(last)) + passed_s))
            }
            Pace::Poisson => last + span(exponential(&mut self.rng, mean_s)),
            _ => last + self.mean,
        }
    }

    /// The load of a day up to this moment, as the time in which an even rate would produce it.
    fn load_s(&self, at_s: f64) -> f64 {
        let day_s = self.day.as_secs_f64();
        at_s - DAY_SWING * day_s / TAU * libm::sin(TAU * at_s / day_s)
    }

    /// The moment up to which a day has had this much load. The load only grows, and differs from the time by less than a day.
    fn moment_s(&self, load_s: f64) -> f64 {
        let day_s = self.day.as_secs_f64();
        let (mut before, mut after) = ((load_s - day_s).max(0.0), load_s + day_s);
        while after - before > 1e-9 * day_s.max(1.0) {
            let middle = f64::midpoint(before, after);
            if self.load_s(middle) < load_s {
                before = middle;
            } else {
                after = middle;
            }
        }
        after
    }
}

fn seconds(at: Time) -> f64 {
    at.since(Time::ZERO).as_secs_f64()
}

fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    const DAY_S: u64 = 1_000;

    /// When the first intents are due, in seconds.
    fn due(pace: Pace, intents: usize) -> Vec<f64> {
        let rng = stream(5, "arrival", 1, 0);
        let mut arrivals = Arrivals::new(pace, Duration::from_secs(1), Duration::from_secs(DAY_S), rng);
        let mut last = Time::ZERO;
        let next = |_| {
            last = arrivals.after(last);
            seconds(last)
        };
        (0..intents).map(next).collect()
    }

    fn gaps(due: &[f64]) -> Vec<f64> {
        due.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn every_pace_has_the_same_rate() {
        for pace in [Pace::Poisson, Pace::Periodic, Pace::Bursts, Pace::Day] {
            let last = due(pace, 100_000)[99_999];
            assert!((last / 100_000.0 - 1.0).abs() < 0.03, "{pace:?}: {last}");
        }
    }

    #[test]
    fn bursts_vary_more_than_random_gaps() {
        let variation = |pace| {
            let gaps = gaps(&due(pace, 100_000));
            let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
            let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
            variance.sqrt() / mean
        };
        assert!((variation(Pace::Poisson) - 1.0).abs() < 0.02);
        // Nine gaps in ten have a mean of 0.1, the tenth one of 9.1: the second moment is 2 (0.9 * 0.01 + 0.1 * 82.81).
        let expected = (2.0 * (0.9 * 0.01 + 0.1 * 82.81) - 1.0_f64).sqrt();
        assert!((variation(Pace::Bursts) / expected - 1.0).abs() < 0.05, "{} {expected}", variation(Pace::Bursts));
    }

    #[test]
    fn a_day_has_three_times_the_load_at_its_middle() {
        let due = due(Pace::Day, 200_000);
        let at = |share: f64| {
            let near = |at: &&f64| {
                (*at / DAY_S as f64 - share).rem_euclid(1.0).min((share - *at / DAY_S as f64).rem_euclid(1.0)) < 0.02
            };
            due.iter().filter(near).count() as f64
        };
        let ratio = at(0.5) / at(0.0);
        assert!((ratio / 3.0 - 1.0).abs() < 0.05, "{ratio}");
    }
}
