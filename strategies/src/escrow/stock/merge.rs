//! Changes of other replicas.

use super::{Cell, Change, News, Stock, Versions};
use crate::document::{Document, Edit, Path};
use crate::escrow::rights::{Rights, Row};
use crate::replica::{NodeId, ProtocolError};

impl Stock {
    /// Checks that a change can be another replica's.
    pub(in crate::escrow) fn check(&self, from: NodeId, change: &Change) -> Result<(), ProtocolError> {
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

    /// Whether everything that a change depends on is here.
    pub(in crate::escrow) fn is_ready(&self, from: NodeId, change: &Change) -> bool {
        change.number <= self.version(from).saturating_add(1)
            && change.after.iter().all(|(node, n)| self.version(*node) >= *n)
    }

    /// Applies a change that is ready. `false` if it is here already.
    pub(in crate::escrow) fn take(&mut self, from: NodeId, change: &Change) -> bool {
        if change.number <= self.version(from) {
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

    /// What a replica lacks that has `versions`.
    pub(in crate::escrow) fn since(&self, versions: &Versions) -> News {
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

    /// Checks that these can be news.
    pub(in crate::escrow) fn check_news(&self, news: &News) -> Result<(), ProtocolError> {
        let rows = news.rows.iter().all(|(counter, node, _, row)| self.fits_row(*counter, *node, row));
        let records = news.records.iter().all(|(path, record)| self.fits_record(path, record));
        if rows && records && news.versions.keys().all(|node| self.nodes.contains(node)) {
            Ok(())
        } else {
            Err(ProtocolError::malformed("news of nothing that is here"))
        }
    }

    /// Applies news that were checked.
    pub(in crate::escrow) fn take_news(&mut self, news: &News) {
        for (counter, node, change, row) in &news.rows {
            self.merge_row(*counter, *node, *change, row);
        }
        for (path, record) in &news.records {
            self.merge_record(path, record);
        }
        for (node, n) in &news.versions {
            let mine = self.versions.entry(*node).or_default();
            *mine = (*mine).max(*n);
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

    fn fits_row(&self, counter: u32, node: NodeId, row: &Row) -> bool {
        let known = (counter as usize) < self.counters.len() && self.nodes.contains(&node);
        known && row.receivers().all(|to| self.nodes.contains(&to))
    }

    /// What is saved: everything since the genesis.
    pub(in crate::escrow) fn saved(&self) -> News {
        self.since(&Versions::new())
    }
}
