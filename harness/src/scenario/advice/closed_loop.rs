//! Users who wait.

use super::Planning;
use crate::pace::Pace;

/// Who waits does not act, so stalls are met by few operations.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let pace = plan.cells[0].settings.pace;
    let waits = matches!(pace, Pace::Closed | Pace::Turns);
    waits.then(|| {
        format!(
            "--pace {}: who waits does not act, so quantiles leave stalls out; --pace poisson counts them",
            pace.name()
        )
    })
}
