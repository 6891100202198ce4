//! Two users of a stack pop, push or reverse at once.

use syncbench_harness::oracles::serial_order::SerialOrder;
use syncbench_harness::workload::Intent;
use syncbench_harness::workloads::stack::{
    ITEM_DELIVERED_TWICE, ITEM_FROM_NOWHERE, ITEM_LOST, REVERSE_LOST, STACK_DUPLICATED, StackOp,
};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::{at_once, end};

fn pop(_: NodeId, _: &dyn View) -> Intent {
    Intent::blind(&StackOp::Pop)
}

fn reverse(_: NodeId, _: &dyn View) -> Intent {
    Intent::blind(&StackOp::Reverse)
}

/// Pushed items differ by client, as the oracle expects.
fn push(client: NodeId, _: &dyn View) -> Intent {
    Intent::blind(&StackOp::Push(9 + i64::from(client.0)))
}

#[test]
fn a_serial_order_pops_two_items_and_reverses_twice() {
    for strategy in ["serial", "serial-optimistic", "serial-cas"] {
        assert_eq!(at_once(strategy, "stack", 3, pop), end("{stack:[1]}", 0, [], SerialOrder::Exists), "{strategy}");
        let reversed = end("{stack:[3,2,1]}", 0, [], SerialOrder::Exists);
        assert_eq!(at_once(strategy, "stack", 3, reverse), reversed, "{strategy}");
    }
}

#[test]
fn merged_removals_deliver_one_item_to_two_users() {
    for strategy in [
        "serial-patches",
        "ot",
        "text-ids",
        "lww-document",
        "lww-property",
        "lww-hlc",
        "lww-hlc:topology=mesh",
        #[cfg(feature = "yrs")]
        "crdt-yrs",
        #[cfg(feature = "automerge")]
        "crdt-automerge",
        #[cfg(feature = "loro")]
        "crdt-loro",
    ] {
        let twice = end("{stack:[2,1]}", 0, [(&ITEM_DELIVERED_TWICE, 1)], SerialOrder::None);
        assert_eq!(at_once(strategy, "stack", 3, pop), twice, "{strategy}");
    }
}

#[test]
fn a_list_that_two_users_rewrite_in_reverse_is_duplicated() {
    for strategy in [
        "ot",
        "text-ids",
        #[cfg(feature = "yrs")]
        "crdt-yrs",
        #[cfg(feature = "automerge")]
        "crdt-automerge",
        #[cfg(feature = "loro")]
        "crdt-loro",
    ] {
        let duplicated = end("{stack:[1,2,3,1,2,3]}", 0, [(&STACK_DUPLICATED, 1)], SerialOrder::None);
        assert_eq!(at_once(strategy, "stack", 3, reverse), duplicated, "{strategy}");
    }
}

#[test]
fn fractional_positions_interleave_the_items_of_two_reversals() {
    // Both users put the same items into the same gaps, and in each gap the first client's item comes first.
    for strategy in ["lww-property", "lww-hlc", "lww-hlc:topology=mesh"] {
        let interleaved = end("{stack:[1,1,2,2,3,3]}", 0, [(&STACK_DUPLICATED, 1)], SerialOrder::None);
        assert_eq!(at_once(strategy, "stack", 3, reverse), interleaved, "{strategy}");
    }
}

#[test]
fn merged_inserts_keep_both_pushes() {
    let kept = |state| end(state, 0, [], SerialOrder::Exists);
    assert_eq!(at_once("text-ids", "stack", 3, push), kept("{stack:[11,10,3,2,1]}"));
    for strategy in ["lww-property", "lww-hlc", "lww-hlc:topology=mesh"] {
        assert_eq!(at_once(strategy, "stack", 3, push), kept("{stack:[10,11,3,2,1]}"), "{strategy}");
    }
}

#[test]
fn two_equal_patches_reverse_once_and_patches_overwrite_a_push() {
    // Each patch writes to every index the item of the opposite index: the same patch twice acts like one.
    let once = end("{stack:[1,2,3]}", 0, [(&REVERSE_LOST, 1)], SerialOrder::None);
    assert_eq!(at_once("serial-patches", "stack", 3, reverse), once);
    let garbled = [(&ITEM_FROM_NOWHERE, 1), (&ITEM_LOST, 1)];
    let expected = end("{stack:[11,3,2,1,1]}", 0, garbled, SerialOrder::None);
    assert_eq!(at_once("serial-patches", "stack", 3, push), expected);
}

#[test]
fn the_last_document_loses_a_push() {
    let expected = end("{stack:[11,3,2,1]}", 0, [(&ITEM_LOST, 1)], SerialOrder::None);
    assert_eq!(at_once("lww-document", "stack", 3, push), expected);
}
