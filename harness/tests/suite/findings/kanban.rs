//! What the oracle of `kanban` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::oracles::places::MOVE_OVERWRITTEN;
use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;
use syncbench_harness::oracles::writes::{EDIT_LOST_TO_DELETE, OVERWRITTEN};

use super::{Flaw, Planted, assert_caught};

pub(crate) const PLANTED: &[Planted] = &[
    Planted { undo: 0.3, ..Planted::new("kanban", &[&UNDO_WITHOUT_EFFECT], Flaw::Has("undo-without-effect")) },
    Planted::new("kanban", &[&EDIT_LOST_TO_DELETE, &OVERWRITTEN, &MOVE_OVERWRITTEN], Flaw::Weak),
];

#[test]
fn bugs_on_boards_are_found() {
    assert_caught("kanban");
}
