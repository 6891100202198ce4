//! Bugs in the model of `json`: what edits of a tree mean.

use crate::oracles::writes::EDIT_LOST;
use crate::workloads::json::{DUPLICATED_ITEM, JsonOp, LOST_ITEM, RESURRECTED, VALUE_FROM_NOWHERE};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;

use super::{Answer, edited, meaning, nothing};
use crate::mutants::{Bug, Mutant};

const LISTS: &str = "json:list=0.6";

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "values-are-forgotten",
        "Setting a value is confirmed and changes nothing.",
        "json",
        &[&EDIT_LOST],
        Bug::Means(settings_are_forgotten),
    ),
    meaning(
        "values-are-garbled",
        "A value that is set becomes another.",
        "json",
        &[&VALUE_FROM_NOWHERE],
        Bug::Means(settings_are_garbled),
    ),
    meaning(
        "appending-is-forgotten",
        "Appending an item is confirmed and changes nothing.",
        LISTS,
        &[&LOST_ITEM],
        Bug::Means(adding_is_forgotten),
    ),
    meaning(
        "appending-counts-twice",
        "An appended item is in its list twice.",
        LISTS,
        &[&DUPLICATED_ITEM],
        Bug::Means(adding_counts_twice),
    ),
    meaning(
        "taking-is-forgotten",
        "An item that is taken out stays in its list.",
        LISTS,
        &[&RESURRECTED],
        Bug::Means(taking_is_forgotten),
    ),
];

fn sets(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(JsonOp::Set { .. }))
}

fn settings_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if sets(operation) { nothing(answer) } else { answer }
}

fn settings_are_garbled(operation: &Operation, answer: Answer) -> Answer {
    if !sets(operation) {
        return answer;
    }
    edited(answer, |edits| {
        if let Some(Edit::Put { value, .. }) = edits.last_mut() {
            *value = format!("not {value}").into();
        }
    })
}

fn adding_is_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(JsonOp::Append { .. })) { nothing(answer) } else { answer }
}

fn adding_counts_twice(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(JsonOp::Append { .. }) => edited(answer, |edits| edits.extend(edits.last().cloned())),
        _ => answer,
    }
}

fn taking_is_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(JsonOp::Take { .. })) { nothing(answer) } else { answer }
}
