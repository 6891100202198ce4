//! What it costs to catch up after a broken connection.
//!
//! When a connection opens again, every operation that was issued by then and is not yet visible everywhere counts as missed.
//! From that moment until all of them are visible, bytes on all links are counted, envelopes and the connection's handshake
//! included. New operations are
//! issued meanwhile; catching up takes a few round trips, so their share is small.

use std::collections::BTreeSet;

use syncbench_strategies::replica::{LinkState, NodeId, OpId};

use crate::event::{Event, What};
use crate::ledger::{Entry, Ledger};
use crate::metric::metrics;
use crate::probe::{End, Figures, Probe, ProbeSpec};

metrics! {
    RESYNC_BYTES = {
        name: "resync_bytes",
        unit: "bytes",
        better: Low,
        form: Numbers(&["total", "missed_ops", "per_missed_op", "episodes"]),
        meaning: "Bytes on all links from the moment a connection opens again until every operation issued before it \
                  is visible everywhere, its handshake included: total, operations missed, bytes per missed operation, and number of times; \
                  absent where no connection was broken.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Resync::default()) };

#[derive(Default)]
struct Resync {
    /// Connections that have been open before.
    opened: BTreeSet<(NodeId, NodeId)>,
    /// Operations that were missed and are not visible yet.
    missing: BTreeSet<OpId>,
    missed: BTreeSet<OpId>,
    bytes: u64,
    episodes: u64,
}

impl Resync {
    fn reopened(&mut self, ledger: &Ledger) {
        let missing: Vec<OpId> =
            ledger.entries().filter(|entry| awaited(entry, ledger)).map(|entry| entry.id).collect();
        if self.missing.is_empty() && !missing.is_empty() {
            self.episodes += 1;
        }
        self.missed.extend(&missing);
        self.missing.extend(missing);
    }
}

/// Whether it can still become visible: an operation may be lost with a client that crashed for good, or lost everything.
fn awaited(entry: &Entry, ledger: &Ledger) -> bool {
    entry.visible.is_none() && ledger.awaits(entry.id)
}

impl Probe for Resync {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        match &event.what {
            // Both ends report it.
            What::Link { peer, state: LinkState::Up } if event.node < *peer => {
                let again = !self.opened.insert((event.node, *peer));
                if again {
                    self.reopened(ledger);
                }
            }
            What::Sent { wire_bytes, .. } | What::Handshake { wire_bytes, .. } if !self.missing.is_empty() => {
                self.bytes += wire_bytes;
            }
            What::InstantEnd if !self.missing.is_empty() => {
                self.missing.retain(|op| ledger.entry(*op).is_some_and(|entry| awaited(entry, ledger)));
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, figures: &mut Figures) {
        if self.episodes == 0 {
            return;
        }
        let (bytes, missed) = (self.bytes as f64, self.missed.len() as f64);
        let numbers = [
            ("total", bytes),
            ("missed_ops", missed),
            ("per_missed_op", bytes / missed),
            ("episodes", self.episodes as f64),
        ];
        figures.numbers(&RESYNC_BYTES, numbers);
    }
}
