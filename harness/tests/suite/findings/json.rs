//! Planted bugs for the oracle of `json`.

use syncbench_harness::workloads::json::JsonOp;
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

const LISTS: &str = "json:list=0.6";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("json", &["edit lost"], Flaw::Means(settings_are_forgotten)),
    Planted { undo: 0.2, ..Planted::new("json", &["lost to undo"], Flaw::Means(settings_are_forgotten)) },
    Planted::new("json", &["value from nowhere"], Flaw::Means(settings_are_garbled)),
    Planted::new(LISTS, &["lost item"], Flaw::Means(adding_is_forgotten)),
    Planted::new(LISTS, &["duplicated item"], Flaw::Means(adding_counts_twice)),
    Planted::new(LISTS, &["resurrected"], Flaw::Means(taking_is_forgotten)),
    Planted { undo: 0.3, ..Planted::new("json", &["undo without effect"], Flaw::Has(Bug::UndoesNothing)) },
    Planted { ops: 400, ..Planted::new("json:hot=1,delete=0.2", &["lost to delete", "overwritten"], Flaw::Weak) },
    // So short that nobody who knows of the delete writes there again.
    Planted { ops: 20, seeds: 20, ..Planted::new("json:hot=1,delete=0.3", &["delete overwritten"], Flaw::Weak) },
    Planted {
        strategy: "serial-patches",
        ops: 400,
        ..Planted::new("json:hot=1,delete=0.2", &["hidden subtree"], Flaw::Weak)
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
