//! Undo: the inverse of what one of the replica's own operations did, at the ids of what it changed.
//!
//! The library has no undo. Its authors advise to make the inverse of a change's patches a new change. Patches have the
//! positions of their time, so the inverse is made from the operations inside the change, which name everything that
//! they touch. What the user inserted is deleted from where it is now. What the user deleted is restored at its
//! tombstone. An entry gets its former value if nobody has written it since. A counter is moved back by as much. Where
//! another client wrote an entry concurrently and lost, its value is restored.
//!
//! What is restored has new ids: an object is made anew, with what it would contain now. Earlier own operations, which
//! know the old ids, are told of the new ones; those of others cannot be. Characters and items that another client has
//! put back or moved are not those that were inserted, and they stay. An item of a list that was overwritten, moved and
//! removed may come back beside its place. Rarely, so may a character of a text that was made anew: beside its place,
//! and at the same place on every replica.

mod history;
mod moves;
mod order;
mod places;
mod slots;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;
use std::ops::Range;

use automerge::legacy::OpId;
use automerge::transaction::Transactable;
use automerge::{AutoCommit, ExpandedChange, ObjId, Prop};

use self::history::Undone;
pub(super) use self::history::{History, Was};
pub(super) use self::moves::twins;
use self::places::Place;

type Done<T = ()> = Result<T, String>;

fn failed(error: impl ToString) -> String {
    error.to_string()
}

fn named(id: &OpId) -> ObjId {
    ObjId::Id(id.counter(), id.actor().clone(), 0)
}

fn is_own(library: &AutoCommit, id: &ObjId) -> bool {
    matches!(id, ObjId::Id(_, actor, _) if actor == library.get_actor())
}

/// The inverse of an operation, while it is made.
struct Inverse<'a> {
    library: &'a mut AutoCommit,
    history: &'a History,
    /// The change that the operation is in, and where in it.
    change: ExpandedChange,
    ops: Range<usize>,
    /// The operation's index in the history.
    made: usize,
    undone: Undone,
}

impl Inverse<'_> {
    fn make(&mut self) -> Done {
        let slots = self.slots();
        let mut places = self.locate(&slots)?;
        self.follow_moves(&slots, &mut places);
        let mut elements: BTreeMap<ObjId, Vec<Place>> = BTreeMap::new();
        for (slot, place) in slots.into_iter().zip(places) {
            if let Some((id, by)) = slot.added {
                if place.intact {
                    let by = by.checked_neg().ok_or("more than a counter can hold")?;
                    self.library.increment(&place.object, place.prop, by).map_err(failed)?;
                } else {
                    self.undone.owed.insert(id, by);
                }
                continue;
            }
            if let Some(id) = slot.last.as_ref().and_then(Was::id).filter(|_| !place.away) {
                self.undone.before.insert(id.clone(), place.old.clone());
            }
            match place.prop {
                _ if !place.intact => {}
                Prop::Map(_) => self.write(&place.object, place.prop, false, &place.old)?,
                Prop::Seq(_) => elements.entry(place.object.clone()).or_default().push(place),
            }
        }
        elements.into_iter().try_for_each(|(object, places)| self.write_elements(&object, places))
    }
}
