//! A process that alternates between two states and stays in each for an exponentially distributed time: a Markov chain of two
//! states in continuous time. Bursts of losses, absences and sessions are such processes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use syncbench_strategies::replica::Rng;

use crate::rng::{exponential, stream, unit};

/// The shortest stay in a state, so that two changes are never at one moment.
const SHORTEST: Duration = Duration::from_micros(1);

/// One process. Its course depends on its key alone; it is drawn as far as it is asked for, and kept.
#[derive(Debug)]
pub(super) struct Alternating {
    /// Mean time in the second state and in the first.
    means: [Duration; 2],
    course: Mutex<Course>,
}

#[derive(Debug)]
struct Course {
    rng: Rng,
    /// Whether it begins in the second state.
    begins_on: bool,
    /// The times at which it changes its state, ascending.
    changes: Vec<Duration>,
}

/// A stay in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    /// Whether it is the second state.
    pub(super) on: bool,
    /// When it ends.
    pub(super) until: Duration,
}

impl Alternating {
    /// A process that starts in equilibrium: it is in its second state for this share of the time, and for `mean_on` each time. The
    /// key names it among the draws of a run.
    pub(super) fn new(share_on: f64, mean_on: Duration, (seed, purpose, entity): (u64, &str, u64)) -> Self {
        let mean_off = mean_on.mul_f64((1.0 - share_on) / share_on);
        let mut rng = stream(seed, purpose, entity, 0);
        let begins_on = unit(&mut rng) < share_on;
        Self { means: [mean_on, mean_off], course: Mutex::new(Course { rng, begins_on, changes: Vec::new() }) }
    }

    /// One that begins in its first state.
    pub(super) fn begins_off(mean_off: Duration, mean_on: Duration, (seed, purpose, entity): (u64, &str, u64)) -> Self {
        let course = Course { rng: stream(seed, purpose, entity, 0), begins_on: false, changes: Vec::new() };
        Self { means: [mean_on, mean_off], course: Mutex::new(course) }
    }

    /// How many changes to expect in this time.
    pub(super) fn changes_in(&self, span: Duration) -> f64 {
        let [one, other] = self.means.map(|mean| mean.max(SHORTEST).as_secs_f64());
        2.0 * span.as_secs_f64() / (one + other)
    }

    /// The state at a time.
    pub(super) fn at(&self, elapsed: Duration) -> Stay {
        // After a panic in another thread the course is shorter, not wrong.
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        let Course { rng, begins_on, changes } = &mut *course;
        while changes.last().is_none_or(|last| *last <= elapsed) {
            let on = *begins_on != (changes.len() % 2 == 1);
            let mean = self.means[usize::from(!on)];
            let stay = Duration::try_from_secs_f64(exponential(rng, mean.as_secs_f64())).unwrap_or(Duration::MAX);
            changes.push(changes.last().copied().unwrap_or_default().saturating_add(stay.max(SHORTEST)));
        }
        let before = changes.partition_point(|change| *change <= elapsed);
        Stay { on: *begins_on != (before % 2 == 1), until: changes[before] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    /// Shares of the time in the second state, and the mean length of a stay there, over so many seconds.
    fn measured(process: &Alternating, seconds: u64) -> (f64, Duration) {
        let (mut at, mut on, mut stays) = (Duration::ZERO, Duration::ZERO, 0);
        while at < S * seconds as u32 {
            let stay = process.at(at);
            if stay.on {
                on += stay.until - at;
                stays += 1;
            }
            at = stay.until;
        }
        (on.as_secs_f64() / at.as_secs_f64(), on / stays)
    }

    #[test]
    fn it_is_on_for_its_share_of_the_time_and_its_mean_each_time() {
        for (share, mean) in [(0.05, S), (0.2, S * 30), (0.5, S / 10), (0.9, S)] {
            let process = Alternating::new(share, mean, (7, "test", 1));
            let (shown, stay) = measured(&process, 1_000_000);
            // Four standard deviations of the mean of so many stays.
            let error = 4.0 * (2.0 * mean.as_secs_f64() / (1e6 * share)).sqrt();
            assert!((shown / share - 1.0).abs() < error, "{share}: {shown}");
            assert!((stay.as_secs_f64() / mean.as_secs_f64() - 1.0).abs() < error, "{mean:?}: {stay:?}");
        }
    }

    #[test]
    fn its_course_does_not_depend_on_who_asks_when() {
        let process = || Alternating::new(0.3, S, (1, "test", 2));
        let (forward, backward) = (process(), process());
        let times: Vec<Duration> = (0..200).map(|n| S / 7 * n).collect();
        let one: Vec<Stay> = times.iter().map(|at| forward.at(*at)).collect();
        let mut other: Vec<Stay> = times.iter().rev().map(|at| backward.at(*at)).collect();
        other.reverse();
        assert_eq!(one, other);
        assert_ne!(one, times.iter().map(|at| Alternating::new(0.3, S, (2, "test", 2)).at(*at)).collect::<Vec<_>>());
        assert!(!Alternating::begins_off(S, S, (1, "test", 2)).at(Duration::ZERO).on);
    }
}
