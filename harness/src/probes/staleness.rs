//! Staleness: how many operations a client has not reflected yet.

use syncbench_strategies::replica::{Report, Time};

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::metric::metrics;
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
}

impl Probe for Staleness {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        match &event.what {
            What::InstantEnd if std::mem::take(&mut self.changed) => {
                self.pass(event.at);
                let missing: Vec<u64> = ledger.live().map(|(node, _)| ledger.missing_at(node)).collect();
                self.now = missing.iter().sum::<u64>() as f64 / missing.len().max(1) as f64;
                self.max = missing.into_iter().fold(self.max, u64::max);
            }
            What::Issued { .. }
            | What::Live
            | What::Crashed { .. }
            | What::Report(Report::Reflected(_))
            | What::Report(Report::ReflectedThrough(_))
            | What::Report(Report::ReflectedTags(..))
            | What::Report(Report::Void(_))
            | What::Report(Report::Rejected(..)) => self.changed = true,
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
