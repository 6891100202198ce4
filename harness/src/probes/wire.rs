//! Bytes and messages, over all links.

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::metric::metrics;
use crate::probe::{End, Figures, Probe, ProbeSpec};

metrics! {
    WIRE_BYTES_PER_OP = {
        name: "wire_bytes_per_op",
        unit: "bytes per operation",
        better: Low,
        form: Number,
        meaning: "Bytes sent on all links per operation issued, envelopes and the handshakes of connections that opened \
                  during the run included.",
    };
    PAYLOAD_BYTES_PER_OP = {
        name: "payload_bytes_per_op",
        unit: "bytes per operation",
        better: Low,
        form: Number,
        meaning: "Bytes that strategies sent on all links per operation issued, envelopes left out.",
    };
    MESSAGES_PER_OP = {
        name: "messages_per_op",
        unit: "messages per operation",
        better: Low,
        form: Number,
        meaning: "Messages sent on all links per operation issued.",
    };
    TRAFFIC = {
        name: "traffic",
        unit: "messages",
        better: Neither,
        form: Counts(&["sent", "delivered", "dropped", "duplicated"]),
        meaning: "Messages on all links: sent by replicas, delivered, dropped by the network, duplicated by the \
                  network.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Wire::default()) };

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
            What::Handshake { wire_bytes, .. } => self.bytes += wire_bytes,
            What::Delivered { .. } => self.delivered += 1,
            What::Dropped { .. } => self.dropped += 1,
            What::Duplicated { .. } => self.duplicated += 1,
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let ops = end.ledger.issued().max(1) as f64;
        figures.number(&WIRE_BYTES_PER_OP, self.bytes as f64 / ops);
        figures.number(&PAYLOAD_BYTES_PER_OP, self.payload as f64 / ops);
        figures.number(&MESSAGES_PER_OP, self.sent as f64 / ops);
        let traffic = [
            ("sent", self.sent),
            ("delivered", self.delivered),
            ("dropped", self.dropped),
            ("duplicated", self.duplicated),
        ];
        figures.counts(&TRAFFIC, traffic);
    }
}
