//! What a client remembers of its view, for undo.

use std::collections::{BTreeMap, VecDeque};

use crate::change::Change;
use crate::document::Document;
use crate::undo::UNDO_DEPTH;

/// How many changes of its view a client remembers; five screens of another user's typing.
const SPAN: usize = 1000;

/// The latest changes of the view, and the inverses of the client's own ones.
pub(super) struct Past {
    /// Users undo. Where they do not, nothing is remembered.
    undo: bool,
    /// Each with the client's operation that it is.
    changes: VecDeque<(Option<u64>, Change)>,
    /// How many changes came before the remembered ones.
    forgotten: u64,
    /// By operation: how many changes the view had gone through when it was made, this one included, and its inverse there.
    inverses: BTreeMap<u64, (u64, Change)>,
}

impl Past {
    pub(super) fn new(undo: bool) -> Self {
        Self { undo, changes: VecDeque::new(), forgotten: 0, inverses: BTreeMap::new() }
    }

    /// The view, which was `before`, goes through this client's operation `n`. `None` if it does not fit.
    pub(super) fn make(&mut self, n: u64, change: &Change, before: &Document) -> Option<()> {
        if self.undo {
            let inverse = change.invert(before)?;
            self.inverses.insert(n, (self.forgotten + self.changes.len() as u64 + 1, inverse));
            self.push(Some(n), change.clone());
        }
        Some(())
    }

    /// The view went through a change of another client.
    pub(super) fn went_through(&mut self, change: Change) {
        if self.undo {
            self.push(None, change);
        }
    }

    fn push(&mut self, own: Option<u64>, change: Change) {
        self.changes.push_back((own, change));
        while self.changes.len() > SPAN || self.inverses.len() > UNDO_DEPTH {
            let Some((own, _)) = self.changes.pop_front() else { break };
            self.forgotten += 1;
            own.map(|n| self.inverses.remove(&n));
        }
    }

    /// The change that undoes this client's operation `n` now, once. Later changes win over it.
    pub(super) fn take_back(&mut self, n: u64) -> Option<Change> {
        let (at, inverse) = self.inverses.remove(&n)?;
        let first = usize::try_from(at - self.forgotten).unwrap_or(usize::MAX).min(self.changes.len());
        let since = self.changes.range(first..);
        Some(since.fold(inverse, |inverse, (_, change)| inverse.transform(change, false)))
    }
}
