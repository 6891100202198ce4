//! What a fault transition does to a group in virtual time: nodes join, crash and recover, connections break and open.

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{LinkState, NodeId, Setup};
use syncbench_strategies::sidecar::Sidecar;

use super::{Sim, Work};
use crate::engines::node::{Input, Node};
use crate::event::What;
use crate::faults::{NodeState, Transition};
use crate::rng::stream;

/// What a crash leaves behind.
pub(super) struct Saved {
    durable: Vec<u8>,
    sidecar: Sidecar,
    /// What its user saw last.
    shown: Digest,
}

impl Sim<'_> {
    /// Brings nodes and connections into the state that faults ask for from now on.
    pub(super) fn transition(&mut self, transition: Transition) {
        self.conditions.change(transition);
        self.stirred_at = self.now;
        for id in self.nodes.clone() {
            let state = self.conditions.node(id);
            match self.replicas[id.0 as usize].take() {
                Some(node) if state == NodeState::Crashed => self.crash(&node),
                None if state == NodeState::Up => self.join(id),
                as_before => self.replicas[id.0 as usize] = as_before,
            }
        }
        let pairs: Vec<(NodeId, NodeId)> = self.wires.keys().copied().collect();
        for (a, b) in pairs.iter().filter(|(a, b)| a < b) {
            self.connect(*a, *b, self.conditions.connected(*a, *b));
        }
        for (from, to) in pairs {
            let blocked = self.conditions.blocked(from, to);
            let Some(wire) = self.wires.get_mut(&(to, from)) else { continue };
            for parcel in wire.set_blocked(blocked) {
                self.queue.push(self.now, Work::Deliver(parcel));
            }
        }
    }

    /// A node crashes: what it has saved is left, and its user does nothing.
    fn crash(&mut self, node: &Node) {
        let id = node.id;
        let for_good = !self.conditions.recovers(id);
        let saved = Saved {
            durable: node.replica.durable(),
            sidecar: node.replica.saved_sidecar(),
            shown: node.replica.view().digest(),
        };
        self.saved.insert(id, saved);
        self.lives[id.0 as usize] += 1;
        self.touched.remove(&id);
        self.shown.remove(&id);
        self.emit(id, What::Crashed { for_good });
        if for_good {
            self.users.retire(id);
        }
    }

    /// A node takes part from now on: for the first time, or from what a crash has left.
    fn join(&mut self, id: NodeId) {
        let task = self.task;
        let setup = Setup {
            node: id,
            peers: task.topology().peers(id, task.clients),
            model: task.model.clone(),
            genesis: task.genesis_bytes.clone(),
            seed: task.seed,
            undo: task.undo > 0.0,
        };
        let rng = stream(task.seed, "node", id.0.into(), self.lives[id.0 as usize].into());
        let saved = self.saved.remove(&id);
        let node = Node::new(id, rng, || {
            let Some(saved) = &saved else { return task.strategy.strategy.replica(&setup) };
            let mut replica = (task.strategy.strategy.restore(&setup, &saved.durable))
                .unwrap_or_else(|error| panic!("{id} does not recover from its own bytes: {error}"));
            replica.recall(&saved.sidecar);
            replica
        });
        let differs = saved.is_some_and(|saved| saved.shown != node.replica.view().digest());
        self.replicas[id.0 as usize] = Some(node);
        self.emit(id, What::Live);
        if differs {
            self.emit(id, What::RecoveryDiffers);
        }
        self.touched.insert(id);
        if let Some(at) = self.users.joined(id, self.now) {
            self.queue.push(at, Work::Issue { client: id, intended: at });
        }
    }

    /// Opens or breaks a connection, unless it is so already.
    fn connect(&mut self, a: NodeId, b: NodeId, up: bool) {
        let mut changed = false;
        for (from, to) in [(a, b), (b, a)] {
            let change = self.wires.get_mut(&(to, from)).and_then(|wire| wire.set_up(up, self.now));
            let Some(change) = change else { continue };
            changed = true;
            for _ in change.lost.into_iter().chain(self.hold.broken((from, to))) {
                self.lose(from, to);
            }
        }
        if !changed {
            return;
        }
        let state = if up { LinkState::Up } else { LinkState::Down };
        for (node, peer) in [(a, b), (b, a)] {
            // A crashed replica notices nothing.
            if self.replicas[node.0 as usize].is_none() {
                continue;
            }
            self.emit(node, What::Link { peer, state });
            self.step(node, Input::Link(peer, state));
        }
    }
}
