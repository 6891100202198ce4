//! What undoes one slot of an operation.

use yrs::{BranchID, ID, IdSet, Map, Transact};

use super::Inverse;
use super::manager::runs;
use super::slots::{Entry, Kind, Slot};
use crate::crdt::yrs::counter;
use crate::crdt::yrs::library::materialise;
use crate::document::{Document, Key};

pub(super) enum Remedy {
    /// The former value is restored.
    Restore,
    /// The same for an item that was moved, with its present contents, from its copy with this id.
    MoveBack(ID),
    /// The former value is restored if nobody has written since.
    RestoreUnlessWritten,
    /// A counter is moved back. The map by its id: it may be gone by then, and the library's references would not know.
    Subtract { map: BranchID, key: Key, by: i64 },
}

impl Inverse<'_> {
    /// What undoes a slot whose value has the ids `now`, if anything. `intact`: the value is still there. `whole`: nothing of
    /// what it was written over was undone.
    pub(super) fn remedy(&self, slot: &Slot, now: &IdSet, intact: bool, whole: bool) -> Result<Option<Remedy>, String> {
        let when = |condition: bool, remedy: Remedy| if condition { Some(remedy) } else { None };
        Ok(match (&slot.kind, &slot.entry) {
            (Kind::ItemsRemoved, _) => Some(Remedy::Restore),
            (Kind::Removed, entry) => {
                when(entry.as_ref().is_some_and(|entry| self.map(&entry.map).is_some()), Remedy::RestoreUnlessWritten)
            }
            (Kind::Put, _) => when(intact, Remedy::Restore),
            (Kind::Moved, _) => {
                let copy = runs(now).next().map(|run| ID::new(run.client, run.from));
                copy.filter(|_| intact).map(Remedy::MoveBack)
            }
            (Kind::Sum(_), _) if intact && whole => Some(Remedy::Restore),
            (Kind::Sum(by), Some(Entry { map, key, .. })) => {
                let sum = self.map(map).and_then(|map| {
                    let txn = self.library.doc.transact();
                    let sum = || map.get(&txn, key).map(|out| materialise(&txn, &out));
                    counter::sum(&txn, &map).map(Document::Counter).or_else(sum)
                });
                if let Some(Document::Counter(sum)) = sum {
                    sum.checked_sub(*by).ok_or_else(|| format!("the counter {key} would overflow"))?;
                    Some(Remedy::Subtract { map: map.clone(), key: key.clone(), by: *by })
                } else {
                    None
                }
            }
            (Kind::Sum(_), None) => None,
        })
    }
}
