//! The order of elements that are restored at one index.

use std::collections::BTreeMap;

use automerge::legacy::{ElementId, Key};
use automerge::{ObjId, Prop, ReadDoc};

use super::places::{Before, Place};
use super::slots::Slot;
use super::{Inverse, named};

impl Inverse<'_> {
    /// Keeps an element between its former neighbours: where they have come back under other ids, its tombstone may be beyond
    /// them.
    pub(super) fn keep_neighbours(
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

    /// The index of the first of these that is there now.
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

    /// The index of an element, if it is there now.
    fn visible(&self, object: &ObjId, now: &ObjId, id: &ObjId) -> Option<usize> {
        let element = self.history.resolve(id, Some(self.made));
        if element == *id && object != now {
            return None;
        }
        let index = self.position(now, &element).ok()?;
        let there = self.library.get(now, index).ok()??.1;
        (there == element).then_some(index)
    }

    /// The place of an element among those from before the change: which of them it follows, and its index in the change.
    pub(super) fn order(
        &self,
        element: &ObjId,
        slot: &Slot,
        before: &Before,
        roots: &BTreeMap<usize, ObjId>,
    ) -> (usize, usize) {
        if let Some(made) = self.index_of(element) {
            let root = roots.get(&made).and_then(|root| before.get(root));
            return (root.map_or(0, |(index, _)| index + 1), made + 1);
        }
        // Its value before the change, through what the change wrote over it.
        let mut value = slot.wrote.as_ref().and_then(|ids| ids.iter().max()).cloned();
        while let Some(made) = value.as_ref().and_then(|value| self.index_of(value)) {
            value = self.change.operations[made].pred.iter().map(named).max();
        }
        let index = value.and_then(|value| before.get(&value)).map_or(0, |(index, _)| index + 1);
        (index, 0)
    }

    /// For each element that this change inserted, the one from before the change that it follows.
    pub(super) fn roots(&self) -> BTreeMap<usize, ObjId> {
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
}
