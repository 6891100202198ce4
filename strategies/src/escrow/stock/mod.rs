//! A document of stock and records at one replica: who may spend what, which records exist, and which changes have arrived.

mod merge;
mod own;
mod records;
mod spendable;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::records::Record;
use self::spendable::Spendable;
use super::rights::{Rights, Row, Split};
use crate::document::{Document, Edit, Path, Step};
use crate::replica::NodeId;

/// The changes of each replica up to a number.
pub(in crate::escrow) type Versions = BTreeMap<NodeId, u64>;

/// A part of a change, as it was at its author right after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::escrow) enum Cell {
    /// The author's row of a counter.
    Row(u32, Row),
    /// A record.
    Record(Path, Record),
}

/// One change of one replica: an operation, or a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::escrow) struct Change {
    /// Its number among its author's changes, without gaps.
    pub(in crate::escrow) number: u64,
    /// The changes that its author had received since its last one. It depends on them.
    pub(in crate::escrow) after: Versions,
    pub(in crate::escrow) cells: Vec<Cell>,
}

/// What a replica with fewer changes lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::escrow) struct News {
    pub(in crate::escrow) versions: Versions,
    rows: Vec<(u32, NodeId, u64, Row)>,
    records: Vec<(Path, Record)>,
}

/// See the [module](self).
pub(in crate::escrow) struct Stock {
    me: NodeId,
    nodes: BTreeSet<NodeId>,
    genesis: Document,
    shown: Document,
    /// The counters: all that can be reached by keys alone, in this order.
    places: BTreeMap<Vec<Step>, u32>,
    counters: Vec<(Path, Rights, Versions)>,
    /// Records that were written since the genesis.
    records: BTreeMap<Path, Record>,
    versions: Versions,
    /// The latest time of a record.
    time: u64,
    /// The changes that were here at this replica's last one.
    known: Versions,
}

impl Stock {
    pub(in crate::escrow) fn new(me: NodeId, nodes: BTreeSet<NodeId>, genesis: Document, split: Split) -> Self {
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
            known: Versions::new(),
        }
    }

    pub(in crate::escrow) fn shown(&self) -> &Document {
        &self.shown
    }

    /// The changes that are here.
    pub(in crate::escrow) fn versions(&self) -> &Versions {
        &self.versions
    }

    pub(in crate::escrow) fn version(&self, node: NodeId) -> u64 {
        self.versions.get(&node).copied().unwrap_or(0)
    }

    /// What `node` may spend of a counter.
    pub(in crate::escrow) fn rights(&self, counter: u32, node: NodeId) -> i64 {
        self.counters.get(counter as usize).map_or(0, |(_, rights, _)| rights.of(node))
    }

    /// Counters and records are in maps of the genesis, which nobody removes; the depth of a value was checked.
    fn show(&mut self, edit: &Edit) {
        let shown = self.shown.apply(edit);
        debug_assert!(shown.is_ok(), "{edit:?}: {shown:?}");
    }

    /// The document in which counters show what this replica may spend.
    pub(in crate::escrow) fn spendable(&self) -> Spendable<'_> {
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
