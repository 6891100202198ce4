//! What a fault transition does to a group in virtual time: nodes join, crash and recover, connections break and are opened
//! again.

use std::cmp::Reverse;

use rand::RngExt;
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{Identity, LinkState, NodeId, Setup, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::line::Waiting;
use super::{Sim, Work};
use crate::engines::connecting::{opens_at, reopening};
use crate::engines::node::{Input, Node};
use crate::event::What;
use crate::faults::{NodeState, Restart, Transition};
use crate::op_set::OpSet;
use crate::rng::stream;
use crate::run_result::GoneBack;
use crate::wire::Wire;

/// What a crashed node or a backup holds.
#[derive(Clone)]
pub(super) struct Saved {
    durable: Vec<u8>,
    sidecar: Sidecar,
    /// What the node showed.
    shown: Document,
    /// The operations that the node reflected.
    reflected: OpSet,
    /// What the node recovers from: the worst of what the open faults say.
    restart: Restart,
}

impl Sim<'_> {
    /// Brings nodes and connections into the state that faults ask for from now on.
    pub(super) fn transition(&mut self, transition: Transition) {
        if self.saboteur.as_mut().is_some_and(|bug| !bug.happens(transition)) {
            return;
        }
        self.conditions.change(transition);
        self.stirred_at = self.now;
        self.progress.1 += 1;
        for id in self.nodes.clone() {
            let state = self.conditions.node(id);
            match self.replicas[id.0 as usize].take() {
                Some(node) if state == NodeState::Crashed => self.crash(&node),
                None if state.is_present() => self.join(id),
                as_before => self.replicas[id.0 as usize] = as_before,
            }
            if let Some(saved) = self.saved.get_mut(&id) {
                saved.restart = saved.restart.max(self.conditions.restart(id));
            }
            if state == NodeState::Up {
                self.resume(id);
            } else {
                self.conditions.touch_node(id);
            }
        }
        let pairs: Vec<(NodeId, NodeId)> = self.wires.pairs();
        for (a, b) in pairs.iter().filter(|(a, b)| a < b) {
            if self.conditions.connectable(*a, *b) {
                self.connect((*a, *b));
            } else {
                self.conditions.touch_apart(*a, *b);
                self.break_off((*a, *b));
            }
        }
        for (from, to) in pairs {
            let blocked = self.conditions.blocked(from, to);
            let Some(wire) = self.wires.get_mut((to, from)) else { continue };
            for parcel in wire.set_blocked(blocked) {
                self.queue.push(self.now, Work::Deliver(parcel));
            }
        }
    }

    /// A node crashes: what it has saved is left, and its user does nothing.
    fn crash(&mut self, node: &Node) {
        let id = node.id;
        let for_good = !self.conditions.recovers(id);
        let mut saved = self.save(node);
        if let Some(bug) = &mut self.saboteur {
            saved.durable = bug.saved(id, saved.durable);
        }
        self.saved.insert(id, saved);
        self.clear_line(id);
        self.lives[id.0 as usize] += 1;
        self.touched.remove(id);
        self.shown.remove(id);
        self.emit(id, What::Crashed { for_good });
        if for_good {
            self.users.retire(id);
        }
    }

    fn save(&self, node: &Node) -> Saved {
        Saved {
            durable: node.replica.durable(),
            sidecar: node.replica.saved_sidecar(),
            shown: node.replica.view().document(),
            reflected: self.ledger.reflected_at(node.id).clone(),
            restart: Restart::Saved,
        }
    }

    /// Makes a backup of a node: of its disk, if the node has crashed.
    pub(super) fn back_up(&mut self, id: NodeId) {
        let running = self.replicas[id.0 as usize].as_ref().map(|node| self.save(node));
        if let Some(saved) = running.or_else(|| self.saved.get(&id).cloned()) {
            self.backups.insert((id, self.now), saved);
        }
    }

    /// A node takes part from now on: for the first time, or from what a crash has left.
    fn join(&mut self, id: NodeId) {
        let saved = self.saved.remove(&id);
        let restart = saved.as_ref().map(|saved| saved.restart);
        let before = saved.as_ref().map(|saved| saved.shown.clone());
        let saved = match restart {
            Some(Restart::Backup(Reverse(at))) => self.backups.get(&(id, at)).cloned().or(saved),
            _ => saved,
        };
        self.installs[id.0 as usize] += u32::from(restart.is_some_and(|restart| restart != Restart::Saved));
        let node = self.made(id, restart, saved.as_ref());
        let differs = restart == Some(Restart::Saved)
            && saved.as_ref().is_some_and(|saved| saved.shown.digest() != node.replica.view().digest());
        if let (NodeId::SERVER, Some(before), true) = (id, before, restart != Some(Restart::Saved)) {
            self.gone_back.push(GoneBack { before, after: node.replica.view().document() });
        }
        self.replicas[id.0 as usize] = Some(node);
        self.emit(id, What::Live);
        if differs {
            self.emit(id, What::RecoveryDiffers);
        }
        if let (Some(restart), Some(saved)) = (restart.filter(|restart| *restart != Restart::Saved), saved) {
            let nothing = restart == Restart::Nothing || self.keeps_nothing();
            let rebuilt = restart == Restart::Rebuilt;
            let reflected = if nothing { OpSet::default() } else { saved.reflected };
            self.emit(id, What::Restored { reflected: reflected.into(), rebuilt });
        }
        self.touched.insert(id);
        if let Some(at) = self.users.joined(id, self.now) {
            self.queue.push(at, Work::Issue { client: id, intended: at });
        }
    }

    /// Whether what users did is in no database, file or backup.
    fn keeps_nothing(&self) -> bool {
        self.task.strategy.guarantees().ephemeral
    }

    /// A new replica, or one restored from what was saved.
    fn made(&self, id: NodeId, restart: Option<Restart>, saved: Option<&Saved>) -> Node {
        let (task, strategy) = (self.task, &self.task.strategy.strategy);
        let (life, install) = (self.lives[id.0 as usize], self.installs[id.0 as usize]);
        let twin_of = task.faults.twin_of(id);
        let identity = (install > 0 || twin_of.is_some()).then(|| Identity { node: twin_of.unwrap_or(id), install });
        let mut setup = Setup {
            node: id,
            peers: task.topology().peers(id, task.clients),
            clients: task.clients,
            model: task.model.clone(),
            genesis: task.genesis_bytes.clone(),
            seed: task.seed,
            identity,
            undo: task.undo > 0.0,
        };
        if let (Some(Restart::Rebuilt), Some(saved)) = (restart, saved) {
            let seed = stream(task.seed, "rebuild", id.0.into(), life.into()).random();
            let plain = if self.keeps_nothing() { &task.genesis } else { &saved.shown };
            setup.genesis = strategy.rebuild(plain, seed).into();
        }
        let rng = stream(task.seed, "node", id.0.into(), life.into());
        let node = Node::new(id, rng, || {
            let (Some(saved), Some(Restart::Saved | Restart::Backup(_))) = (saved, restart) else {
                return strategy.replica(&setup);
            };
            let mut replica = strategy
                .restore(&setup, &saved.durable)
                .unwrap_or_else(|error| panic!("{id} does not recover from its own bytes: {error}"));
            replica.recall(&saved.sidecar);
            replica
        });
        node.measured(!self.probes.is_empty())
    }

    /// Two nodes begin to connect, unless they have begun.
    fn connect(&mut self, ends: (NodeId, NodeId)) {
        if self.wires.get(ends).is_none_or(Wire::is_connecting) {
            return;
        }
        let at = opens_at(self.task, &self.conditions, ends.0, ends.1);
        for end in both(ends) {
            self.wires.get_mut(end).into_iter().for_each(|wire| wire.connect(at));
        }
        let since = self.conditions.since();
        if at == self.now {
            self.open(ends, since);
        } else {
            self.queue.push(at, Work::Open { ends, since });
        }
    }

    /// The connection of two nodes opens now, unless it broke while they were connecting.
    pub(super) fn open(&mut self, ends: (NodeId, NodeId), since: Time) {
        let mut opened = false;
        for end in both(ends) {
            // Both ends open at the same instant, so nothing comes early.
            opened |= self.wires.get_mut(end).is_some_and(|wire| wire.open(self.now).is_some());
        }
        if opened {
            self.stirred_at = self.now;
            self.progress = (self.now, 0);
            let reopening = reopening(since, self.now, ends.0, ends.1);
            self.reopenings.extend(reopening);
            self.tell(ends, LinkState::Up, reopening.is_some());
        }
    }

    /// The connection of two nodes breaks, or the attempt to open it ends.
    fn break_off(&mut self, ends: (NodeId, NodeId)) {
        let mut was_up = false;
        for (node, peer) in both(ends) {
            let Some((up, lost)) = self.wires.get_mut((node, peer)).and_then(Wire::break_off) else { continue };
            was_up |= up;
            for _ in lost.into_iter().chain(self.hold.broken((peer, node))) {
                self.lose(peer, node);
            }
        }
        if was_up {
            self.tell(ends, LinkState::Down, false);
        }
    }

    /// A connection breaks by itself, and both ends begin to connect again.
    pub(super) fn fail(&mut self, ends: (NodeId, NodeId)) {
        self.break_off(ends);
        let at = self.now + self.task.profile.connecting(self.task.seed, ends.0, ends.1, true);
        for end in both(ends) {
            self.wires.get_mut(end).into_iter().for_each(|wire| wire.connect(at));
        }
        self.queue.push(at, Work::Open { ends, since: self.now });
    }

    /// Tells both ends of a connection how it is now.
    fn tell(&mut self, ends: (NodeId, NodeId), state: LinkState, after_handshake: bool) {
        for (node, peer) in both(ends) {
            // A crashed replica notices nothing.
            if self.replicas[node.0 as usize].is_some() {
                self.queue_up(node, Waiting::Link(peer, state, after_handshake));
            }
        }
    }

    /// A replica learns that a connection opened or broke.
    pub(super) fn notice(&mut self, node: NodeId, peer: NodeId, state: LinkState, after_handshake: bool) {
        self.emit(node, What::Link { peer, state });
        if after_handshake && node < peer {
            let wire_bytes = self.task.profile.reconnect.handshake_bytes;
            self.emit(node, What::Handshake { peer, wire_bytes });
        }
        self.step(node, Input::Link(peer, state));
    }
}

fn both((a, b): (NodeId, NodeId)) -> [(NodeId, NodeId); 2] {
    [(a, b), (b, a)]
}
