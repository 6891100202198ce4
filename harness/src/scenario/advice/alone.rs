//! One client.

use super::Planning;

/// Nothing is concurrent.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let one = plan.cells[0].settings.clients == 1;
    one.then(|| "1 client: nothing is concurrent, so nothing can conflict; try --clients 2".to_owned())
}
