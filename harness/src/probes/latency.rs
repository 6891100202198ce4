//! Latencies, from the moment that a user intended to act.

use syncbench_strategies::replica::Time;

use crate::event::Event;
use crate::ledger::{Entry, Fate, Ledger};
use crate::metric::metrics;
use crate::probe::{Distribution, End, Figures, Probe, ProbeSpec};

metrics! {
    ECHO_MS = {
        name: "echo_ms",
        unit: "ms",
        better: Low,
        form: Distribution,
        meaning: "From action to own screen; rejected operations left out.",
    };
    CONFIRMED_MS = {
        name: "confirmed_ms",
        unit: "ms",
        better: Low,
        form: Distribution,
        meaning: "From action until its user is told that the operation stands or is rejected.",
    };
    REPLICATED_MS = {
        name: "replicated_ms",
        unit: "ms",
        better: Low,
        form: Distribution,
        meaning: "From action until a second machine has the operation, the server or another client: from then on it \
                  survives the loss of its user's device; rejected operations left out.",
    };
    VISIBLE_MS = {
        name: "visible_ms",
        unit: "ms",
        better: Low,
        form: Distribution,
        meaning: "From action until every client that was live at its issue has reflected the operation; rejected \
                  operations left out, and clients that crash for good are not waited for.",
    };
    VISIBLE_HALF_MS = {
        name: "visible_half_ms",
        unit: "ms",
        better: Low,
        form: Distribution,
        meaning: "From action until half of the clients that were live at its issue have reflected the operation; \
                  rejected operations left out.",
    };
    CENSORED = {
        name: "censored",
        unit: "operations",
        better: Low,
        form: Counts(&["confirmed", "replicated", "visible"]),
        meaning: "Operations that were never confirmed or rejected, those that no second machine ever had, and those \
                  that never became visible everywhere: the latencies leave them out.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Latency) };

/// The ledger keeps every moment; all is added up at the end.
struct Latency;

impl Probe for Latency {
    fn event(&mut self, _: &Event, _: &Ledger) {}

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let ledger = end.ledger;
        // A rejected operation is answered, and never becomes visible.
        let accepted = || ledger.entries().filter(|entry| !matches!(entry.fate, Fate::Rejected(_)));
        figures.distribution(&ECHO_MS, &latencies(accepted(), |entry| entry.shown));
        figures.distribution(&CONFIRMED_MS, &latencies(ledger.entries(), |entry| entry.resolved));
        figures.distribution(&REPLICATED_MS, &latencies(accepted(), |entry| entry.replicated));
        figures.distribution(&VISIBLE_MS, &latencies(accepted(), |entry| entry.visible));
        figures.distribution(&VISIBLE_HALF_MS, &latencies(accepted(), |entry| entry.half));
        let unanswered = |entry: &&Entry| entry.resolved.is_none() && !ledger.crashed_for_good(entry.id.client);
        let confirmed = ledger.entries().filter(unanswered).count() as u64;
        let replicated = accepted().filter(|entry| entry.replicated.is_none()).count() as u64;
        let visible = ledger.entries().filter(|entry| entry.visible.is_none()).count() as u64;
        let censored = [("confirmed", confirmed), ("replicated", replicated), ("visible", visible)];
        figures.counts(&CENSORED, censored);
    }
}

fn latencies<'a>(entries: impl Iterator<Item = &'a Entry>, moment: fn(&Entry) -> Option<Time>) -> Distribution {
    let mut latency = Distribution::latency();
    for (entry, at) in entries.filter_map(|entry| Some((entry, moment(entry)?))) {
        latency.record(u64::try_from(at.since(entry.intended).as_nanos()).unwrap_or(u64::MAX));
    }
    latency
}
