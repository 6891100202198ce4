//! `wire_bytes_per_op`, `messages_per_op`, `traffic`: on every link, envelope included.

use std::collections::BTreeMap;

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::probe::{End, Figures, Probe};

pub(super) fn probe() -> Box<dyn Probe> {
    Box::new(Wire::default())
}

#[derive(Default)]
struct Wire {
    bytes: u64,
    payload: u64,
    sent: u64,
    delivered: u64,
    dropped: u64,
    duplicated: u64,
}

impl Probe for Wire {
    fn event(&mut self, event: &Event, _: &Ledger) {
        match &event.what {
            What::Sent { payload_bytes, wire_bytes, .. } => {
                self.sent += 1;
                self.bytes += wire_bytes;
                self.payload += payload_bytes;
            }
            What::Delivered { .. } => self.delivered += 1,
            What::Dropped { .. } => self.dropped += 1,
            What::Duplicated { .. } => self.duplicated += 1,
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let ops = end.ledger.issued().max(1) as f64;
        figures.number("wire_bytes_per_op", self.bytes as f64 / ops);
        figures.number("payload_bytes_per_op", self.payload as f64 / ops);
        figures.number("messages_per_op", self.sent as f64 / ops);
        let traffic = [
            ("sent", self.sent),
            ("delivered", self.delivered),
            ("dropped", self.dropped),
            ("duplicated", self.duplicated),
        ];
        let traffic = traffic.into_iter().map(|(name, count)| (name.to_owned(), count));
        figures.counts("traffic", traffic.collect::<BTreeMap<_, _>>());
    }
}
