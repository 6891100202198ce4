//! `resident_bytes`, `stored_bytes`: what a client's replica holds in memory, and what it would save.
//!
//! Resident is what the replica's handlers allocated and did not free, native heap included, counted by the allocator: no
//! strategy reports about itself.

use std::collections::BTreeMap;

use syncbench_strategies::replica::NodeId;

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::probe::{End, Figures, Probe};

pub(super) fn probe() -> Box<dyn Probe> {
    Box::new(Memory::default())
}

#[derive(Default)]
struct Memory {
    resident: BTreeMap<NodeId, u64>,
    peak: u64,
}

impl Probe for Memory {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if let What::Cost { resident_bytes, peak_bytes, .. } = event.what
            && event.node != NodeId::SERVER
        {
            self.resident.insert(event.node, resident_bytes);
            self.peak = self.peak.max(peak_bytes);
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let steady = self.resident.values().sum::<u64>() as f64 / self.resident.len().max(1) as f64;
        figures.numbers("resident_bytes", [("steady", steady), ("peak", self.peak as f64)]);
        figures.number("stored_bytes", end.stored_bytes as f64);
    }
}
