//! `ops_issued`, `concurrency`, `rejected`, `rolled_back`, `counters`, `messages_refused`: what became of operations.

use std::collections::BTreeMap;

use syncbench_strategies::replica::Report;

use crate::event::{Event, What};
use crate::ledger::{Fate, Ledger};
use crate::probe::{End, Figures, Probe};

pub(super) fn probe() -> Box<dyn Probe> {
    Box::new(Life::default())
}

#[derive(Default)]
struct Life {
    counters: BTreeMap<String, u64>,
    refused: u64,
}

impl Probe for Life {
    fn event(&mut self, event: &Event, _: &Ledger) {
        match &event.what {
            What::Report(Report::Count(name, by)) => *self.counters.entry((*name).to_owned()).or_default() += by,
            What::ProtocolError(_) => self.refused += 1,
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let issued = end.ledger.issued();
        let concurrent = end.ledger.entries().filter(|entry| entry.concurrent).count();
        figures.number("ops_issued", issued as f64);
        figures.number("concurrency", concurrent as f64 / issued.max(1) as f64);
        let mut rejected: BTreeMap<String, u64> = BTreeMap::new();
        for entry in end.ledger.entries() {
            if let Fate::Rejected(reason) = &entry.fate {
                *rejected.entry(reason.code.to_string()).or_default() += 1;
            }
        }
        figures.counts("rejected", rejected);
        figures
            .number("rolled_back", end.ledger.entries().map(|entry| u64::from(entry.rolled_back)).sum::<u64>() as f64);
        figures.counts("counters", std::mem::take(&mut self.counters));
        figures.number("messages_refused", self.refused as f64);
    }
}
