//! Planted bugs for the oracle of characters, seen through `text`.

use syncbench_harness::oracles::text::{
    CHARACTER_FROM_NOWHERE, DUPLICATED_CHARACTER, INTERLEAVED_RUN, LOST_CHARACTER, MISPLACED_CHARACTER,
    RESURRECTED_CHARACTER, WRONG_CHARACTER_ERASED,
};
use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;

use super::{Answer, Flaw, Planted, assert_caught, edited};
use crate::common::mutants::Bug;

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("text", &[&LOST_CHARACTER], Flaw::Means(typing_is_forgotten)),
    Planted::new("text", &[&DUPLICATED_CHARACTER], Flaw::Means(typing_counts_twice)),
    Planted::new("text", &[&MISPLACED_CHARACTER], Flaw::Means(typing_goes_to_the_top)),
    Planted::new("text", &[&CHARACTER_FROM_NOWHERE], Flaw::Means(typing_is_garbled)),
    Planted::new("text:delete=0.3", &[&RESURRECTED_CHARACTER], Flaw::Means(erasing_is_forgotten)),
    Planted::new("text:delete=0.3", &[&WRONG_CHARACTER_ERASED], Flaw::Means(erasing_hits_the_one_before)),
    Planted { undo: 0.3, ..Planted::new("text", &[&UNDO_WITHOUT_EFFECT], Flaw::Has(Bug::UndoesNothing)) },
    Planted { ops: 300, ..Planted::new("text:jump=1,end=1", &[&INTERLEAVED_RUN], Flaw::Weak) },
];

/// Changes what a splice does: its position, how many characters go, and what comes.
fn splices(answer: Answer, change: fn(&mut usize, &mut usize, &mut String)) -> Answer {
    edited(answer, |edits| {
        for edit in edits {
            if let Edit::TextSplice { pos, delete, insert, .. } = edit {
                change(pos, delete, insert);
            }
        }
    })
}

pub(crate) fn typing_is_forgotten(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, _, insert| insert.clear())
}

pub(crate) fn typing_counts_twice(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, _, insert| *insert = insert.repeat(2))
}

pub(crate) fn typing_goes_to_the_top(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |pos, _, insert| *pos = if insert.is_empty() { *pos } else { 0 })
}

pub(crate) fn typing_is_garbled(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, _, insert| *insert = if insert.is_empty() { String::new() } else { "?".into() })
}

pub(crate) fn erasing_is_forgotten(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, delete, _| *delete = 0)
}

pub(crate) fn erasing_hits_the_one_before(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |pos, delete, _| *pos = pos.saturating_sub(*delete))
}

#[test]
fn bugs_in_texts_are_found() {
    assert_caught("text");
}
