//! `lww-property`: the last writer of each property, by the order in which a server hears of them.
//!
//! A document is a tree of objects with properties, and every property is one register: the server's order of arrival says
//! who wrote last, and no clock does. A client shows its own writes at once; while one of them is unacknowledged, what
//! others write to the same property is not shown, so nothing flickers. Writes travel in order and with the client's own
//! numbers; after a broken connection the client learns what it missed, and replays what the server has not seen.
//!
//! How documents become properties:
//! - A property's name is the way to it: keys of maps, and the names of list items, which the inserting client makes.
//! - Putting a map writes its leaves and takes away what its author saw there besides; two who make the same container at
//!   the same time make one, which has what both put into it.
//! - An item of a list has its place, a fraction, as a property. Two who insert into one gap make the same fraction; then the
//!   names decide, the client's number first. Whoever inserts between two such items moves those behind the gap on.
//! - A write into what is gone is dropped by the server, and counted (`writes_dropped`); its user is not told.
//!
//! Figma's server refuses a move that would make an object its own ancestor. Here no edit moves a node to another parent, so
//! there is no cycle to refuse: what goes from list to list is removed and inserted, by the model.
//!
//! Undo puts back the old values of the properties that were written, as Figma does, also over what somebody else wrote there
//! since; what was written elsewhere stays. Where several intents share one property, that would take others' with it:
//! counters are put to so much less instead, and a text that was written again is not taken back (`depended_upon`). The last
//! 100 own operations can be taken back.
//!
//! Source: Figma's "How Figma's multiplayer technology works" and "Realtime editing of ordered sequences"; Linear's sync
//! engine; Fluid's SharedMap (every operation comes back to its author, too); Liveblocks' storage.
//!
//! Trade-offs: a server without model, small messages, instant effect, and people who work on different properties never
//! get into each other's way; pays with silent loss wherever two write one property, and that is all of a text or a counter.

mod client;
mod edits;
mod server;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::document::{Document, EditKind};
use crate::replica::{NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::spec::{Content, Guarantees, Param, ParamKind, Params, Spec, Support};
use crate::wire::{self, decode, encode};
use client::Client;
use server::Server;
use tree::{ItemId, Node, Write};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "lww-property",
    family: "lww",
    summary: "each property goes to the last who wrote it, in the order in which the server hears of it",
    source: "Figma's multiplayer, Linear's sync engine, Fluid's SharedMap, Liveblocks",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations the server keeps to bring a returning client up to date; who misses older ones gets a \
                   snapshot. 1000 as for `serial`",
        },
        Param {
            name: "batch",
            kind: ParamKind::Span,
            default: "33ms",
            help: "how long writes are collected before they are sent; 33 ms is a frame at thirty a second. Liveblocks \
                   waits 100 ms, and can be told to wait 16",
        },
    ],
    support: |kind: EditKind| match kind {
        EditKind::Increment => Support::Emulated("a put of the sum"),
        EditKind::TextSplice => Support::Emulated("the whole text is one property"),
        _ => Support::Native,
    },
    content: Content::any,
    undo: Support::Emulated("old values are put back"),
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(Property { history, batch: params.span("batch") })
    },
};

/// How many own operations a client can take back, as for `ot`.
const UNDO_DEPTH: usize = 100;

struct Property {
    history: usize,
    batch: Duration,
}

/// Writes as they travel. A history is kept like this: with ways and values on the heap it is several times as large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Packed(#[serde(with = "wire::bytes")] Arc<[u8]>);

impl Packed {
    fn of(writes: &[Write]) -> Self {
        Self(encode(&writes).into())
    }

    fn unpack(&self) -> Result<Vec<Write>, ProtocolError> {
        let writes: Vec<Write> = decode(&self.0)?;
        writes.iter().try_for_each(Write::check).map_err(ProtocolError::malformed)?;
        Ok(writes)
    }
}

/// An operation as its author sends it.
#[derive(Serialize, Deserialize)]
struct Made {
    n: u64,
    writes: Packed,
}

/// An operation that the server has taken, with those of its writes that had something to be written to.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    client: NodeId,
    n: u64,
    writes: Packed,
}

impl Entry {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

#[derive(Serialize, Deserialize)]
enum ToServer {
    /// "Send me what follows `version`, and from then on everything."
    Join { version: u64 },
    /// Operations that follow the own one with the number `after`, one after the other.
    Push { after: u64, made: Vec<Made> },
}

#[derive(Serialize, Deserialize)]
struct ToClient {
    news: News,
    /// In the answer to a join, the receiver's last operation that was taken.
    joined: Option<u64>,
}

#[derive(Serialize, Deserialize)]
enum News {
    /// What follows the version `after`, without gaps.
    Changes { after: u64, entries: Vec<Entry> },
    /// The state at a version, where the server no longer has all that the receiver misses.
    Snapshot { version: u64, data: Node },
}

impl Strategy for Property {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let document = Document::decode(&setup.genesis).expect("genesis is a document");
        let mut named = 0;
        let data = Node::of(&document, &mut || {
            named += 1;
            ItemId { client: NodeId::SERVER, n: 0, k: named }
        });
        if setup.node == NodeId::SERVER {
            Box::new(Server::new(self.history, server::State::new(data)).expect("nothing was taken"))
        } else {
            Box::new(Client::new(setup, self.batch, client::State::new(data)).expect("nothing is pending"))
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            Ok(Box::new(Server::new(self.history, decode(durable)?)?))
        } else {
            Ok(Box::new(Client::new(setup, self.batch, decode(durable)?)?))
        }
    }
}
