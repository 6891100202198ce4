//! The latest own operations, for undo.

use std::collections::VecDeque;

use super::Span;
use crate::crdt::undo::{DEPTH, too_old};
use crate::model::Rejected;
use crate::replica::OpId;

/// The latest own operations and what the library made of each, the latest last. It is not saved: after a crash nothing
/// can be undone.
#[derive(Default)]
pub(in crate::crdt) struct Recent(VecDeque<(u64, Option<Span>)>);

impl Recent {
    pub(in crate::crdt) fn push(&mut self, n: u64, span: Option<Span>) {
        if self.0.len() == DEPTH {
            self.0.pop_front();
        }
        self.0.push_back((n, span));
    }

    /// Removes an operation in order to undo it. `None` if it changed nothing.
    pub(in crate::crdt) fn take(&mut self, target: OpId) -> Result<Option<Span>, Rejected> {
        let index = self.0.iter().rposition(|(n, _)| *n == target.n);
        let found = index.and_then(|index| self.0.remove(index));
        found.map(|(_, span)| span).ok_or_else(|| too_old(target))
    }
}
