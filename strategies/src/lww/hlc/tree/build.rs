//! Building a document from cells.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;

use super::Tree;
use crate::document::Document;
use crate::lww::fractional::Place;
use crate::lww::hlc::cells::{Hop, Hops, ItemId, Value, ValueCell};
use crate::lww::hlc::clock::Stamp;
use crate::lww::hlc::table::Table;

impl Tree {
    /// The value at a path, where the cells above were last cleared at `floor`; also notes the order of all lists there.
    pub(super) fn build(&mut self, path: &[Hop], floor: Stamp) -> Option<Document> {
        let range = (Bound::Included(path), Bound::Unbounded);
        let stale = self.orders.range::<[Hop], _>(range).map(|(at, _)| at).take_while(|at| at.starts_with(path));
        let stale: Vec<Hops> = stale.cloned().collect();
        for at in stale {
            self.orders.remove(&at);
        }
        let mut cells = self.table.values_from(path).peekable();
        // Without a cell at the path itself it has no value, whatever is below.
        cells.peek().filter(|(at, _)| at.len() == path.len())?;
        build(&self.table, &mut cells, floor, &mut self.orders)
    }
}

/// Builds the value of the first of `cells` and everything below it.
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
    // The orders of lists that turn out to be hidden must not stay.
    let mut unshown = BTreeMap::new();
    while let Some((at, _)) = cells.peek().filter(|(at, _)| at.len() > path.len() && at.starts_with(path)) {
        let at: &Hops = at;
        if at.len() > path.len() + 1 {
            // Its container has no cell.
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
