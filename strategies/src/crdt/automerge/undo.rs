//! Undo: the inverse of what an own operation did, at the ids of what it did it to.
//!
//! The library has no undo. Its authors advise to make the inverse of a change's patches a new change. Patches have
//! positions of their time, so here the inverse is made of the operations inside the change, which name all that they touch:
//! what the user put in goes from where it is by now, what the user took away comes back at its tombstone, an entry gets the
//! value before if nobody has written since, and a counter is moved back by as much. Where somebody wrote an entry at the
//! same time and lost, that value is the one that comes.
//!
//! What comes back does so under ids of its own: an object is made anew, with what would be in it by now. The own operations
//! before it, which know the old ids, are told; those of others cannot be. Characters and items that somebody else has put
//! back, or moved, are others than those that were put in, and stay. An item of a list that was written over, moved and
//! taken away may come back beside its place, and, rarely, so may a character of a text that was made anew: beside it, and at
//! the same place for everybody.

mod history;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::transaction::Transactable;
use automerge::{AutoCommit, Cursor, ExpandedChange, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue, Value};

use self::history::Undone;
pub(in crate::crdt) use self::history::{History, Was};

/// Where a value is: an entry of a map, or an element of a list or a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    Key(String),
    Element(ObjId),
}

/// What an operation did to one place.
#[derive(Debug)]
struct Slot {
    object: ObjId,
    at: At,
    /// The ids of what was there before it wrote, if it wrote.
    wrote: Option<Vec<ObjId>>,
    /// What it left there. `None` where it took away what was there.
    last: Option<Was>,
    /// What it added to the counter with this id, which was there before.
    added: Option<(ObjId, i64)>,
}

impl Slot {
    /// It is an element that was put in.
    fn is_new(&self) -> bool {
        matches!(self.at, At::Element(_)) && self.wrote.as_ref().is_some_and(Vec::is_empty)
    }
}

/// A slot in the present document.
struct Place {
    object: ObjId,
    prop: Prop,
    /// What the operation left there is there.
    stands: bool,
    /// What comes back.
    old: Was,
    /// It was moved here and is away by now: when it comes back, the move stays.
    away: bool,
    /// An element, and whether it is to come back and not to be changed.
    element: Option<(ObjId, bool)>,
    /// The order in which elements stood that are at one index now.
    order: (usize, usize),
}

type Done<T = ()> = Result<T, String>;

fn failed(error: impl ToString) -> String {
    error.to_string()
}

fn named(id: &OpId) -> ObjId {
    ObjId::Id(id.counter(), id.actor().clone(), 0)
}

struct Inverse<'a> {
    library: &'a mut AutoCommit,
    history: &'a History,
    change: ExpandedChange,
    ops: Range<usize>,
    /// Which of the own operations it is.
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
                if place.stands {
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
                _ if !place.stands => {}
                Prop::Map(_) => self.write(&place.object, place.prop, false, &place.old)?,
                Prop::Seq(_) => elements.entry(place.object.clone()).or_default().push(place),
            }
        }
        elements.into_iter().try_for_each(|(object, places)| self.write_elements(&object, places))
    }

    fn id(&self, index: usize) -> ObjId {
        ObjId::Id(self.change.start_op.get() + index as u64, self.change.actor_id.clone(), 0)
    }

    /// Where an id of this change is in it.
    fn index(&self, id: &OpId) -> Option<usize> {
        let own = *id.actor() == self.change.actor_id;
        let index = id.counter().checked_sub(self.change.start_op.get()).filter(|_| own)?;
        usize::try_from(index).ok().filter(|index| *index < self.change.operations.len())
    }

    fn left(&self, index: usize) -> Option<Was> {
        match &self.change.operations[index].action {
            OpType::Make(kind) => Some(Was::Object(*kind, self.id(index))),
            OpType::Put(value) => Some(Was::Scalar(value.clone(), self.id(index))),
            _ => None,
        }
    }

    /// What the operation did, place by place; what it did inside of what it made itself goes with that.
    fn slots(&self) -> Vec<Slot> {
        let (mut slots, mut places): (Vec<Slot>, BTreeMap<(ObjId, At), usize>) = (Vec::new(), BTreeMap::new());
        let mut made = BTreeSet::new();
        for index in self.ops.clone() {
            let Some(op) = self.change.operations.get(index) else { continue };
            if matches!(op.action, OpType::Make(_)) {
                made.insert(self.id(index));
            }
            let object = object(op);
            let at = match &op.key {
                _ if op.insert => At::Element(self.id(index)),
                Key::Map(key) => At::Key(key.to_string()),
                Key::Seq(ElementId::Id(id)) => At::Element(named(id)),
                Key::Seq(ElementId::Head) => continue,
            };
            if made.contains(&object) || matches!(op.action, OpType::MarkBegin(_) | OpType::MarkEnd(_)) {
                continue;
            }
            let slot = *places.entry((object.clone(), at.clone())).or_insert_with(|| {
                slots.push(Slot { object, at, wrote: None, last: None, added: None });
                slots.len() - 1
            });
            let slot = &mut slots[slot];
            let preds = || op.pred.iter().map(named);
            match op.action {
                OpType::Increment(by) if slot.wrote.is_none() => {
                    let sum = slot.added.as_ref().map_or(0, |(_, sum)| *sum).saturating_add(by);
                    slot.added = preds().max().map(|counter| (counter, sum));
                }
                // It counts into the value that it wrote itself.
                OpType::Increment(_) => {}
                _ => {
                    slot.wrote.get_or_insert_with(|| preds().collect());
                    slot.last = self.left(index);
                    slot.added = None;
                }
            }
        }
        slots
    }

    /// Where each place is by now, and what comes back there.
    fn locate(&self, slots: &[Slot]) -> Done<Vec<Place>> {
        let mut before: BTreeMap<&ObjId, BTreeMap<ObjId, (usize, Was)>> = BTreeMap::new();
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

    /// Where neighbours have come back under other ids, the tombstone of an element may stand beyond them.
    fn keep_neighbours(
        &self,
        object: &ObjId,
        place: &mut Place,
        ids: &[(usize, &ObjId)],
        [left, right]: &mut [BTreeMap<usize, Option<usize>>; 2],
    ) {
        let (behind, made) = place.order;
        let (before, after) = (behind.saturating_sub(usize::from(made == 0)).min(ids.len()), behind.min(ids.len()));
        let left = self.nearest(object, &place.object, ids[..before].iter().rev(), left);
        let right = self.nearest(object, &place.object, ids[after..].iter(), right);
        if let Prop::Seq(index) = &mut place.prop {
            *index = (*index).max(left.map_or(0, |left| left + 1)).min(right.unwrap_or(usize::MAX));
        }
    }

    /// Where the first of these is that is there by now.
    fn nearest<'i>(
        &self,
        object: &ObjId,
        now: &ObjId,
        ids: impl Iterator<Item = &'i (usize, &'i ObjId)>,
        known: &mut BTreeMap<usize, Option<usize>>,
    ) -> Option<usize> {
        let (mut passed, mut found) = (Vec::new(), None);
        for (at, id) in ids {
            found = known.get(at).copied().flatten().or_else(|| self.visible(object, now, id));
            if found.is_some() || known.contains_key(at) {
                break;
            }
            passed.push(*at);
        }
        known.extend(passed.into_iter().map(|at| (at, found)));
        found
    }

    /// Where an element is by now, if it is there.
    fn visible(&self, object: &ObjId, now: &ObjId, id: &ObjId) -> Option<usize> {
        let element = self.history.resolve(id, Some(self.made));
        if element == *id && object != now {
            return None;
        }
        let index = self.position(now, &element).ok()?;
        let there = self.library.get(now, index).ok()??.1;
        (there == element).then_some(index)
    }

    /// The place of an element among those that were there before: behind the one before the change that it came behind.
    fn order(
        &self,
        element: &ObjId,
        slot: &Slot,
        before: &BTreeMap<ObjId, (usize, Was)>,
        roots: &BTreeMap<usize, ObjId>,
    ) -> (usize, usize) {
        if let Some(made) = self.index_of(element) {
            let root = roots.get(&made).and_then(|root| before.get(root));
            return (root.map_or(0, |(index, _)| index + 1), made + 1);
        }
        // What stood in it before the change, by way of what the change has written over that.
        let mut value = slot.wrote.as_ref().and_then(|ids| ids.iter().max()).cloned();
        while let Some(made) = value.as_ref().and_then(|value| self.index_of(value)) {
            value = self.change.operations[made].pred.iter().map(named).max();
        }
        let index = value.and_then(|value| before.get(&value)).map_or(0, |(index, _)| index + 1);
        (index, 0)
    }

    fn index_of(&self, id: &ObjId) -> Option<usize> {
        match id {
            ObjId::Root => None,
            ObjId::Id(counter, actor, _) => self.index(&OpId::new(*counter, actor)),
        }
    }

    /// Of each element that this change inserted, the one from before the change that it stands behind.
    fn roots(&self) -> BTreeMap<usize, ObjId> {
        let mut roots: BTreeMap<usize, ObjId> = BTreeMap::new();
        for (index, op) in self.change.operations.iter().enumerate().take(self.ops.end).filter(|(_, op)| op.insert) {
            let Key::Seq(ElementId::Id(left)) = &op.key else { continue };
            let root = match self.index(left) {
                Some(left) => roots.get(&left).cloned(),
                None => Some(named(left)),
            };
            roots.extend(root.map(|root| (index, root)));
        }
        roots
    }

    /// What was there before the operation.
    fn old(&self, slot: &Slot, before: &BTreeMap<ObjId, (usize, Was)>) -> Was {
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
                    // What was written over what stood there has been moved, or put back.
                    now = left.as_ref().and_then(|left| self.holder(left)).unwrap_or(now);
                }
                let index = if now != *id || object == slot.object {
                    self.position(&object, &now)?
                } else {
                    // The object was made anew without this element: it would be about here.
                    self.position(&slot.object, id)?.min(self.library.length(&object))
                };
                (Prop::Seq(index), Some(now))
            }
        };
        let beyond = matches!(prop, Prop::Seq(index) if index >= self.library.length(&object));
        let all = if beyond { Vec::new() } else { self.library.get_all(&object, prop.clone()).map_err(failed)? };
        let winner = all.iter().map(|(_, id)| id).max();
        let stands = match (&left, &element, winner) {
            (Some(_), _, winner) if winner == left.as_ref() => true,
            // What was put into a list goes even if its own author has written over it since.
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
            // What somebody wrote at the same time, and that lost.
            let theirs = all.into_iter().filter(|(_, id)| Some(id) != left.as_ref()).max_by(|(_, a), (_, b)| a.cmp(b));
            old = theirs.map_or(old, Was::new);
        }
        let element = element.map(|element| (element, left.is_none()));
        Ok(Place { object, prop, stands, old, away: false, element, order })
    }

    fn is_list(&self, object: &ObjId) -> bool {
        self.library.object_type(object) == Ok(ObjType::List)
    }

    /// Where an element of a list or a text is, or would be.
    fn position(&self, object: &ObjId, element: &ObjId) -> Done<usize> {
        let cursor = Cursor::try_from(element.to_string()).map_err(failed)?;
        // An object that was put back while this was away does not have it: the library gives up on that.
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

    /// An item that was moved, which to the library is one taken away and another like it put in, goes back only from where
    /// it was moved to, with what was done in it since.
    fn follow_moves(&self, slots: &[Slot], places: &mut [Place]) {
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
                // From one list to another there is no edit that moves.
                (None, Was::Scalar(old, _), Some(Was::Scalar(new, _))) => old == new,
                _ => false,
            };
            let Some(at) = left.iter().position(same) else { continue };
            let other = left.remove(at);
            places[index].stands &= places[other].stands;
            places[other].away = !places[other].stands;
            // Where what made it was taken back meanwhile, less comes.
            let whole = places[index].old.id() == Some(was);
            if let (Some(Was::Object(kind, id)), true) = (&slots[other].last, whole) {
                places[index].old = Was::Object(*kind, self.history.resolve(id, None));
            }
        }
    }
}

/// Tells the ids of what is in a place, and of what is in another that was made like it.
pub(in crate::crdt) fn twins(library: &AutoCommit, old: &Was, new: &Was, tell: &mut dyn FnMut(ObjId, ObjId)) {
    let (Some(old_id), Some(new_id)) = (old.id(), new.id()) else { return };
    tell(old_id.clone(), new_id.clone());
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
    // Of a text, own characters alone can be meant by an own operation.
    for (old, new) in old.iter().zip(&new).filter(|(old, _)| !text || old.id().is_some_and(|id| is_own(library, id))) {
        twins(library, old, new, tell);
    }
}

fn is_own(library: &AutoCommit, id: &ObjId) -> bool {
    matches!(id, ObjId::Id(_, actor, _) if actor == library.get_actor())
}

fn by_id(was: &Was) -> Option<ObjId> {
    was.id().cloned()
}

fn object(op: &Op) -> ObjId {
    match &op.obj {
        ObjectId::Root => ROOT,
        ObjectId::Id(id) => named(id),
    }
}

#[cfg(test)]
mod tests;
