//! A replica's connections: what it sends, what arrives, and how faults open and break them.

use std::collections::VecDeque;
use std::sync::Arc;

use syncbench_strategies::replica::{LinkState, NodeId, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::worker::{Work, Worker};
use super::{Mail, Parcel, THING};
use crate::engines::active;
use crate::engines::node::Input;
use crate::event::{Event, What};
use crate::faults::Armed;
use crate::network::{Link, Transport, envelope_bytes};

/// This node's end of a connection.
pub(super) struct Wire {
    /// To the peer.
    link: Link,
    up: bool,
    /// Grows with every change, on both ends alike.
    epoch: u32,
    /// From the peer: kept back by a one-way fault, to go on when it ends.
    blocked: VecDeque<Parcel>,
    /// From the peer: sent on a connection that this end does not know of yet.
    pub(super) early: VecDeque<(Time, Parcel)>,
}

impl Wire {
    pub(super) fn new(link: Link) -> Self {
        Self { link, up: false, epoch: 0, blocked: VecDeque::new(), early: VecDeque::new() }
    }

    /// Whether this was sent on a connection that this end does not know of yet.
    pub(super) fn is_new(&self, parcel: &Parcel) -> bool {
        self.epoch < parcel.epoch
    }

    /// How many messages wait here.
    pub(super) fn waiting(&self) -> u64 {
        (self.blocked.len() + self.early.len()) as u64
    }
}

impl<'a> Worker<'a> {
    pub(super) fn send(&mut self, now: Time, to: NodeId, bytes: Arc<[u8]>, hash: u64, sidecar: Arc<Sidecar>) {
        let from = self.id;
        let payload_bytes = bytes.len() as u64;
        let wire_bytes = payload_bytes + envelope_bytes(self.task.transport, from != NodeId::SERVER, payload_bytes);
        self.note(Event { at: now, node: from, what: What::Sent { to, payload_bytes, wire_bytes, hash } });
        let wire = self.wires.get_mut(to.0 as usize).and_then(Option::as_mut).filter(|wire| wire.up);
        let Some(wire) = wire else { return self.lose(now, from, to) };
        let (first, second) = wire.link.send(now, wire_bytes);
        let sidecar = if self.task.blind { Arc::new(Sidecar::none()) } else { sidecar };
        let parcel = Parcel { from, epoch: wire.epoch, sent: now, bytes, sidecar };
        if self.task.faults.iter().any(|fault| fault.fault.clock_ahead_ns(from) != 0) {
            self.touch(from, to);
        }
        if let Some(at) = second {
            self.note(Event { at: now, node: to, what: What::Duplicated { from } });
            self.post(to, at, parcel.clone());
        }
        match first {
            Some(at) => self.post(to, at, parcel),
            None => self.lose(now, from, to),
        }
    }

    fn post(&self, to: NodeId, at: Time, parcel: Parcel) {
        self.shared.add(THING);
        // The inbox stays open until the run is over, its thread's panic included.
        let _ = self.shared.mail[to.0 as usize].send(Mail::Parcel(at, parcel));
    }

    /// A message is lost; the faults between these two have touched it.
    fn lose(&mut self, at: Time, from: NodeId, to: NodeId) {
        self.touch(from, to);
        self.note(Event { at, node: to, what: What::Dropped { from } });
    }

    fn touch(&mut self, from: NodeId, to: NodeId) {
        let (now, healed) = self.weather;
        for (count, fault) in self.messages_touched.iter_mut().zip(&self.task.faults) {
            let met =
                fault.fault.cuts(from, to) || fault.fault.blocks(from, to) || fault.fault.clock_ahead_ns(from) != 0;
            let open = active(std::slice::from_ref(fault), now, healed).next().is_some();
            *count += u64::from(open && met);
        }
    }

    /// A message is there. What a one-way fault keeps back is not under way any more: it may wait for the group to be quiet.
    pub(super) fn arrive(&mut self, parcel: Parcel) {
        let (from, to) = (parcel.from, self.id);
        let blocked = self.active().any(|fault| fault.fault.blocks(from, to));
        let Some(wire) = self.wires[from.0 as usize].as_mut() else { return };
        self.journal.heard(parcel.sent);
        if blocked && wire.up && wire.epoch == parcel.epoch && self.task.transport == Transport::Stream {
            wire.blocked.push_back(parcel);
            return self.touch(from, to);
        }
        let lost = blocked || !wire.up || wire.epoch != parcel.epoch;
        let now = self.step_begins();
        if lost {
            self.lose(now, from, to);
        } else {
            self.note(Event { at: now, node: to, what: What::Delivered { from } });
            self.step(now, Input::Receive(from, &parcel.bytes, &parcel.sidecar));
            self.follow_up();
        }
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &'a Armed> + use<'a> {
        active(&self.task.faults, self.weather.0, self.weather.1)
    }

    /// Whether `node` takes part at `at`.
    pub(super) fn joined(&self, node: NodeId, at: Time) -> bool {
        !self.task.faults.iter().any(|fault| fault.start > at && fault.fault.delays_start_of(node))
    }

    /// Joins, breaks and opens connections, and lets go what one-way faults kept back, as the faults say at `at`. Both ends
    /// of a connection come to the same, since they ask the same questions at the same times.
    pub(super) fn weather(&mut self, at: Time, healed: bool) {
        self.weather = (at, healed);
        if !self.joined(self.id, at) {
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
            let up = self.joined(peer, at) && !self.active().any(|fault| fault.fault.cuts(self.id, peer));
            let blocked = self.active().any(|fault| fault.fault.blocks(peer, self.id));
            if self.wires[peer.0 as usize].as_ref().is_some_and(|wire| wire.up != up) {
                self.connect(peer, if up { LinkState::Up } else { LinkState::Down });
            }
            let Some(wire) = self.wires[peer.0 as usize].as_mut().filter(|_| !blocked) else { continue };
            // At once, before anything that came later on the same connection.
            for parcel in std::mem::take(&mut wire.blocked) {
                self.arrive(parcel);
            }
        }
        self.follow_up();
    }

    fn connect(&mut self, peer: NodeId, state: LinkState) {
        let now = self.step_begins();
        let Some(wire) = self.wires[peer.0 as usize].as_mut() else { return };
        wire.up = state == LinkState::Up;
        wire.epoch += 1;
        wire.link.reset(now);
        let lost = std::mem::take(&mut wire.blocked);
        for (at, parcel) in std::mem::take(&mut wire.early) {
            if parcel.epoch > wire.epoch {
                wire.early.push_back((at, parcel));
            } else {
                self.queue.push(at, Work::Deliver(parcel));
            }
        }
        for parcel in lost {
            self.lose(now, parcel.from, self.id);
        }
        self.note(Event { at: now, node: self.id, what: What::Link { peer, state } });
        self.step(now, Input::Link(peer, state));
    }
}
