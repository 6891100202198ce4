//! `serial-cas`: compare and set, with retries.
//!
//! A client plans on its copy and writes the edits together with the version that they were made on, a place in the log. The
//! server, which knows no model, appends them if that is still the latest; else it answers that it is not, and the client
//! waits, plans again on what it has by then, and writes again. Waiting is exponential with full jitter. After too many
//! retries the operation is rejected (`starved`). A client has one write inflight; further operations wait, and those that a
//! send window collects go in one write.
//!
//! Whatever an operation names is found again by planning it again. Only a position in a text is not: its user means it in
//! the text as it would be with their own keystrokes that the screen does not show yet. So it is moved by the changes of
//! others that came between, as in operational transformation; the client has these in its hands. The model still decides,
//! on the state as it is by then, whether the operation is allowed.
//!
//! This is the expected sequence number of a JetStream publish, for a whole stream: the unit of comparison is the whole
//! document, as with an HTTP `If-Match` on one resource. Clients get what is new by subscription, so there is no refetch:
//! when a client learns of a mismatch, it has already been sent what came between.
//!
//! Source: NATS JetStream's `Nats-Expected-Last-Sequence`; RFC 9110, `If-Match`; AWS, "Exponential Backoff And Jitter".
//!
//! Trade-offs: nothing on the server but a log, exact outcomes, and clients that need no rollback; but no local effect
//! before a round trip, nothing while offline, and throughput that falls as more users write anywhere in the document.

mod client;
mod message;
mod patience;
mod queue;
mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::document::{Document, EditKind};
use crate::node::NodeId;
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::serial::journal::Journal;
use crate::spec::{Content, Guarantees, Param, ParamKind, Params, Spec, Support, Versions, WINDOW};
use client::Client;
use patience::Patience;
use server::Server;

/// The spec.
pub static SPEC: Spec = Spec {
    name: "serial-cas",
    family: "serial",
    summary: "a write names the version that it was made on; if that is not the latest, plan again and retry",
    source: "HTTP If-Match, NATS JetStream's expected last sequence",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        can_refuse: true,
        needs_server: true,
        versions: Versions::Server("its log has the last writes, and a longer one replays every version"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "retries",
            kind: ParamKind::Count,
            default: "10",
            help: "how often an operation is tried again before it is rejected as starved; 10 as in the AWS SDKs for DynamoDB",
        },
        Param {
            name: "backoff",
            kind: ParamKind::Span,
            default: "50ms",
            help: "longest wait before the first retry; the limit doubles with each further one, up to 20 s. 50 ms as in the \
                   AWS SDKs for DynamoDB",
        },
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "writes the server keeps to bring a returning client up to date; a client that misses older ones gets a \
                   snapshot. 1000 as for `serial`",
        },
        Param {
            name: "text",
            kind: ParamKind::Choice(&["transformed", "replanned"]),
            default: "transformed",
            help: "a position in a text that an operation names is `transformed` by what came between its user's screen and \
                   its place in the log, which the client has; or `replanned`: the operation is planned again as it is, and \
                   all operations have a serial order",
        },
        WINDOW,
    ],
    support: |kind: EditKind| match kind {
        EditKind::TextSplice => Support::Emulated(
            "positions are moved by the changes between a user's screen and the write's place in the log",
        ),
        _ => Support::Native,
    },
    content: Content::any,
    undo: Support::Unsupported("it keeps nothing to take back"),
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(Cas {
            history,
            patience: Patience { retries: params.count("retries"), backoff: params.span("backoff") },
            transforms: params.choice("text") == "transformed",
            window: params.span("window"),
        })
    },
};

#[derive(Clone, Copy)]
struct Cas {
    history: usize,
    patience: Patience,
    /// Positions in texts are moved by what came between.
    transforms: bool,
    window: Duration,
}

impl Strategy for Cas {
    /// Moved positions are not what a serial order of the operations as they were issued gives.
    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        Guarantees { serializable: !self.transforms, ..defaults }
    }

    fn support(&self, kind: EditKind, default: Support) -> Support {
        match kind {
            EditKind::TextSplice if !self.transforms => Support::Emulated(
                "a position is looked up in the text at the write's place in the log, unmoved by what came between",
            ),
            _ => default,
        }
    }

    fn send_window(&self) -> Duration {
        self.window
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, Journal::new(data, self.history))),
            _ => Box::new(Client::new(setup, *self, data)),
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, Journal::restore(durable)?)),
            _ => Box::new(Client::restore(setup, *self, durable)?),
        })
    }
}
