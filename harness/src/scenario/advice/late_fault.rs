//! A fault after the last operation.

use super::{Planning, seconds, unwindowed, written};
use crate::faults::Timing;

/// A fault that begins, or a client that joins, when nobody acts any more.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let acting = plan.acting_s()?;
    let faults = plan.faults();
    faults.iter().find_map(|armed| {
        let label = written(armed);
        let advice = format!("the last operation is made at about {acting:.0} s; raise --ops or lower --rate");
        if armed.spec.timing == Timing::Until {
            let joins = armed.end.map_or(0.0, seconds);
            return (joins >= acting).then(|| format!("{label}: that client joins when all is done: {advice}"));
        }
        let earlier =
            format!("{}@{:.0}s..{:.0}s", unwindowed(armed), (acting / 3.0).ceil(), (acting * 2.0 / 3.0).ceil() + 1.0);
        (seconds(armed.start) >= acting)
            .then(|| format!("{label} begins after the last operation and meets none: {advice}, or write {earlier}"))
    })
}
