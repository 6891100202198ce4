//! What travels between participants, and what one turn of a participant leaves to be carried out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::replica::NodeId;

/// What comes into a participant.
#[derive(Debug)]
pub(super) enum Letter {
    /// A message. Receivers of a fan-out share its bytes.
    Message {
        /// The sender.
        from: NodeId,
        /// The payload.
        bytes: Arc<[u8]>,
    },
    /// A timer is due.
    Timer(u64),
}

/// What a turn leaves to be carried out: one worker has one, and empties it after each turn.
///
/// Letters wait here until the end of the turn, so that a receiver's inbox is locked once for all that a turn sends it.
#[derive(Debug)]
pub(super) struct Outbox {
    /// By node number.
    boxes: Vec<VecDeque<Letter>>,
    /// Receivers whose box is not empty.
    addressed: Vec<NodeId>,
    /// Timers that were set, each with its tag.
    pub(super) timers: Vec<(Duration, u64)>,
    /// How many messages of whom were handled.
    pub(super) handled: Vec<(NodeId, u64)>,
}

impl Outbox {
    /// For a group whose highest node number is `last`.
    pub(super) fn new(last: u32) -> Self {
        Self {
            boxes: (0..=last).map(|_| VecDeque::new()).collect(),
            addressed: Vec::new(),
            timers: Vec::new(),
            handled: Vec::new(),
        }
    }

    /// A message to a node of the group.
    pub(super) fn send(&mut self, from: NodeId, to: NodeId, bytes: Arc<[u8]>) {
        let letters = &mut self.boxes[to.0 as usize];
        if letters.is_empty() {
            self.addressed.push(to);
        }
        letters.push_back(Letter::Message { from, bytes });
    }

    /// A message of `from` was handled.
    pub(super) fn handle(&mut self, from: NodeId) {
        match self.handled.last_mut() {
            Some((last, count)) if *last == from => *count += 1,
            _ => self.handled.push((from, 1)),
        }
    }

    /// How many messages wait here.
    pub(super) fn messages(&self) -> u64 {
        self.addressed.iter().map(|to| self.boxes[to.0 as usize].len() as u64).sum()
    }

    /// Hands every receiver's letters to `deliver`, which takes them out.
    pub(super) fn empty(&mut self, mut deliver: impl FnMut(NodeId, &mut VecDeque<Letter>)) {
        for to in self.addressed.drain(..) {
            deliver(to, &mut self.boxes[to.0 as usize]);
        }
    }
}
