//! `lww-document`: last writer wins, by whole documents.
//!
//! A client changes its own copy, stamps the whole document with its own wall clock, and sends it to the relay, or in a mesh
//! to everybody. A replica that holds an older stamp takes it. The relay stores the newest document and forwards each that
//! it gets once, whether or not it is the newest: who wins is decided where it arrives. Of two concurrent changes one is lost, and nobody is told. A stamp is (milliseconds, count
//! within the millisecond, node), so no two writes tie unless a clock was set back; then the document with the larger
//! encoding wins, and all replicas agree in the end.
//!
//! What a send window collects goes out as the newest of its documents.
//!
//! Source: "save the file, newest wins" as folder syncers and simple cloud saves do it; the rules for a client's write
//! with an old stamp (it loses at once, silently) and for a tie (the larger value wins) are those of Cassandra and
//! other stores that use the client's timestamp.
//!
//! Undo applies the inverse edits of the operation to the document as it is now, fitted to what has changed since. The last
//! 100 own operations can be undone. Nobody knows what another client's document was made from, so an undo is rejected
//! (`depended_upon`) where others changed the same counter, or the same list or text unless only own items or letters go.
//! An entry of a map that another client has written since stays as it is.
//!
//! Trade-offs: trivially simple, works offline, any model. It pays with whole documents on the wire and with silent loss,
//! decided by whose clock runs ahead.

mod peer;
#[cfg(test)]
mod tests;
mod undo;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::peer::Peer;
use crate::document::Document;
use crate::relay::{self, TOPOLOGY};
use crate::replica::{Mishap, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::send_window::SendWindow;
use crate::spec::{Content, Guarantees, Spec, Support, WINDOW};
use crate::wire;

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "lww-document",
    family: "lww",
    summary: "whole documents with the local wall clock; the newest replaces all others",
    source: "folder syncers and cloud saves; Cassandra's rule for client timestamps",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        works_offline: true,
        needs_server: true,
        confirms_alone: true,
        depends_on_clocks: true,
        ..Guarantees::NONE
    },
    params: &[WINDOW, TOPOLOGY],
    support: |_| Support::Emulated("the whole document is one register"),
    content: Content::any,
    undo: Support::Emulated("inverse edits, fitted to the document as it is now"),
    build: |params| {
        let window = SendWindow::new(params.span(WINDOW.name));
        Box::new(LwwDocument { topology: relay::topology(params), window })
    },
};

struct LwwDocument {
    topology: Topology,
    window: SendWindow,
}

/// When and by whom a document was written. Ordered by its fields from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Stamp {
    wall_ms: u64,
    count: u32,
    node: u32,
}

#[derive(Clone, Serialize, Deserialize)]
struct State {
    stamp: Stamp,
    data: Document,
}

impl State {
    /// Whether this state replaces `other`.
    fn beats(&self, other: &State) -> bool {
        self.stamp > other.stamp || (self.stamp == other.stamp && self.data.encode() > other.data.encode())
    }
}

impl Strategy for LwwDocument {
    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        relay::claims(self.topology, defaults)
    }

    fn topology(&self, _: Topology) -> Topology {
        self.topology
    }

    fn send_window(&self) -> Duration {
        self.window.span()
    }

    fn mishap(&self, _: Mishap) -> Support {
        Support::Native
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // The genesis is this strategy's own encoding, made by `Strategy::genesis`.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        Box::new(Peer::new(self.window.clone(), setup, State { stamp: Stamp::default(), data }))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(Box::new(Peer::new(self.window.clone(), setup, wire::decode(durable)?)))
    }
}
