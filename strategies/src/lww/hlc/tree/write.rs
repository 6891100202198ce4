//! Own writes: edits of the document as cells.

use super::{Draft, Maker, Tree};
use crate::document::{Document, Edit, EditError, Path, Step};
use crate::lww::fractional::{Place, Ruler};
use crate::lww::hlc::cells::{Hop, Hops, ItemId, Part, PlaceCell, Value, ValueCell, Write};

impl Tree {
    /// Makes edits that fit the document, as one write of this replica.
    pub(in crate::lww::hlc) fn edit(
        &mut self,
        edits: &[Edit],
        maker: &mut Maker<'_>,
        draft: &mut Draft,
    ) -> Result<(), EditError> {
        self.document.produce(edits)?;
        for edit in edits {
            self.edit_one(edit, maker, draft);
            self.refresh_all(std::mem::take(&mut draft.touched));
        }
        Ok(())
    }

    /// Writes cells, in the order given.
    pub(in crate::lww::hlc) fn put_back(&mut self, cells: Vec<(Hops, Option<Part>)>, draft: &mut Draft) {
        for (path, part) in cells {
            match part {
                None => self.clear(&path, Value::Gone, draft),
                Some(Part::Place(place)) => self.assign_place(&path, place, draft),
                Some(Part::Value(value) | Part::Instead(value) | Part::Cleared(value, _)) => {
                    if matches!(value, Value::Leaf(_) | Value::Gone) {
                        self.clear(&path, value, draft);
                    } else {
                        self.assign(&path, value, false, draft);
                    }
                }
            }
        }
        self.refresh_all(std::mem::take(&mut draft.touched));
    }

    /// The finished write.
    pub(in crate::lww::hlc) fn finish(&self, draft: &Draft) -> Write {
        let cell = |(path, is_place): &(Hops, bool)| {
            let (stamp, part) = self.table.part(path, *is_place)?;
            (stamp == draft.stamp).then(|| (path.clone(), part))
        };
        Write { stamp: draft.stamp, cells: draft.written.iter().filter_map(cell).collect() }
    }

    fn edit_one(&mut self, edit: &Edit, maker: &mut Maker<'_>, draft: &mut Draft) {
        match edit {
            Edit::Put { path, value } => {
                let hops = self.hops(path);
                self.make_room(&hops, draft);
                self.write(&hops, value, maker, draft);
            }
            Edit::Remove { path } => self.clear(&self.hops(path), Value::Gone, draft),
            Edit::Increment { path, .. } | Edit::TextSplice { path, .. } => {
                let mut leaf = self.document.at(path).cloned().unwrap_or_default();
                let fits = leaf.apply(&at_root(edit));
                debug_assert!(fits.is_ok(), "{edit:?} fits");
                self.assign(&self.hops(path), Value::Leaf(leaf), false, draft);
            }
            Edit::ListInsert { path, index, values } => {
                let list = self.hops(path);
                let places = self.gap(&list, *index, None, values.len(), maker.node);
                for (value, place) in values.iter().zip(places) {
                    let item = child(&list, Hop::Item(maker.item()));
                    self.write(&item, value, maker, draft);
                    self.assign_place(&item, place, draft);
                }
            }
            Edit::ListRemove { path, index, count } => {
                let list = self.hops(path);
                let gone: Vec<ItemId> = self.order(&list).iter().skip(*index).take(*count).map(|(_, id)| *id).collect();
                gone.into_iter().for_each(|id| self.clear(&child(&list, Hop::Item(id)), Value::Gone, draft));
            }
            Edit::ListMove { path, from, to } => {
                let list = self.hops(path);
                let Some((_, id)) = self.order(&list).get(*from).cloned() else { return };
                let place = self.gap(&list, *to, Some(*from), 1, maker.node).pop();
                if let Some(place) = place.filter(|_| from != to) {
                    self.assign_place(&child(&list, Hop::Item(id)), place, draft);
                }
            }
        }
    }

    /// Places for items at `index` of a list, without the item at `leaving`.
    fn gap(&self, list: &[Hop], index: usize, leaving: Option<usize>, count: usize, node: u32) -> Vec<Place> {
        let order = self.order(list);
        let at = |index: usize| order.get(index + usize::from(leaving.is_some_and(|leaving| leaving <= index)));
        let lower = index.checked_sub(1).and_then(at).map(|(place, _)| place);
        // Two items share a place if one of them was gone when the other came. There is no room between them.
        let above = (index..order.len()).filter_map(at).map(|(place, _)| place);
        let upper = above.into_iter().find(|place| lower.is_none_or(|lower| *place > lower));
        Ruler::signed(node).between(lower, upper, count)
    }

    /// Writes a value with everything in it.
    pub(super) fn write(&mut self, path: &Hops, value: &Document, maker: &mut Maker<'_>, draft: &mut Draft) {
        match value {
            Document::Map(map) => {
                self.assign(path, Value::Map, false, draft);
                for (key, value) in map {
                    self.write(&child(path, Hop::Key(key.clone())), value, maker, draft);
                }
            }
            Document::List(list) => {
                self.assign(path, Value::List, false, draft);
                for (index, value) in list.iter().enumerate() {
                    let item = child(path, Hop::Item(maker.item()));
                    self.write(&item, value, maker, draft);
                    self.assign_place(&item, Place::first(index), draft);
                }
            }
            leaf => self.assign(path, Value::Leaf(leaf.clone()), false, draft),
        }
    }

    /// Clears a map or list that is replaced. Where there is nothing, nothing is cleared: two clients who concurrently make
    /// a map make one together.
    fn make_room(&mut self, path: &Hops, draft: &mut Draft) {
        let container = |cell: &ValueCell| matches!(cell.value, Value::Map | Value::List);
        let below = self.table.values_from(path).any(|(at, _)| at.len() > path.len());
        if below || self.table.value(path).is_some_and(container) {
            self.clear(path, Value::Gone, draft);
        }
    }

    /// Writes a value in place of the former one and of everything below it.
    fn clear(&mut self, path: &Hops, value: Value, draft: &mut Draft) {
        let below: Vec<Hops> = self.table.values_from(path).map(|(at, _)| at.clone()).filter(|at| at != path).collect();
        for at in below {
            for is_place in [false, true] {
                draft.remember(&self.table, &at, is_place);
            }
            // A write of this replica with the same stamp would outlive the clearing.
            if self.table.value(&at).is_some_and(|cell| cell.stamp == draft.stamp) {
                self.table.forget(&at);
            }
        }
        if let Some(Hop::Item(_)) = path.last() {
            draft.remember(&self.table, path, true);
        }
        self.assign(path, value, true, draft);
        self.table.prune(path, draft.stamp);
    }

    fn assign(&mut self, path: &Hops, value: Value, clears: bool, draft: &mut Draft) {
        draft.remember(&self.table, path, false);
        draft.touched.entry(path.clone()).or_insert(self.place_of(path));
        let before = self.table.value(path).map(|cell| cell.cleared).unwrap_or_default();
        let cleared = if clears { draft.stamp } else { before };
        self.table.set_value(path, ValueCell { stamp: draft.stamp, value, cleared });
        draft.written.insert((path.clone(), false));
    }

    fn assign_place(&mut self, path: &Hops, place: Place, draft: &mut Draft) {
        draft.remember(&self.table, path, true);
        draft.touched.entry(path.clone()).or_insert(self.place_of(path));
        self.table.set_place(path, PlaceCell { stamp: draft.stamp, place });
        draft.written.insert((path.clone(), true));
    }

    /// The cell behind a path of the document. The edit fits, so there is one.
    fn hops(&self, path: &[Step]) -> Hops {
        let mut hops: Vec<Hop> = Vec::with_capacity(path.len());
        for step in path {
            match step {
                Step::Key(key) => hops.push(Hop::Key(key.clone())),
                Step::Index(index) => hops.extend(self.order(&hops).get(*index).map(|(_, id)| Hop::Item(*id))),
            }
        }
        hops.into()
    }
}

fn child(path: &[Hop], hop: Hop) -> Hops {
    path.iter().cloned().chain([hop]).collect()
}

/// The same edit of a document that is a leaf.
fn at_root(edit: &Edit) -> Edit {
    let path = Path::root();
    match edit {
        Edit::Increment { by, .. } => Edit::Increment { path, by: *by },
        Edit::TextSplice { pos, delete, insert, .. } => {
            Edit::TextSplice { path, pos: *pos, delete: *delete, insert: insert.clone() }
        }
        other => other.clone(),
    }
}
