//! The latest own operations, and what became of those that were taken back.

use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::ops::Range;

use automerge::transaction::Transactable;
use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ScalarValue, Value};

use super::Inverse;
use crate::model::Rejected;

/// Own operations that can be taken back; older ones are refused. A hundred, as undo stacks of editors have by default.
const REMEMBERED: usize = 100;

/// The latest own operations. It is not saved: after a crash nothing can be taken back.
#[derive(Default)]
pub(in crate::crdt) struct History {
    /// Twice as many as can be taken back: what was taken back matters to those that came after it.
    pub(super) made: VecDeque<Made>,
}

pub(super) struct Made {
    n: u64,
    /// The change that it is in, once that is committed.
    change: Option<ChangeHash>,
    /// Its operations inside the change.
    ops: Range<usize>,
    /// Ids of what it moved within a list, and the ids that it has there.
    moved: BTreeMap<ObjId, ObjId>,
    undone: Option<Undone>,
}

impl Made {
    /// The id to which it moved what had this one, if it did.
    pub(super) fn moved(&self, id: &ObjId) -> Option<ObjId> {
        iter::successors(self.moved.get(id), |id| self.moved.get(id)).last().cloned()
    }
}

/// What became of an operation that was taken back.
#[derive(Default)]
pub(super) struct Undone {
    /// The values that it wrote, and what was there before them.
    pub(super) before: BTreeMap<ObjId, Was>,
    /// What it added to counters that were not there to be moved back.
    pub(super) owed: BTreeMap<ObjId, i64>,
    /// Ids of what was put back, and the ids that it has now.
    pub(super) anew: BTreeMap<ObjId, ObjId>,
}

/// What was at a place, and its id.
#[derive(Clone, Debug)]
pub(in crate::crdt) enum Was {
    Nothing,
    Scalar(ScalarValue, ObjId),
    Object(ObjType, ObjId),
}

impl Was {
    pub(in crate::crdt) fn new((value, id): (Value<'_>, ObjId)) -> Self {
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
    /// An own operation is in the change that was begun.
    pub(in crate::crdt::automerge) fn made(&mut self, n: u64, ops: Range<usize>, moved: Vec<(ObjId, ObjId)>) {
        self.made.push_back(Made { n, change: None, ops, moved: moved.into_iter().collect(), undone: None });
        if self.made.len() > 2 * REMEMBERED {
            self.made.pop_front();
        }
    }

    /// The change that was begun is committed.
    pub(in crate::crdt::automerge) fn committed(&mut self, hash: ChangeHash) {
        let begun = self.made.iter_mut().rev().take_while(|made| made.change.is_none());
        begun.for_each(|made| made.change = Some(hash));
    }

    /// Writes into the change that is begun what takes an operation back: whether that is anything.
    pub(in crate::crdt::automerge) fn take_back(&mut self, library: &mut AutoCommit, n: u64) -> Result<bool, Rejected> {
        let oldest = self.made.len().saturating_sub(REMEMBERED);
        let found = self.made.iter().enumerate().skip(oldest).find(|(_, made)| made.n == n && made.undone.is_none());
        let Some((index, made)) = found else {
            return Err(Rejected::new("too_old", format!("operation {n} is no longer remembered")));
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

    pub(super) fn has_renamed(&self) -> bool {
        self.made.iter().any(|made| !made.moved.is_empty()) || self.undone().any(|undone| !undone.anew.is_empty())
    }

    /// The id by now of what had this one, whatever the `left_out` of the own operations did.
    pub(super) fn resolve(&self, id: &ObjId, left_out: Option<usize>) -> ObjId {
        let mut id = id.clone();
        let made = || self.made.iter().enumerate().filter(|(index, _)| Some(*index) != left_out).map(|(_, made)| made);
        // Each is newer than the one before.
        while let Some(now) = self
            .undone()
            .find_map(|undone| undone.anew.get(&id))
            .or_else(|| made().find_map(|made| made.moved.get(&id)))
        {
            id = now.clone();
        }
        id
    }

    /// What is to come back where `was` would, if what made it was taken back meanwhile.
    pub(super) fn remaining(&self, mut was: Was) -> Was {
        // Each is older than the one after.
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
