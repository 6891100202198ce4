//! What happens to one replica: its user acts, a message arrives, a timer is due; and what it sends.

use std::sync::Arc;

use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::sidecar::Sidecar;
use xxhash_rust::xxh3::xxh3_64;

use super::line::Waiting;
use super::{Sim, Work};
use crate::clock::WALL_AT_START;
use crate::engines::node::{Input, Request};
use crate::event::What;
use crate::faults::NodeState;
use crate::network::{Passing, wire_bytes};
use crate::sabotage::Passage;
use crate::wire::{Arrival, Parcel, TouchedBy};

impl Sim<'_> {
    pub(super) fn issue(&mut self, client: NodeId, intended: Time) {
        let Some(node) = self.replicas.get(client.0 as usize).and_then(Option::as_ref) else {
            // Absent or crashed: this user's plans go on when its client joins or recovers.
            self.users.postpone(client);
            return;
        };
        if self.conditions.node(client) == NodeState::Paused {
            return self.users.postpone(client);
        }
        self.stirred_at = self.now;
        self.progress = (self.now, 0);
        if let Some(at) = self.users.begin(client, self.now, intended) {
            self.queue.push(at, Work::Issue { client, intended: at });
        }
        let Some(action) = self.users.act(client, node.replica.view(), &self.ledger) else { return };
        self.conditions.touch_acted(client, self.now);
        let op = self.ledger.next_op(client);
        self.hold.acting(op, &self.ledger);
        let (opened, submitted) = self.saboteur.as_mut().map_or((1, 1), |bug| (bug.opens(), bug.submits()));
        for _ in 0..opened {
            self.ledger.open(self.ledger.next_op(client), action.clone(), self.now, intended);
        }
        self.emit(client, What::Issued { op, intended });
        (0..submitted).for_each(|_| self.step(client, Input::of(op, &action)));
        self.release(client);
        // The server may have waited for an operation that turned out not to travel.
        self.release(NodeId::SERVER);
    }

    /// Hands over what `node` may receive now.
    pub(super) fn release(&mut self, node: NodeId) {
        for parcel in self.hold.released(node, &self.ledger) {
            self.hand_over(parcel);
        }
    }

    pub(super) fn timer(&mut self, node: NodeId, tag: u64, life: u32) {
        if life == self.lives[node.0 as usize] {
            self.meet(node, Waiting::Timer(tag));
        }
    }

    /// A message comes to its receiver's leg.
    pub(super) fn reach(&mut self, mut parcel: Parcel) {
        let (from, to) = (parcel.from, parcel.to);
        let Some(wire) = self.wires.get_mut((to, from)) else { return };
        let conditions = &mut self.conditions;
        let impair = |passing: &Passing, touched_by: &mut TouchedBy| {
            conditions.impair(passing, |place| touched_by.first_time(place))
        };
        match wire.reach(&mut self.legs[to.0 as usize], &mut parcel, impair) {
            Some(at) => self.queue.push(at, Work::Deliver(parcel)),
            None => self.lose(from, to),
        }
    }

    pub(super) fn arrive(&mut self, mut parcel: Parcel) {
        match self.saboteur.as_mut().map_or(Passage::Through, |bug| bug.passes(&mut parcel)) {
            Passage::Through => {}
            Passage::Swallowed => return,
            Passage::Copied => self.admit(parcel.clone()),
            Passage::Later(span) => return self.queue.push(self.now + span, Work::Deliver(parcel)),
        }
        self.admit(parcel);
    }

    fn admit(&mut self, parcel: Parcel) {
        let (from, to) = (parcel.from, parcel.to);
        let Some(wire) = self.wires.get_mut((to, from)) else { return };
        match wire.arrive(parcel) {
            Arrival::Lost => self.lose(from, to),
            Arrival::Held => self.conditions.touch_stopped(from, to),
            Arrival::Broken => {
                self.lose(from, to);
                self.fail((from.min(to), from.max(to)));
            }
            Arrival::Delivered(parcel) => {
                if let Some(parcel) = self.hold.admit(parcel, &self.ledger) {
                    self.hand_over(parcel);
                    if to == NodeId::SERVER {
                        self.release(to);
                    }
                }
            }
        }
    }

    /// A message reaches its receiver, which handles it in its turn.
    pub(super) fn hand_over(&mut self, parcel: Parcel) {
        self.queue_up(parcel.to, Waiting::Message(parcel));
    }

    /// A replica handles a message.
    pub(super) fn receive(&mut self, parcel: &Parcel) {
        self.emit(parcel.to, What::Delivered { from: parcel.from });
        self.damaged = (parcel.is_damaged(), self.damaged.1 + u64::from(parcel.is_damaged()));
        self.step(parcel.to, Input::Receive(parcel.from, &parcel.bytes, &parcel.sidecar));
        self.damaged.0 = false;
    }

    pub(super) fn step(&mut self, id: NodeId, input: Input<'_>) {
        let wall = self.conditions.clock(id, self.now, self.now + WALL_AT_START);
        let wall = self.saboteur.as_mut().map_or(wall, |bug| bug.clock(id, wall));
        let Some(node) = self.replicas.get_mut(id.0 as usize).and_then(Option::as_mut) else { return };
        let (mut events, mut requests) = (std::mem::take(&mut self.events), std::mem::take(&mut self.requests));
        node.step(input, self.now, wall, &mut events, &mut requests);
        self.touched.insert(id);
        for event in events.drain(..) {
            self.enter(if self.damaged.0 { event.of_damage() } else { event });
        }
        for request in requests.drain(..) {
            match request {
                Request::Send { to, bytes, sidecar } => self.send(id, to, bytes, sidecar),
                Request::SetTimer { .. } if self.timers_void => {}
                Request::SetTimer { .. } if self.saboteur.as_mut().is_some_and(|bug| !bug.keeps_timer(id)) => {}
                Request::SetTimer { after, tag } => {
                    let life = self.lives[id.0 as usize];
                    self.queue.push(self.now + after, Work::Timer { node: id, tag, life });
                }
            }
        }
        (self.events, self.requests) = (events, requests);
    }

    fn send(&mut self, from: NodeId, to: NodeId, bytes: Arc<[u8]>, sidecar: Arc<Sidecar>) {
        let payload_bytes = bytes.len() as u64;
        let hash = xxh3_64(&bytes);
        self.conditions.touch_made(from, self.now);
        self.hold.sent(from, to);
        let sidecar = if self.task.blind { Arc::new(Sidecar::none()) } else { sidecar };
        let connected = !self.lines[from.0 as usize].is_out_of_date(to);
        let Some(wire) = self.wires.get_mut((from, to)).filter(|_| connected) else {
            let wire_bytes = wire_bytes(self.task.transport, from, payload_bytes);
            self.emit(from, What::Sent { to, payload_bytes, wire_bytes, hash });
            return self.lose(from, to);
        };
        let conditions = &mut self.conditions;
        let impair = |passing: &Passing, touched_by: &mut TouchedBy| {
            conditions.impair(passing, |place| touched_by.first_time(place))
        };
        let sent = wire.send(&mut self.legs[from.0 as usize], self.now, bytes, sidecar, impair);
        self.emit(from, What::Sent { to, payload_bytes, wire_bytes: sent.wire_bytes, hash });
        if let Some(copy) = sent.copy {
            self.queue.push(copy.reaches(), Work::Reach(copy));
            self.emit(to, What::Duplicated { from });
        }
        match sent.original {
            Some(parcel) => self.queue.push(parcel.reaches(), Work::Reach(parcel)),
            None => self.lose(from, to),
        }
    }

    pub(super) fn lose(&mut self, from: NodeId, to: NodeId) {
        self.conditions.touch_stopped(from, to);
        self.emit(to, What::Dropped { from });
    }
}
