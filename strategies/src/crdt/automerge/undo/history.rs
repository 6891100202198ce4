//! The latest own operations, and what became of those that were undone.

use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::ops::Range;

use automerge::transaction::Transactable;
use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ScalarValue, Value};

use super::Inverse;
use crate::model::Rejected;
use crate::replica::OpId;
use crate::undo::UNDO_DEPTH;

/// The latest own operations. It is not saved: after a crash nothing can be undone.
#[derive(Default)]
pub(in crate::crdt::automerge) struct History {
    /// Twice as many as can be undone: what was undone matters to the operations after it.
    pub(super) made: VecDeque<Made>,
}

/// One of this replica's operations.
pub(super) struct Made {
    n: u64,
    /// The change that it is in, once that is closed.
    change: Option<ChangeHash>,
    /// Its operations inside the change.
    ops: Range<usize>,
    /// The new id of everything that it moved within a list, by the old one.
    moved: BTreeMap<ObjId, ObjId>,
    undone: Option<Undone>,
}

impl Made {
    /// The id to which it moved what had this one, if it did.
    pub(super) fn moved(&self, id: &ObjId) -> Option<ObjId> {
        iter::successors(self.moved.get(id), |id| self.moved.get(id)).last().cloned()
    }
}

/// What became of an operation that was undone.
#[derive(Default)]
pub(super) struct Undone {
    /// What was there before each value that it wrote, by the value's id.
    pub(super) before: BTreeMap<ObjId, Was>,
    /// What it added to counters that were not there to be moved back, by their ids.
    pub(super) owed: BTreeMap<ObjId, i64>,
    /// The new id of everything that was put back, by the old one.
    pub(super) anew: BTreeMap<ObjId, ObjId>,
}

/// What was in a place, and its id.
#[derive(Clone, Debug)]
pub(in crate::crdt::automerge) enum Was {
    Nothing,
    Scalar(ScalarValue, ObjId),
    Object(ObjType, ObjId),
}

impl Was {
    pub(in crate::crdt::automerge) fn new((value, id): (Value<'_>, ObjId)) -> Self {
        match value {
            Value::Object(kind) => Self::Object(kind, id),
            Value::Scalar(scalar) => Self::Scalar(scalar.into_owned(), id),
        }
    }

    pub(super) fn id(&self) -> Option<&ObjId> {
        match self {
            Self::Nothing => None,
            Self::Scalar(_, id) | Self::Object(_, id) => Some(id),
        }
    }
}

impl History {
    /// One of this replica's operations is in the change that was begun.
    pub(in crate::crdt::automerge) fn push(&mut self, n: u64, ops: Range<usize>, moved: Vec<(ObjId, ObjId)>) {
        self.made.push_back(Made { n, change: None, ops, moved: moved.into_iter().collect(), undone: None });
        if self.made.len() > 2 * UNDO_DEPTH {
            self.made.pop_front();
        }
    }

    /// The change that was begun is closed.
    pub(in crate::crdt::automerge) fn committed(&mut self, hash: ChangeHash) {
        let begun = self.made.iter_mut().rev().take_while(|made| made.change.is_none());
        begun.for_each(|made| made.change = Some(hash));
    }

    /// Begins a change with the inverse of an operation. Returns whether it changes anything.
    pub(in crate::crdt::automerge) fn undo(
        &mut self,
        library: &mut AutoCommit,
        target: OpId,
    ) -> Result<bool, Rejected> {
        let oldest = self.made.len().saturating_sub(UNDO_DEPTH);
        let found =
            self.made.iter().enumerate().skip(oldest).find(|(_, made)| made.n == target.n && made.undone.is_none());
        let Some((index, made)) = found else {
            return Err(Rejected::too_old(target));
        };
        let ops = made.ops.clone();
        let change = made.change.filter(|_| !ops.is_empty()).and_then(|hash| library.get_change_by_hash(&hash));
        let undone = match change {
            None => Undone::default(),
            Some(change) => {
                let change = change.decode();
                let mut inverse =
                    Inverse { library, history: self, change, ops, made: index, undone: Undone::default() };
                if let Err(reason) = inverse.make() {
                    inverse.library.rollback();
                    return Err(Rejected::new("edit_refused", reason));
                }
                inverse.undone
            }
        };
        self.made[index].undone = Some(undone);
        Ok(library.pending_ops() > 0)
    }

    fn undone(&self) -> impl Iterator<Item = &Undone> {
        self.made.iter().filter_map(|made| made.undone.as_ref())
    }

    /// Whether anything has a new id.
    pub(super) fn has_renamed(&self) -> bool {
        self.made.iter().any(|made| !made.moved.is_empty()) || self.undone().any(|undone| !undone.anew.is_empty())
    }

    /// The present id of what had this one, whatever the operation with the index `left_out` did.
    pub(super) fn resolve(&self, id: &ObjId, left_out: Option<usize>) -> ObjId {
        let mut id = id.clone();
        let made = || self.made.iter().enumerate().filter(|(index, _)| Some(*index) != left_out).map(|(_, made)| made);
        // Each id is newer than the one before.
        while let Some(now) = self
            .undone()
            .find_map(|undone| undone.anew.get(&id))
            .or_else(|| made().find_map(|made| made.moved.get(&id)))
        {
            id = now.clone();
        }
        id
    }

    /// What is restored instead of `was`, if what made it was undone meanwhile.
    pub(super) fn remaining(&self, mut was: Was) -> Was {
        // Each value is older than the one after it.
        while let Some(id) = was.id()
            && let Some(before) = self.undone().find_map(|undone| undone.before.get(id))
            && before.id() < Some(id)
        {
            was = before.clone();
        }
        if let Was::Scalar(ScalarValue::Counter(value), id) = &was {
            let owed: i64 = self.undone().filter_map(|undone| undone.owed.get(id)).sum();
            was = Was::Scalar(ScalarValue::counter(i64::from(value).saturating_sub(owed)), id.clone());
        }
        was
    }
}
