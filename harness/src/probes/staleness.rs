//! Staleness: how many operations a client has not reflected yet.

use std::collections::BTreeMap;

use syncbench_strategies::replica::{Report, Time};

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::metric::metrics;
use crate::node_table::{NodeMap, NodeSet};
use crate::probe::{End, Figures, Probe, ProbeSpec};

metrics! {
    STALENESS_OPS = {
        name: "staleness_ops",
        unit: "operations",
        better: Low,
        form: Numbers(&["mean", "max"]),
        meaning: "Operations issued anywhere and not yet reflected at a client: mean over clients and time, and the \
                  largest at one client.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Staleness::default()) };

#[derive(Default)]
struct Staleness {
    changed: bool,
    /// Nodes that reflect something new, or came or went, since the last look.
    touched: NodeSet,
    /// How many operations each live client reflects, and how many clients reflect so many: a change at one client costs the
    /// same however many clients there are.
    reflected: NodeMap<u64>,
    clients: BTreeMap<u64, u64>,
    sum: u64,
    /// Mean over the live clients now, and since when.
    now: f64,
    since: Time,
    area: f64,
    max: u64,
}

impl Staleness {
    fn pass(&mut self, at: Time) {
        self.area += self.now * at.0.saturating_sub(self.since.0) as f64;
        self.since = at;
    }

    fn update(&mut self, ledger: &Ledger) {
        while let Some(node) = self.touched.pop_first() {
            if let Some(before) = self.reflected.remove(node) {
                self.sum -= before;
                let alike = self.clients.entry(before).or_default();
                *alike -= 1;
                if *alike == 0 {
                    self.clients.remove(&before);
                }
            }
            if let Some(live) = ledger.replica(node).filter(|replica| replica.live_since.is_some()) {
                self.reflected.insert(node, live.count);
                self.sum += live.count;
                *self.clients.entry(live.count).or_default() += 1;
            }
        }
        let (n, issued) = (self.reflected.len() as u64, ledger.issued());
        self.now = (n * issued - self.sum) as f64 / n.max(1) as f64;
        self.max = self.max.max(self.clients.keys().next().map_or(0, |least| issued - least));
    }
}

impl Probe for Staleness {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        match &event.what {
            What::InstantEnd if std::mem::take(&mut self.changed) => {
                self.pass(event.at);
                self.update(ledger);
            }
            What::Issued { .. } => self.changed = true,
            What::Live
            | What::Crashed { .. }
            | What::Restored { .. }
            | What::Report(Report::StartedOver(_))
            | What::Report(Report::Reflected(_))
            | What::Report(Report::ReflectedThrough(_))
            | What::Report(Report::ReflectedTags(..)) => {
                self.touched.insert(event.node);
                self.changed = true;
            }
            What::Report(Report::Overwritten(_, at)) => {
                self.touched.insert(*at);
                self.changed = true;
            }
            // Reflected everywhere at once.
            What::Report(Report::Void(_) | Report::Rejected(..)) => {
                self.touched.extend(ledger.clients());
                self.changed = true;
            }
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        self.pass(end.at.max(self.since));
        let caught_up = end.ledger.entries().filter_map(|entry| entry.visible).max().unwrap_or(end.at);
        let horizon = if self.now > 0.0 { end.at } else { end.quiescing_since.max(caught_up) };
        let mean = if horizon.0 == 0 { 0.0 } else { self.area / horizon.0 as f64 };
        figures.numbers(&STALENESS_OPS, [("mean", mean), ("max", self.max as f64)]);
    }
}
