//! A thread's connections: what its replica sends, what arrives, and what fault transitions do.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use syncbench_strategies::replica::{LinkState, NodeId, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::worker::{Work, Worker};
use super::{Mail, THING};
use crate::engines::connecting::{opens_at, reopening};
use crate::engines::node::Input;
use crate::event::{Event, What};
use crate::faults::{NodeState, Transition};
use crate::network::{Passing, wire_bytes};
use crate::wire::{Arrival, Parcel, Sent, TouchedBy, Wire};

impl Worker<'_> {
    pub(super) fn send(&mut self, now: Time, to: NodeId, bytes: Arc<[u8]>, hash: u64, sidecar: Arc<Sidecar>) {
        let from = self.id;
        let payload_bytes = bytes.len() as u64;
        let sent = |wire_bytes| Event { at: now, node: from, what: What::Sent { to, payload_bytes, wire_bytes, hash } };
        self.conditions.touch_made(from, now);
        let sidecar = if self.task.blind { Arc::new(Sidecar::none()) } else { sidecar };
        let Some(wire) = self.wires.get_mut(to.0 as usize).and_then(Option::as_mut) else {
            self.note(sent(wire_bytes(self.task.transport, from, payload_bytes)));
            return self.lose(now, from, to);
        };
        let conditions = &mut self.conditions;
        let impair = |passing: &Passing, touched_by: &mut TouchedBy| {
            conditions.impair(passing, |place| touched_by.first_time(place))
        };
        let Sent { wire_bytes, original, copy } = wire.send(&mut self.leg, now, bytes, sidecar, impair);
        self.note(sent(wire_bytes));
        if let Some(copy) = copy {
            self.note(Event { at: now, node: to, what: What::Duplicated { from } });
            self.post(copy);
        }
        match original {
            Some(parcel) => self.post(parcel),
            None => self.lose(now, from, to),
        }
    }

    fn post(&self, parcel: Parcel) {
        self.shared.add(THING);
        // The inbox stays open until the run is over, its thread's panic included.
        let _ = self.shared.mail[parcel.to.0 as usize].send(Mail::Parcel(parcel));
    }

    /// A message comes to this participant's leg: it is in flight until it arrives. False where it is lost.
    pub(super) fn reach(&mut self, mut parcel: Parcel) -> bool {
        let (from, to) = (parcel.from, self.id);
        let Some(wire) = self.wires[from.0 as usize].as_mut() else { return false };
        let conditions = &mut self.conditions;
        let impair = |passing: &Passing, touched_by: &mut TouchedBy| {
            conditions.impair(passing, |place| touched_by.first_time(place))
        };
        let Some(at) = wire.reach(&mut self.leg, &mut parcel, impair) else {
            self.journal.not_before(parcel.sent);
            let now = self.step_begins();
            self.lose(now, from, to);
            return false;
        };
        self.queue.push(at, Work::Deliver(parcel));
        true
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
            // No fault that damages messages is planned in real time.
            Arrival::Lost | Arrival::Broken => {
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
            self.conditions.touch_node(self.id);
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
            if self.conditions.connectable(self.id, peer) {
                self.connect(peer);
            } else {
                self.conditions.touch_apart(self.id, peer);
                self.break_off(peer);
            }
            let blocked = self.conditions.blocked(peer, self.id);
            let Some(wire) = self.wires[peer.0 as usize].as_mut() else { continue };
            for parcel in wire.set_blocked(blocked) {
                self.arrive(parcel);
            }
        }
        self.follow_up();
    }

    /// Begins to connect, unless that has begun.
    fn connect(&mut self, peer: NodeId) {
        let at = opens_at(self.task, &self.conditions, self.id, peer);
        let Some(wire) = self.wires[peer.0 as usize].as_mut().filter(|wire| !wire.is_connecting()) else { return };
        wire.connect(at);
        let since = self.conditions.since();
        if at == since {
            self.open(peer, since, at);
        } else {
            self.shared.planned.fetch_add(1, Ordering::SeqCst);
            self.shared.add(THING);
            self.queue.push(at, Work::Open { peer, since });
        }
    }

    /// The connection that was to open at `at` opens, unless it broke before.
    pub(super) fn open(&mut self, peer: NodeId, since: Time, at: Time) {
        let early = self.wires[peer.0 as usize].as_mut().and_then(|wire| wire.open(at));
        let Some(early) = early else { return };
        for parcel in early {
            self.queue.push(parcel.reaches(), Work::Reach(parcel));
        }
        let reopening = reopening(since, at, self.id, peer);
        self.reopenings.extend(reopening.filter(|_| self.id < peer));
        self.tell(peer, LinkState::Up, reopening.is_some());
    }

    /// The connection breaks, or the attempt to open it ends.
    fn break_off(&mut self, peer: NodeId) {
        let broken = self.wires[peer.0 as usize].as_mut().and_then(Wire::break_off);
        let Some((was_up, lost)) = broken else { return };
        if !lost.is_empty() {
            let now = self.step_begins();
            lost.iter().for_each(|parcel| self.lose(now, parcel.from, self.id));
        }
        if was_up {
            self.tell(peer, LinkState::Down, false);
        }
    }

    fn tell(&mut self, peer: NodeId, state: LinkState, after_handshake: bool) {
        let now = self.step_begins();
        self.note(Event { at: now, node: self.id, what: What::Link { peer, state } });
        if after_handshake && self.id < peer {
            let wire_bytes = self.task.profile.reconnect.handshake_bytes;
            self.note(Event { at: now, node: self.id, what: What::Handshake { peer, wire_bytes } });
        }
        self.step(now, Input::Link(peer, state));
    }
}
