//! Looking at states leaves the memory of a replica as it is.

use std::time::Duration;

use crate::common::Case;

/// What looks at a state may have the document keep something for the next look. Nothing of it may be charged to a handler that
/// did not make it, or stay behind with every operation.
#[test]
fn a_replica_has_the_same_memory_however_often_somebody_looks() {
    for (strategy, workload) in [("serial", "record"), ("serial", "counter"), ("ot", "record"), ("serial", "kanban")] {
        let steady = |sample_every| {
            let done = Case { ops: 2_000, size: 60, sample_every, ..Case::new(strategy, workload) }.run();
            [done.numbers("resident_bytes", "steady"), done.numbers("server_resident_bytes", "steady")]
        };
        let [always, hardly] = [None, Some(Duration::from_secs(3_600))].map(steady);
        for (always, hardly) in always.into_iter().zip(hardly) {
            assert_eq!(always, hardly, "{strategy} on {workload}");
        }
    }
}
