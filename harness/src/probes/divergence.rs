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
use crate::node_table::{NodeMap, NodeSet};
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
                  never do, and where states were only sampled.",
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
    states: NodeMap<Digest>,
    classes: Classes,
    /// Nodes whose state or operations changed at this instant.
    touched: NodeSet,
    /// Something changed at this instant that users may see.
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
        while let Some(node) = self.touched.pop_first() {
            let live = ledger.replica(node).filter(|replica| replica.live_since.is_some());
            let shows = live.and_then(|replica| Some((*self.states.get(node)?, replica.hash)));
            self.classes.put(node, shows);
        }
        self.violations += u64::from(self.classes.violated > 0);
        let next = self.classes.spread();
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

/// Live clients in classes: of equal states, and of equal sets of operations. A change at one client costs the same however
/// many clients there are.
#[derive(Default)]
struct Classes {
    /// What each client shows, and a hash of the operations that it reflects.
    clients: NodeMap<(Digest, u128)>,
    states: BTreeMap<Digest, u64>,
    /// Ordered pairs of two clients with one state.
    alike: u64,
    /// By hash of operations: how many clients show which state.
    operations: BTreeMap<u128, BTreeMap<Digest, u64>>,
    /// How many sets of operations are shown as more than one state.
    violated: u64,
}

impl Classes {
    /// A client shows this, or is not live.
    fn put(&mut self, node: NodeId, shows: Option<(Digest, u128)>) {
        let before = match shows {
            Some(shows) => self.clients.insert(node, shows),
            None => self.clients.remove(node),
        };
        if before != shows {
            before.into_iter().for_each(|class| self.leave(class));
            shows.into_iter().for_each(|class| self.join(class));
        }
    }

    fn join(&mut self, (state, operations): (Digest, u128)) {
        let same = self.states.entry(state).or_default();
        self.alike += 2 * *same;
        *same += 1;
        let shown = self.operations.entry(operations).or_default();
        let agreed = shown.len() < 2;
        *shown.entry(state).or_default() += 1;
        self.violated += u64::from(agreed && shown.len() == 2);
    }

    fn leave(&mut self, (state, operations): (Digest, u128)) {
        if let Some(same) = self.states.get_mut(&state) {
            *same -= 1;
            self.alike -= 2 * *same;
            if *same == 0 {
                self.states.remove(&state);
            }
        }
        let Some(shown) = self.operations.get_mut(&operations) else { return };
        if let Some(same) = shown.get_mut(&state) {
            *same -= 1;
            if *same == 0 {
                shown.remove(&state);
                self.violated -= u64::from(shown.len() == 1);
            }
        }
        if shown.is_empty() {
            self.operations.remove(&operations);
        }
    }

    fn spread(&self) -> f64 {
        let n = self.clients.len() as u64;
        if n < 2 { 0.0 } else { 1.0 - self.alike as f64 / (n * (n - 1)) as f64 }
    }
}

impl Probe for Divergence {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        match &event.what {
            What::State(digest) => {
                self.states.insert(event.node, *digest);
                self.touched.insert(event.node);
                self.changed = true;
            }
            What::Live
            | What::Crashed { .. }
            | What::Restored { .. }
            | What::Report(Report::StartedOver(_))
            | What::Report(Report::Reflected(_))
            | What::Report(Report::ReflectedThrough(_))
            | What::Report(Report::ReflectedTags(..))
            | What::Report(Report::Pending(_)) => {
                self.touched.insert(event.node);
                self.changed = true;
            }
            // Reflected there, without a change that anybody sees.
            What::Report(Report::Overwritten(_, at)) => self.touched.insert(*at),
            // Reflected everywhere at once, without a change that anybody sees.
            What::Report(Report::Void(_) | Report::Rejected(..)) => self.touched.extend(ledger.clients()),
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
        // On a grid of samples the moment of agreement is that of a sample, often the one before the last operation.
        let known = self.now == 0.0 && !end.sampled;
        let convergence = self.agreed_at.since(end.quiescing_since).as_secs_f64() * 1e3;
        figures.number_if(&CONVERGENCE_MS, known.then_some(convergence));
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
    use proptest::prelude::*;

    use super::*;

    /// What the classes keep as clients come and go, counted from all pairs.
    fn counted(clients: &NodeMap<(Digest, u128)>) -> (f64, bool) {
        let all: Vec<_> = clients.values().collect();
        let pairs =
            || all.iter().enumerate().flat_map(|(index, one)| all[..index].iter().map(move |other| (one, other)));
        let differ = pairs().filter(|(one, other)| one.0 != other.0).count() as f64;
        let violated = pairs().any(|(one, other)| one.1 == other.1 && one.0 != other.0);
        (if all.len() < 2 { 0.0 } else { differ / pairs().count() as f64 }, violated)
    }

    #[test]
    fn spread_is_the_chance_that_two_clients_differ() {
        let of = |states: &[u128]| {
            let mut classes = Classes::default();
            (1..).zip(states).for_each(|(node, state)| classes.put(NodeId(node), Some((Digest(*state), 0))));
            classes.spread()
        };
        assert_eq!(of(&[]), 0.0);
        assert_eq!(of(&[1]), 0.0);
        assert_eq!(of(&[1, 1, 1]), 0.0);
        assert_eq!(of(&[1, 2]), 1.0);
        assert!((of(&[1, 1, 2, 2]) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(of(&[1, 2, 3, 4]), 1.0);
    }

    proptest! {
        #[test]
        fn classes_are_those_of_all_pairs(
            changes in prop::collection::vec((1..6u32, prop::option::of((0..3u128, 0..3u128))), 0..60)
        ) {
            let mut classes = Classes::default();
            for (node, shows) in changes {
                classes.put(NodeId(node), shows.map(|(state, operations)| (Digest(state), operations)));
                let (spread, violated) = counted(&classes.clients);
                prop_assert!((classes.spread() - spread).abs() < 1e-12);
                prop_assert_eq!(classes.violated > 0, violated);
            }
        }
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
