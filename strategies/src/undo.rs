//! What a client remembers so that its user can undo.

use std::collections::VecDeque;

use crate::model::Rejected;
use crate::node::OpId;

/// How many of its latest operations a client can undo, in every strategy that keeps them at the client.
pub(crate) const UNDO_DEPTH: usize = 100;

/// The latest own operations, with what takes each of them back. Like a browser tab's, this memory does not survive a crash.
#[derive(Debug)]
pub(crate) struct UndoMemory<T> {
    /// How many operations are remembered.
    depth: usize,
    latest: VecDeque<(u64, T)>,
}

impl<T> Default for UndoMemory<T> {
    fn default() -> Self {
        Self::new(true)
    }
}

impl<T> UndoMemory<T> {
    /// Empty, and where users do not undo it stays so.
    pub(crate) fn new(undo: bool) -> Self {
        Self { depth: if undo { UNDO_DEPTH } else { 0 }, latest: VecDeque::new() }
    }

    /// Whether anything is remembered: if not, nobody need work out what takes an operation back.
    pub(crate) fn remembers(&self) -> bool {
        self.depth > 0
    }

    /// Remembers this client's operation `n`, and forgets the oldest beyond [`UNDO_DEPTH`].
    pub(crate) fn push(&mut self, n: u64, back: T) {
        if self.remembers() {
            self.latest.push_back((n, back));
            self.latest.drain(..self.latest.len().saturating_sub(self.depth));
        }
    }

    /// What takes an operation back.
    pub(crate) fn get(&self, target: OpId) -> Result<&T, Rejected> {
        let found = self.latest.iter().find(|(n, _)| *n == target.n);
        found.map(|(_, back)| back).ok_or_else(|| Rejected::too_old(target))
    }

    /// Forgets an operation.
    pub(crate) fn remove(&mut self, n: u64) {
        self.latest.retain(|(other, _)| *other != n);
    }
}
