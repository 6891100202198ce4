//! Divergence: which clients show different states, and for how long.
//!
//! P(t) = 1 - sum n_c (n_c - 1) / (n (n - 1)) over the classes of equal state among the n live clients: the chance that two
//! of them, picked at random, show different states.

use std::collections::BTreeMap;

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{NodeId, Report, Time};

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::metric::metrics;
use crate::probe::{End, Figures, Probe, ProbeSpec};

metrics! {
    DIVERGENCE = {
        name: "divergence",
        unit: "share",
        better: Low,
        form: Numbers(&["mean", "peak"]),
        meaning: "Chance that two live clients, picked at random, show different states: P(t) = 1 - sum n_c(n_c-1) / \
                  n(n-1) over classes of equal state; mean over time, peak, and a curve.",
    };
    DIVERGED_SHARE = {
        name: "diverged_share",
        unit: "share",
        better: Low,
        form: Number,
        meaning: "Share of the time in which live clients showed more than one state.",
    };
    CONVERGENCE_MS = {
        name: "convergence_ms",
        unit: "ms",
        better: Low,
        form: Number,
        meaning: "From the last operation or heal until all live clients show one state for good; absent where they \
                  never do.",
    };
    SEC_VIOLATIONS = {
        name: "sec_violations",
        unit: "moments",
        better: Low,
        form: Number,
        meaning: "Moments at which two clients had reflected the same operations and showed different states: strong \
                  eventual consistency was violated.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Divergence::default()) };

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
    /// When all live clients came to show one state, if they do now.
    agreed_at: Time,
    violations: u64,
    curve: Vec<(f64, f64)>,
}

impl Divergence {
    fn update(&mut self, at: Time, ledger: &Ledger) {
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

    /// Accumulates the time since the last change.
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
            | What::Report(Report::ReflectedTags(..))
            | What::Report(Report::Pending(_)) => self.changed = true,
            What::InstantEnd if std::mem::take(&mut self.changed) => self.update(event.at, ledger),
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        self.pass(end.at.max(self.since));
        // The tail of the run after agreement belongs to no mean.
        let horizon = if self.now > 0.0 { end.at } else { end.quiescing_since.max(self.agreed_at) };
        let share = |part: f64| if horizon.0 == 0 { 0.0 } else { part / horizon.0 as f64 };
        figures.numbers(&DIVERGENCE, [("mean", share(self.area)), ("peak", self.peak)]);
        figures.number(&DIVERGED_SHARE, share(self.diverged_ns as f64));
        figures.number(&SEC_VIOLATIONS, self.violations as f64);
        let convergence = self.agreed_at.since(end.quiescing_since).as_secs_f64() * 1e3;
        figures.number_if(&CONVERGENCE_MS, (self.now == 0.0).then_some(convergence));
        let mut curve = std::mem::take(&mut self.curve);
        curve.push((horizon.as_ms(), self.now));
        figures.curve(&DIVERGENCE, thin(&curve, CURVE_POINTS));
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
    fn spread_is_the_chance_that_two_clients_differ() {
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
        // The last value lasts.
        assert_eq!(thin[100], (1000.0, 0.0));
    }
}
