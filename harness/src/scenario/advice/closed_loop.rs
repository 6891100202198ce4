//! Users who wait.

use super::Planning;
use crate::pace::Pace;

/// A user who waits does not act, so few operations meet a stall.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let pace = plan.cells[0].settings.pace;
    let waits = matches!(pace, Pace::Closed | Pace::Turns);
    waits.then(|| {
        format!(
            "--pace {}: users who wait do not act, so quantiles leave stalls out; --pace poisson counts them",
            pace.name()
        )
    })
}
