//! Too few operations for a tail.

use std::collections::BTreeSet;

use super::Planning;

/// Below this many operations a row, the 90th percentile is one of the ten slowest operations: a lost packet decides it.
const FEWEST: u64 = 100;

/// Operations of all seeds together.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let seeds: BTreeSet<u64> = plan.cells.iter().map(|cell| cell.settings.seed).collect();
    let ops = plan.cells[0].settings.ops;
    let all = ops.saturating_mul(seeds.len() as u64);
    (all < FEWEST).then(|| {
        format!(
            "{all} operations of each strategy in all: p90 and p99 are the luck of a few, and losses are rarer than that; \
             raise --ops or --seeds"
        )
    })
}
