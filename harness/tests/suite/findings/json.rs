//! Planted bugs for the oracle of `json`.

use syncbench_harness::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use syncbench_harness::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, OVERWRITTEN};
use syncbench_harness::workloads::json::{
    DELETE_OVERWRITTEN, DUPLICATED_ITEM, HIDDEN_SUBTREE, JsonOp, LOST_ITEM, RESURRECTED, VALUE_FROM_NOWHERE,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

const LISTS: &str = "json:list=0.6";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("json", &[&EDIT_LOST], Flaw::Means(settings_are_forgotten)),
    // A delete comes before another of which nobody saw what the first had removed; the first is undone.
    Planted { seeds: 6, ..Planted::new("json", &[&LOST_TO_UNDO], Flaw::Regret) },
    Planted::new("json", &[&VALUE_FROM_NOWHERE], Flaw::Means(settings_are_garbled)),
    Planted::new(LISTS, &[&LOST_ITEM], Flaw::Means(adding_is_forgotten)),
    Planted::new(LISTS, &[&DUPLICATED_ITEM], Flaw::Means(adding_counts_twice)),
    Planted::new(LISTS, &[&RESURRECTED], Flaw::Means(taking_is_forgotten)),
    Planted { undo: 0.3, ..Planted::new("json", &[&UNDO_WITHOUT_EFFECT], Flaw::Has(Bug::UndoesNothing)) },
    Planted { ops: 400, ..Planted::new("json:hot=1,delete=0.2", &[&EDIT_LOST_TO_DELETE, &OVERWRITTEN], Flaw::Weak) },
    // So short that no user who has seen the delete writes there again.
    Planted { ops: 20, seeds: 20, ..Planted::new("json:hot=1,delete=0.3", &[&DELETE_OVERWRITTEN], Flaw::Weak) },
    Planted {
        strategy: "serial-patches",
        ops: 400,
        ..Planted::new("json:hot=1,delete=0.2", &[&HIDDEN_SUBTREE], Flaw::Weak)
    },
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

#[test]
fn bugs_in_trees_are_found() {
    assert_caught("json");
}
