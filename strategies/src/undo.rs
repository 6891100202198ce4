//! What a client remembers so that its user can undo.

use std::collections::VecDeque;

use crate::model::Rejected;
use crate::node::OpId;

/// How many of its latest operations a client can undo, in every strategy that keeps them at the client.
pub(crate) const UNDO_DEPTH: usize = 100;

/// The latest own operations, with what takes each of them back. Like a browser tab's, this memory does not survive a crash.
#[derive(Debug)]
pub(crate) struct UndoMemory<T>(VecDeque<(u64, T)>);

impl<T> Default for UndoMemory<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> UndoMemory<T> {
    /// Remembers this client's operation `n`, and forgets the oldest beyond [`UNDO_DEPTH`].
    pub(crate) fn push(&mut self, n: u64, back: T) {
        self.0.push_back((n, back));
        self.0.drain(..self.0.len().saturating_sub(UNDO_DEPTH));
    }

    /// What takes an operation back.
    pub(crate) fn get(&self, target: OpId) -> Result<&T, Rejected> {
        let found = self.0.iter().find(|(n, _)| *n == target.n);
        found.map(|(_, back)| back).ok_or_else(|| Rejected::too_old(target))
    }

    /// Forgets an operation.
    pub(crate) fn remove(&mut self, n: u64) {
        self.0.retain(|(other, _)| *other != n);
    }
}
