//! What a replica keeps of an exchange while it goes on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cells::{Element, Write};
use super::ranges::Difference;
use super::table::Table;
use crate::sidecar::Sidecar;

/// An exchange with a peer: what was here when it began, and what is known of the difference.
pub(super) struct Session {
    pub(super) table: Table,
    pub(super) seen: Sidecar,
    pub(super) difference: Difference,
    /// What a relay passes on when the exchange is over, so that nothing overtakes earlier writes.
    pub(super) later: Vec<(Arc<[u8]>, Arc<Sidecar>)>,
}

impl Session {
    pub(super) fn new(table: Table, seen: Sidecar) -> Self {
        Self { table, seen, difference: Difference::default(), later: Vec::new() }
    }

    /// Cells that the peer lacks, with those that it asked for.
    pub(super) fn items(&self, wanted: &[Element]) -> Vec<Write> {
        let elements: BTreeSet<&Element> = self.difference.give.iter().chain(wanted).collect();
        self.table.writes(elements)
    }
}
