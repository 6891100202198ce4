//! `serial`: the serialized state reducer.
//!
//! All operations go through one server. The server numbers an operation, sends it to every joined client, the issuer
//! included, and then reduces; a client does not touch its copy until its own operation returns from the server.
//! Everybody reduces the same stream, so everybody passes through the same states. An operation that makes no sense in
//! its place is ignored by all in the same way, and its issuer, who reduces too, learns of the rejection from its own
//! copy.
//!
//! Source: Livebook's notebook "State synchronization with state reducers" and Livebook itself. Where the notebook is
//! silent this follows what Livebook and Replicache do: operations carry (client, n), the server keeps the last n of each
//! client so that an operation resent after a broken connection is applied once, and the verdicts of what it applied travel
//! in the answer to the join. Rejoining brings the missed operations, or a snapshot when they are no longer kept.
//!
//! Undo is worked out by the server, on its history (see `order/undo.rs`); what it changes is ordered and sent like an
//! operation.
//!
//! Trade-offs: one truth and exact rejections, but no local effect before a round trip, and nothing at all while offline.
//! Positions in an operation mean what they mean in the server's order, not what its user saw.

mod client;
mod message;
mod server;
mod snapshots;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::document::Document;
use crate::node::NodeId;
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::serial::index_positions;
use crate::spec::{Content, Guarantees, Param, ParamKind, Spec, Support, Versions, WINDOW};
use client::Client;
use server::Server;
use snapshots::Snapshots;

/// The spec.
pub static SPEC: Spec = Spec {
    name: "serial",
    family: "serial",
    summary: "one server orders all operations; clients wait for their own to come back",
    source: "Livebook, \"State synchronization with state reducers\"",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        can_refuse: true,
        serializable: true,
        needs_server: true,
        versions: Versions::Server("its log has the last operations, and a longer one replays every version"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations the server keeps to bring a returning client up to date and to undo them; a client that misses \
                   older ones gets a snapshot. 0 is the notebook's way: always a snapshot, and no undo",
        },
        Param {
            name: "rejoin",
            kind: ParamKind::Choice(&["operations", "snapshot"]),
            default: "operations",
            help: "what a returning client gets: the operations that it missed, if the server still has them, or always a \
                   snapshot, as in Livebook",
        },
        Param {
            name: "snapshot",
            kind: ParamKind::Count,
            default: "1",
            help: "operations from one snapshot to the next: a client gets the last snapshot and the operations after it, as \
                   far as the history goes. 1 is the notebook's way: the current state, made anew for each client",
        },
        WINDOW,
    ],
    support: index_positions,
    content: Content::any,
    undo: Support::Emulated("the server reduces its history again without it, and sends what that changes"),
    build: |params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        let snapshots = Snapshots::new(params.choice("rejoin") == "snapshot", params.count("snapshot"));
        Box::new(Serial { history, snapshots, window: params.span("window") })
    },
};

struct Serial {
    history: usize,
    snapshots: Snapshots,
    window: Duration,
}

impl Strategy for Serial {
    fn send_window(&self) -> Duration {
        self.window
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, self.snapshots.clone(), data, self.history)),
            _ => Box::new(Client::new(setup, self.window, data)),
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(match setup.node {
            NodeId::SERVER => Box::new(Server::restore(setup, self.snapshots.clone(), durable)?),
            _ => Box::new(Client::restore(setup, self.window, durable)?),
        })
    }
}
