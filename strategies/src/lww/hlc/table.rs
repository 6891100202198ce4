//! The table of all cells.

use std::collections::BTreeSet;
use std::ops::Bound;

use imbl::OrdMap;
use xxhash_rust::xxh3::xxh3_64;

use super::cells::{Element, Hop, Hops, Part, PlaceCell, Value, ValueCell, Write};
use super::clock::Stamp;
use crate::wire::encode;

/// All cells. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    values: OrdMap<Hops, ValueCell>,
    places: OrdMap<Hops, PlaceCell>,
    /// The cells by stamp; the flag tells a place from a value.
    elements: OrdMap<Element, (Hops, bool)>,
}

fn element(path: &Hops, stamp: Stamp, cleared: Option<Stamp>) -> Element {
    (stamp, xxh3_64(&encode(&(path, cleared))).to_le_bytes())
}

impl Table {
    pub(super) fn value(&self, path: &[Hop]) -> Option<&ValueCell> {
        self.values.get(path)
    }

    pub(super) fn place(&self, path: &[Hop]) -> Option<&PlaceCell> {
        self.places.get(path)
    }

    /// The cells of values at `path` and below, those above first.
    pub(super) fn values_from<'a>(&'a self, path: &'a [Hop]) -> impl Iterator<Item = (&'a Hops, &'a ValueCell)> {
        let range = (Bound::Included(path), Bound::Unbounded);
        self.values.range::<_, [Hop]>(range).take_while(|(at, _)| at.starts_with(path))
    }

    /// All cells in the order of writing.
    pub(super) fn elements(&self) -> &OrdMap<Element, (Hops, bool)> {
        &self.elements
    }

    /// When the cells above `path` were last cleared.
    pub(super) fn floor(&self, path: &[Hop]) -> Stamp {
        let above = (0..path.len()).filter_map(|len| self.values.get(&path[..len]));
        above.map(|cell| cell.cleared).max().unwrap_or_default()
    }

    /// Sets a value. Returns the former one.
    pub(super) fn set_value(&mut self, path: &Hops, cell: ValueCell) -> Option<ValueCell> {
        self.elements.insert(element(path, cell.stamp, Some(cell.cleared)), (path.clone(), false));
        let new = (cell.stamp, cell.cleared);
        let old = self.values.insert(path.clone(), cell);
        if let Some(old) = old.as_ref().filter(|old| (old.stamp, old.cleared) != new) {
            self.elements.remove(&element(path, old.stamp, Some(old.cleared)));
        }
        old
    }

    /// Sets the place of an item.
    pub(super) fn set_place(&mut self, path: &Hops, cell: PlaceCell) {
        let stamp = cell.stamp;
        self.elements.insert(element(path, stamp, None), (path.clone(), true));
        if let Some(old) = self.places.insert(path.clone(), cell).filter(|old| old.stamp != stamp) {
            self.elements.remove(&element(path, old.stamp, None));
        }
    }

    /// Forgets the cells at a path.
    pub(super) fn forget(&mut self, path: &[Hop]) {
        if let Some((path, old)) = self.values.remove_with_key(path) {
            self.elements.remove(&element(&path, old.stamp, Some(old.cleared)));
        }
        self.forget_place(path);
    }

    fn forget_place(&mut self, path: &[Hop]) {
        if let Some((path, old)) = self.places.remove_with_key(path) {
            self.elements.remove(&element(&path, old.stamp, None));
        }
    }

    /// Forgets what is strictly below `path` and was written before `since`.
    pub(super) fn prune(&mut self, path: &[Hop], since: Stamp) -> Vec<Hops> {
        let below = |at: &Hops| at.len() > path.len();
        let old = self.values_from(path).filter(|(at, cell)| below(at) && cell.stamp < since);
        let values: Vec<Hops> = old.map(|(at, _)| at.clone()).collect();
        let range = (Bound::Included(path), Bound::Unbounded);
        let places = self.places.range::<_, [Hop]>(range).take_while(|(at, _)| at.starts_with(path));
        let old = places.filter(|(at, cell)| below(at) && cell.stamp < since);
        let places: Vec<Hops> = old.map(|(at, _)| at.clone()).collect();
        for at in &values {
            if let Some(cell) = self.values.remove(&**at) {
                self.elements.remove(&element(at, cell.stamp, Some(cell.cleared)));
            }
        }
        places.iter().for_each(|at| self.forget_place(at));
        // Earlier clearings below make no difference now.
        let older = self.values_from(path).filter(|(at, cell)| below(at) && cell.cleared < since);
        let dated: Vec<Hops> =
            older.filter(|(_, cell)| cell.cleared > Stamp::default()).map(|(at, _)| at.clone()).collect();
        for at in dated {
            if let Some(cell) = self.values.get(&*at).cloned() {
                self.set_value(&at, ValueCell { cleared: Stamp::default(), ..cell });
            }
        }
        values
    }

    /// Merges a cell that was written elsewhere. Returns whether that changed anything.
    pub(super) fn merge(&mut self, path: &Hops, stamp: Stamp, part: &Part) -> bool {
        let floor = self.floor(path);
        // It was cleared before it arrived.
        if stamp < floor {
            return false;
        }
        let (value, cleared) = match part {
            Part::Place(place) => {
                let later = self.places.get(&**path).is_none_or(|mine| mine.stamp < stamp);
                if later {
                    self.set_place(path, PlaceCell { stamp, place: place.clone() });
                }
                return later;
            }
            Part::Value(value) => (value, Stamp::default()),
            Part::Instead(value) => (value, stamp),
            Part::Cleared(value, cleared) if *cleared < floor => (value, Stamp::default()),
            Part::Cleared(value, cleared) => (value, *cleared),
        };
        let merged = match self.values.get(&**path) {
            None => ValueCell { stamp, value: value.clone(), cleared },
            Some(mine) => {
                let latest = if stamp > mine.stamp { value } else { &mine.value };
                let merged = ValueCell {
                    stamp: stamp.max(mine.stamp),
                    value: latest.clone(),
                    cleared: cleared.max(mine.cleared),
                };
                if merged == *mine {
                    return false;
                }
                merged
            }
        };
        let cleared = merged.cleared;
        let old = self.set_value(path, merged);
        if old.is_none_or(|old| old.cleared < cleared) {
            self.prune(path, cleared);
        }
        true
    }

    /// A cell as it travels.
    pub(super) fn part(&self, path: &[Hop], is_place: bool) -> Option<(Stamp, Part)> {
        if is_place {
            return self.places.get(path).map(|cell| (cell.stamp, Part::Place(cell.place.clone())));
        }
        let cell = self.values.get(path)?;
        let value = cell.value.clone();
        let part = match cell.cleared {
            cleared if cleared == Stamp::default() => Part::Value(value),
            cleared if cleared == cell.stamp => Part::Instead(value),
            cleared => Part::Cleared(value, cleared),
        };
        Some((cell.stamp, part))
    }

    /// Cells as they travel, those of one write together.
    pub(super) fn writes<'a>(&self, elements: impl IntoIterator<Item = &'a Element>) -> Vec<Write> {
        let mut writes: Vec<Write> = Vec::new();
        for element in elements {
            let Some((path, is_place)) = self.elements.get(element) else { continue };
            let Some((stamp, part)) = self.part(path, *is_place) else { continue };
            match writes.last_mut() {
                Some(last) if last.stamp == stamp => last.cells.push((path.clone(), part)),
                _ => writes.push(Write { stamp, cells: vec![(path.clone(), part)] }),
            }
        }
        writes
    }

    /// The paths of tombstones, by stamp.
    pub(super) fn tombstones(&self) -> BTreeSet<(Stamp, Hops)> {
        let gone = self.values.iter().filter(|(_, cell)| cell.value == Value::Gone);
        gone.map(|(path, cell)| (cell.stamp, path.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp(ms: u64) -> Stamp {
        Stamp { ms, count: 0, node: 1 }
    }

    fn path(keys: &str) -> Hops {
        keys.chars().map(|key| Hop::Key(key.to_string().into())).collect()
    }

    #[test]
    fn what_was_cleared_stays_away_and_what_came_later_stays() {
        let mut table = Table::default();
        table.merge(&path(""), stamp(0), &Part::Value(Value::Map));
        table.merge(&path("ab"), stamp(3), &Part::Value(Value::Leaf(1.into())));
        table.merge(&path("ac"), stamp(8), &Part::Value(Value::Leaf(2.into())));
        assert!(table.merge(&path("a"), stamp(5), &Part::Instead(Value::Map)));
        assert!(table.value(&path("ab")).is_none() && table.value(&path("ac")).is_some());
        assert!(!table.merge(&path("ad"), stamp(4), &Part::Value(Value::Map)));
        assert_eq!(table.elements().len(), 3);
    }

    impl From<i64> for Value {
        fn from(value: i64) -> Self {
            Value::Leaf(value.into())
        }
    }

    /// Every write has a different stamp.
    fn writes() -> impl Strategy<Value = Vec<(Hops, Part)>> {
        let part = prop_oneof![
            (0..9i64).prop_map(|value| Part::Value(value.into())),
            Just(Part::Value(Value::Map)),
            Just(Part::Instead(Value::Map)),
            Just(Part::Instead(Value::Gone)),
        ];
        prop::collection::vec(("[ab]{0,3}".prop_map(|keys| path(&keys)), part), 1..12)
    }

    fn cells(table: &Table) -> Vec<Write> {
        table.writes(table.elements().keys())
    }

    proptest! {
        #[test]
        fn cells_are_the_same_in_any_order(writes in writes(), order in any::<u64>()) {
            let stamped: Vec<_> = writes.iter().zip(1..).map(|((path, part), ms)| (path, stamp(ms), part)).collect();
            let mut shuffled = stamped.clone();
            shuffled.sort_by_key(|(_, stamp, _)| xxh3_64(&(stamp.ms ^ order).to_le_bytes()));
            let table = |writes: &[(&Hops, Stamp, &Part)]| {
                let mut table = Table::default();
                for (path, stamp, part) in writes.iter().chain(writes) {
                    table.merge(path, *stamp, part);
                }
                table
            };
            let (one, other) = (table(&stamped), table(&shuffled));
            prop_assert_eq!(cells(&one), cells(&other));
            prop_assert_eq!(one.elements().len(), one.values.len());
        }
    }
}
