//! A document of stock and records as one replica knows it: who may spend what, which records are there, and up to where it
//! has heard of everybody's changes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rights::{Rights, Row, Split};
use crate::document::{Digest, Document, Edit, Key, Kind, Path, Step};
use crate::model::Rejected;
use crate::replica::{NodeId, ProtocolError};
use crate::view::View;

/// Changes by prefix: of each replica, everything up to the n-th.
pub(super) type Versions = BTreeMap<NodeId, u64>;

/// When a record was written: after everything that its author had seen then. Ordered from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamp {
    time: u64,
    node: NodeId,
}

/// An entry of a map that is no stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    stamp: Stamp,
    /// The change that wrote it, by the number that its author gave it.
    change: u64,
    /// `None` where it was removed.
    value: Option<Document>,
    held: Held,
}

/// Who may give back what a record took: its first writer, until that hands it over. Ordered from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Held {
    /// How often it was handed over.
    turn: u64,
    by: NodeId,
}

/// A part of a change, as its author had it right after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cell {
    /// The author's row of a counter.
    Row(u32, Row),
    /// A record.
    Record(Path, Record),
}

/// One change of one replica: an operation, or rights handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    /// The how-manieth of its author, without gaps.
    pub(super) number: u64,
    /// What its author had heard of since its last change. It makes no sense to who has not.
    pub(super) after: Versions,
    pub(super) cells: Vec<Cell>,
}

/// What somebody lacks who has heard of less.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct News {
    pub(super) versions: Versions,
    rows: Vec<(u32, NodeId, u64, Row)>,
    records: Vec<(Path, Record)>,
}

/// See the [module](self).
pub(super) struct Stock {
    me: NodeId,
    nodes: BTreeSet<NodeId>,
    genesis: Document,
    shown: Document,
    /// Where the counters are: all that can be reached by keys alone, in this order.
    places: BTreeMap<Vec<Step>, u32>,
    counters: Vec<(Path, Rights, Versions)>,
    /// Records that were written since the beginning.
    records: BTreeMap<Path, Record>,
    versions: Versions,
    /// The latest time of a record.
    time: u64,
    /// What was known at the last own change.
    told: Versions,
}

impl Stock {
    pub(super) fn new(me: NodeId, nodes: BTreeSet<NodeId>, genesis: Document, split: Split) -> Self {
        let mut found = Vec::new();
        find_counters(&genesis, &mut Vec::new(), &mut found);
        let sharers: Vec<NodeId> = nodes.iter().copied().collect();
        let shared = |(place, (path, value)): (usize, (Vec<Step>, i64))| {
            (Path::from(path), Rights::share(value, split, place, &sharers), Versions::new())
        };
        let places = found.iter().enumerate().map(|(index, (path, _))| (path.clone(), index as u32)).collect();
        Self {
            me,
            nodes,
            shown: genesis.clone(),
            genesis,
            places,
            counters: found.into_iter().enumerate().map(shared).collect(),
            records: BTreeMap::new(),
            versions: Versions::new(),
            time: 0,
            told: Versions::new(),
        }
    }

    pub(super) fn shown(&self) -> &Document {
        &self.shown
    }

    pub(super) fn versions(&self) -> &Versions {
        &self.versions
    }

    pub(super) fn heard(&self, node: NodeId) -> u64 {
        self.versions.get(&node).copied().unwrap_or(0)
    }

    /// What `node` may spend of a counter.
    pub(super) fn rights(&self, counter: u32, node: NodeId) -> i64 {
        self.counters.get(counter as usize).map_or(0, |(_, rights, _)| rights.of(node))
    }

    /// The first counter of which these edits take more than this replica may, and by how much.
    pub(super) fn lacking(&self, edits: &[Edit]) -> Option<(u32, u64)> {
        let mut left: BTreeMap<u32, (i128, i128)> = BTreeMap::new();
        for edit in edits {
            if let Edit::Increment { path, by } = edit
                && let Some(counter) = self.places.get(&path[..])
            {
                let start = || (i128::from(self.rights(*counter, self.me)), 0);
                let (held, lowest) = left.entry(*counter).or_insert_with(start);
                *held += i128::from(*by);
                *lowest = (*lowest).min(*held);
            }
        }
        let short = left.into_iter().find(|(_, (_, lowest))| *lowest < 0)?;
        Some((short.0, u64::try_from(-short.1.1).unwrap_or(u64::MAX)))
    }

    /// The first record that these edits write, for stock that they give back, and that another replica holds.
    pub(super) fn foreign(&self, edits: &[Edit]) -> Option<Path> {
        let gives = |edit: &Edit| matches!(edit, Edit::Increment { by, .. } if *by > 0);
        if !edits.iter().any(gives) {
            return None;
        }
        edits.iter().find_map(|edit| match edit {
            Edit::Put { path, .. } | Edit::Remove { path } => {
                let record = self.record_of(path)?;
                let by = self.held(&record).by;
                (self.shown.at(&record).is_some() && by != self.me).then_some(record)
            }
            _ => None,
        })
    }

    /// Who holds a record, as far as is known here.
    pub(super) fn holder(&self, path: &Path) -> NodeId {
        self.held(path).by
    }

    /// Who holds a record; one from the beginning is the first client's.
    fn held(&self, path: &Path) -> Held {
        let written = self.records.get(path).map(|record| record.held);
        written.unwrap_or_else(|| {
            let first = self.genesis.at(path).and_then(|_| self.nodes.first());
            Held { turn: 0, by: first.copied().unwrap_or(self.me) }
        })
    }

    /// Hands a record to another, if this replica holds it and it is there.
    pub(super) fn hand(&mut self, path: &Path, to: NodeId) -> Option<Change> {
        if self.record_of(path).as_ref() != Some(path) {
            return None;
        }
        let held = self.held(path);
        let value = self.shown.at(path).filter(|_| held.by == self.me)?.clone();
        let held = Held { turn: held.turn.saturating_add(1), by: to };
        self.time = self.time.saturating_add(1);
        let stamp = Stamp { time: self.time, node: self.me };
        let record = Record { stamp, change: self.heard(self.me).saturating_add(1), value: Some(value), held };
        self.records.insert(path.clone(), record);
        Some(self.close(&BTreeSet::new(), &BTreeSet::from([path.clone()])))
    }

    /// Makes a change of edits for which the rights are there. On a refusal nothing has changed.
    pub(super) fn perform(&mut self, edits: &[Edit]) -> Result<Change, Rejected> {
        let refuse = |error: &dyn ToString| Rejected::new("edit_refused", error.to_string());
        let shown = self.shown.produce(edits).map_err(|error| refuse(&error))?.0;
        let mut touched = BTreeSet::new();
        let mut written = BTreeSet::new();
        let mut added: BTreeMap<u32, u64> = BTreeMap::new();
        for edit in edits {
            match edit {
                Edit::Increment { path, by } => {
                    let counter = self.places.get(&path[..]).ok_or_else(|| refuse(&format!("{path} is no stock")))?;
                    touched.insert(*counter);
                    let sum = added.entry(*counter).or_default();
                    *sum = sum.saturating_add(u64::try_from(*by).unwrap_or(0));
                }
                Edit::Put { path, .. } | Edit::Remove { path } => {
                    let record = self.record_of(path);
                    written.insert(record.ok_or_else(|| refuse(&format!("{path} is no record")))?);
                }
                other => return Err(refuse(&format!("{} is no edit of stock or records", other.kind().name()))),
            }
        }
        if added.iter().any(|(counter, sum)| !self.counters[*counter as usize].1.can_make(*sum)) {
            return Err(refuse(&"more than a counter can hold"));
        }
        for edit in edits {
            if let Edit::Increment { path, by } = edit {
                let (_, rights, _) = &mut self.counters[self.places[&path[..]] as usize];
                match u64::try_from(*by) {
                    Ok(amount) => rights.make(self.me, amount),
                    Err(_) => rights.spend(self.me, by.unsigned_abs()),
                }
            }
        }
        self.shown = shown;
        let number = self.heard(self.me).saturating_add(1);
        self.time = self.time.saturating_add(1);
        let stamp = Stamp { time: self.time, node: self.me };
        for path in &written {
            let held = self.held(path);
            let record = Record { stamp, change: number, value: self.shown.at(path).cloned(), held };
            self.records.insert(path.clone(), record);
        }
        Ok(self.close(&touched, &written))
    }

    /// Hands `amount` of this replica's rights to another.
    pub(super) fn give(&mut self, counter: u32, to: NodeId, amount: u64) -> Change {
        let (_, rights, _) = &mut self.counters[counter as usize];
        rights.give(self.me, to, amount);
        self.close(&BTreeSet::from([counter]), &BTreeSet::new())
    }

    /// Numbers an own change.
    fn close(&mut self, counters: &BTreeSet<u32>, records: &BTreeSet<Path>) -> Change {
        let number = self.heard(self.me).saturating_add(1);
        let news = |(node, heard): (&NodeId, &u64)| {
            let new = *node != self.me && self.told.get(node) != Some(heard);
            new.then_some((*node, *heard))
        };
        let after = self.versions.iter().filter_map(news).collect();
        self.told = self.versions.clone();
        self.versions.insert(self.me, number);
        let mut cells = Vec::new();
        for counter in counters {
            let (_, rights, changed) = &mut self.counters[*counter as usize];
            changed.insert(self.me, number);
            cells.push(Cell::Row(*counter, rights.row(self.me)));
        }
        let record = |path: &Path| Some(Cell::Record(path.clone(), self.records.get(path)?.clone()));
        cells.extend(records.iter().filter_map(record));
        Change { number, after, cells }
    }

    /// Whether a change of another replica can be one.
    pub(super) fn check(&self, from: NodeId, change: &Change) -> Result<(), ProtocolError> {
        let fits = |cell: &Cell| match cell {
            Cell::Row(counter, row) => self.fits_row(*counter, from, row),
            Cell::Record(path, record) => record.stamp.node == from && self.fits_record(path, record),
        };
        let known = change.after.keys().all(|node| self.nodes.contains(node));
        if change.number > 0 && known && change.cells.iter().all(fits) {
            Ok(())
        } else {
            Err(ProtocolError::malformed("a change of nothing that is here"))
        }
    }

    /// Whether all that a change comes after has been heard of.
    pub(super) fn is_ready(&self, from: NodeId, change: &Change) -> bool {
        change.number <= self.heard(from).saturating_add(1)
            && change.after.iter().all(|(node, n)| self.heard(*node) >= *n)
    }

    /// Takes in a change that is ready; `false` if it was known.
    pub(super) fn take(&mut self, from: NodeId, change: &Change) -> bool {
        if change.number <= self.heard(from) {
            return false;
        }
        for cell in &change.cells {
            match cell {
                Cell::Row(counter, row) => self.merge_row(*counter, from, change.number, row),
                Cell::Record(path, record) => self.merge_record(path, record),
            }
        }
        self.versions.insert(from, change.number);
        true
    }

    /// What somebody lacks who has heard of `versions`.
    pub(super) fn since(&self, versions: &Versions) -> News {
        let new = |node: NodeId, change: u64| versions.get(&node).copied().unwrap_or(0) < change;
        let rows_of = |(counter, (_, rights, changed)): (usize, &(Path, Rights, Versions))| {
            let rows = changed.iter().filter(|(node, change)| new(**node, **change));
            rows.map(|(node, change)| (counter as u32, *node, *change, rights.row(*node))).collect::<Vec<_>>()
        };
        let records = self.records.iter().filter(|(_, record)| new(record.stamp.node, record.change));
        News {
            versions: self.versions.clone(),
            rows: self.counters.iter().enumerate().flat_map(rows_of).collect(),
            records: records.map(|(path, record)| (path.clone(), record.clone())).collect(),
        }
    }

    /// Whether news can be some.
    pub(super) fn check_news(&self, news: &News) -> Result<(), ProtocolError> {
        let rows = news.rows.iter().all(|(counter, node, _, row)| self.fits_row(*counter, *node, row));
        let records = news.records.iter().all(|(path, record)| self.fits_record(path, record));
        if rows && records && news.versions.keys().all(|node| self.nodes.contains(node)) {
            Ok(())
        } else {
            Err(ProtocolError::malformed("news of nothing that is here"))
        }
    }

    /// Takes in news that were checked.
    pub(super) fn take_news(&mut self, news: &News) {
        for (counter, node, change, row) in &news.rows {
            self.merge_row(*counter, *node, *change, row);
        }
        for (path, record) in &news.records {
            self.merge_record(path, record);
        }
        for (node, n) in &news.versions {
            let heard = self.versions.entry(*node).or_default();
            *heard = (*heard).max(*n);
        }
    }

    fn merge_row(&mut self, counter: u32, node: NodeId, change: u64, row: &Row) {
        let (path, rights, changed) = &mut self.counters[counter as usize];
        rights.merge(node, row);
        let last = changed.entry(node).or_default();
        *last = (*last).max(change);
        let put = Edit::Put { path: path.clone(), value: Document::Counter(rights.total()) };
        self.show(&put);
    }

    fn merge_record(&mut self, path: &Path, record: &Record) {
        self.time = self.time.max(record.stamp.time);
        let known = self.records.get_mut(path);
        let held = known.as_ref().map_or(record.held, |known| known.held.max(record.held));
        if let Some(known) = known.filter(|known| known.stamp >= record.stamp) {
            known.held = held;
            return;
        }
        self.records.insert(path.clone(), Record { held, ..record.clone() });
        match &record.value {
            Some(value) => self.show(&Edit::Put { path: path.clone(), value: value.clone() }),
            None if self.shown.at(path).is_some() => self.show(&Edit::Remove { path: path.clone() }),
            None => {}
        }
    }

    /// Counters and records stand in maps of the genesis, which nobody removes; the depth of a value was checked.
    fn show(&mut self, edit: &Edit) {
        let shown = self.shown.apply(edit);
        debug_assert!(shown.is_ok(), "{edit:?}: {shown:?}");
    }

    fn fits_row(&self, counter: u32, node: NodeId, row: &Row) -> bool {
        let known = (counter as usize) < self.counters.len() && self.nodes.contains(&node);
        known && row.receivers().all(|to| self.nodes.contains(&to))
    }

    fn fits_record(&self, path: &Path, record: &Record) -> bool {
        let whole = self.record_of(path).as_ref() == Some(path) && self.nodes.contains(&record.stamp.node);
        let held = self.nodes.contains(&record.held.by);
        let value = record.value.as_ref();
        whole && held && value.is_none_or(|value| path.len() + value.depth() <= crate::document::MAX_DEPTH)
    }

    /// The record that a path leads into: the entry of a map of the genesis, unless that is a map or stock itself. Maps of
    /// the genesis that hold something are there for good.
    fn record_of(&self, path: &Path) -> Option<Path> {
        let mut node = &self.genesis;
        for (index, step) in path.iter().enumerate() {
            let (Document::Map(map), Step::Key(key)) = (node, step) else { return None };
            let whole = || Some(path[..=index].to_vec().into());
            match map.get(key) {
                Some(next @ Document::Map(_)) => node = next,
                Some(Document::Counter(_)) => return None,
                _ => return whole(),
            }
        }
        None
    }

    /// What is saved of this: all that is newer than nothing.
    pub(super) fn saved(&self) -> News {
        self.since(&Versions::new())
    }

    /// The state in which counters show what this replica may spend.
    pub(super) fn spendable(&self) -> Spendable<'_> {
        Spendable(self)
    }
}

fn find_counters(node: &Document, path: &mut Vec<Step>, found: &mut Vec<(Vec<Step>, i64)>) {
    match node {
        Document::Counter(value) => found.push((path.clone(), *value)),
        Document::Map(map) => {
            for (key, child) in map {
                path.push(Step::Key(key.clone()));
                find_counters(child, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// See [`Stock::spendable`].
pub(super) struct Spendable<'a>(&'a Stock);

impl View for Spendable<'_> {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        View::kind(&self.0.shown, path)
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        let held = |counter: u32| Document::Counter(self.0.rights(counter, self.0.me));
        if let Some(counter) = self.0.places.get(path) {
            return Some(held(*counter));
        }
        let mut node = self.0.shown.at(path)?.clone();
        let below = self.0.places.range(path.to_vec()..).take_while(|(place, _)| place.starts_with(path));
        for (place, counter) in below {
            let put = Edit::Put { path: place[path.len()..].to_vec().into(), value: held(*counter) };
            node.apply(&put).ok()?;
        }
        Some(node)
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        View::len(&self.0.shown, path)
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        self.0.shown.keys(path)
    }

    /// No stock stands in a list.
    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        self.0.shown.items(path)
    }

    fn text_slice(&self, path: &[Step], range: std::ops::Range<usize>) -> Option<String> {
        self.0.shown.text_slice(path, range)
    }

    fn document(&self) -> Document {
        self.get(&[]).unwrap_or_default()
    }

    fn digest(&self) -> Digest {
        self.document().digest()
    }
}
