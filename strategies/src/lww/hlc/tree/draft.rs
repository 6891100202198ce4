//! A write of this replica, while it is made.

use std::collections::{BTreeMap, BTreeSet};

use super::Touched;
use crate::lww::hlc::cells::{Hops, ItemId, Part};
use crate::lww::hlc::clock::Stamp;
use crate::lww::hlc::table::Table;

/// What the cells that a write touched were before, and since when. `None` if there was nothing.
pub(in crate::lww::hlc) type Before = BTreeMap<(Hops, bool), Option<(Stamp, Part)>>;

/// A write of this replica, while it is made.
pub(in crate::lww::hlc) struct Draft {
    pub(in crate::lww::hlc) stamp: Stamp,
    /// The cells that it writes. It may clear others.
    pub(in crate::lww::hlc) written: BTreeSet<(Hops, bool)>,
    /// What the cells were before it, where that has to be known.
    pub(in crate::lww::hlc) before: Option<Before>,
    pub(super) touched: Touched,
}

impl Draft {
    /// An empty write. `remembers`: what the cells were before it has to be known.
    pub(in crate::lww::hlc) fn new(stamp: Stamp, remembers: bool) -> Self {
        Self { stamp, written: BTreeSet::new(), before: remembers.then(Before::new), touched: Touched::new() }
    }

    /// Notes what a cell was before the first change to it.
    pub(super) fn remember(&mut self, table: &Table, path: &Hops, is_place: bool) {
        if let Some(before) = &mut self.before {
            before.entry((path.clone(), is_place)).or_insert_with(|| table.part(path, is_place));
        }
    }
}

/// Gives new items their ids.
pub(in crate::lww::hlc) struct Maker<'a> {
    pub(in crate::lww::hlc) node: u32,
    /// Items made so far.
    pub(in crate::lww::hlc) items: &'a mut u64,
}

impl Maker<'_> {
    pub(super) fn item(&mut self) -> ItemId {
        *self.items = self.items.saturating_add(1);
        ItemId { node: self.node, n: *self.items }
    }
}
