//! What the oracle of `stack` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;
use syncbench_harness::workloads::stack::{ITEM_DELIVERED_TWICE, ITEM_LOST};

use super::{Flaw, Planted, assert_caught};

pub(crate) const PLANTED: &[Planted] = &[
    Planted { undo: 0.3, ..Planted::new("stack", &[&UNDO_WITHOUT_EFFECT], Flaw::Has("undo-without-effect")) },
    Planted { strategy: "lww-document", ..Planted::new("stack", &[&ITEM_DELIVERED_TWICE, &ITEM_LOST], Flaw::Weak) },
];

#[test]
fn bugs_on_the_stack_are_found() {
    assert_caught("stack");
}
