//! Own changes.

use std::collections::{BTreeMap, BTreeSet};

use super::records::{Record, Stamp};
use super::{Cell, Change, Stock};
use crate::document::{Edit, Path};
use crate::model::Rejected;
use crate::replica::NodeId;

impl Stock {
    /// The first counter of which these edits take more than this replica may, and by how much.
    pub(in crate::escrow) fn lacking(&self, edits: &[Edit]) -> Option<(u32, u64)> {
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

    /// Makes a change of edits for which the rights are there. After an error nothing has changed.
    pub(in crate::escrow) fn perform(&mut self, edits: &[Edit]) -> Result<Change, Rejected> {
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
        let number = self.version(self.me).saturating_add(1);
        self.time = self.time.saturating_add(1);
        let stamp = Stamp { time: self.time, node: self.me };
        for path in &written {
            let held = self.held(path);
            let record = Record { stamp, change: number, value: self.shown.at(path).cloned(), held };
            self.records.insert(path.clone(), record);
        }
        Ok(self.close(&touched, &written))
    }

    /// Transfers `amount` of this replica's rights to another.
    pub(in crate::escrow) fn give(&mut self, counter: u32, to: NodeId, amount: u64) -> Change {
        let (_, rights, _) = &mut self.counters[counter as usize];
        rights.give(self.me, to, amount);
        self.close(&BTreeSet::from([counter]), &BTreeSet::new())
    }

    /// Makes a change of what was touched here.
    pub(super) fn close(&mut self, counters: &BTreeSet<u32>, records: &BTreeSet<Path>) -> Change {
        let number = self.version(self.me).saturating_add(1);
        let news = |(node, n): (&NodeId, &u64)| {
            let new = *node != self.me && self.known.get(node) != Some(n);
            new.then_some((*node, *n))
        };
        let after = self.versions.iter().filter_map(news).collect();
        self.known = self.versions.clone();
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
}
