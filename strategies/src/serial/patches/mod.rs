//! `serial-patches`: Immer's patches, put into one order by a server.
//!
//! A client plans once, on what it sees, shows the result at once, and sends what that changed as patches: which place
//! holds what from now on. The server knows no model; it puts patches into one order, applies them, and tells everybody.
//! A client applies them to its base view in that order, and its own pending patches on top. A patch whose path is gone
//! is counted (`path_errors`, at the server) and skipped, where Immer throws.
//!
//! The post that this follows says that patches are applied "in a coordinated manner across the distributed nodes" and
//! leaves open how: one order is the strongest coordination there is, and what is still lost is lost to patches. They are
//! right on an equal base only. A counter that two users add to ends at one of the two sums; a list that two users prepend
//! to is rewritten twice; a text keeps one of two edits. So the post's own example, +2 as a patch of the original on a
//! state with +1, ends at 2.
//!
//! Undo sends the inverse patches while their places still hold what was put there; else it is rejected, since it would
//! erase what another user did. The last 100 own operations can be undone.
//!
//! Source: Immer 9 and 10 (`produceWithPatches`, `applyPatches`); the post "Handling state consistency in distributed
//! systems with Immer".
//!
//! Trade-offs: no model on the server, instant effect, work offline, generic undo; but silent loss wherever two users
//! change one place, and patches as long as the list behind an insertion.

mod client;
mod immer;
mod message;
mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::document::{Document, EditKind};
use crate::node::NodeId;
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::serial::journal::Journal;
use crate::spec::{Content, Guarantees, Param, ParamKind, Spec, Support, Versions, WINDOW};
use client::Client;
use server::Server;

/// The spec.
pub static SPEC: Spec = Spec {
    name: "serial-patches",
    family: "serial",
    summary: "clients show their own changes at once and send them as patches, which a server orders",
    source: "Immer's patches, as in \"Handling state consistency in distributed systems with Immer\"",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        versions: Versions::Server("its log has the last patches, and a longer one replays every version"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations whose patches the server keeps to bring a returning client up to date; a client that misses \
                   older ones gets a snapshot. 1000 as for `serial`",
        },
        WINDOW,
    ],
    support: |kind: EditKind| match kind {
        EditKind::Put | EditKind::Remove => Support::Native,
        EditKind::Increment => Support::Emulated("the sum is put, so of two concurrent increments one is lost"),
        EditKind::ListInsert | EditKind::ListRemove | EditKind::ListMove => {
            Support::Emulated("index by index, as Immer's patches are")
        }
        EditKind::TextSplice => Support::Emulated("the whole text is replaced"),
    },
    content: Content::any,
    undo: Support::Emulated("the inverse patches, while their places hold what was put there"),
    build: |params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(Patches { history, window: params.span("window") })
    },
};

struct Patches {
    history: usize,
    window: Duration,
}

impl Strategy for Patches {
    fn send_window(&self) -> Duration {
        self.window
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, Journal::new(data, self.history))),
            _ => Box::new(Client::new(setup, self.window, data)),
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, Journal::restore(durable)?)),
            _ => Box::new(Client::restore(setup, self.window, durable)?),
        })
    }
}
