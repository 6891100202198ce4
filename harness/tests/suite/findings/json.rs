//! What the oracle of `json` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use syncbench_harness::oracles::writes::{EDIT_LOST_TO_DELETE, OVERWRITTEN};
use syncbench_harness::workloads::json::{DELETE_OVERWRITTEN, HIDDEN_SUBTREE};

use super::{Flaw, Planted, assert_caught};

pub(crate) const PLANTED: &[Planted] = &[
    // A delete comes before another of which nobody saw what the first had removed; the first is undone.
    Planted { seeds: 6, ..Planted::new("json", &[&LOST_TO_UNDO], Flaw::Regret) },
    Planted { undo: 0.3, ..Planted::new("json", &[&UNDO_WITHOUT_EFFECT], Flaw::Has("undo-without-effect")) },
    Planted {
        ops: 400,
        ..Planted::new("json:contention=one:1,delete=0.2", &[&EDIT_LOST_TO_DELETE, &OVERWRITTEN], Flaw::Weak)
    },
    // So short that no user who has seen the delete writes there again.
    Planted {
        ops: 20,
        seeds: 20,
        ..Planted::new("json:contention=one:1,delete=0.3", &[&DELETE_OVERWRITTEN], Flaw::Weak)
    },
    Planted {
        strategy: "serial-patches",
        ops: 400,
        ..Planted::new("json:contention=one:1,delete=0.2", &[&HIDDEN_SUBTREE], Flaw::Weak)
    },
];

#[test]
fn bugs_in_trees_are_found() {
    assert_caught("json");
}
