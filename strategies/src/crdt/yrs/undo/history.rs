//! The latest own operations, and what became of those that were undone.

use std::collections::{BTreeMap, VecDeque};

use yrs::undo::UndoManager;
use yrs::{ClientID, ID, IdSet};

use super::Inverse;
use super::manager::{self, Run, runs};
use super::slots::{Entry, Footprint, Kind, Slot};
use crate::crdt::yrs::library::Library;
use crate::model::Rejected;
use crate::replica::OpId;
use crate::undo::UNDO_DEPTH;

/// The latest own operations. It is not saved: after a crash nothing can be undone.
pub(in crate::crdt::yrs) struct History {
    pub(super) client: ClientID,
    keeper: UndoManager<()>,
    /// Up to three times as many as can be undone, so that content is forgotten for a hundred at once. What was undone
    /// matters to the operations after it.
    pub(super) made: VecDeque<Made>,
    anew: Anew,
}

/// New ids of what was put back or moved, by the old ones. All new ids are this client's.
#[derive(Default)]
pub(super) struct Anew(BTreeMap<ID, NewIds>);

/// New ids of a run of old ones.
#[derive(Clone, Copy)]
struct NewIds {
    len: u32,
    start: u32,
    /// The operation that moved it or was undone.
    n: u64,
}

/// One of this replica's operations.
pub(super) struct Made {
    n: u64,
    pub(super) footprint: Footprint,
    /// All ids, old and new, of what it had inserted, if it was undone.
    undone: Option<IdSet>,
    pub(super) owed: Owed,
}

/// What could not be put back because its container is gone.
#[derive(Default)]
pub(super) struct Owed {
    pub(super) deleted: IdSet,
    pub(super) entries: Vec<Entry>,
}

impl History {
    pub(in crate::crdt::yrs) fn new(library: &Library) -> Self {
        let keeper = manager::keeper(&library.doc, &library.root);
        Self { client: library.doc.client_id(), keeper, made: VecDeque::new(), anew: Anew::default() }
    }

    /// Adds one of this replica's operations, also one that changed nothing.
    pub(in crate::crdt::yrs) fn push(&mut self, library: &Library, n: u64, footprint: Footprint) {
        for slot in &footprint.slots {
            if let Kind::Moved = slot.kind {
                // An item that is no object has one id.
                let only = || runs(&slot.deleted).next().map(|run| ID::new(run.client, run.from));
                let from = slot.objects.first().map(|(id, _)| *id).or_else(only);
                from.into_iter().for_each(|from| self.anew.insert(from, 1, slot.ids.start, n));
            }
        }
        self.made.push_back(Made { n, footprint, undone: None, owed: Owed::default() });
        if self.made.len() >= 3 * UNDO_DEPTH {
            self.forget(library);
        }
    }

    /// Forgets the oldest.
    fn forget(&mut self, library: &Library) {
        let mut deleted = IdSet::new();
        for Made { footprint, .. } in self.made.drain(..UNDO_DEPTH) {
            deleted.merge_with(footprint.all_deleted());
        }
        if let Some(oldest) = self.made.front().map(|made| made.n) {
            self.anew.forget_before(oldest);
        }
        if !deleted.is_empty() {
            manager::forget(&library.doc, &library.root, &deleted);
            self.keeper = manager::keeper(&library.doc, &library.root);
        }
    }

    /// Undoes an operation. Returns the updates for everybody else.
    pub(in crate::crdt::yrs) fn undo(&mut self, library: &Library, target: OpId) -> Result<Vec<Vec<u8>>, Rejected> {
        let oldest = self.made.len().saturating_sub(UNDO_DEPTH);
        let found = self.made.iter().skip(oldest).position(|made| made.n == target.n && made.undone.is_none());
        let Some(index) = found.map(|index| index + oldest) else {
            return Err(Rejected::too_old(target));
        };
        let inserted = self.made[index].footprint.inserted.clone();
        let (ever, now) = self.ids(&self.own(inserted.start, inserted.end));
        self.made[index].undone = Some(ever);
        let mut inverse = Inverse::new(library, self, target.n);
        let done = inverse.make(index, &now);
        let Inverse { updates, anew, .. } = inverse;
        self.anew.0.extend(anew.0);
        match done {
            Ok(owed) => {
                self.made.iter_mut().zip(owed).for_each(|(made, owed)| made.owed = owed);
                Ok(updates)
            }
            Err(reason) => {
                self.made[index].undone = None;
                Err(Rejected::new("edit_refused", reason))
            }
        }
    }

    /// Ids of this client.
    pub(super) fn own(&self, from: u32, to: u32) -> IdSet {
        Run { client: self.client, from, to }.ids()
    }

    /// All ids that something has had, and the ones that it has now.
    pub(super) fn ids(&self, ids: &IdSet) -> (IdSet, IdSet) {
        let (mut ever, mut now, mut open) = (ids.clone(), ids.clone(), runs(ids).collect::<Vec<_>>());
        while let Some(run) = open.pop() {
            let Some((old, new)) = self.anew.0.range(..ID::new(run.client, run.to)).next_back() else { continue };
            let (from, to) = (run.from.max(old.clock), run.to.min(old.clock + new.len));
            if old.client == run.client && from < to {
                let start = new.start + (from - old.clock);
                let moved = Run { client: self.client, from: start, to: start + (to - from) };
                now.diff_with(&Run { client: run.client, from, to }.ids());
                now.merge_with(moved.ids());
                ever.merge_with(moved.ids());
                open.push(moved);
                open.push(Run { to: from, ..run });
            }
        }
        (ever, now)
    }

    /// What is restored instead of this, if operations that inserted some of it were undone.
    pub(super) fn remaining(&self, deleted: &IdSet) -> IdSet {
        let undone = || self.made.iter().filter_map(|made| made.undone.as_ref().map(|ever| (&made.footprint, ever)));
        let mut remaining = deleted.clone();
        let wrote = |slot: &&Slot| !matches!(slot.kind, Kind::Removed | Kind::ItemsRemoved);
        let mut slots: Vec<&Slot> = undone().flat_map(|(footprint, _)| &footprint.slots).filter(wrote).collect();
        let ever = |slot: &Slot| self.ids(&self.own(slot.ids.start, slot.ids.start + 1)).0;
        while let Some(at) = slots.iter().position(|slot| !remaining.intersect(&ever(slot)).is_empty()) {
            remaining.merge_with(slots.swap_remove(at).deleted.clone());
        }
        undone().for_each(|(_, ever)| remaining.diff_with(ever));
        remaining
    }

    /// What own operations have deleted, and what went when they were undone.
    pub(super) fn deleted(&self) -> IdSet {
        let mut deleted = IdSet::new();
        for Made { footprint, undone, .. } in &self.made {
            deleted.merge_with(footprint.all_deleted());
            undone.iter().for_each(|ever| deleted.merge_with(ever.clone()));
        }
        deleted
    }
}

impl Anew {
    /// The ids from `old` on have new ones from `start` on.
    pub(super) fn insert(&mut self, old: ID, len: u32, start: u32, n: u64) {
        self.0.insert(old, NewIds { len, start, n });
    }

    /// Where the new ids of a run begin that begins with this one.
    pub(super) fn start(&self, old: &ID) -> Option<u32> {
        self.0.get(old).map(|new| new.start)
    }

    /// All new ids.
    pub(super) fn all(&self, client: ClientID) -> IdSet {
        let mut all = IdSet::new();
        self.0.values().for_each(|new| all.insert(ID::new(client, new.start), new.len));
        all
    }

    fn forget_before(&mut self, oldest: u64) {
        self.0.retain(|_, new| new.n >= oldest);
    }
}
