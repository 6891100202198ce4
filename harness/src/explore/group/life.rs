//! Nodes that join, crash and recover, and their connections.

use syncbench_strategies::replica::{LinkState, NodeId, Setup};

use super::{Group, Stage};
use crate::engines::node::{Input, Node};
use crate::event::What;
use crate::rng::stream;

impl Group<'_> {
    pub(super) fn crash(&mut self, client: NodeId) {
        self.stage = Stage::During;
        self.cut[client.0 as usize] = true;
        self.lose_all(client);
        let Some(node) = self.nodes[client.0 as usize].take() else { return };
        let replica = &node.replica;
        self.saved = Some((replica.durable(), replica.saved_sidecar(), replica.view().digest()));
        self.lives[client.0 as usize] += 1;
        self.timers.retain(|timer| timer.node != client);
        self.shown[client.0 as usize] = None;
        self.note_screens();
        self.emit(client, What::Crashed { for_good: false });
        for peer in self.peers(client) {
            self.tell_one(peer, client, LinkState::Down);
        }
    }

    /// A node joins, or recovers from what a crash has left.
    pub(super) fn join(&mut self, id: NodeId) {
        let task = self.task;
        let setup = Setup {
            node: id,
            peers: self.peers(id),
            clients: task.clients,
            model: task.model.clone(),
            genesis: task.genesis_bytes.clone(),
            seed: task.seed,
            undo: false,
            identity: None,
        };
        let rng = stream(task.seed, "node", id.0.into(), self.lives[id.0 as usize].into());
        let saved = self.saved.take();
        let node = Node::new(id, rng, || {
            let Some((durable, sidecar, _)) = &saved else { return task.strategy.strategy.replica(&setup) };
            let mut replica = (task.strategy.strategy.restore(&setup, durable))
                .unwrap_or_else(|error| panic!("{id} does not recover from its own bytes: {error}"));
            replica.recall(sidecar);
            replica
        });
        self.cut[id.0 as usize] = false;
        let differs = saved.is_some_and(|(_, _, shown)| shown != node.replica.view().digest());
        self.nodes[id.0 as usize] = Some(node);
        self.emit(id, What::Live);
        if differs {
            self.emit(id, What::RecoveryDiffers);
        }
        self.look(id);
    }

    /// Everything that is under way to and from a client is lost.
    pub(super) fn lose_all(&mut self, client: NodeId) {
        for peer in self.peers(client) {
            for (from, to) in [(client, peer), (peer, client)] {
                let link = self.link(from, to);
                self.senders[link].clear();
                for _ in std::mem::take(&mut self.links[link]) {
                    self.emit(to, What::Dropped { from });
                }
            }
        }
    }

    pub(super) fn tell_peers(&mut self, client: NodeId, state: LinkState) {
        for peer in self.peers(client) {
            // The end with the lower number first, as everywhere.
            self.tell(client.min(peer), client.max(peer), state);
        }
    }

    pub(super) fn tell(&mut self, a: NodeId, b: NodeId, state: LinkState) {
        self.tell_one(a, b, state);
        self.tell_one(b, a, state);
    }

    pub(super) fn tell_one(&mut self, node: NodeId, peer: NodeId, state: LinkState) {
        if self.nodes[node.0 as usize].is_some() && self.nodes[peer.0 as usize].is_some() | (state == LinkState::Down) {
            self.emit(node, What::Link { peer, state });
            self.step(node, Input::Link(peer, state));
        }
    }
}
