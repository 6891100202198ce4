//! Cells: what the last writer wrote, with when that was.
//!
//! A document is taken apart into cells: one for each leaf, one for each map and list to say that it is there, and one for
//! the place of each item in its list. Every cell goes to the later stamp. A cell that is emptied, or whose container is
//! replaced, also says that everything below it written before is gone, so an old entry does not come back with a new
//! container. All of this is a largest-of-two, so replicas that hold the same writes hold the same cells.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::fractional::Place;
use crate::document::{Document, Key, MAX_DEPTH};
use crate::wire::encode;

/// When and by whom something was written: a hybrid logical clock's reading. Ordered by its fields from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) ms: u64,
    pub(super) count: u32,
    pub(super) node: u32,
}

/// A hybrid logical clock (Kulkarni et al. 2014): the wall clock, or the latest stamp that was heard of and a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hlc {
    ms: u64,
    count: u32,
}

impl Hlc {
    /// A stamp later than all that were made or heard of here.
    pub(super) fn next(&mut self, wall_ms: u64, node: u32) -> Stamp {
        *self = match self.count.checked_add(1) {
            _ if wall_ms > self.ms => Self { ms: wall_ms, count: 0 },
            Some(count) => Self { ms: self.ms, count },
            None => Self { ms: self.ms.saturating_add(1), count: 0 },
        };
        Stamp { ms: self.ms, count: self.count, node }
    }

    pub(super) fn hear(&mut self, stamp: Stamp) {
        if (stamp.ms, stamp.count) > (self.ms, self.count) {
            *self = Self { ms: stamp.ms, count: stamp.count };
        }
    }

    /// Whether it has never told or heard the time.
    pub(super) fn is_new(self) -> bool {
        self == Self::default()
    }
}

/// An item of a list: its maker and a number of that maker's. Node 0 made those of the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ItemId {
    pub(super) node: u32,
    pub(super) n: u64,
}

/// One step down to a cell. Other than in a document's path, items go by their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Hop {
    Key(Key),
    Item(ItemId),
}

/// Where a cell is.
pub(super) type Hops = Arc<[Hop]>;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Value {
    /// Nothing any more.
    Gone,
    Map,
    List,
    /// A scalar, a counter's sum, a whole text.
    Leaf(Document),
}

/// The cell of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ValueCell {
    pub(super) stamp: Stamp,
    pub(super) value: Value,
    /// What was written below before this is gone.
    pub(super) cleared: Stamp,
}

/// The cell of an item's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlaceCell {
    pub(super) stamp: Stamp,
    pub(super) place: Place,
}

/// A cell's content as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    /// A value that leaves what is below.
    Value(Value),
    /// A value before which all below is gone.
    Instead(Value),
    /// A value, and when what is below was cleared the last time.
    Cleared(Value, Stamp),
    Place(Place),
}

/// Cells that were written at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Write {
    pub(super) stamp: Stamp,
    pub(super) cells: Vec<(Hops, Part)>,
}

impl Write {
    /// Whether these can be cells.
    pub(super) fn is_sound(&self) -> bool {
        self.cells.iter().all(|(path, part)| {
            path.len() < MAX_DEPTH
                && match part {
                    Part::Value(value) | Part::Instead(value) => value.is_sound(),
                    Part::Cleared(value, cleared) => value.is_sound() && *cleared <= self.stamp,
                    Part::Place(_) => matches!(path.last(), Some(Hop::Item(_))),
                }
        })
    }
}

impl Value {
    fn is_sound(&self) -> bool {
        !matches!(self, Value::Leaf(Document::List(_) | Document::Map(_)))
    }
}

/// A cell among all others, in the order of writing.
pub(super) type Element = (Stamp, [u8; 8]);

/// All cells. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    values: OrdMap<Hops, ValueCell>,
    places: OrdMap<Hops, PlaceCell>,
    /// The cells by when they were written; the flag tells a place from a value.
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

    /// When what is below `path` and above `path` itself was cleared the last time.
    pub(super) fn floor(&self, path: &[Hop]) -> Stamp {
        let above = (0..path.len()).filter_map(|len| self.values.get(&path[..len]));
        above.map(|cell| cell.cleared).max().unwrap_or_default()
    }

    /// Puts a value there, whatever was there before, and returns that.
    pub(super) fn set_value(&mut self, path: &Hops, cell: ValueCell) -> Option<ValueCell> {
        self.elements.insert(element(path, cell.stamp, Some(cell.cleared)), (path.clone(), false));
        let new = (cell.stamp, cell.cleared);
        let old = self.values.insert(path.clone(), cell);
        if let Some(old) = old.as_ref().filter(|old| (old.stamp, old.cleared) != new) {
            self.elements.remove(&element(path, old.stamp, Some(old.cleared)));
        }
        old
    }

    /// Puts an item there.
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
        // What was cleared below before this makes no difference any more.
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

    /// Takes in a cell that was written elsewhere; `true` if that changed anything.
    pub(super) fn merge(&mut self, path: &Hops, stamp: Stamp, part: &Part) -> bool {
        let floor = self.floor(path);
        // Gone before it came.
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

    /// Where something is gone, by when that was written.
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
    fn the_clock_follows_whoever_is_ahead_and_never_goes_back() {
        let mut clock = Hlc::default();
        let one = clock.next(10, 1);
        let two = clock.next(7, 1);
        assert_eq!((one, two), (stamp(10), Stamp { count: 1, ..stamp(10) }));
        clock.hear(Stamp { ms: 99, count: 4, node: 2 });
        assert_eq!(clock.next(50, 1), Stamp { ms: 99, count: 5, node: 1 });
        assert_eq!(clock.next(100, 1), stamp(100));
        let mut full = Hlc { ms: 5, count: u32::MAX };
        assert!(full.next(1, 1) > Stamp { ms: 5, count: u32::MAX, node: 9 });
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

    /// Every write is somebody's only one at its moment.
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
