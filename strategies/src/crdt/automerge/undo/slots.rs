//! What an operation did, place by place.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ObjId, ROOT};

use super::history::Was;
use super::{Inverse, named};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    Key(String),
    Element(ObjId),
}

/// What an operation did to one place.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) object: ObjId,
    pub(super) at: At,
    /// The ids of what was there before it wrote, if it wrote.
    pub(super) wrote: Option<Vec<ObjId>>,
    /// What it left there. `None` if it deleted what was there.
    pub(super) last: Option<Was>,
    /// What it added to the counter with this id, which was there before.
    pub(super) added: Option<(ObjId, i64)>,
}

impl Slot {
    /// Whether it is an element that was inserted.
    pub(super) fn is_new(&self) -> bool {
        matches!(self.at, At::Element(_)) && self.wrote.as_ref().is_some_and(Vec::is_empty)
    }
}

impl Inverse<'_> {
    pub(super) fn id(&self, index: usize) -> ObjId {
        ObjId::Id(self.change.start_op.get() + index as u64, self.change.actor_id.clone(), 0)
    }

    /// The index of an id in this change.
    pub(super) fn index(&self, id: &OpId) -> Option<usize> {
        let own = *id.actor() == self.change.actor_id;
        let index = id.counter().checked_sub(self.change.start_op.get()).filter(|_| own)?;
        usize::try_from(index).ok().filter(|index| *index < self.change.operations.len())
    }

    pub(super) fn index_of(&self, id: &ObjId) -> Option<usize> {
        match id {
            ObjId::Root => None,
            ObjId::Id(counter, actor, _) => self.index(&OpId::new(*counter, actor)),
        }
    }

    /// The value that an operation of this change left in its place.
    pub(super) fn left(&self, index: usize) -> Option<Was> {
        match &self.change.operations[index].action {
            OpType::Make(kind) => Some(Was::Object(*kind, self.id(index))),
            OpType::Put(value) => Some(Was::Scalar(value.clone(), self.id(index))),
            _ => None,
        }
    }

    /// What the operation did, place by place. What it did inside an object that it made goes with that object.
    pub(super) fn slots(&self) -> Vec<Slot> {
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
                // It is part of the value that the operation wrote itself.
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
}

fn object(op: &Op) -> ObjId {
    match &op.obj {
        ObjectId::Root => ROOT,
        ObjectId::Id(id) => named(id),
    }
}
