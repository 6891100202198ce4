//! What the oracle of `text` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::oracles::text::INTERLEAVED_RUN;
use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;

use super::{Flaw, Planted, assert_caught};

pub(crate) const PLANTED: &[Planted] = &[
    Planted { undo: 0.3, ..Planted::new("text", &[&UNDO_WITHOUT_EFFECT], Flaw::Has("undo-without-effect")) },
    Planted { ops: 300, ..Planted::new("text:jump=1,contention=one:1", &[&INTERLEAVED_RUN], Flaw::Weak) },
];

#[test]
fn bugs_in_texts_are_found() {
    assert_caught("text");
}
