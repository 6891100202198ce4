//! What faults do to a group in virtual time: nodes join, crash and come back, connections break and open, clocks are off.

use std::collections::VecDeque;

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{LinkState, NodeId, Setup, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::{Sim, Wire, Work};
use crate::clock::WALL_AT_START;
use crate::engines;
use crate::engines::node::{Input, Node};
use crate::event::What;
use crate::faults::{self, Armed};
use crate::network::Link;
use crate::rng::stream;

/// What a crash leaves behind.
pub(super) struct Saved {
    durable: Vec<u8>,
    sidecar: Sidecar,
    /// What its user saw at last.
    shown: Digest,
}

impl<'a> Sim<'a> {
    pub(super) fn active(&self) -> impl Iterator<Item = &'a Armed> + use<'a> {
        engines::active(&self.task.faults, self.now, self.healed_at.is_some_and(|healed| healed <= self.now))
    }

    /// Lets nodes crash, join and come back, breaks and opens connections, and lets go what one-way faults kept back, as the
    /// faults say now.
    pub(super) fn weather(&mut self) {
        let task = self.task;
        self.stirred_at = self.now;
        for id in task.topology().nodes(task.clients) {
            let waits = task.faults.iter().any(|fault| fault.start > self.now && fault.fault.delays_start_of(id));
            let dead = faults::dead(&task.faults, id, self.now);
            match self.nodes[id.0 as usize].take() {
                Some(node) if dead => self.die(&node),
                None if !waits && !dead => self.join(id),
                as_before => self.nodes[id.0 as usize] = as_before,
            }
        }
        let pairs: Vec<_> = self.wires.keys().copied().filter(|(a, b)| a < b).collect();
        for (a, b) in pairs {
            let ends = [a, b].iter().all(|end| self.nodes[end.0 as usize].is_some());
            let cut = !ends || self.active().any(|fault| fault.fault.cuts(a, b));
            if self.wires[&(a, b)].up == cut {
                self.connect(a, b, if cut { LinkState::Down } else { LinkState::Up });
            }
        }
        let now = self.now;
        let mut free: Vec<(NodeId, NodeId)> = self.wires.keys().copied().collect();
        free.retain(|(from, to)| !self.active().any(|fault| fault.fault.blocks(*from, *to)));
        for key in free {
            let Some(wire) = self.wires.get_mut(&key) else { continue };
            for parcel in std::mem::take(&mut wire.blocked) {
                self.queue.push(now, Work::Deliver(parcel));
            }
        }
    }

    /// A node crashes: what it has saved is left, and its user does nothing.
    fn die(&mut self, node: &Node) {
        let id = node.id;
        let for_good = faults::dead_for_good(&self.task.faults, id, self.now);
        let saved = Saved {
            durable: node.replica.durable(),
            sidecar: node.replica.saved_sidecar(),
            shown: node.replica.view().digest(),
        };
        self.saved.insert(id, saved);
        self.lives[id.0 as usize] += 1;
        self.touched.remove(&id);
        self.shown.remove(&id);
        self.emit(id, What::Dead { for_good });
        if for_good {
            self.users.retire(id);
        }
    }

    /// A node takes part from now on: for the first time, or from what a crash has left.
    fn join(&mut self, id: NodeId) {
        let task = self.task;
        let peers = task.topology().peers(id, task.clients);
        let setup = Setup {
            node: id,
            peers: peers.clone(),
            model: task.model.clone(),
            genesis: task.genesis_bytes.clone(),
            seed: task.seed,
        };
        let rng = stream(task.seed, "node", id.0.into(), self.lives[id.0 as usize].into());
        let saved = self.saved.remove(&id);
        let node = Node::new(id, rng, || {
            let Some(saved) = &saved else { return task.strategy.strategy.replica(&setup) };
            let mut replica = (task.strategy.strategy.restore(&setup, &saved.durable))
                .unwrap_or_else(|error| panic!("{id} does not come back from its own bytes: {error}"));
            replica.recall(&saved.sidecar);
            replica
        });
        let forgot = saved.is_some_and(|saved| saved.shown != node.replica.view().digest());
        self.nodes[id.0 as usize] = Some(node);
        self.emit(id, What::Live);
        if forgot {
            self.emit(id, What::Forgot);
        }
        self.touched.insert(id);
        for peer in peers {
            if self.nodes[peer.0 as usize].is_some() {
                for (from, to) in [(id, peer), (peer, id)] {
                    let link = Link::new(task.profile, task.transport, task.seed, from, to);
                    let wire = Wire { link, up: false, epoch: 0, blocked: VecDeque::new() };
                    // Whoever comes back has its wires, and what was sent on them before is lost.
                    self.wires.entry((from, to)).or_insert(wire);
                }
            }
        }
        if let Some(at) = self.users.joined(id, self.now) {
            self.queue.push(at, Work::Issue { client: id, intended: at });
        }
    }

    pub(super) fn connect(&mut self, a: NodeId, b: NodeId, state: LinkState) {
        let now = self.now;
        for key in [(a, b), (b, a)] {
            let Some(wire) = self.wires.get_mut(&key) else { continue };
            wire.up = state == LinkState::Up;
            wire.epoch += 1;
            wire.link.reset(now);
            for parcel in std::mem::take(&mut wire.blocked).into_iter().chain(self.hold.broken(key)) {
                self.lose(parcel.from, parcel.to);
            }
        }
        for (node, peer) in [(a, b), (b, a)] {
            // The dead notice nothing.
            if self.nodes[node.0 as usize].is_none() {
                continue;
            }
            self.emit(node, What::Link { peer, state });
            self.step(node, Input::Link(peer, state));
        }
    }

    pub(super) fn wall(&self, node: NodeId) -> Time {
        let ahead: i64 = self.active().map(|fault| fault.fault.clock_ahead_ns(node)).sum();
        Time((self.now + WALL_AT_START).0.saturating_add_signed(ahead))
    }
}
