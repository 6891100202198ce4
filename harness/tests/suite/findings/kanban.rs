//! Planted bugs for the oracle of `kanban`.

use syncbench_harness::oracles::places::MOVE_OVERWRITTEN;
use syncbench_harness::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use syncbench_harness::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, OVERWRITTEN};
use syncbench_harness::workloads::kanban::{
    CARD_FROM_NOWHERE, CARD_GONE, DUPLICATE_ON_MOVE, DUPLICATED_CARD, GHOST_CARD, KanbanOp, LIMIT_BREACH, LOST_CARD,
    MISPLACED_CARD, MOVE_LOST, RESURRECTED_CARD,
};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Operation, Plan};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

/// Cards come and go.
const LIVELY: &str = "kanban:hot=0,add=0.2,delete=0.15";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("kanban", &[&DUPLICATE_ON_MOVE], Flaw::Means(moves_leave_the_card)),
    Planted::new("kanban", &[&CARD_GONE], Flaw::Means(moves_drop_the_card)),
    Planted::new("kanban", &[&MOVE_LOST], Flaw::Means(moves_are_forgotten)),
    Planted::new("kanban:hot=0,delete=0", &[&MISPLACED_CARD], Flaw::Means(moves_go_to_the_top)),
    Planted::new("kanban", &[&EDIT_LOST], Flaw::Means(titles_are_forgotten)),
    Planted { undo: 0.3, ..Planted::new("kanban", &[&LOST_TO_UNDO], Flaw::Means(titles_are_forgotten)) },
    Planted::new(LIVELY, &[&DUPLICATED_CARD], Flaw::Means(adding_lists_twice)),
    Planted::new(LIVELY, &[&LOST_CARD], Flaw::Means(adding_lists_nowhere)),
    Planted::new(LIVELY, &[&CARD_FROM_NOWHERE], Flaw::Means(adding_writes_another_name)),
    Planted::new("kanban:limit=2,add=0.3,delete=0", &[&LIMIT_BREACH], Flaw::Sees(full_columns_take_more)).together(),
    Planted::new(LIVELY, &[&RESURRECTED_CARD], Flaw::Means(deletes_are_forgotten)),
    Planted::new(LIVELY, &[&GHOST_CARD], Flaw::Means(deletes_leave_the_card_listed)),
    Planted { undo: 0.3, ..Planted::new("kanban", &[&UNDO_WITHOUT_EFFECT], Flaw::Has(Bug::UndoesNothing)) },
    Planted::new("kanban", &[&EDIT_LOST_TO_DELETE, &OVERWRITTEN, &MOVE_OVERWRITTEN], Flaw::Weak),
];

fn moves(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(KanbanOp::Move { .. }))
}

fn adds(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(KanbanOp::Add { .. }))
}

fn deletes(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(KanbanOp::Delete { .. }))
}

fn moves_leave_the_card(operation: &Operation, answer: Answer) -> Answer {
    if !moves(operation) {
        return answer;
    }
    edited(answer, |edits| edits.retain(|edit| !matches!(edit, Edit::ListRemove { .. })))
}

fn moves_drop_the_card(operation: &Operation, answer: Answer) -> Answer {
    if !moves(operation) {
        return answer;
    }
    edited(answer, |edits| edits.retain(|edit| matches!(edit, Edit::ListRemove { .. })))
}

fn moves_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if moves(operation) { nothing(answer) } else { answer }
}

fn moves_go_to_the_top(operation: &Operation, answer: Answer) -> Answer {
    if !moves(operation) {
        return answer;
    }
    edited(answer, |edits| {
        for edit in edits {
            if let Edit::ListMove { to: index, .. } | Edit::ListInsert { index, .. } = edit {
                *index = 0;
            }
        }
    })
}

fn titles_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(KanbanOp::Retitle { .. })) { nothing(answer) } else { answer }
}

fn adding_lists_twice(operation: &Operation, answer: Answer) -> Answer {
    if adds(operation) { edited(answer, |edits| edits.extend(edits.last().cloned())) } else { answer }
}

fn adding_lists_nowhere(operation: &Operation, answer: Answer) -> Answer {
    if adds(operation) { edited(answer, |edits| edits.truncate(1)) } else { answer }
}

/// A card with this title at this place of a column.
fn put(card: &str, title: &str, column: &str, index: usize) -> Vec<Edit> {
    let value = Document::map([("title", title)]);
    let listed = Edit::ListInsert { path: path!["columns", column], index, values: vec![card.into()] };
    vec![Edit::Put { path: path!["cards", card], value }, listed]
}

fn adding_writes_another_name(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(KanbanOp::Add { card, title, column }) => {
            edited(answer, |edits| *edits = put(&format!("not {card}"), &title, &column, 0))
        }
        _ => answer,
    }
}

fn full_columns_take_more(view: &dyn View, operation: &Operation, answer: Answer) -> Answer {
    match (operation.decode(), answer) {
        (Some(KanbanOp::Add { card, title, column }), Err(reason)) if reason.code == "full" => {
            let end = view.len(&path!["columns", &column]).unwrap_or(0);
            Ok(Plan::new(put(&card, &title, &column, end)))
        }
        (_, answer) => answer,
    }
}

fn deletes_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if deletes(operation) { nothing(answer) } else { answer }
}

fn deletes_leave_the_card_listed(operation: &Operation, answer: Answer) -> Answer {
    if !deletes(operation) {
        return answer;
    }
    edited(answer, |edits| edits.retain(|edit| matches!(edit, Edit::Remove { .. })))
}

#[test]
fn bugs_on_boards_are_found() {
    assert_caught("kanban");
}
