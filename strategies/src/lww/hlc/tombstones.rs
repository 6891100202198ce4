//! Tombstones, until the horizon.

use std::collections::BTreeSet;

use super::cells::{Hops, Part, Value, Write};
use super::clock::Stamp;
use super::table::Table;
use super::tree::Tree;

/// The tombstones by stamp. Some may have been overwritten since.
pub(super) struct Tombstones(BTreeSet<(Stamp, Hops)>);

impl Tombstones {
    pub(super) fn of(table: &Table) -> Self {
        Self(table.tombstones())
    }

    /// Notes the tombstones among writes.
    pub(super) fn note(&mut self, writes: &[Write]) {
        for write in writes {
            let gone = |part: &Part| {
                matches!(part, Part::Value(Value::Gone) | Part::Instead(Value::Gone) | Part::Cleared(Value::Gone, _))
            };
            let graves = write.cells.iter().filter(|(_, part)| gone(part));
            self.0.extend(graves.map(|(path, _)| (write.stamp, path.clone())));
        }
    }

    /// Forgets the tombstones that expire before `now_ms`. Returns their number.
    pub(super) fn collect(&mut self, now_ms: u64, horizon_ms: u64, tree: &mut Tree) -> u64 {
        let mut collected = 0;
        while self.0.first().is_some_and(|(stamp, _)| stamp.ms.saturating_add(horizon_ms) < now_ms) {
            let Some((stamp, path)) = self.0.pop_first() else { break };
            let still = tree.table.value(&path).is_some_and(|cell| cell.stamp == stamp && cell.value == Value::Gone);
            if still {
                tree.forget(&path);
                collected += 1;
            }
        }
        collected
    }
}
