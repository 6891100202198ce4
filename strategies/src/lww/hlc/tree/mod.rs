//! The document that cells make, kept up to date as they change.
//!
//! Cells name items by ids, a document by index: each list that is shown keeps its items in the order of their places. The
//! cost of a change depends on what changes, not on where in the document that is.

mod build;
mod draft;
mod write;

use std::collections::BTreeMap;

pub(super) use self::draft::{Before, Draft, Maker};
use super::cells::{Hop, Hops, ItemId, Value, Write};
use super::clock::{Hlc, Stamp};
use super::table::Table;
use crate::document::{Document, Edit, Path, Step};
use crate::lww::fractional::Place;

/// Cells and the document that they make.
pub(super) struct Tree {
    pub(super) table: Table,
    document: Document,
    /// The items of each list that is shown, in order.
    orders: BTreeMap<Hops, Vec<(Place, ItemId)>>,
}

/// Where an item was before a change, by the path of each cell that changed.
type Touched = BTreeMap<Hops, Option<Place>>;

impl Tree {
    /// The cells of the genesis.
    pub(super) fn genesis(document: &Document) -> Self {
        let mut tree = Self::of(Table::default());
        let (mut draft, mut items) = (Draft::new(Stamp::default(), false), 0);
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

    /// Merges what was written elsewhere. Returns the writes that changed something, with the cells that did.
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

    /// Forgets the cells at and below a path where nothing is shown.
    pub(super) fn forget(&mut self, path: &Hops) {
        let below: Vec<Hops> = self.table.values_from(path).map(|(at, _)| at.clone()).collect();
        below.iter().for_each(|at| self.table.forget(at));
        self.table.forget(path);
    }

    fn order(&self, list: &[Hop]) -> &[(Place, ItemId)] {
        self.orders.get(list).map_or(&[], Vec::as_slice)
    }

    fn place_of(&self, path: &[Hop]) -> Option<Place> {
        self.table.place(path).map(|cell| cell.place.clone())
    }

    fn refresh_all(&mut self, touched: Touched) {
        let mut done: Option<Hops> = None;
        for (path, place) in touched {
            // Everything below a path that was refreshed is up to date.
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

    /// Where a container is in the document, if it is shown and contains `hop`, and when the cells down to it were last
    /// cleared.
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
}
