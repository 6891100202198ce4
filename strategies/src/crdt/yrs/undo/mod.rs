//! Undo: the library's own manager, given one block of one own operation at a time.
//!
//! What the operation inserted is deleted where it is now. What it deleted is restored beside its tombstone, under new
//! ids; until the operation can no longer be undone, that content is kept, as the manager of an editor keeps it. All
//! that is remembered here for that are ids, and of what is overwritten, which of them belong together:
//!
//! * an overwritten entry of a map or item of a list gets its former value back while what was written is there: if anybody
//!   has written or deleted it since, that stays;
//! * a counter, which is a value that is written anew, is moved back by as much if anybody has moved it since;
//! * a moved item, which to the library is one deleted and another like it inserted, goes back from where it was moved to,
//!   with what was done in it since; if it is no longer there, it stays away.
//!
//! Any of the latest own operations can be undone. If an earlier operation was undone meanwhile, what it had inserted
//! does not return with what a later one had deleted. The contents of an object that was removed, moved or overwritten
//! since are other things than its contents before. So, out of turn, what an operation did to the text or the items in
//! there may stay when it is undone; and of an operation that moves an item and overwrites what is in it, the former
//! content may stay away. An operation that writes into something and then over it is restored with another thing in
//! its place: what was done in there before can then not be undone.

mod entries;
mod history;
mod manager;
mod places;
mod recorder;
mod remedy;
mod slots;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;

use yrs::{BranchID, IdSet};

pub(super) use self::history::History;
use self::history::{Anew, Made, Owed};
pub(super) use self::manager::KEPT;
pub(super) use self::recorder::{Recorder, may_delete};
use self::remedy::Remedy;
use self::slots::Entry;
pub(super) use self::slots::Footprint;
use super::library::Library;
use crate::document::Key;

/// The inverse of an operation, while it is made.
struct Inverse<'a> {
    library: &'a Library,
    history: &'a History,
    /// The operation.
    n: u64,
    updates: Vec<Vec<u8>>,
    /// New ids of what was put back so far.
    anew: Anew,
    /// Entries whose map is gone or another one now, so that their former values have to be written.
    owing: Vec<Entry>,
    /// Those of them that were not restored with what another client had written over them.
    open: BTreeSet<(BranchID, Key)>,
}

impl<'a> Inverse<'a> {
    fn new(library: &'a Library, history: &'a History, n: u64) -> Self {
        Self {
            library,
            history,
            n,
            updates: Vec::new(),
            anew: Anew::default(),
            owing: Vec::new(),
            open: BTreeSet::new(),
        }
    }

    /// Returns what is still owed for each own operation.
    fn make(&mut self, index: usize, inserted: &IdSet) -> Result<Vec<Owed>, String> {
        let history = self.history;
        let footprint = &history.made[index].footprint;
        let gone = self.gone();
        let mut deleted = inserted.diff(&gone);
        self.owing.extend(history.made.iter().flat_map(|made| &made.owed.entries).cloned());
        let mut remedies = Vec::new();
        for slot in footprint.slots.iter().rev() {
            let now = history.ids(&history.own(slot.ids.start, slot.ids.start + 1)).1;
            let remaining = history.remaining(&slot.deleted);
            let remedy = self.remedy(slot, &now, now.intersect(&gone).is_empty(), remaining == slot.deleted)?;
            match remedy {
                Some(Remedy::Subtract { .. }) => deleted.diff_with(&now),
                // It is still needed, with what this operation has done in it since.
                Some(Remedy::MoveBack(_)) => {
                    deleted.diff_with(&history.ids(&history.own(slot.ids.start, slot.ids.end)).1)
                }
                _ => {}
            }
            let away = slot.entry.as_ref().filter(|entry| !self.is_in_place(&entry.map));
            self.owing.extend(away.cloned());
            remedies.push((slot, remedy, remaining, away));
        }
        let (library, root) = (&self.library.doc, &self.library.root);
        self.delete(deleted);
        let mut owed = Owed::default();
        for (slot, remedy, remaining, away) in remedies {
            let entry = slot.entry.as_ref();
            match remedy {
                Some(Remedy::Subtract { map, key, by }) => self.subtract(&map, &key, by),
                Some(Remedy::MoveBack(copy)) => {
                    let now = self.contents(copy);
                    self.delete(history.ids(&history.own(slot.ids.start, slot.ids.end)).1.diff(&self.gone()));
                    drop(self.put_back(&remaining, true));
                    if let (Some((id, was)), Some(now)) = (slot.objects.first(), now) {
                        self.fill(id, was);
                        if now != *was {
                            self.bring(id, &now);
                        }
                    }
                }
                Some(remedy) => {
                    let left = self.put_back(&remaining, matches!(remedy, Remedy::Restore));
                    slot.objects.iter().for_each(|(id, was)| self.fill(id, was));
                    match entry {
                        Some(entry) => owed.entries.extend(self.enter(entry)),
                        None => owed.deleted.merge_with(left),
                    }
                }
                None => owed.entries.extend(away.cloned()),
            }
        }
        // Last, because its container may be among what was restored.
        owed.deleted.merge_with(self.put_back(&history.remaining(&footprint.deleted()), true));
        let mut all = self.earlier();
        all[index] = owed;
        // A restored entry may have been written by what was undone.
        for owed in all.iter_mut().rev() {
            let entries = std::mem::take(&mut owed.entries).into_iter();
            owed.entries = entries.filter(|entry| !self.repay(entry)).collect();
        }
        let back = self.anew.all(history.client);
        if !back.is_empty() {
            // The manager would keep the content of what it put back for good.
            manager::release(library, root, &back);
        }
        Ok(all)
    }

    /// Puts back what was owed, where the container is back.
    fn earlier(&mut self) -> Vec<Owed> {
        let history = self.history;
        let one = |made: &Made| Owed {
            deleted: self.put_back(&history.remaining(&made.owed.deleted), false),
            entries: made.owed.entries.clone(),
        };
        history.made.iter().map(one).collect()
    }
}
