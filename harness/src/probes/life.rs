//! What became of operations, and what strategies count about themselves.

use std::collections::BTreeMap;

use syncbench_strategies::replica::Report;

use crate::event::{Event, What};
use crate::ledger::{Fate, Ledger};
use crate::metric::metrics;
use crate::probe::{End, Figures, Probe, ProbeSpec};

metrics! {
    OPS_ISSUED = {
        name: "ops_issued",
        unit: "operations",
        better: Neither,
        form: Number,
        meaning: "Operations that users issued, rejected ones and undos included.",
    };
    CONCURRENCY = {
        name: "concurrency",
        unit: "share",
        better: Neither,
        form: Number,
        meaning: "Share of operations that were issued while another client's operation was not yet reflected at the \
                  issuer.",
    };
    REJECTED = {
        name: "rejected",
        unit: "operations",
        better: Neither,
        form: Tally,
        meaning: "Operations that were rejected, and reported to their user as rejected.",
    };
    ROLLED_BACK = {
        name: "rolled_back",
        unit: "operations",
        better: Low,
        form: Number,
        meaning: "Operations that their user's screen showed and then took back, each time counted.",
    };
    COUNTERS = {
        name: "counters",
        unit: "events",
        better: Neither,
        form: Tally,
        meaning: "What strategies count of themselves, such as retries and heartbeats.",
    };
    PROTOCOL_ERRORS = {
        name: "protocol_errors",
        unit: "messages",
        better: Low,
        form: Number,
        meaning: "Messages of honest replicas that their receiver could not take.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Life::default()) };

#[derive(Default)]
struct Life {
    counters: BTreeMap<String, u64>,
    protocol_errors: u64,
}

impl Probe for Life {
    fn event(&mut self, event: &Event, _: &Ledger) {
        match &event.what {
            What::Report(Report::Count(name, by)) => *self.counters.entry((*name).to_owned()).or_default() += by,
            What::ProtocolError(_) => self.protocol_errors += 1,
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let issued = end.ledger.issued();
        let concurrent = end.ledger.entries().filter(|entry| entry.concurrent).count();
        figures.number(&OPS_ISSUED, issued as f64);
        figures.number(&CONCURRENCY, concurrent as f64 / issued.max(1) as f64);
        let mut rejected: BTreeMap<String, u64> = BTreeMap::new();
        for entry in end.ledger.entries() {
            if let Fate::Rejected(reason) = &entry.fate {
                *rejected.entry(reason.code.to_string()).or_default() += 1;
            }
        }
        figures.tally(&REJECTED, rejected);
        let rolled_back: u64 = end.ledger.entries().map(|entry| u64::from(entry.rolled_back)).sum();
        figures.number(&ROLLED_BACK, rolled_back as f64);
        figures.tally(&COUNTERS, std::mem::take(&mut self.counters));
        figures.number(&PROTOCOL_ERRORS, self.protocol_errors as f64);
    }
}
