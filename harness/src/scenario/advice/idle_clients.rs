//! More clients than operations.

use super::Planning;
use crate::pace::Pace;

/// Some never act.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let settings = &plan.cells[0].settings;
    let (clients, ops) = (settings.clients, settings.ops);
    // What was recorded has its own users.
    let recorded = matches!(settings.pace, Pace::Causal | Pace::Recorded(_));
    (ops < u64::from(clients) && !recorded).then(|| {
        format!(
            "{clients} clients and {ops} operations: some never act; raise --ops to {} or more",
            u64::from(clients) * 10
        )
    })
}
