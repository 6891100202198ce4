//! `text-ids`: text and lists by ids, with a server that applies edits as they arrive.
//!
//! Every character and every list item has an id, made by the client that inserted it. An edit says "behind this id" or
//! "delete these ids", so it means the same wherever it is applied; no edit is ever changed on its way. The server applies
//! edits in the order of their arrival, keeps tombstones in the place of what was deleted, and tells everybody. A client
//! shows its base view with its own pending edits applied again: server reconciliation, as in games and Replicache.
//!
//! Faithful in what matters: literal "insert after", tombstones that are never purged, ids in runs as in `articulated`,
//! paths through lists by items. Beside texts and lists the description leaves everything to the product: here maps are by
//! key and the last put in the server's order wins, an increment is an increment, and a moved item keeps its id and gets
//! another place, so two moves of one item leave one item. The operation itself does not travel: the edits that it meant on
//! its user's screen do.
//!
//! An edit whose target is gone (a character in a text that was replaced, a field of a removed record) does nothing. It is
//! counted (`path_errors`, at the server), and if nothing is left of an operation it is rolled back on its user's screen.
//! It is confirmed all the same, as in the real thing: the server knows edits and no intents. Deleting what another user has
//! deleted is no error; both wanted it gone.
//!
//! Undo is by ids: what was inserted is deleted; what was deleted is restored in its place unless another user deleted
//! it too; what was put is replaced by what was there before, if nobody has put anything else since, which the server
//! checks. The last 100 own operations can be undone, until a crash. What an operation put goes with all that others
//! wrote into it. An undo that comes too late is the only operation that is rejected.
//!
//! Source: Matthew Weidner, "Collaborative Text Editing without CRDTs or OT" (2025), and his library `articulated`.
//!
//! Trade-offs: small messages, no transformation, a server that needs no model; but tombstones on every replica for good,
//! and pending edits that are applied again after every message. Positions survive, invariants do not: two users who took
//! the same item are both confirmed.

mod client;
mod message;
mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::state::State;
use crate::document::{Document, EditKind};
use crate::node::NodeId;
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Params, Spec, Support, Versions, WINDOW};
use client::Client;
use server::Server;

/// The spec.
pub static SPEC: Spec = Spec {
    name: "text-ids",
    family: "ids",
    summary: "edits name characters and items by ids; a server applies them as they arrive, clients replay their own on top",
    source: "Weidner, \"Collaborative Text Editing without CRDTs or OT\" (2025)",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        grows: Growth::removals("tombstones: the ids of removed characters and items"),
        versions: Versions::Server(
            "its log has the last operations with their edits, and a longer one replays every version",
        ),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations whose edits the server keeps to bring a returning client up to date; a client that misses older \
                   ones gets a snapshot, tombstones included. 1000 as for `serial`",
        },
        WINDOW,
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Native,
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(TextIds { history, window: params.span("window") })
    },
};

struct TextIds {
    history: usize,
    window: Duration,
}

impl Strategy for TextIds {
    fn send_window(&self) -> Duration {
        self.window
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let document = Document::decode(&setup.genesis).expect("genesis is a document");
        let state = State::genesis(document, setup.undo);
        match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, self.history, state)),
            _ => Box::new(Client::new(setup, self.window, state)),
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(match setup.node {
            NodeId::SERVER => Box::new(Server::restore(setup, self.history, durable)?),
            _ => Box::new(Client::restore(setup, self.window, durable)?),
        })
    }
}
