//! Two users add to one counter at once.

use syncbench_harness::workload::Intent;
use syncbench_harness::workloads::counter::{CounterOp, LOST_INCREMENT};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::{at_once, found, times};

fn increment(_: NodeId, _: &dyn View) -> Intent {
    Intent::blind(&CounterOp::Add { counter: "count".into(), by: 1 })
}

#[test]
fn increments_that_travel_as_increments_add_up() {
    for strategy in [
        "ot",
        "text-ids",
        #[cfg(feature = "loro")]
        "crdt-loro",
        #[cfg(feature = "yrs")]
        "crdt-yrs",
    ] {
        assert_eq!(at_once(strategy, "counter", 1, increment).found, found([]), "{strategy}");
    }
}

#[test]
fn increments_that_travel_as_sums_are_lost() {
    for strategy in [
        "lww-hlc",
        "lww-hlc:topology=mesh",
        #[cfg(feature = "yrs")]
        "crdt-yrs:counter=sum",
    ] {
        let ended = at_once(strategy, "counter", 1, increment);
        assert_eq!(ended.found, found([(&LOST_INCREMENT, 1)]), "{strategy}: {}", ended.state);
    }
}

#[test]
fn a_property_keeps_half_of_two_users_increments() {
    let all = times(10, "serial", "counter", 1, increment);
    assert!(all.state.contains(",count:20,") && all.found.is_empty(), "{all:?}");
    let half = times(10, "lww-property", "counter", 1, increment);
    assert!(half.state.contains(",count:10,") && half.found == found([(&LOST_INCREMENT, 10)]), "{half:?}");
}
