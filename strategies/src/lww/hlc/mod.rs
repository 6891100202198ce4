//! `lww-hlc`: cells with hybrid clocks, as in local-first databases, through a relay.
//!
//! A document is a table of cells: leaves, containers, and the places of items in their lists, which are fractional indices. A
//! writer stamps a cell with a hybrid logical clock (milliseconds, count, node): the wall clock, or the latest stamp that was
//! received and a count, so that a client's writes are always later than what it had seen. The latest stamp of a cell wins,
//! everywhere and in any order of arrival. The cells of an operation have one stamp and travel together. What a send window
//! collects goes out as the latest stamp of each of its cells.
//!
//! The relay stores what it gets and forwards it to all other clients unchanged. It decides nothing and rejects nothing, and
//! a client that reconnects compares with it alone. In Evolu it could not even read what it stores. In a mesh all clients
//! send to each other, and compare with each other.
//!
//! When a connection opens, the two peers compare hashes over ranges of their cells in the order of writing (`ranges`),
//! and each gets what it lacks, no matter who wrote it. In between, a write is sent once, acknowledged, and sent again
//! when it is lost (`courier`). A removal leaves a tombstone until `horizon`; then nothing is left of it, and a client
//! that was away for longer brings back what it still has. Stamps more than `drift` ahead of the replica's own clock
//! wait until they are not (`clock_ahead` counts them). Evolu rejects such a message and is offered it again with a
//! later sync, which comes to the same. A clock may be behind by any amount; its writes lose.
//!
//! Removing a container also removes what was written below it before. What another client concurrently writes below it
//! stays hidden. Two clients who concurrently make a container make one.
//!
//! Source: Evolu (stamps, drift, its relay, range-based reconciliation since its version 6), TinyBase's MergeableStore
//! (cells with stamps, hashes to find differences, synchronizers through a WebSocket server); Kulkarni et al. 2014 for the clock, Meyer 2023 for the ranges.
//!
//! Trade-offs: works offline, merges field by field, needs no server's permission, and catches up by what differs. It pays
//! with silent loss where two write one cell, sums and texts included, and with clocks that decide who wins.

mod cells;
mod clock;
mod exchange;
mod message;
mod outbox;
mod peer;
mod ranges;
mod session;
mod table;
#[cfg(test)]
mod tests;
mod tombstones;
mod tree;
mod undo;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::cells::Write;
use self::clock::Hlc;
use self::message::check;
use self::peer::Peer;
use self::table::Table;
use self::tree::Tree;
use crate::document::{Document, EditKind};
use crate::relay::{self, TOPOLOGY};
use crate::replica::{Mishap, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::send_window::SendWindow;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support, WINDOW};
use crate::wire::decode;

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "lww-hlc",
    family: "lww",
    summary: "cell by cell, the latest stamp of a hybrid clock wins; differences are found by hashes of ranges",
    source: "Evolu, TinyBase; Kulkarni et al. 2014",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        tolerates_loss: true,
        works_offline: true,
        needs_server: true,
        confirms_alone: true,
        depends_on_clocks: true,
        grows: Growth::removals("tombstones, until the horizon"),
        ..Guarantees::NONE
    },
    params: &[
        WINDOW,
        TOPOLOGY,
        Param {
            name: "drift",
            kind: ParamKind::Span,
            default: "5m",
            help: "how far a stamp may be ahead of the replica's own clock; stamps further ahead wait. 5 minutes as in \
                   Evolu; the library uhlc allows 500 ms",
        },
        Param {
            name: "horizon",
            kind: ParamKind::Span,
            default: "365d",
            help: "how long the tombstone of a removal is kept; a client that was away for longer brings the value back. \
                   Evolu and TinyBase keep it for good, and a year is longer than any absence here; Cassandra keeps 10 days",
        },
    ],
    support: |kind| match kind {
        EditKind::Put | EditKind::Remove => Support::Native,
        EditKind::Increment => Support::Emulated("a put of the sum"),
        EditKind::TextSplice => Support::Emulated("the whole text is one cell"),
        EditKind::ListInsert | EditKind::ListRemove | EditKind::ListMove => {
            Support::Emulated("items with ids, in the order of fractional indices")
        }
    },
    content: Content::any,
    undo: Support::Emulated("old values are put back where nobody has written since"),
    build: |params| {
        let ms = |name| u64::try_from(params.span(name).as_millis()).unwrap_or(u64::MAX);
        Box::new(LwwHlc {
            topology: relay::topology(params),
            window: SendWindow::new(params.span(WINDOW.name)),
            drift_ms: ms("drift"),
            horizon_ms: ms("horizon"),
        })
    },
};

#[derive(Clone)]
struct LwwHlc {
    topology: Topology,
    window: SendWindow,
    drift_ms: u64,
    horizon_ms: u64,
}

/// What a crash leaves behind.
#[derive(Serialize, Deserialize)]
struct Saved {
    clock: Hlc,
    items: u64,
    cells: Vec<Write>,
}

impl Strategy for LwwHlc {
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
        let genesis = Document::decode(&setup.genesis).expect("genesis is a document");
        Box::new(Peer::new(self, setup, Tree::genesis(&genesis)))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let saved: Saved = decode(durable)?;
        check(&saved.cells)?;
        let mut table = Table::default();
        for write in &saved.cells {
            for (path, part) in &write.cells {
                table.merge(path, write.stamp, part);
            }
        }
        let mut peer = Peer::new(self, setup, Tree::of(table));
        (peer.clock, peer.items) = (saved.clock, saved.items);
        Ok(Box::new(peer))
    }
}
