//! `divergence`, `diverged_share`, `convergence_ms`, `sec_violations`: who sees what, and since when all see the same.
//!
//! P(t) = 1 - sum n_c (n_c - 1) / (n (n - 1)) over the classes of equal state among the n live clients: the chance that two
//! of them, picked at random, see different things.

use std::collections::BTreeMap;

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{NodeId, Report, Time};

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::probe::{End, Figures, Probe};
use crate::results::Metric;

pub(super) fn probe() -> Box<dyn Probe> {
    Box::new(Divergence::default())
}

#[derive(Default)]
struct Divergence {
    states: BTreeMap<NodeId, Digest>,
    changed: bool,
    /// P now, and since when.
    now: f64,
    since: Time,
    area: f64,
    diverged_ns: u64,
    peak: f64,
    /// When all came to see the same, if they do.
    agreed_at: Time,
    violations: u64,
    curve: Vec<(f64, f64)>,
}

impl Divergence {
    fn settle(&mut self, at: Time, ledger: &Ledger) {
        let live: Vec<_> = ledger.live().filter_map(|(node, r)| Some((*self.states.get(&node)?, r.hash))).collect();
        let next = spread(&live);
        let violated = live
            .iter()
            .enumerate()
            .any(|(index, (state, hash))| live[..index].iter().any(|(other, others)| hash == others && state != other));
        self.violations += u64::from(violated);
        if next != self.now || self.curve.is_empty() {
            self.pass(at);
            if next == 0.0 {
                self.agreed_at = at;
            }
            self.now = next;
            self.peak = self.peak.max(next);
            self.curve.push((at.as_ms(), next));
        }
    }

    /// Adds up to `at` what has been true since the last change.
    fn pass(&mut self, at: Time) {
        let span = at.0.saturating_sub(self.since.0);
        self.area += self.now * span as f64;
        self.diverged_ns += if self.now > 0.0 { span } else { 0 };
        self.since = at;
    }
}

fn spread(live: &[(Digest, u128)]) -> f64 {
    if live.len() < 2 {
        return 0.0;
    }
    let mut classes: BTreeMap<Digest, u64> = BTreeMap::new();
    for (state, _) in live {
        *classes.entry(*state).or_default() += 1;
    }
    let same: u64 = classes.values().map(|n| n * (n - 1)).sum();
    let n = live.len() as u64;
    1.0 - same as f64 / (n * (n - 1)) as f64
}

impl Probe for Divergence {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        match &event.what {
            What::State(digest) => {
                self.states.insert(event.node, *digest);
                self.changed = true;
            }
            What::Live
            | What::Crashed { .. }
            | What::Report(Report::Reflected(_))
            | What::Report(Report::ReflectedThrough(_))
            | What::Report(Report::ReflectedTags(..)) => self.changed = true,
            What::InstantEnd if std::mem::take(&mut self.changed) => self.settle(event.at, ledger),
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        self.pass(end.at.max(self.since));
        // The quiet tail after agreement belongs to no mean.
        let horizon = if self.now > 0.0 { end.at } else { end.calm_since.max(self.agreed_at) };
        let share = |part: f64| if horizon.0 == 0 { 0.0 } else { part / horizon.0 as f64 };
        figures.numbers("divergence", [("mean", share(self.area)), ("peak", self.peak)]);
        figures.number("diverged_share", share(self.diverged_ns as f64));
        figures.number("sec_violations", self.violations as f64);
        let convergence = match self.now {
            0.0 => Metric::Number(self.agreed_at.since(end.calm_since).as_secs_f64() * 1e3),
            _ => Metric::Absent,
        };
        figures.metrics.insert("convergence_ms".into(), convergence);
        let mut curve = std::mem::take(&mut self.curve);
        curve.push((horizon.as_ms(), self.now));
        figures.curves.insert("divergence".into(), thin(&curve, CURVE_POINTS));
    }
}

/// Points kept of a curve: more than a chart has pixels for, and small on disk.
const CURVE_POINTS: usize = 400;

/// A step curve in at most `limit` points: equal spans of time, each with its time mean, and then the last point, whose
/// value lasts.
fn thin(curve: &[(f64, f64)], limit: usize) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return Vec::new() };
    if curve.len() <= limit {
        return curve.to_vec();
    }
    let buckets = limit - 1;
    let width = (last.0 - first.0) / buckets as f64;
    let mut out = Vec::with_capacity(limit);
    let mut index = 0;
    for bucket in 0..buckets {
        let (from, to) = (first.0 + width * bucket as f64, first.0 + width * (bucket + 1) as f64);
        let (mut at, mut area) = (from, 0.0);
        while curve.get(index + 1).is_some_and(|next| next.0 < to) {
            area += curve[index].1 * (curve[index + 1].0 - at).max(0.0);
            at = curve[index + 1].0.max(at);
            index += 1;
        }
        area += curve[index].1 * (to - at);
        out.push((from, area / width));
    }
    out.push(*last);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_the_chance_that_two_differ() {
        let of = |states: &[u128]| spread(&states.iter().map(|state| (Digest(*state), 0)).collect::<Vec<_>>());
        assert_eq!(of(&[]), 0.0);
        assert_eq!(of(&[1]), 0.0);
        assert_eq!(of(&[1, 1, 1]), 0.0);
        assert_eq!(of(&[1, 2]), 1.0);
        assert!((of(&[1, 1, 2, 2]) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(of(&[1, 2, 3, 4]), 1.0);
    }

    #[test]
    fn thinning_keeps_the_area() {
        let curve: Vec<_> = (0..=1000).map(|n| (f64::from(n), f64::from(n % 2))).collect();
        let thin = thin(&curve, 101);
        assert_eq!(thin.len(), 101);
        assert!(thin[..100].iter().all(|(_, value)| (value - 0.5).abs() < 0.11), "{thin:?}");
        // What was shown in the end is shown for good.
        assert_eq!(thin[100], (1000.0, 0.0));
    }
}
