//! What waits at a node that stands still, or that takes time for each message.
//!
//! Messages and changes of connections keep their order: a replica must not learn that a connection broke before it has
//! handled what came over it. Timers wait only at a node that stands still.

use std::collections::{BTreeMap, VecDeque};

use syncbench_strategies::replica::{LinkState, NodeId, Time};

use super::{Sim, Work};
use crate::engines::node::Input;
use crate::faults::NodeState;
use crate::wire::Parcel;

/// Something that a replica handles.
#[derive(Debug)]
pub(super) enum Waiting {
    Message(Parcel),
    Timer(u64),
    /// A connection opened or broke; the flag tells whether a handshake opened it.
    Link(NodeId, LinkState, bool),
}

/// What waits at one node.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// When the node will have handled everything in line.
    free_at: Time,
    /// How many messages and changes of connections are in line.
    ahead: u32,
    /// What arrived while the node stands still, in order.
    held: VecDeque<Waiting>,
    /// How many changes of the connection with each peer the node has not noticed yet.
    unnoticed: BTreeMap<NodeId, u32>,
}

impl Line {
    /// Whether the node still takes a connection with `peer` for its own that is gone: what it sends goes nowhere, and not into
    /// the connection that has been opened since.
    pub(super) fn is_out_of_date(&self, peer: NodeId) -> bool {
        self.unnoticed.contains_key(&peer)
    }

    fn notices(&mut self, peer: NodeId) {
        if let Some(more) = self.unnoticed.remove(&peer).and_then(|changes| changes.checked_sub(1)).filter(|n| *n > 0) {
            self.unnoticed.insert(peer, more);
        }
    }

    /// How many messages wait for a node that stands still.
    pub(super) fn messages_held(&self) -> u64 {
        self.held.iter().filter(|waiting| matches!(waiting, Waiting::Message(_))).count() as u64
    }
}

impl Sim<'_> {
    /// A message or a change of a connection reaches a node: it is handled at once, or waits in line.
    pub(super) fn queue_up(&mut self, node: NodeId, waiting: Waiting) {
        let is_message = matches!(waiting, Waiting::Message(_));
        if is_message {
            self.conditions.touch_slowed(node);
        }
        let service = if is_message { self.conditions.service(node) } else { std::time::Duration::ZERO };
        let line = &mut self.lines[node.0 as usize];
        if let Waiting::Link(peer, ..) = waiting {
            *line.unnoticed.entry(peer).or_default() += 1;
        }
        if service.is_zero() && line.ahead == 0 {
            return self.meet(node, waiting);
        }
        line.free_at = line.free_at.max(self.now) + service;
        line.ahead += 1;
        let life = self.lives[node.0 as usize];
        self.queue.push(line.free_at, Work::Serve { node, waiting, life });
    }

    /// A node reaches an entry of its line.
    pub(super) fn serve(&mut self, node: NodeId, waiting: Waiting, life: u32) {
        if life != self.lives[node.0 as usize] {
            return self.drop_waiting(node, waiting);
        }
        self.lines[node.0 as usize].ahead -= 1;
        self.meet(node, waiting);
    }

    /// A node handles something, unless it stands still.
    pub(super) fn meet(&mut self, node: NodeId, waiting: Waiting) {
        if self.conditions.node(node) == NodeState::Paused {
            self.lines[node.0 as usize].held.push_back(waiting);
        } else {
            self.handle(node, waiting);
        }
    }

    /// A node resumes after it stood still: it handles what arrived meanwhile, and its user acts.
    pub(super) fn resume(&mut self, node: NodeId) {
        let held = std::mem::take(&mut self.lines[node.0 as usize].held);
        for waiting in held {
            self.handle(node, waiting);
        }
        if let Some(at) = self.users.joined(node, self.now) {
            self.queue.push(at, Work::Issue { client: node, intended: at });
        }
    }

    /// A node crashes: its line is lost.
    pub(super) fn clear_line(&mut self, node: NodeId) {
        let Line { held, .. } = std::mem::take(&mut self.lines[node.0 as usize]);
        for waiting in held {
            self.drop_waiting(node, waiting);
        }
    }

    fn drop_waiting(&mut self, node: NodeId, waiting: Waiting) {
        if let Waiting::Message(parcel) = waiting {
            self.lose(parcel.from, node);
        }
    }

    fn handle(&mut self, node: NodeId, waiting: Waiting) {
        match waiting {
            Waiting::Message(parcel) => self.receive(&parcel),
            Waiting::Timer(_) if self.timers_void => {}
            Waiting::Timer(tag) => self.step(node, Input::Timer(tag)),
            Waiting::Link(peer, state, after_handshake) => {
                self.lines[node.0 as usize].notices(peer);
                self.notice(node, peer, state, after_handshake);
            }
        }
    }
}
