//! Bugs in the model of `text`: what typing means.

use crate::oracles::text::{
    CHARACTER_FROM_NOWHERE, DUPLICATED_CHARACTER, LOST_CHARACTER, MISPLACED_CHARACTER, RESURRECTED_CHARACTER,
    WRONG_CHARACTER_ERASED,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;

use super::{Answer, edited, meaning};
use crate::mutants::{Bug, Mutant};

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "typing-is-forgotten",
        "Typed characters do not appear.",
        "text",
        &[&LOST_CHARACTER],
        Bug::Means(typing_is_forgotten),
    ),
    meaning(
        "typing-counts-twice",
        "Typed characters appear twice.",
        "text",
        &[&DUPLICATED_CHARACTER],
        Bug::Means(typing_counts_twice),
    ),
    meaning(
        "typing-goes-to-the-top",
        "Typed characters appear at the beginning of the text.",
        "text",
        &[&MISPLACED_CHARACTER],
        Bug::Means(typing_goes_to_the_top),
    ),
    meaning(
        "typing-is-garbled",
        "Typed characters appear as question marks.",
        "text",
        &[&CHARACTER_FROM_NOWHERE],
        Bug::Means(typing_is_garbled),
    ),
    meaning(
        "erasing-is-forgotten",
        "Erased characters stay.",
        "text:delete=0.3",
        &[&RESURRECTED_CHARACTER],
        Bug::Means(erasing_is_forgotten),
    ),
    meaning(
        "erasing-hits-the-one-before",
        "Erasing takes the characters before those that the user chose.",
        "text:delete=0.3",
        &[&WRONG_CHARACTER_ERASED],
        Bug::Means(erasing_hits_the_one_before),
    ),
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

pub(super) fn typing_is_forgotten(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, _, insert| insert.clear())
}

pub(super) fn typing_counts_twice(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, _, insert| *insert = insert.repeat(2))
}

pub(super) fn typing_goes_to_the_top(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |pos, _, insert| *pos = if insert.is_empty() { *pos } else { 0 })
}

pub(super) fn typing_is_garbled(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, _, insert| *insert = if insert.is_empty() { String::new() } else { "?".into() })
}

pub(super) fn erasing_is_forgotten(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |_, delete, _| *delete = 0)
}

pub(super) fn erasing_hits_the_one_before(_: &Operation, answer: Answer) -> Answer {
    splices(answer, |pos, delete, _| *pos = pos.saturating_sub(*delete))
}
