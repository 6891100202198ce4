//! What the oracle of `counter` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;
use syncbench_harness::workloads::counter::{LIKED_TWICE, LOST_INCREMENT};

use super::{Flaw, Planted, assert_caught};

pub(crate) const PLANTED: &[Planted] = &[
    Planted { strategy: "lww-document", ..Planted::new("counter:like=0.8", &[&LIKED_TWICE], Flaw::Weak) },
    Planted { undo: 0.3, ..Planted::new("counter", &[&UNDO_WITHOUT_EFFECT], Flaw::Has("undo-without-effect")) },
    Planted { strategy: "lww-document", ..Planted::new("counter", &[&LOST_INCREMENT], Flaw::Weak) },
];

#[test]
fn bugs_in_counters_are_found() {
    assert_caught("counter");
}
