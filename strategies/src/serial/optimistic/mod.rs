//! `serial-optimistic`: the serialized reducer with instant effect, as in Replicache and Zero.
//!
//! A client holds its base view and its own pending mutations; its user sees the mutations replayed on the base view. A
//! mutation carries (client, n). The server carries mutations out in the order of their arrival, against its own state,
//! and confirms the last n of each client; a mutation that fails there still advances n, or the queue would jam. An n that
//! is not above the last is done already, one that leaves a gap is a protocol error. What travels down is what changed (a
//! Replicache pull is a patch, a Zero poke is rows): edits in the server's order. The client applies them to its base view,
//! drops the mutations that they contain and replays the rest. A pending mutation that was shown and fails now is rolled
//! back; it is replayed again next time, and may be shown again.
//!
//! Numbers have gaps where a mutation failed at its issuer: it is dropped there at once and never sent, as Replicache drops
//! a mutator that throws. So a push says which number it follows. Pending mutations are saved before they are sent and
//! survive disconnects and crashes.
//!
//! Undo is worked out by the server on its history, as for `serial`, and shown when it has its place. Only an undo of a
//! pending mutation is shown at once: neither is replayed then.
//!
//! With `text=embedded` typing is a delta of a text whose characters have ids (see `embedded.rs`).
//!
//! Source: Replicache's "How it works" and its push, pull and poke; Zero's custom mutators.
//!
//! Trade-offs: instant effect, work offline, and the server's say in everything; but every pending mutation runs again after
//! every message, and users see effects and lose them again. A client rejects on a state that may be out of date, so this
//! is not serializable.

mod client;
mod data;
mod embedded;
mod message;
mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::document::{Document, EditKind};
use crate::ids::State;
use crate::node::NodeId;
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::serial::index_positions;
use crate::serial::order::{Keeps, Order};
use crate::spec::{Content, Guarantees, Param, ParamKind, Params, Sessions, Spec, Support, Versions, WINDOW};
use client::Client;
use embedded::Embedded;
use server::Server;

/// The spec.
pub static SPEC: Spec = Spec {
    name: "serial-optimistic",
    family: "serial",
    summary: "one server orders all operations; clients show their own at once and replay them on its state",
    source: "Replicache and Zero (Rocicorp)",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        can_refuse: true,
        needs_server: true,
        // "Causal+ consistency" of Replicache's documentation, "Consistency Model": operations appear in causal order and
        // clients see progressively newer states. It says nothing of a pending mutation that fails when it is replayed: its
        // user does not see it until the server has decided.
        sessions: Sessions { read_your_writes: false, ..Sessions::CAUSAL },
        versions: Versions::Server("its log has the last operations, and a longer one replays every version"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations the server keeps to bring a returning client up to date and to undo them; a client that misses \
                   older ones gets a snapshot. 1000 as for `serial`",
        },
        Param {
            name: "text",
            kind: ParamKind::Choice(&["index", "embedded"]),
            default: "index",
            help: "what typing sends: the operation with the positions that its user saw, which the server looks up in its own \
                   text as it is by then, or what it does to a text whose characters have ids, `embedded` in the mutation as \
                   Replicache's manual says",
        },
        WINDOW,
    ],
    support: index_positions,
    content: Content::any,
    undo: Support::Emulated("the server reduces its history again without it, and sends what that changes"),
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(Optimistic { history, embedded: params.choice("text") == "embedded", window: params.span("window") })
    },
};

struct Optimistic {
    history: usize,
    /// Texts have ids, and typing travels by them.
    embedded: bool,
    window: Duration,
}

impl Strategy for Optimistic {
    fn support(&self, kind: EditKind, default: Support) -> Support {
        match kind {
            EditKind::TextSplice if self.embedded => {
                Support::Emulated("what it does to a text whose characters have ids, inside the mutation and the pull")
            }
            _ => default,
        }
    }

    fn send_window(&self) -> Duration {
        self.window
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        match (setup.node, self.embedded) {
            (NodeId::SERVER, false) => {
                let keeps = if setup.undo { Keeps::Everything } else { Keeps::Edits };
                Box::new(Server::new(setup, Order::new(data, self.history, keeps)))
            }
            (_, false) => Box::new(Client::new(setup, self.window, data)),
            (NodeId::SERVER, true) => {
                let order = Embedded::new(State::genesis(data, setup.undo), self.history, setup.undo);
                Box::new(Server::new(setup, order))
            }
            (_, true) => Box::new(Client::new(setup, self.window, State::genesis(data, setup.undo))),
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(match (setup.node, self.embedded) {
            (NodeId::SERVER, false) => Box::new(Server::<Order>::restore(setup, durable)?),
            (_, false) => Box::new(Client::<Document>::restore(setup, self.window, durable)?),
            (NodeId::SERVER, true) => Box::new(Server::<Embedded>::restore(setup, durable)?),
            (_, true) => Box::new(Client::<State>::restore(setup, self.window, durable)?),
        })
    }
}
