//! The document that cells make, kept up to date as they change.
//!
//! Cells name items by ids, a document by index: each list that is shown keeps its items in the order of their places. A
//! change costs what it changes, wherever in the document that is.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::ops::Bound;

use super::fractional::{Place, Ruler};
use super::hlc_cells::{Hlc, Hop, Hops, ItemId, Part, PlaceCell, Stamp, Table, Value, ValueCell, Write};
use crate::document::{Document, Edit, EditError, Path, Step};

/// Cells and the document that they make.
pub(super) struct Tree {
    pub(super) table: Table,
    document: Document,
    /// The items of each list that is shown, in order.
    orders: BTreeMap<Hops, Vec<(Place, ItemId)>>,
}

/// Where an item was before a change, by the path of each cell that changed.
type Touched = BTreeMap<Hops, Option<Place>>;

/// What the cells that an own write touched were before, and since when; `None` if there was nothing.
pub(super) type Before = BTreeMap<(Hops, bool), Option<(Stamp, Part)>>;

/// An own write while it is made.
pub(super) struct Draft {
    pub(super) stamp: Stamp,
    /// Cells that it writes; others it may clear away.
    pub(super) written: BTreeSet<(Hops, bool)>,
    pub(super) before: Before,
    touched: Touched,
}

impl Draft {
    pub(super) fn new(stamp: Stamp) -> Self {
        Self { stamp, written: BTreeSet::new(), before: Before::new(), touched: Touched::new() }
    }
}

impl Tree {
    /// The cells of a document that was always there.
    pub(super) fn genesis(document: &Document) -> Self {
        let mut tree = Self::of(Table::default());
        let (mut draft, mut items) = (Draft::new(Stamp::default()), 0);
        tree.write(&Hops::from([]), document, &mut Maker { node: 0, items: &mut items }, &mut draft);
        Self::of(tree.table)
    }

    /// The document of these cells.
    pub(super) fn of(table: Table) -> Self {
        let mut tree = Self { table, document: Document::Null, orders: BTreeMap::new() };
        tree.document = tree.build(&[], Stamp::default()).unwrap_or_default();
        tree
    }

    pub(super) fn document(&self) -> &Document {
        &self.document
    }

    /// Takes in what was written elsewhere; returns the writes that changed something, with the cells that did.
    pub(super) fn merge(&mut self, writes: &[Write], clock: &mut Hlc) -> Vec<Write> {
        let mut touched = Touched::new();
        let mut news = Vec::new();
        for write in writes {
            clock.hear(write.stamp);
            let mut cells = write.cells.clone();
            cells.retain(|(path, part)| {
                let place = self.place_of(path);
                let new = self.table.merge(path, write.stamp, part);
                if new {
                    touched.entry(path.clone()).or_insert(place);
                }
                new
            });
            if !cells.is_empty() {
                news.push(Write { stamp: write.stamp, cells });
            }
        }
        self.refresh_all(touched);
        news
    }

    /// Makes edits that fit the document, as an own write.
    pub(super) fn edit(&mut self, edits: &[Edit], maker: &mut Maker<'_>, draft: &mut Draft) -> Result<(), EditError> {
        self.document.produce(edits)?;
        for edit in edits {
            self.edit_one(edit, maker, draft);
            self.refresh_all(std::mem::take(&mut draft.touched));
        }
        Ok(())
    }

    /// Forgets the cells at and below a path where nothing is shown.
    pub(super) fn forget(&mut self, path: &Hops) {
        let below: Vec<Hops> = self.table.values_from(path).map(|(at, _)| at.clone()).collect();
        below.iter().for_each(|at| self.table.forget(at));
        self.table.forget(path);
    }

    /// Puts cells as an own write, in the order given.
    pub(super) fn put_back(&mut self, cells: Vec<(Hops, Option<Part>)>, draft: &mut Draft) {
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

    /// What an own write comes to.
    pub(super) fn finish(&self, draft: &Draft) -> Write {
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
                debug_assert!(fits.is_ok(), "{edit:?} was tried before");
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

    fn order(&self, list: &[Hop]) -> &[(Place, ItemId)] {
        self.orders.get(list).map_or(&[], Vec::as_slice)
    }

    /// Places for items that come to stand at `index` of a list, without the item at `leaving`.
    fn gap(&self, list: &[Hop], index: usize, leaving: Option<usize>, count: usize, node: u32) -> Vec<Place> {
        let order = self.order(list);
        let at = |index: usize| order.get(index + usize::from(leaving.is_some_and(|leaving| leaving <= index)));
        let lower = index.checked_sub(1).and_then(at).map(|(place, _)| place);
        // Two items may have one place, if one of them was gone when the other came; there is no room between these.
        let above = (index..order.len()).filter_map(at).map(|(place, _)| place);
        let upper = above.into_iter().find(|place| lower.is_none_or(|lower| *place > lower));
        Ruler::signed(node).between(lower, upper, count)
    }

    /// Writes a value with all that is in it.
    fn write(&mut self, path: &Hops, value: &Document, maker: &mut Maker<'_>, draft: &mut Draft) {
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

    /// Sees to it that nothing of a map or list that is replaced is left. Where there is nothing, nothing is cleared: two who
    /// make a map at the same time make one together.
    fn make_room(&mut self, path: &Hops, draft: &mut Draft) {
        let container = |cell: &ValueCell| matches!(cell.value, Value::Map | Value::List);
        let below = self.table.values_from(path).any(|(at, _)| at.len() > path.len());
        if below || self.table.value(path).is_some_and(container) {
            self.clear(path, Value::Gone, draft);
        }
    }

    /// Puts a value in place of another and of all below it.
    fn clear(&mut self, path: &Hops, value: Value, draft: &mut Draft) {
        let below: Vec<Hops> = self.table.values_from(path).map(|(at, _)| at.clone()).filter(|at| at != path).collect();
        for at in below {
            for is_place in [false, true] {
                draft.remember(&self.table, &at, is_place);
            }
            // An own write of the same moment would outlive the clearing.
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

    fn place_of(&self, path: &[Hop]) -> Option<Place> {
        self.table.place(path).map(|cell| cell.place.clone())
    }

    /// The cell behind a path of the document. It was tried before, so it leads somewhere.
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

    fn refresh_all(&mut self, touched: Touched) {
        let mut done: Option<Hops> = None;
        for (path, place) in touched {
            // Whatever was below something that was looked at is up to date.
            if done.as_ref().is_none_or(|done| !path.starts_with(done)) {
                self.refresh(&path, place);
                done = Some(path);
            }
        }
    }

    /// Brings the document up to date at a path; an item there had this place before.
    fn refresh(&mut self, path: &Hops, old_place: Option<Place>) {
        let Some((hop, parent)) = path.split_last() else {
            self.document = self.build(path, Stamp::default()).unwrap_or_default();
            return;
        };
        let Some((at, floor)) = self.locate(parent, hop) else { return };
        let value = self.build(path, floor);
        match hop {
            Hop::Key(key) => {
                let path = at.child(key.clone());
                match value {
                    Some(value) => self.show(&Edit::Put { path, value }),
                    None if self.document.at(&path).is_some() => self.show(&Edit::Remove { path }),
                    None => {}
                }
            }
            Hop::Item(id) => {
                let new = value.zip(self.place_of(path));
                self.refresh_item(parent, *id, at, old_place, new);
            }
        }
    }

    fn refresh_item(
        &mut self,
        list: &[Hop],
        id: ItemId,
        path: Path,
        old_place: Option<Place>,
        new: Option<(Document, Place)>,
    ) {
        let Some(order) = self.orders.get_mut(list) else { return };
        let was = old_place.and_then(|place| order.binary_search(&(place, id)).ok());
        match (was, new) {
            (Some(index), Some((value, place))) if order[index].0 == place => {
                self.show(&Edit::Put { path: path.child(index), value });
            }
            (was, new) => {
                if let Some(index) = was {
                    order.remove(index);
                }
                let entry = new.map(|(value, place)| (value, (place, id)));
                let now = entry.and_then(|(value, entry)| {
                    let index = order.binary_search(&entry).err()?;
                    order.insert(index, entry);
                    Some((index, value))
                });
                if let Some(index) = was {
                    self.show(&Edit::ListRemove { path: path.clone(), index, count: 1 });
                }
                if let Some((index, value)) = now {
                    self.show(&Edit::ListInsert { path, index, values: vec![value] });
                }
            }
        }
    }

    fn show(&mut self, edit: &Edit) {
        let shown = self.document.apply(edit);
        debug_assert!(shown.is_ok(), "{edit:?}: {shown:?}");
    }

    /// Where a container is in the document, if it is shown and holds what `hop` leads to, and what was cleared down to it.
    fn locate(&self, path: &[Hop], hop: &Hop) -> Option<(Path, Stamp)> {
        let mut steps: Vec<Step> = Vec::with_capacity(path.len() + 1);
        let mut floor = Stamp::default();
        for depth in 0..=path.len() {
            let cell = self.table.value(&path[..depth]).filter(|cell| cell.stamp >= floor)?;
            floor = floor.max(cell.cleared);
            match (&cell.value, path.get(depth).unwrap_or(hop)) {
                (Value::Map, Hop::Key(key)) => steps.push(Step::Key(key.clone())),
                (Value::List, Hop::Item(_)) if depth == path.len() => {}
                (Value::List, Hop::Item(id)) => {
                    let entry = (self.place_of(&path[..=depth])?, *id);
                    steps.push(Step::Index(self.order(&path[..depth]).binary_search(&entry).ok()?));
                }
                _ => return None,
            }
        }
        steps.truncate(path.len());
        Some((steps.into(), floor))
    }

    /// Reads what is shown at a path under what was cleared above it, and the order of all lists there.
    fn build(&mut self, path: &[Hop], floor: Stamp) -> Option<Document> {
        let range = (Bound::Included(path), Bound::Unbounded);
        let stale = self.orders.range::<[Hop], _>(range).map(|(at, _)| at).take_while(|at| at.starts_with(path));
        let stale: Vec<Hops> = stale.cloned().collect();
        for at in stale {
            self.orders.remove(&at);
        }
        let mut cells = self.table.values_from(path).peekable();
        // Without a cell of its own there is nothing, whatever is below.
        cells.peek().filter(|(at, _)| at.len() == path.len())?;
        build(&self.table, &mut cells, floor, &mut self.orders)
    }
}

impl Draft {
    /// Notes what a cell was before the first change to it.
    fn remember(&mut self, table: &Table, path: &Hops, is_place: bool) {
        self.before.entry((path.clone(), is_place)).or_insert_with(|| table.part(path, is_place));
    }
}

/// Gives new items their ids.
pub(super) struct Maker<'a> {
    pub(super) node: u32,
    /// Items made so far.
    pub(super) items: &'a mut u64,
}

impl Maker<'_> {
    fn item(&mut self) -> ItemId {
        *self.items = self.items.saturating_add(1);
        ItemId { node: self.node, n: *self.items }
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

/// Reads the first of `cells` and all below it.
fn build<'a>(
    table: &Table,
    cells: &mut Peekable<impl Iterator<Item = (&'a Hops, &'a ValueCell)>>,
    floor: Stamp,
    orders: &mut BTreeMap<Hops, Vec<(Place, ItemId)>>,
) -> Option<Document> {
    let (path, cell) = cells.next()?;
    let shown = cell.stamp >= floor;
    let floor = floor.max(cell.cleared);
    let (mut map, mut list) = (Vec::new(), Vec::new());
    // Orders of what turns out not to be shown must not stay.
    let mut unshown = BTreeMap::new();
    while let Some((at, _)) = cells.peek().filter(|(at, _)| at.len() > path.len() && at.starts_with(path)) {
        let at: &Hops = at;
        if at.len() > path.len() + 1 {
            // Below something that is not there.
            cells.next();
            continue;
        }
        match (&cell.value, &at[path.len()]) {
            (Value::Map, Hop::Key(key)) if shown => {
                map.extend(build(table, cells, floor, orders).map(|value| (key.clone(), value)));
            }
            (Value::List, Hop::Item(id)) if shown => {
                let place = table.place(at).map(|cell| cell.place.clone());
                let orders = if place.is_some() { &mut *orders } else { &mut unshown };
                list.extend(build(table, cells, floor, orders).zip(place).map(|(value, place)| (place, *id, value)));
            }
            _ => drop(build(table, cells, floor, &mut unshown)),
        }
    }
    match &cell.value {
        _ if !shown => None,
        Value::Gone => None,
        Value::Leaf(leaf) => Some(leaf.clone()),
        Value::Map => Some(Document::map(map)),
        Value::List => {
            list.sort_by(|(place, id, _), (other, others, _)| (place, id).cmp(&(other, others)));
            let order = list.iter().map(|(place, id, _)| (place.clone(), *id)).collect();
            orders.insert(path.clone(), order);
            Some(Document::List(list.into_iter().map(|(_, _, value)| value).collect()))
        }
    }
}
