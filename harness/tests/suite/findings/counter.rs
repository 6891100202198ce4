//! Planted bugs for the oracle of `counter`.

use syncbench_harness::oracles::undo::UNDO_WITHOUT_EFFECT;
use syncbench_harness::workloads::counter::{
    COUNTER_OFF, CounterOp, DUPLICATED_INCREMENT, DUPLICATED_LIKE, LIKE_FROM_NOWHERE, LIKED_TWICE, LOST_INCREMENT,
    LOST_LIKE,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("counter", &[&LOST_INCREMENT], Flaw::Means(additions_are_forgotten)),
    Planted::new("counter", &[&DUPLICATED_INCREMENT], Flaw::Means(additions_count_twice)),
    Planted::new("counter", &[&COUNTER_OFF], Flaw::Means(additions_count_thrice)),
    Planted { strategy: "lww-document", ..Planted::new("counter:like=0.8", &[&LIKED_TWICE], Flaw::Weak) },
    Planted::new("counter", &[&LOST_LIKE], Flaw::Means(likes_are_only_counted)),
    Planted::new("counter", &[&DUPLICATED_LIKE], Flaw::Means(likes_count_twice)),
    Planted::new("counter", &[&LIKE_FROM_NOWHERE], Flaw::Means(likes_write_another_name)),
    Planted { undo: 0.3, ..Planted::new("counter", &[&UNDO_WITHOUT_EFFECT], Flaw::Has(Bug::UndoesNothing)) },
    Planted { strategy: "lww-document", ..Planted::new("counter", &[&LOST_INCREMENT], Flaw::Weak) },
];

fn adds(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(CounterOp::Add { .. }))
}

fn additions_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if adds(operation) { nothing(answer) } else { answer }
}

fn additions_count_twice(operation: &Operation, answer: Answer) -> Answer {
    if adds(operation) { edited(answer, |edits| edits.extend(edits.clone())) } else { answer }
}

fn additions_count_thrice(operation: &Operation, answer: Answer) -> Answer {
    let twice = |edits: &mut Vec<Edit>| edits.extend([edits.clone(), edits.clone()].concat());
    if adds(operation) { edited(answer, twice) } else { answer }
}

fn likes_are_only_counted(operation: &Operation, answer: Answer) -> Answer {
    if adds(operation) {
        return answer;
    }
    edited(answer, |edits| edits.retain(|edit| matches!(edit, Edit::Increment { .. })))
}

fn likes_count_twice(operation: &Operation, answer: Answer) -> Answer {
    if adds(operation) { answer } else { edited(answer, |edits| edits.extend(edits.last().cloned())) }
}

fn likes_write_another_name(operation: &Operation, answer: Answer) -> Answer {
    let Some(CounterOp::Like { user, post }) = operation.decode() else { return answer };
    edited(answer, |edits| {
        for edit in edits {
            if let Edit::Put { path, .. } = edit {
                *path = path!["likes", &format!("not post{post}/user{user}")];
            }
        }
    })
}

#[test]
fn bugs_in_counters_are_found() {
    assert_caught("counter");
}
