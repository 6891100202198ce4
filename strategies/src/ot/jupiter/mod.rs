//! `ot`: operational transformation with a server, as in Jupiter, ShareDB and Livebook's cells.
//!
//! A client plans on its own view and shows the change at once. One change is *inflight*; the operations made meanwhile are
//! composed into one *buffer*. A send window adds to that: the buffer waits for its end, too. The server transforms a change that was made on revision r over everything since r, numbers
//! it, confirms it to its issuer, and sends it to the others, who transform it over their pending changes. Since the
//! server's order is the only one, TP1 is enough for all replicas to end in the same document.
//!
//! Faithful in what matters: one inflight change and a composed buffer; history kept for the slowest client and no
//! longer; a resent change is recognised by its client and number; a client that was away gets what it missed and goes on
//! editing meanwhile. ShareDB keeps its history for good, Livebook purges as is done here.
//!
//! Undo is a client's own business, as in Quill: the inverse of one of its changes, transformed over all later changes
//! of its view.
//!
//! Source: Nichols et al., "High-latency, low-bandwidth windowing in the Jupiter collaboration system" (1995); ShareDB;
//! Livebook's `Delta`.
//!
//! Trade-offs: instant local effect and small messages, but a server that must remember, and code that is hard to get
//! right. Nothing is rejected: a change that makes no sense any more after others' changes is transformed into something,
//! or nothing, and two users who took the same item are both confirmed.

mod client;
mod message;
mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::document::{Document, EditKind};
use crate::node::NodeId;
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support, Versions, WINDOW};
use client::Client;
use server::Server;

/// The spec.
pub static SPEC: Spec = Spec {
    name: "ot",
    family: "ot",
    summary: "changes are shown at once, ordered by a server, and transformed to fit",
    source: "Jupiter (Nichols et al. 1995), ShareDB, Livebook's cells",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        grows: Growth::absence("the server keeps every change that it has missed"),
        versions: Versions::Server("its log has the last changes in one order, and a longer one replays every version"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "changes that a returning client without pending work still gets one by one; if it missed more, it gets the \
                   document. 1000 as for `serial`",
        },
        Param {
            name: "buffer",
            kind: ParamKind::Choice(&["composed", "queued"]),
            default: "composed",
            help: "operations made while a change is inflight are composed into one change, as in ShareDB and Livebook, or \
                   queued and sent one by one",
        },
        Param {
            name: "ahead",
            kind: ParamKind::Choice(&["apart", "start-over"]),
            default: "apart",
            help: "what becomes of a client that is ahead of its server, as after a backup: it is not told and its changes are \
                   refused until the server has as many, as in ShareDB; or it starts over from the server's document, as in \
                   Livebook, whose clients get everything anew from a new session",
        },
        WINDOW,
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Native,
    build: |params| {
        let composes = params.choice("buffer") == "composed";
        let starts_over = params.choice("ahead") == "start-over";
        Box::new(Ot { history: params.count("history"), composes, starts_over, window: params.span("window") })
    },
};

#[derive(Clone, Copy)]
struct Ot {
    history: u64,
    composes: bool,
    starts_over: bool,
    window: Duration,
}

impl Strategy for Ot {
    fn send_window(&self) -> Duration {
        self.window
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let document = Document::decode(&setup.genesis).expect("genesis is a document");
        match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, *self, document)),
            _ => Box::new(Client::new(setup, *self, document)),
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(match setup.node {
            NodeId::SERVER => Box::new(Server::restore(setup, *self, durable)?),
            _ => Box::new(Client::restore(setup, *self, durable)?),
        })
    }
}
