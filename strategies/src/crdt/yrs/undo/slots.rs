//! What an operation did, by ids.

use std::ops::Range;

use smallvec::SmallVec;
use yrs::{BranchID, ID, IdSet};

use super::manager::Run;
use crate::document::{Document, Key};

/// What an operation did.
#[derive(Default)]
pub(in crate::crdt::yrs) struct Footprint {
    /// What it inserted, in this client's ids.
    pub(super) inserted: Range<u32>,
    /// What it deleted without writing anything over it. Stored inline: a heap allocation for each keystroke that lives on
    /// would come between the library's blocks in memory, and the library walks them one after another.
    pub(super) deleted: SmallVec<[Run; 1]>,
    pub(super) slots: Vec<Slot>,
}

/// What an edit wrote in one place, and what it deleted for that.
pub(super) struct Slot {
    pub(super) kind: Kind,
    /// The ids of what was written and of everything in it, of this client's.
    pub(super) ids: Range<u32>,
    pub(super) deleted: IdSet,
    /// The objects among what was deleted, and their contents.
    pub(super) objects: Vec<(ID, Document)>,
    pub(super) entry: Option<Entry>,
}

pub(super) enum Kind {
    /// An entry or an item was written.
    Put,
    /// An entry was removed.
    Removed,
    /// Items were removed, with objects among them.
    ItemsRemoved,
    /// The sum of a counter that is an entry was written.
    Sum(i64),
    /// An item was moved here.
    Moved,
}

/// An entry of a map, before and after.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) map: BranchID,
    pub(super) key: Key,
    pub(super) was: Option<Document>,
    pub(super) wrote: Option<Document>,
}

impl Footprint {
    /// What the operation deleted without writing anything over it.
    pub(super) fn deleted(&self) -> IdSet {
        let mut deleted = IdSet::new();
        self.deleted.iter().for_each(|run| deleted.insert(ID::new(run.client, run.from), run.to - run.from));
        deleted
    }

    /// Everything that the operation deleted.
    pub(super) fn all_deleted(&self) -> IdSet {
        let mut deleted = self.deleted();
        self.slots.iter().for_each(|slot| deleted.merge_with(slot.deleted.clone()));
        deleted
    }
}
