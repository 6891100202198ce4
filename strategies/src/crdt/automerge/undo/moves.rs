//! What was moved: to the library, one item deleted and another like it inserted.

use automerge::{AutoCommit, ObjId, ObjType, ReadDoc, Value};

use super::history::Was;
use super::places::Place;
use super::slots::{At, Slot};
use super::{Inverse, is_own};

impl Inverse<'_> {
    /// An item that was moved goes back only from where it was moved to, with what was done in it since.
    pub(super) fn follow_moves(&self, slots: &[Slot], places: &mut [Place]) {
        let in_list = |slot: &Slot| matches!(slot.at, At::Element(_)) && self.is_list(&slot.object);
        let came = |slot: &Slot| slot.last.is_some() && slot.is_new();
        let mut left: Vec<usize> = (0..slots.len()).filter(|at| came(&slots[*at]) && in_list(&slots[*at])).collect();
        for (index, slot) in slots.iter().enumerate() {
            let Some(was) = slot.wrote.as_ref().and_then(|ids| ids.iter().max()) else { continue };
            if slot.last.is_some() || !in_list(slot) {
                continue;
            }
            let moved = self.history.made[self.made].moved(was);
            let same = |other: &usize| match (&moved, &places[index].old, &slots[*other].last) {
                (Some(moved), _, Some(last)) => last.id() == Some(moved),
                // No edit moves an item to another list.
                (None, Was::Scalar(old, _), Some(Was::Scalar(new, _))) => old == new,
                _ => false,
            };
            let Some(at) = left.iter().position(same) else { continue };
            let other = left.remove(at);
            places[index].intact &= places[other].intact;
            places[other].away = !places[other].intact;
            // If what made it was undone meanwhile, less is restored.
            let whole = places[index].old.id() == Some(was);
            if let (Some(Was::Object(kind, id)), true) = (&slots[other].last, whole) {
                places[index].old = Was::Object(*kind, self.history.resolve(id, None));
            }
        }
    }
}

/// Reports the ids in an original and in its copy, pair by pair.
pub(in crate::crdt::automerge) fn twins(
    library: &AutoCommit,
    old: &Was,
    new: &Was,
    report: &mut dyn FnMut(ObjId, ObjId),
) {
    let (Some(old_id), Some(new_id)) = (old.id(), new.id()) else { return };
    report(old_id.clone(), new_id.clone());
    let items = |id: &ObjId| {
        let items = library.list_range(id, ..);
        items.map(|item| Was::new((Value::from(item.value.clone()), item.id()))).collect::<Vec<_>>()
    };
    let entries = |id: &ObjId| {
        let entries = library.map_range(id, ..);
        entries.map(|item| Was::new((Value::from(item.value.clone()), item.id()))).collect::<Vec<_>>()
    };
    let text = matches!(old, Was::Object(ObjType::Text, _));
    let (old, new) = match (old, new) {
        (Was::Object(ObjType::Map | ObjType::Table, _), Was::Object(..)) => (entries(old_id), entries(new_id)),
        (Was::Object(..), Was::Object(..)) => (items(old_id), items(new_id)),
        _ => return,
    };
    // In a text, own operations refer to own characters only.
    for (old, new) in old.iter().zip(&new).filter(|(old, _)| !text || old.id().is_some_and(|id| is_own(library, id))) {
        twins(library, old, new, report);
    }
}
