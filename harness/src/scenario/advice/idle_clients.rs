//! More clients than operations.

use super::Planning;

/// Some never act.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let settings = &plan.cells[0].settings;
    let (clients, ops) = (settings.clients, settings.ops);
    (ops < u64::from(clients) && settings.pace != crate::pace::Pace::Recorded).then(|| {
        format!(
            "{clients} clients and {ops} operations: some never act; raise --ops to {} or more",
            u64::from(clients) * 10
        )
    })
}
