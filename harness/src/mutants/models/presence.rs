//! Bugs in the model of `presence`: what the movements of cursors mean.

use crate::workloads::presence::{CURSOR_FROM_NOWHERE, GHOST_CURSOR, LOST_CURSOR, PresenceOp, STALE_CURSOR};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::{Answer, edited, meaning, nothing};
use crate::mutants::{Bug, Mutant};

/// Users come and go.
const LIVELY: &str = "presence:leave=0.5";

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "leaves-are-forgotten",
        "A user who leaves stays in the list.",
        LIVELY,
        &[&GHOST_CURSOR],
        Bug::Means(leaves_are_forgotten),
    ),
    meaning(
        "cursors-stand-still",
        "A cursor that moves stays where it was.",
        "presence:leave=0",
        &[&STALE_CURSOR],
        Bug::Means(moves_are_forgotten),
    ),
    meaning(
        "moves-leave",
        "A user who moves is taken out of the list.",
        "presence:leave=0",
        &[&LOST_CURSOR],
        Bug::Means(moves_leave),
    ),
    meaning(
        "joining-writes-another-name",
        "A user who joins is listed under another name.",
        "presence",
        &[&CURSOR_FROM_NOWHERE],
        Bug::Means(joining_writes_another_name),
    ),
];

fn moves(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(PresenceOp::Move { .. }))
}

fn leaves_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(PresenceOp::Leave { .. })) { nothing(answer) } else { answer }
}

fn moves_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if moves(operation) { nothing(answer) } else { answer }
}

fn moves_leave(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(PresenceOp::Move { who, .. }) => {
            edited(answer, |edits| *edits = vec![Edit::Remove { path: path!["presence", &who] }])
        }
        _ => answer,
    }
}

fn joining_writes_another_name(operation: &Operation, answer: Answer) -> Answer {
    edited(answer, |edits| {
        if let (Some(PresenceOp::Join { who, .. }), [Edit::Put { path, .. }]) = (operation.decode(), &mut edits[..]) {
            *path = path!["presence", format!("not {who}").as_str()];
        }
    })
}
