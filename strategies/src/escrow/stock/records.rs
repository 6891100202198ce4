//! Records, and who holds them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Change, Stock};
use crate::document::{Document, Edit, MAX_DEPTH, Path, Step};
use crate::replica::NodeId;

/// When a record was written: after everything that its author had seen. Ordered from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::escrow) struct Stamp {
    pub(super) time: u64,
    pub(super) node: NodeId,
}

/// An entry of a map that is no stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::escrow) struct Record {
    pub(super) stamp: Stamp,
    /// The number of the change that wrote it.
    pub(super) change: u64,
    /// `None` if it was removed.
    pub(super) value: Option<Document>,
    pub(super) held: Held,
}

/// Who may give back what a record took: its first writer, until that transfers it. Ordered from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::escrow) struct Held {
    /// How often it was transferred.
    turn: u64,
    by: NodeId,
}

impl Stock {
    /// The first record of another holder that these edits write in order to give stock back.
    pub(in crate::escrow) fn foreign(&self, edits: &[Edit]) -> Option<Path> {
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

    /// Who holds a record, as far as this replica knows.
    pub(in crate::escrow) fn holder(&self, path: &Path) -> NodeId {
        self.held(path).by
    }

    /// Who holds a record. The first client holds those of the genesis.
    pub(super) fn held(&self, path: &Path) -> Held {
        let written = self.records.get(path).map(|record| record.held);
        written.unwrap_or_else(|| {
            let first = self.genesis.at(path).and_then(|_| self.nodes.first());
            Held { turn: 0, by: first.copied().unwrap_or(self.me) }
        })
    }

    /// Transfers a record to another replica, if this one holds it and it exists.
    pub(in crate::escrow) fn hand(&mut self, path: &Path, to: NodeId) -> Option<Change> {
        if self.record_of(path).as_ref() != Some(path) {
            return None;
        }
        let held = self.held(path);
        let value = self.shown.at(path).filter(|_| held.by == self.me)?.clone();
        let held = Held { turn: held.turn.saturating_add(1), by: to };
        self.time = self.time.saturating_add(1);
        let stamp = Stamp { time: self.time, node: self.me };
        let record = Record { stamp, change: self.version(self.me).saturating_add(1), value: Some(value), held };
        self.records.insert(path.clone(), record);
        Some(self.close(&BTreeSet::new(), &BTreeSet::from([path.clone()])))
    }

    pub(super) fn merge_record(&mut self, path: &Path, record: &Record) {
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

    pub(super) fn fits_record(&self, path: &Path, record: &Record) -> bool {
        let whole = self.record_of(path).as_ref() == Some(path) && self.nodes.contains(&record.stamp.node);
        let held = self.nodes.contains(&record.held.by);
        let value = record.value.as_ref();
        whole && held && value.is_none_or(|value| path.len() + value.depth() <= MAX_DEPTH)
    }

    /// The record that a path leads into: the entry of a map of the genesis, unless that is a map or stock itself. Maps of
    /// the genesis with entries stay for good.
    pub(super) fn record_of(&self, path: &Path) -> Option<Path> {
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
}
