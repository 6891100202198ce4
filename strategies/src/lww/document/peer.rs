//! One client, or the relay.

use std::collections::VecDeque;
use std::mem;

use xxhash_rust::xxh3::xxh3_64;

use super::undo::History;
use super::{Stamp, State};
use crate::document::diff;
use crate::lww::seen::Seen;
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use crate::send_window::SendWindow;
use crate::sidecar::{Sidecar, merge_clock};
use crate::star::reject_at_server;
use crate::view::View;
use crate::wire;

/// The tag of the timer at the end of a send window.
const FLUSH: u64 = 0;

/// So many documents are known again when they come again: more than a client sends in the time of a reconnect.
const KNOWN: usize = 1_000;

pub(super) struct Peer {
    window: SendWindow,
    model: ModelRef,
    node: NodeId,
    /// Its name in stamps.
    name: u32,
    connected: Vec<NodeId>,
    state: State,
    /// The last own stamp, so that two writes in one millisecond differ.
    last: Stamp,
    history: History,
    /// The newest own document that waits for the end of the send window.
    unsent: Option<State>,
    /// At a relay, hashes of the latest documents that were forwarded: a client that connects sends the one that it has.
    forwarded: VecDeque<u64>,
    /// For sidecars only: what this document is made from, and what the unsent one carries.
    seen: Seen,
    carries: Sidecar,
}

impl Peer {
    pub(super) fn new(window: SendWindow, setup: &Setup, state: State) -> Self {
        let last = if state.stamp.node == setup.id_number() { state.stamp } else { Stamp::default() };
        Self {
            window,
            model: setup.model.clone(),
            node: setup.node,
            name: setup.id_number(),
            connected: Vec::new(),
            state,
            last,
            history: History::new(setup.undo),
            unsent: None,
            forwarded: VecDeque::new(),
            seen: Seen::default(),
            carries: Sidecar::none(),
        }
    }

    /// Writes a new document and sends it.
    fn write(&mut self, id: OpId, plan: Plan, cx: &mut Context<'_>) -> Result<(), Rejected> {
        let mut data = self.state.data.clone();
        let inverse = data.apply_all(&plan.edits);
        let inverse = inverse.map_err(|error| Rejected::new("edit_refused", error.to_string()))?;
        let state = State { stamp: self.next_stamp(cx), data };
        self.seen.add(id);
        let wins = state.beats(&self.state);
        // A write that loses here does not carry the write that it lost to.
        self.carries.carries.push(id);
        if wins {
            let seen = self.seen.sidecar();
            self.carries.carries.extend(seen.carries);
            merge_clock(&mut self.carries.seen, &seen.seen);
        }
        if self.unsent.as_ref().is_none_or(|unsent| state.beats(unsent)) {
            self.unsent = Some(state.clone());
        }
        if self.window.change(FLUSH, cx) {
            self.flush(cx);
        }
        if wins {
            self.history.push(id.n, plan.edits, inverse);
            self.state = state;
            cx.shown(id);
        } else {
            // There is nothing of it to undo.
            self.history.push(id.n, Vec::new(), Vec::new());
        }
        cx.reflected(id);
        cx.confirmed(id, plan.outcome);
        Ok(())
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        let carries = Sidecar { whole: true, ..mem::take(&mut self.carries) };
        if let Some(state) = self.unsent.take() {
            cx.broadcast(self.connected.iter().copied(), wire::encode(&state), carries);
        }
    }

    /// Sends a document that has arrived to all others, once. These of its operations have not arrived before.
    fn forward(&mut self, from: NodeId, bytes: &[u8], sidecar: &Sidecar, new: &[OpId], cx: &mut Context<'_>) {
        let others = self.connected.iter().copied().filter(|peer| *peer != from);
        let hash = xxh3_64(bytes);
        if self.forwarded.contains(&hash) {
            // What is new has lost to this document, which the others have or will get.
            others.for_each(|peer| new.iter().for_each(|op| cx.overwritten(*op, peer)));
            return;
        }
        self.forwarded.push_back(hash);
        self.forwarded.drain(..self.forwarded.len().saturating_sub(KNOWN));
        cx.broadcast(others, bytes, sidecar.clone());
    }

    fn next_stamp(&mut self, cx: &Context<'_>) -> Stamp {
        let wall_ms = cx.wall_clock().0 / 1_000_000;
        let count = if self.last.wall_ms == wall_ms { self.last.count + 1 } else { 0 };
        self.last = Stamp { wall_ms, count, node: self.name };
        self.last
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.node == NodeId::SERVER {
            return reject_at_server(id, cx);
        }
        let written = self.model.plan(&self.state.data, operation).and_then(|plan| self.write(id, plan, cx));
        if let Err(reason) = written {
            refuse(id, reason, &mut self.seen, cx);
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let written = self.history.undo(target, &self.state.data).and_then(|data| {
            let edits = diff(&self.state.data, &data);
            if !edits.is_empty() {
                return self.write(id, Plan::new(edits), cx);
            }
            // It is already undone here: no reason to replace everybody's document.
            self.history.push(id.n, Vec::new(), Vec::new());
            self.seen.add(id);
            cx.void(id);
            cx.shown(id);
            cx.confirmed(id, Outcome::Null);
            Ok(())
        });
        if let Err(reason) = written {
            refuse(id, reason, &mut self.seen, cx);
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let state: State = wire::decode(bytes)?;
        if state.beats(&self.state) {
            if self.node != NodeId::SERVER {
                self.history.replaced(&self.state.data, &state.data);
            }
            self.state = state;
        } else {
            cx.count("older_ignored", 1);
        }
        let new = self.seen.add_all(sidecar);
        cx.reflected_all(sidecar);
        if self.node == NodeId::SERVER {
            self.forward(from, bytes, sidecar, &new, cx);
        }
        Ok(())
    }

    fn timer(&mut self, _: u64, cx: &mut Context<'_>) {
        if self.window.timer(self.unsent.is_some(), FLUSH, cx) {
            self.flush(cx);
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.connected.retain(|other| *other != peer);
        if state == LinkState::Up {
            self.connected.push(peer);
            self.connected.sort();
            // A peer that connects gets the document; one that was never written need not be sent.
            if self.state.stamp != Stamp::default() {
                cx.send(peer, wire::encode(&self.state), Sidecar { whole: true, ..self.seen.sidecar() });
            }
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn durable(&self) -> Vec<u8> {
        wire::encode(&self.state)
    }

    fn saved_sidecar(&self) -> Sidecar {
        self.seen.sidecar()
    }

    fn recall(&mut self, saved: &Sidecar) {
        self.seen.add_all(saved);
    }
}

/// Refuses an operation that does not fit its issuer's own copy. Nobody else learns of it.
fn refuse(id: OpId, reason: Rejected, seen: &mut Seen, cx: &mut Context<'_>) {
    seen.add(id);
    cx.reflected(id);
    cx.rejected(id, reason);
}
