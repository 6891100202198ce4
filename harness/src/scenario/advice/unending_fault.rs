//! A disconnection without an end.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;

use super::{Planning, unwindowed, written};
use crate::faults::LinkCondition;

/// It heals after the last operation, so nobody works on what has met.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    let clients = plan.cells[0].settings.clients;
    let acting = plan.acting_s().unwrap_or(10.0);
    let faults = plan.faults();
    faults.iter().find_map(|armed| {
        let nodes = || (0..=clients).map(NodeId);
        let open = |from, to| armed.fault.link(from, to, Duration::ZERO) == LinkCondition::Open;
        let breaks = nodes().any(|from| nodes().any(|to| !open(from, to)));
        // One that comes and goes has ended before.
        let lasts = armed.fault.next_transition(Duration::ZERO).is_none();
        let unending = lasts && armed.end.is_none() && !armed.fault.outlasts_heal();
        (breaks && unending).then(|| {
            format!(
                "{} has no end, so it heals after the last operation; write {}@{:.0}s..{:.0}s for one that heals while \
                 users act",
                written(armed),
                unwindowed(armed),
                (acting / 3.0).floor(),
                (acting * 2.0 / 3.0).ceil()
            )
        })
    })
}
