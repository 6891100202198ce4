//! Planted bugs for the oracle of `presence`.

use syncbench_harness::workloads::presence::{
    CURSOR_FROM_NOWHERE, CURSOR_OF_THE_CRASHED, GHOST_CURSOR, LOST_CURSOR, PresenceOp, STALE_CURSOR,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};

/// Users come and go.
const LIVELY: &str = "presence:leave=0.5";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new(LIVELY, &[&GHOST_CURSOR], Flaw::Means(leaves_are_forgotten)),
    Planted::new("presence:leave=0", &[&STALE_CURSOR], Flaw::Means(moves_are_forgotten)),
    Planted::new("presence:leave=0", &[&LOST_CURSOR], Flaw::Means(moves_leave)),
    Planted::new("presence", &[&CURSOR_FROM_NOWHERE], Flaw::Means(joining_writes_another_name)),
    Planted::new("presence:leave=0", &[&CURSOR_OF_THE_CRASHED], Flaw::Meets("crash:client=2@800ms")),
    Planted { strategy: "lww-document", ..Planted::new("presence", &[&STALE_CURSOR], Flaw::Weak) },
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

#[test]
fn bugs_among_cursors_are_found() {
    assert_caught("presence");
}
