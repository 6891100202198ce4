//! `echo_ms`, `ack_ms`, `visible_ms`, `visible_half_ms`: from the moment a user meant to act.

use std::collections::BTreeMap;

use syncbench_strategies::replica::Time;

use crate::event::Event;
use crate::ledger::{Entry, Fate, Ledger};
use crate::probe::{Distribution, End, Figures, Probe};

pub(super) fn probe() -> Box<dyn Probe> {
    Box::new(Latency)
}

/// The ledger keeps every moment; all is added up at the end.
struct Latency;

impl Probe for Latency {
    fn event(&mut self, _: &Event, _: &Ledger) {}

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let refused = |entry: &Entry| matches!(entry.fate, Fate::Rejected(_));
        let moments: [(&str, fn(&Entry) -> Option<Time>); 4] = [
            ("echo_ms", |entry| entry.shown),
            ("ack_ms", |entry| entry.resolved),
            ("visible_ms", |entry| entry.visible),
            ("visible_half_ms", |entry| entry.half),
        ];
        for (name, moment) in moments {
            let mut latency = Distribution::latency_ms();
            for entry in end.ledger.entries() {
                // A refused operation is told, and never becomes visible.
                if name == "ack_ms" || !refused(entry) {
                    let spans = moment(entry).map(|at| at.since(entry.intended).as_micros());
                    spans.into_iter().for_each(|us| latency.record(u64::try_from(us).unwrap_or(u64::MAX)));
                }
            }
            figures.distribution(name, &latency);
        }
        // What never came: a distribution without these would flatter.
        let mut censored = BTreeMap::from([("ack".to_owned(), 0), ("visible".to_owned(), 0)]);
        for entry in end.ledger.entries() {
            *censored.entry("ack".into()).or_default() +=
                u64::from(entry.resolved.is_none() && !end.ledger.crashed_for_good(entry.id.client));
            *censored.entry("visible".into()).or_default() += u64::from(entry.visible.is_none());
        }
        figures.counts("censored", censored);
    }
}
