//! When connections open.

use syncbench_strategies::replica::{NodeId, Time};

use crate::faults::{Conditions, Reopening};
use crate::task::Task;

/// When two nodes that can connect since the last transition, and could not before, have a connection. Everybody is
/// connected at the start of a run. Both ends ask, and get the same answer.
pub(super) fn opens_at(task: &Task<'_>, conditions: &Conditions<'_>, a: NodeId, b: NodeId) -> Time {
    let since = conditions.since();
    if since == Time::ZERO {
        return since;
    }
    let detects = !conditions.came(a) && !conditions.came(b);
    since + task.profile.connecting(task.seed, a, b, detects)
}

/// A connection opened at `at` that could since `since`; `None` where it was there from the start of the run.
pub(super) fn reopening(since: Time, at: Time, a: NodeId, b: NodeId) -> Option<Reopening> {
    (since > Time::ZERO).then_some(Reopening { ends: (a, b), since, at })
}
