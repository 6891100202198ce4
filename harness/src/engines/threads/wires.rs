//! A thread's connections: what its replica sends, what arrives, and what fault transitions do.

use std::sync::Arc;

use syncbench_strategies::replica::{LinkState, NodeId, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::worker::{Work, Worker};
use super::{Mail, THING};
use crate::engines::node::Input;
use crate::event::{Event, What};
use crate::faults::{NodeState, Transition};
use crate::network::wire_bytes;
use crate::wire::{Arrival, Parcel};

impl Worker<'_> {
    pub(super) fn send(&mut self, now: Time, to: NodeId, bytes: Arc<[u8]>, hash: u64, sidecar: Arc<Sidecar>) {
        let from = self.id;
        let payload_bytes = bytes.len() as u64;
        let wire_bytes = wire_bytes(self.task.transport, from, payload_bytes);
        self.note(Event { at: now, node: from, what: What::Sent { to, payload_bytes, wire_bytes, hash } });
        self.conditions.touch_made(from);
        let sidecar = if self.task.blind { Arc::new(Sidecar::none()) } else { sidecar };
        let Some(wire) = self.wires.get_mut(to.0 as usize).and_then(Option::as_mut) else {
            return self.lose(now, from, to);
        };
        let sent = wire.send(now, wire_bytes, bytes, sidecar);
        if let Some((at, copy)) = sent.copy {
            self.note(Event { at: now, node: to, what: What::Duplicated { from } });
            self.post(at, copy);
        }
        match sent.original {
            Some((at, parcel)) => self.post(at, parcel),
            None => self.lose(now, from, to),
        }
    }

    fn post(&self, at: Time, parcel: Parcel) {
        self.shared.add(THING);
        // The inbox stays open until the run is over, its thread's panic included.
        let _ = self.shared.mail[parcel.to.0 as usize].send(Mail::Parcel(at, parcel));
    }

    fn lose(&mut self, at: Time, from: NodeId, to: NodeId) {
        self.conditions.touch_stopped(from, to);
        self.note(Event { at, node: to, what: What::Dropped { from } });
    }

    /// A message arrives. One that is held back is not counted as in flight: the group may be quiescent meanwhile.
    pub(super) fn arrive(&mut self, parcel: Parcel) {
        let (from, to) = (parcel.from, self.id);
        let Some(wire) = self.wires[from.0 as usize].as_mut() else { return };
        self.journal.not_before(parcel.sent);
        match wire.arrive(parcel) {
            Arrival::Held => self.conditions.touch_stopped(from, to),
            Arrival::Lost => {
                let now = self.step_begins();
                self.lose(now, from, to);
            }
            Arrival::Delivered(parcel) => {
                let now = self.step_begins();
                self.note(Event { at: now, node: to, what: What::Delivered { from } });
                self.step(now, Input::Receive(from, &parcel.bytes, &parcel.sidecar));
                self.follow_up();
            }
        }
    }

    /// Brings the replica and its connections into the state that faults ask for from now on. Both ends of a connection
    /// come to the same, since they ask the same questions at the same times.
    pub(super) fn transition(&mut self, transition: Transition) {
        self.conditions.change(transition);
        if self.conditions.node(self.id) != NodeState::Up {
            return;
        }
        if self.node.is_none() {
            self.node = Some(self.make());
            self.live();
            let now = self.journal.now();
            if let Some(at) = self.user.as_mut().and_then(|user| user.joined(now)) {
                self.schedule(at);
            }
        }
        for peer in self.peers.clone() {
            self.connect(peer, self.conditions.connected(self.id, peer));
            let blocked = self.conditions.blocked(peer, self.id);
            let Some(wire) = self.wires[peer.0 as usize].as_mut() else { continue };
            for parcel in wire.set_blocked(blocked) {
                self.arrive(parcel);
            }
        }
        self.follow_up();
    }

    /// Opens or breaks a connection, unless it is so already.
    fn connect(&mut self, peer: NodeId, up: bool) {
        if self.wires[peer.0 as usize].as_ref().is_none_or(|wire| wire.is_up() == up) {
            return;
        }
        let now = self.step_begins();
        let changed = self.wires[peer.0 as usize].as_mut().and_then(|wire| wire.set_up(up, now));
        let Some(changed) = changed else { return };
        for (at, parcel) in changed.early {
            self.queue.push(at, Work::Deliver(parcel));
        }
        for parcel in changed.lost {
            self.lose(now, parcel.from, self.id);
        }
        let state = if up { LinkState::Up } else { LinkState::Down };
        self.note(Event { at: now, node: self.id, what: What::Link { peer, state } });
        self.step(now, Input::Link(peer, state));
    }
}
