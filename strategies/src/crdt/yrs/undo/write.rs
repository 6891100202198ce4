//! Writing the inverse of an operation.

use yrs::{Array, ArrayRef, Assoc, BranchID, ID, IdSet, Map, Out, StickyIndex, Transact};

use super::Inverse;
use super::manager::{self, Back, Run};
use super::places::object;
use crate::crdt::yrs::counter::{added, is_counter, set_added};
use crate::crdt::yrs::edit::{Place, Writing, apply};
use crate::crdt::yrs::library::materialise;
use crate::document::{Document, Key, diff};

impl Inverse<'_> {
    /// Deletes what the operation inserted.
    pub(super) fn delete(&mut self, inserted: IdSet) {
        if !inserted.is_empty() {
            self.updates.extend(manager::delete(&self.library.doc, &self.library.root, inserted));
        }
    }

    /// Puts back what was deleted, block by block, containers before their contents. An entry is restored only if
    /// nobody else has written over it, or (with `anyway`) if what was written is gone by now. Returns what is not
    /// restored.
    pub(super) fn put_back(&mut self, deleted: &IdSet, anyway: bool) -> IdSet {
        if deleted.is_empty() {
            return IdSet::new();
        }
        let (library, root) = (&self.library.doc, &self.library.root);
        // In a new list or text the library places a block by its former neighbours, and by what those have become. The
        // tombstone of a neighbour that was put back before leads to its copy, wherever that is. If the copy were back
        // already, a block between the two would have it as a neighbour on both sides, and end on one side here and on the
        // other elsewhere (0.28.1). Such a block is newer than the copy or another client's: so blocks of other clients go
        // first, then own ones, the newest first.
        let (own, mut open): (Vec<Run>, Vec<Run>) =
            manager::blocks(library, deleted).into_iter().partition(|run| run.client == self.history.client);
        open.extend(own.into_iter().rev());
        let (mut gone, mut own) = (None, None);
        loop {
            let before = open.len();
            let mut at = 0;
            while let Some(run) = open.get(at) {
                let back = manager::put_back(library, root, run, IdSet::new()).or_else(|| {
                    // If its map is another one now, the library would put it behind what is in the old map.
                    if !manager::is_in_place(library, run) {
                        return None;
                    }
                    let over = if anyway {
                        gone.get_or_insert_with(|| self.gone())
                    } else {
                        own.get_or_insert_with(|| self.history.deleted())
                    };
                    manager::put_back(library, root, run, over.clone())
                });
                let Some(Back { update, now }) = back else {
                    at += 1;
                    continue;
                };
                self.anew.insert(ID::new(run.client, run.from), run.to - run.from, now, self.n);
                self.updates.push(update);
                open.remove(at);
                if object(&library.transact(), &ID::new(self.history.client, now)).is_some() {
                    // From the beginning: its contents may be among them.
                    at = 0;
                }
            }
            if open.is_empty() || open.len() == before {
                let mut left = IdSet::new();
                open.into_iter().for_each(|run| left.merge_with(run.ids()));
                return left;
            }
        }
    }

    /// An item is back where it was moved from: repeats there what was done in its copy.
    pub(super) fn bring(&mut self, id: &ID, now: &Document) {
        let Some(id) = self.put_back_as(id) else { return };
        let mut txn = self.library.doc.transact_mut();
        let Some(out) = object(&txn, &id) else { return };
        let was = materialise(&txn, &out);
        if was == *now {
            return;
        }
        let counters = self.library.counters;
        if let Out::YMap(map) = &out {
            for edit in diff(&was, now) {
                // A diff fits the document that it was made from.
                drop(apply(&mut txn, map, &edit, Writing { wide: true, counters }));
            }
        } else if let Some(place) = StickyIndex::from_id(id, Assoc::After).get_offset(&txn) {
            let list = ArrayRef::from(place.branch);
            list.remove(&mut txn, place.index);
            Place::Item(&list, place.index).write(&mut txn, now, counters);
        }
        self.updates.push(txn.encode_update_v1());
    }

    /// Moves a counter back.
    pub(super) fn subtract(&mut self, map: &BranchID, key: &Key, by: i64) {
        let Some(map) = self.map(map) else { return };
        let mut txn = self.library.doc.transact_mut();
        match map.get(&txn, key).map(|out| materialise(&txn, &out)) {
            _ if is_counter(&txn, &map) => {
                let own = added(&txn, &map, key).unwrap_or(0);
                set_added(&mut txn, &map, key, own.saturating_sub(by));
            }
            Some(Document::Counter(sum)) => {
                let sum = Document::Counter(sum.saturating_sub(by));
                Place::Entry(&map, key).write(&mut txn, &sum, self.library.counters);
            }
            _ => return,
        }
        self.updates.push(txn.encode_update_v1());
    }
}
