//! Bugs in the model of `kanban`: what operations on a board mean.

use crate::oracles::undo::LOST_TO_UNDO;
use crate::oracles::writes::EDIT_LOST;
use crate::workloads::kanban::{
    CARD_FROM_NOWHERE, CARD_GONE, DUPLICATE_ON_MOVE, DUPLICATED_CARD, GHOST_CARD, KanbanOp, LIMIT_BREACH, LOST_CARD,
    MISPLACED_CARD, MOVE_LOST, RESURRECTED_CARD,
};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Operation, Plan};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::{Answer, TOGETHER, UNDOING, edited, meaning, nothing};
use crate::mutants::{Bug, Mutant};

/// Cards come and go.
const LIVELY: &str = "kanban:contention=one:0,add=0.2,delete=0.15";

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "moves-leave-the-card",
        "A card that is moved stays in its column too.",
        "kanban",
        &[&DUPLICATE_ON_MOVE],
        Bug::Means(moves_leave_the_card),
    ),
    meaning(
        "moves-drop-the-card",
        "A card that is moved is in no column.",
        "kanban",
        &[&CARD_GONE],
        Bug::Means(moves_drop_the_card),
    ),
    meaning(
        "moves-are-forgotten",
        "A move of a card is confirmed, and the card stays where it was.",
        "kanban",
        &[&MOVE_LOST],
        Bug::Means(moves_are_forgotten),
    ),
    meaning(
        "moves-go-to-the-top",
        "A card that is moved goes to the top of its column.",
        "kanban:contention=one:0,delete=0",
        &[&MISPLACED_CARD],
        Bug::Means(moves_go_to_the_top),
    ),
    meaning(
        "titles-are-forgotten",
        "A new title is confirmed, and the card keeps the old one.",
        "kanban",
        &[&EDIT_LOST],
        Bug::Means(titles_are_forgotten),
    ),
    Mutant {
        conditions: UNDOING,
        ..meaning(
            "undone-titles-come-back",
            "A new title changes nothing, so an undo has nothing to bring back.",
            "kanban",
            &[&LOST_TO_UNDO],
            Bug::Means(titles_are_forgotten),
        )
    },
    meaning(
        "adding-lists-twice",
        "A new card is in its column twice.",
        LIVELY,
        &[&DUPLICATED_CARD],
        Bug::Means(adding_lists_twice),
    ),
    meaning(
        "adding-lists-nowhere",
        "A new card is in no column.",
        LIVELY,
        &[&LOST_CARD],
        Bug::Means(adding_lists_nowhere),
    ),
    meaning(
        "adding-writes-another-name",
        "A new card gets another name.",
        LIVELY,
        &[&CARD_FROM_NOWHERE],
        Bug::Means(adding_writes_another_name),
    ),
    Mutant {
        conditions: TOGETHER,
        ..meaning(
            "full-columns-take-more",
            "A full column takes another card.",
            "kanban:limit=2,add=0.3,delete=0",
            &[&LIMIT_BREACH],
            Bug::Sees(full_columns_take_more),
        )
    },
    meaning(
        "deletes-of-cards-are-forgotten",
        "A delete of a card is confirmed and changes nothing.",
        LIVELY,
        &[&RESURRECTED_CARD],
        Bug::Means(deletes_are_forgotten),
    ),
    meaning(
        "deletes-leave-the-card-listed",
        "A deleted card stays in its column.",
        LIVELY,
        &[&GHOST_CARD],
        Bug::Means(deletes_leave_the_card_listed),
    ),
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
