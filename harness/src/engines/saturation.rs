//! The highest rate that a group sustains: nearly every operation still becomes visible in time.
//!
//! The search offers a rate for a short while on threads, doubles it until the 99th percentile of `visible_ms` misses the
//! limit, and then narrows down between the last rate that met it and the first that did not. What it has found is then offered
//! for seconds: only a rate that is met for so long counts, and where it is not, lower ones are offered as long. The load is
//! open loop and evenly spaced, whatever the cell's own pace. There are no faults and no packet loss: a retransmission timeout
//! is longer than any queue that can build up in a short try, and would hide it.
//!
//! The limit is the strategy's calm 99th percentile on the same network plus an allowance. Calm is measured in virtual time,
//! where strategy code takes none: the limit is the same on every machine, and a slow machine gets no more room.

use std::num::NonZeroUsize;
use std::time::Duration;

use syncbench_strategies::replica::Time;

use super::sim;
use super::threads::{Detail, observe};
use crate::ledger::{Entry, Fate, Ledger};
use crate::pace::Pace;
use crate::run_result::RunResult;
use crate::settings::Settings;
use crate::task::Task;

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Added to the calm 99th percentile. Half of the 100 ms within which a reaction seems immediate (Miller 1968, Nielsen
    /// 1993); the other half is for the network.
    pub allowance: Duration,
    /// For how long a rate is offered. Six times the allowance: a group that is offered a fifth more than it sustains falls
    /// behind by the allowance in that time.
    pub span: Duration,
    /// Fewest operations of a try: a low rate is offered for longer.
    pub least_ops: u64,
    /// The lowest rate worth trying.
    pub lowest: f64,
    /// The highest rate worth trying: beyond what channels between threads carry.
    pub highest: f64,
    /// How many rates are tried.
    pub tries: u32,
    /// For how long what was found is offered. Ten times as long as a try: a group that is offered a fiftieth more than it
    /// sustains falls behind by the allowance in that time.
    pub hold: Duration,
    /// How many rates are offered for so long.
    pub holds: u32,
    /// Most operations of such an offer: a high rate is offered for less time, but for that of a try at least. The journals of
    /// 32 clients take some hundred bytes for each delivery, so half a gigabyte.
    pub most_ops: u64,
}

/// What a rate is lowered by that was not met for seconds: the last of eight offers is a twelfth of the first.
const LOWER: f64 = 0.7;
/// Rates that lie closer together than this are one: two searches differ by more.
const APART: f64 = 1.1;

impl Default for Search {
    fn default() -> Self {
        Self {
            allowance: Duration::from_millis(50),
            span: Duration::from_millis(300),
            least_ops: 20,
            lowest: 20.0,
            highest: 200_000.0,
            tries: 8,
            hold: Duration::from_secs(3),
            holds: 8,
            most_ops: 100_000,
        }
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Saturation {
    /// The highest rate that met the limit for seconds.
    pub ops_per_s: Option<f64>,
    /// The limit.
    pub limit: Duration,
    /// Every rate that was tried and its 99th percentile; `None` where it was not reached before the try was over.
    pub tried: Vec<(f64, Option<Duration>)>,
}

/// Operations of the calm run: enough for a 99th percentile that is not the largest.
const CALM_OPS: u64 = 200;

/// Offered in the calm run, operations a second: the recorded pace of one person.
const CALM_RATE: f64 = 5.0;

impl Search {
    /// Searches for the highest rate of `task`, which costs `cpu_per_op` of strategy code over the whole group.
    pub fn run(&self, task: &Task<'_>, cpu_per_op: Duration) -> Saturation {
        let limit = self.limit(task);
        let mut tried = Vec::new();
        let (mut held, mut missed): (Option<f64>, Option<f64>) = (None, None);
        let mut rate = self.first(cpu_per_op);
        for _ in 0..self.tries {
            let p99 = self.offer(task, rate, limit, self.span);
            tried.push((rate, p99));
            let side = if p99.is_some_and(|p99| p99 <= limit) { &mut held } else { &mut missed };
            *side = Some(rate);
            rate = match (held, missed) {
                (Some(held), None) => held * 2.0,
                (None, Some(missed)) => missed / 2.0,
                (Some(held), Some(missed)) => (held * missed).sqrt(),
                (None, None) => rate,
            };
            rate = rate.clamp(self.lowest, self.highest);
            if held.is_some_and(|held| rate < held * 1.03) || missed.is_some_and(|missed| rate > missed * 0.97) {
                break;
            }
        }
        let ops_per_s = held.and_then(|rate| {
            self.sustained(rate, |rate, span| {
                let p99 = self.offer(task, rate, limit, span);
                tried.push((rate, p99));
                p99.is_some_and(|p99| p99 <= limit)
            })
        });
        Saturation { ops_per_s, limit, tried }
    }

    /// The highest rate from `rate` down that is met for seconds; a higher one was missed in a short try already. `meets` offers a
    /// rate for a span.
    fn sustained(&self, mut rate: f64, mut meets: impl FnMut(f64, Duration) -> bool) -> Option<f64> {
        let (mut held, mut missed): (Option<f64>, Option<f64>) = (None, None);
        for _ in 0..self.holds {
            let most = Duration::from_secs_f64(self.most_ops as f64 / rate);
            let side = if meets(rate, self.hold.min(most).max(self.span)) { &mut held } else { &mut missed };
            *side = Some(rate);
            rate = match (held, missed) {
                (Some(held), Some(missed)) if missed > held * APART => (held * missed).sqrt(),
                (Some(_), _) => break,
                (None, _) => rate * LOWER,
            };
        }
        held
    }

    /// How long a search takes where what is found in short tries is met for seconds, without what it takes to see that a rate
    /// was missed.
    pub fn usual(&self) -> Duration {
        self.span * self.tries + self.hold
    }

    /// The limit for `task`.
    pub fn limit(&self, task: &Task<'_>) -> Duration {
        let ran = sim::run(&variant(task, CALM_OPS, CALM_RATE, Some(Duration::from_secs(3_600))), &mut []);
        p99(&ran.ledger).unwrap_or_default() + self.allowance
    }

    /// Where to begin: at an eighth of what the strategy's code alone would allow on all cores. A lower first rate costs a try
    /// or two; a much higher one costs the time that it takes to fail.
    fn first(&self, cpu_per_op: Duration) -> f64 {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let bound = cores as f64 / cpu_per_op.as_secs_f64().max(1e-9);
        (bound / 8.0).clamp(self.lowest, self.highest)
    }

    /// The 99th percentile at `rate`, as known at the time that decides whether it meets the limit.
    fn offer(&self, task: &Task<'_>, rate: f64, limit: Duration, span: Duration) -> Option<Duration> {
        let span = span.as_secs_f64().max(self.least_ops as f64 / rate);
        let ops = ((rate * span) as u64).max(1);
        let stop_at = Time::ZERO + Duration::from_secs_f64(span) + limit;
        let (ran, complete) = observe(&variant(task, ops, rate, None), &mut [], Detail::Latency, Some(stop_at));
        let RunResult { ledger, .. } = ran;
        // Users who have not acted by then are late already.
        p99(&ledger).filter(|_| complete)
    }
}

/// The same task, offered evenly at `rate`, undisturbed.
fn variant<'a>(task: &Task<'a>, ops: u64, rate_per_s: f64, sample_every: Option<Duration>) -> Task<'a> {
    let settings = Settings { ops, rate_per_s, pace: Pace::Periodic, undo: 0.0, sample_every, ..task.settings.clone() };
    Task { profile: task.profile.lossless(), ..task.undisturbed(settings) }
}

/// The 99th percentile of the time to visible everywhere; `None` where it was not reached.
fn p99(ledger: &Ledger) -> Option<Duration> {
    let refused = |entry: &&Entry| !matches!(entry.fate, Fate::Rejected(_));
    let span = |entry: &Entry| entry.visible.map(|at| at.since(entry.intended));
    let mut spans: Vec<_> = ledger.entries().filter(refused).map(span).collect();
    // An operation that never became visible is later than any other.
    spans.sort_by_key(|span| span.unwrap_or(Duration::MAX));
    let rank = (spans.len() as f64 * 0.99).ceil() as usize;
    spans.get(rank.checked_sub(1)?).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found for a group that sustains `capacity`, from a first rate down, and the spans for which rates were offered.
    fn found(capacity: f64, first: f64) -> (Option<f64>, Vec<Duration>) {
        let mut spans = Vec::new();
        let found = Search::default().sustained(first, |rate, span| {
            spans.push(span);
            rate <= capacity
        });
        (found, spans)
    }

    #[test]
    fn what_is_found_is_met_for_seconds_and_lies_just_below_what_is_not() {
        assert_eq!(found(500.0, 500.0), (Some(500.0), vec![Duration::from_secs(3)]));
        for first in [510.0, 700.0, 1_900.0] {
            let (rate, spans) = found(500.0, first);
            let rate = rate.unwrap();
            assert!(rate <= 500.0 && rate > 500.0 * LOWER, "{first}: {rate}");
            assert!(spans.len() > 1 && spans.iter().all(|span| *span == Duration::from_secs(3)), "{spans:?}");
        }
        assert_eq!(found(1.0, 500.0).0, None);
    }

    #[test]
    fn a_high_rate_is_offered_for_less_time_but_never_less_than_a_try() {
        let Search { span, most_ops, .. } = Search::default();
        assert_eq!(found(1e9, 50_000.0).1, [Duration::from_secs(most_ops / 50_000)]);
        assert_eq!(found(1e9, 1e8).1, [span]);
    }
}
