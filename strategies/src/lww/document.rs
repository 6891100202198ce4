//! `lww-document`: the naive last writer, by whole documents.
//!
//! A client changes its own copy, stamps the whole document with its own wall clock, and sends it to everybody; whoever
//! holds an older stamp takes it. Two changes made at the same time: one of them is gone, and nobody is told. A stamp is
//! (milliseconds, count within the millisecond, node), so no two writes tie unless a clock was set back; then the document
//! with the larger encoding wins, and all replicas agree in the end.
//!
//! Source: "save the file, newest wins" as folder syncers and simple cloud saves do it; the rules for an own write with an
//! old stamp (it loses at once, silently) and for a tie (the larger value wins) are those of Cassandra and other stores
//! that take the client's timestamp.
//!
//! Trade-offs: trivially simple, works offline, any model; pays with whole documents on the wire and with silent loss,
//! decided by whose clock runs ahead.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::model::{ModelRef, Operation};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::{Clock, Sidecar, merge_clock};
use crate::spec::{Content, Guarantees, Spec, Support};
use crate::view::View;
use crate::wire;

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "lww-document",
    family: "lww",
    summary: "whole documents with the local wall clock; the newest replaces all others",
    source: "folder syncers and cloud saves; Cassandra's rule for client timestamps",
    library: None,
    topology: Topology::Mesh,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        works_offline: true,
        depends_on_clocks: true,
        ..Guarantees::NONE
    },
    params: &[],
    support: |_| Support::Emulated("the whole document is one register"),
    content: Content::any,
    undo: Support::Unsupported("it keeps nothing to take back"),
    build: |_| Box::new(LwwDocument),
};

struct LwwDocument;

/// When and by whom a document was written. Ordered by its fields from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Stamp {
    wall_ms: u64,
    count: u32,
    node: u32,
}

#[derive(Serialize, Deserialize)]
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
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        Box::new(Peer::new(setup, State { stamp: Stamp::default(), data }))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(Box::new(Peer::new(setup, wire::decode(durable)?)))
    }
}

struct Peer {
    model: ModelRef,
    node: NodeId,
    connected: Vec<NodeId>,
    state: State,
    /// The last own stamp, so that two writes in one millisecond differ.
    last: Stamp,
    /// For sidecars only.
    seen: Clock,
}

impl Peer {
    fn new(setup: &Setup, state: State) -> Self {
        let last = if state.stamp.node == setup.node.0 { state.stamp } else { Stamp::default() };
        Self { model: setup.model.clone(), node: setup.node, connected: Vec::new(), state, last, seen: Clock::new() }
    }

    fn next_stamp(&mut self, cx: &Context<'_>) -> Stamp {
        let wall_ms = cx.wall_clock().0 / 1_000_000;
        let count = if self.last.wall_ms == wall_ms { self.last.count + 1 } else { 0 };
        self.last = Stamp { wall_ms, count, node: self.node.0 };
        self.last
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let plan = match self.model.plan(&self.state.data, operation) {
            Ok(plan) => plan,
            Err(reason) => return refuse(id, reason, &mut self.seen, cx),
        };
        let mut data = self.state.data.clone();
        if let Err(error) = data.apply_all(&plan.edits) {
            return refuse(id, crate::model::Rejected::new("edit_refused", error.to_string()), &mut self.seen, cx);
        }
        let state = State { stamp: self.next_stamp(cx), data };
        self.seen.insert(id.client, id.n);
        let wins = state.beats(&self.state);
        // A write that loses here does not bring the write that it lost to.
        let sidecar = if wins { Sidecar::state(&self.seen) } else { Sidecar::op(id) };
        cx.broadcast(self.connected.iter().copied(), wire::encode(&state), sidecar);
        if wins {
            self.state = state;
            cx.shown(id);
        }
        cx.reflected(id);
        cx.committed(id, plan.outcome);
    }

    fn receive(
        &mut self,
        _: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let state: State = wire::decode(bytes)?;
        if state.beats(&self.state) {
            self.state = state;
        } else {
            cx.count("older_ignored", 1);
        }
        merge_clock(&mut self.seen, &sidecar.seen);
        cx.reflected_all(sidecar);
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.connected.retain(|other| *other != peer);
        if state == LinkState::Up {
            self.connected.push(peer);
            self.connected.sort();
            // Whoever comes back gets what is current here; a document that was never written needs no sending.
            if self.state.stamp != Stamp::default() {
                cx.send(peer, wire::encode(&self.state), Sidecar::state(&self.seen));
            }
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn durable(&self) -> Vec<u8> {
        wire::encode(&self.state)
    }
}

/// The operation makes no sense on its author's own copy: the author is told, and nobody else ever hears of it.
fn refuse(id: OpId, reason: crate::model::Rejected, seen: &mut Clock, cx: &mut Context<'_>) {
    seen.insert(id.client, id.n);
    cx.reflected(id);
    cx.rejected(id, reason);
}
