//! What the oracle of `notebook` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::oracles::places::MOVE_OVERWRITTEN;
use syncbench_harness::oracles::text::INTERLEAVED_RUN;
use syncbench_harness::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use syncbench_harness::workloads::notebook::ORPHANED_EDIT;

use super::{Flaw, Planted, assert_caught};

/// Many cells are inserted, moved, deleted and restored.
const LIVELY: &str = "notebook:cells=0.5";

pub(crate) const PLANTED: &[Planted] = &[
    Planted {
        ops: 400,
        seeds: 12,
        ..Planted::new("notebook:cells=0.8,contention=one:0.8", &[&MOVE_OVERWRITTEN], Flaw::Weak)
    },
    Planted { undo: 0.3, ..Planted::new("notebook", &[&UNDO_WITHOUT_EFFECT], Flaw::Has("undo-without-effect")) },
    Planted { ops: 400, ..Planted::new(LIVELY, &[&ORPHANED_EDIT], Flaw::Weak) },
    Planted { seeds: 12, ..Planted::new(LIVELY, &[&LOST_TO_UNDO], Flaw::Regret) },
    Planted {
        strategy: "serial-optimistic",
        ops: 300,
        seeds: 12,
        ..Planted::new(
            "notebook:cells=0,evaluate=0,contention=one:1,elsewhere=0,run=40",
            &[&INTERLEAVED_RUN],
            Flaw::Weak,
        )
    },
];

#[test]
fn bugs_in_notebooks_are_found() {
    assert_caught("notebook");
}
