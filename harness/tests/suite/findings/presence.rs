//! What the oracle of `presence` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::workloads::presence::{CURSOR_OF_THE_CRASHED, STALE_CURSOR};

use super::{Flaw, Planted, assert_caught};

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("presence:leave=0", &[&CURSOR_OF_THE_CRASHED], Flaw::Meets("crash:client=2@800ms")),
    Planted { strategy: "lww-document", ..Planted::new("presence", &[&STALE_CURSOR], Flaw::Weak) },
];

#[test]
fn bugs_among_cursors_are_found() {
    assert_caught("presence");
}
