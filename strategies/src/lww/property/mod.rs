//! `lww-property`: last writer wins, per property, in the order in which a server receives writes.
//!
//! A document is a tree of objects with properties, and every property is one register. The server's order of arrival decides
//! who wrote last; no clock does. A client shows its own writes at once. While one of them is pending, other clients' writes
//! to the same property are not shown, so nothing flickers. Writes travel in order and with the client's own numbers. After a
//! broken connection the client receives what it missed, and sends again what the server has not received.
//!
//! How documents become properties:
//! - A property's name is the path to it: keys of maps, and the names of list items, which the inserting client makes.
//! - Putting a map writes its leaves and removes what else its user saw there. Two clients who concurrently make the same
//!   container make one, with what both put into it.
//! - An item of a list has its place, a fraction, as a property. Two who insert into one gap make the same fraction; then the
//!   names decide, the client's number first. An insert between two such items moves those behind the gap on.
//! - A write into something that is gone is dropped by the server, and counted (`writes_dropped`); its user does not
//!   learn of it.
//!
//! Figma's server refuses a move that would make an object its own ancestor. Here no edit moves a node to another parent, so
//! there is no cycle to refuse: to get from list to list, an item is removed and inserted, by the model.
//!
//! Undo puts back the old values of the properties that were written, as Figma does, also over what another client
//! wrote there since; what was written elsewhere stays. Where several operations share one property, that would undo
//! others' too. So a counter is moved back by as much instead, and the undo of a text that was written again is
//! rejected (`depended_upon`). The last 100 own operations can be undone.
//!
//! Source: Figma's "How Figma's multiplayer technology works" and "Realtime editing of ordered sequences"; Linear's sync
//! engine; Fluid's SharedMap (every operation also comes back to its issuer); Liveblocks' storage.
//!
//! Trade-offs: a server without a model, small messages, instant effect, and people who work on different properties never
//! get in each other's way. It pays with silent loss wherever two write one property, which includes a whole text or counter.

mod back;
mod client;
mod lists;
mod message;
mod server;
#[cfg(test)]
mod tests;
mod tree;
mod undo;
mod writer;

use std::time::Duration;

use self::client::Client;
use self::server::Server;
use self::tree::{ItemId, Node};
use crate::document::{Document, EditKind};
use crate::replica::{NodeId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::spec::{Content, Guarantees, Param, ParamKind, Params, Spec, Support, Versions, WINDOW};
use crate::star::lineage;
use crate::wire::decode;

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "lww-property",
    family: "lww",
    summary: "last writer wins, per property, in the order in which the server receives writes",
    source: "Figma's multiplayer, Linear's sync engine, Fluid's SharedMap, Liveblocks",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        versions: Versions::Server("its log has the last writes, and a longer one replays every version"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations that the server keeps for clients that reconnect; a client that missed older ones gets a \
                   snapshot. 1000 as for `serial`",
        },
        WINDOW,
    ],
    support: |kind: EditKind| match kind {
        EditKind::Increment => Support::Emulated("a put of the sum"),
        EditKind::TextSplice => Support::Emulated(
            "the whole text is one property; Liveblocks offers Yjs documents for text (`@liveblocks/yjs`)",
        ),
        _ => Support::Native,
    },
    content: Content::any,
    undo: Support::Emulated("old values are put back"),
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(Property { history, window: params.span("window") })
    },
};

struct Property {
    history: usize,
    window: Duration,
}

impl Strategy for Property {
    fn send_window(&self) -> Duration {
        self.window
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // The genesis is this strategy's own encoding, made by `Strategy::genesis`.
        let document = Document::decode(&setup.genesis).expect("genesis is a document");
        let mut named = 0;
        let data = Node::of(&document, &mut || {
            named += 1;
            ItemId { client: NodeId::SERVER, n: 0, k: named }
        });
        if setup.node == NodeId::SERVER {
            Box::new(Server::new(setup, self.history, server::State::new(data)).expect("a new server"))
        } else {
            Box::new(Client::new(setup, self.window, (client::State::new(data), 0)).expect("a new client"))
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            Ok(Box::new(Server::new(setup, self.history, decode(durable)?)?))
        } else {
            Ok(Box::new(Client::new(setup, self.window, lineage::load(durable)?)?))
        }
    }
}
