//! Where each place is now, and what is restored there.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId, Key, OpType};
use automerge::{Cursor, ObjId, ObjType, Prop, ReadDoc, ScalarValue, Value};

use super::history::Was;
use super::slots::{At, Slot};
use super::{Done, Inverse, failed, is_own, named};

/// A slot in the document as it is now.
pub(super) struct Place {
    pub(super) object: ObjId,
    pub(super) prop: Prop,
    /// What the operation left there is still there.
    pub(super) intact: bool,
    /// What is restored.
    pub(super) old: Was,
    /// It was moved here and is gone by now: when it is restored, the move stays.
    pub(super) away: bool,
    /// An element, and whether it is restored or changed.
    pub(super) element: Option<(ObjId, bool)>,
    /// The former order of elements that are at one index now.
    pub(super) order: (usize, usize),
}

/// What a list or text contained before the change: index and value by the value's id.
pub(super) type Before = BTreeMap<ObjId, (usize, Was)>;

impl Inverse<'_> {
    /// Where each place is now, and what is restored there.
    pub(super) fn locate(&self, slots: &[Slot]) -> Done<Vec<Place>> {
        let mut before: BTreeMap<&ObjId, Before> = BTreeMap::new();
        for slot in slots {
            let At::Element(element) = &slot.at else { continue };
            if slot.wrote.is_some() && self.index_of(element).is_none() && !before.contains_key(&slot.object) {
                let items = self.library.list_range_at(&slot.object, .., &self.change.deps);
                let items = items.enumerate().map(|(index, item)| {
                    let (value, id) = (Value::from(item.value.clone()), item.id());
                    (id.clone(), (index, Was::new((value, id))))
                });
                before.insert(&slot.object, items.collect());
            }
        }
        let nothing = BTreeMap::new();
        let roots = self.roots();
        let locate = |slot: &Slot| {
            let before = before.get(&slot.object).unwrap_or(&nothing);
            let order = match &slot.at {
                At::Element(id) => self.order(id, slot, before, &roots),
                At::Key(_) => (0, 0),
            };
            self.place(slot, self.old(slot, before), order)
        };
        let mut places = slots.iter().map(locate).collect::<Done<Vec<_>>>()?;
        if self.history.has_renamed() {
            for (object, before) in before {
                let mut ids: Vec<_> = before.iter().map(|(id, (index, _))| (*index, id)).collect();
                ids.sort_unstable();
                let mut known = [BTreeMap::new(), BTreeMap::new()];
                for (slot, place) in slots.iter().zip(&mut places) {
                    if slot.object == *object && matches!(place.element, Some((_, true))) {
                        self.keep_neighbours(object, place, &ids, &mut known);
                    }
                }
            }
        }
        Ok(places)
    }

    /// What was there before the operation.
    fn old(&self, slot: &Slot, before: &Before) -> Was {
        let ids = slot.wrote.as_deref().unwrap_or_default();
        let here = ids.iter().filter_map(|id| self.index_of(id)).max().and_then(|index| self.left(index));
        let was = here.or_else(|| match &slot.at {
            _ if ids.is_empty() => None,
            At::Key(key) => {
                let found = self.library.get_at(&slot.object, key.as_str(), &self.change.deps);
                found.ok().flatten().map(Was::new)
            }
            At::Element(_) => ids.iter().filter_map(|id| before.get(id)).map(|(_, was)| was.clone()).max_by_key(by_id),
        });
        let was = match was {
            Some(Was::Scalar(ScalarValue::Counter(value), id)) => {
                let added = self.change.operations[..self.ops.start].iter().filter_map(|op| match op.action {
                    OpType::Increment(by) if op.pred.iter().any(|pred| named(pred) == id) => Some(by),
                    _ => None,
                });
                let value = added.fold(i64::from(&value), i64::saturating_add);
                Was::Scalar(ScalarValue::counter(value), id)
            }
            was => was.unwrap_or(Was::Nothing),
        };
        self.history.remaining(was)
    }

    fn place(&self, slot: &Slot, mut old: Was, order: (usize, usize)) -> Done<Place> {
        let object = self.history.resolve(&slot.object, None);
        let left = slot.last.as_ref().and_then(Was::id).or(slot.added.as_ref().map(|(counter, _)| counter));
        let (was_left, left) = (left, left.map(|id| self.history.resolve(id, None)));
        let (prop, element) = match &slot.at {
            At::Key(key) => (Prop::Map(key.clone()), None),
            At::Element(id) => {
                let mut now = self.history.resolve(id, Some(self.made));
                if now == *id && left.as_ref() != was_left && self.is_list(&object) {
                    // What overwrote the former value has been moved, or put back.
                    now = left.as_ref().and_then(|left| self.holder(left)).unwrap_or(now);
                }
                let index = if now != *id || object == slot.object {
                    self.position(&object, &now)?
                } else {
                    // The object was made anew without this element, which would be about here.
                    self.position(&slot.object, id)?.min(self.library.length(&object))
                };
                (Prop::Seq(index), Some(now))
            }
        };
        let beyond = matches!(prop, Prop::Seq(index) if index >= self.library.length(&object));
        let all = if beyond { Vec::new() } else { self.library.get_all(&object, prop.clone()).map_err(failed)? };
        let winner = all.iter().map(|(_, id)| id).max();
        let intact = match (&left, &element, winner) {
            (Some(_), _, winner) if winner == left.as_ref() => true,
            // What was inserted into a list goes even if the same user has overwritten it since.
            (Some(_), Some(element), Some(winner)) if slot.is_new() && self.is_list(&object) => {
                is_own(self.library, winner) && self.holder(winner).as_ref() == Some(element)
            }
            (Some(_), ..) => false,
            (None, Some(element), Some(winner)) => {
                !self.is_list(&object) || self.holder(winner).as_ref() != Some(element)
            }
            (None, _, winner) => winner.is_none(),
        };
        if winner.is_some() && winner == left.as_ref() {
            // What another client wrote concurrently, and lost.
            let theirs = all.into_iter().filter(|(_, id)| Some(id) != left.as_ref()).max_by(|(_, a), (_, b)| a.cmp(b));
            old = theirs.map_or(old, Was::new);
        }
        let element = element.map(|element| (element, left.is_none()));
        Ok(Place { object, prop, intact, old, away: false, element, order })
    }

    pub(super) fn is_list(&self, object: &ObjId) -> bool {
        self.library.object_type(object) == Ok(ObjType::List)
    }

    /// The index of an element of a list or a text, or where it would be.
    pub(super) fn position(&self, object: &ObjId, element: &ObjId) -> Done<usize> {
        let cursor = Cursor::try_from(element.to_string()).map_err(failed)?;
        // An object that was put back while the element was gone does not contain it: the library panics.
        catch_unwind(AssertUnwindSafe(|| self.library.get_cursor_position(object, &cursor, None)))
            .map_err(|_| format!("{object} has no {element}"))?
            .map_err(failed)
    }

    /// The element of a list that holds a value.
    fn holder(&self, value: &ObjId) -> Option<ObjId> {
        let ObjId::Id(counter, ..) = value else { return None };
        let hash = self.library.hash_for_opid(value)?;
        let change = ReadDoc::get_change_by_hash(&*self.library, &hash)?.decode();
        let index = counter.checked_sub(change.start_op.get())?;
        let op = change.operations.get(usize::try_from(index).ok()?)?;
        match &op.key {
            _ if op.insert => Some(value.clone()),
            Key::Seq(ElementId::Id(id)) => Some(named(id)),
            _ => None,
        }
    }
}

fn by_id(was: &Was) -> Option<ObjId> {
    was.id().cloned()
}
