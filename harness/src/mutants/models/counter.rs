//! Bugs in the model of `counter`: what additions and likes mean.

use crate::workloads::counter::{
    COUNTER_OFF, CounterOp, DUPLICATED_INCREMENT, DUPLICATED_LIKE, LIKE_FROM_NOWHERE, LOST_INCREMENT, LOST_LIKE,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::{Answer, edited, meaning, nothing};
use crate::mutants::{Bug, Mutant};

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "additions-are-forgotten",
        "An addition is confirmed and changes nothing.",
        "counter",
        &[&LOST_INCREMENT],
        Bug::Means(additions_are_forgotten),
    ),
    meaning(
        "additions-count-twice",
        "An addition is added twice.",
        "counter",
        &[&DUPLICATED_INCREMENT],
        Bug::Means(additions_count_twice),
    ),
    meaning(
        "additions-count-thrice",
        "An addition is added three times, which no set of increments explains.",
        "counter",
        &[&COUNTER_OFF],
        Bug::Means(additions_count_thrice),
    ),
    meaning(
        "likes-are-only-counted",
        "A like raises the count and does not note who likes.",
        "counter",
        &[&LOST_LIKE],
        Bug::Means(likes_are_only_counted),
    ),
    meaning(
        "likes-count-twice",
        "A like raises the count by two.",
        "counter",
        &[&DUPLICATED_LIKE],
        Bug::Means(likes_count_twice),
    ),
    meaning(
        "likes-write-another-name",
        "A like is noted under a name that no user has.",
        "counter",
        &[&LIKE_FROM_NOWHERE],
        Bug::Means(likes_write_another_name),
    ),
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
