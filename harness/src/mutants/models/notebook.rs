//! Bugs in the model of `notebook`: what operations on a notebook mean.

use crate::workloads::notebook::{
    CELL_FROM_NOWHERE, CELL_GONE, DUPLICATED_CELL, LOST_CELL, LOST_OUTPUT, MISPLACED_CELL, NotebookOp,
    RESURRECTED_CELL, STALE_OUTPUT,
};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::{Answer, edited, meaning, nothing, text};
use crate::mutants::{Bug, Mutant};
use crate::oracles::text::{
    CHARACTER_FROM_NOWHERE, DUPLICATED_CHARACTER, LOST_CHARACTER, MISPLACED_CHARACTER, RESURRECTED_CHARACTER,
    WRONG_CHARACTER_ERASED,
};

/// Many cells are inserted, moved, deleted and restored.
const LIVELY: &str = "notebook:cells=0.5";
/// Every user types in the first cell.
const CROWDED: &str = "notebook:cells=0,evaluate=0,contention=one:1,elsewhere=1";

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "inserting-lists-nowhere",
        "A new cell is not in the list of cells.",
        LIVELY,
        &[&LOST_CELL],
        Bug::Means(inserting_lists_nowhere),
    ),
    meaning(
        "moves-drop-the-cell",
        "A cell that is moved is no longer listed.",
        LIVELY,
        &[&CELL_GONE],
        Bug::Means(moves_drop_the_cell),
    ),
    meaning(
        "inserting-lists-twice",
        "A new cell is listed twice.",
        LIVELY,
        &[&DUPLICATED_CELL],
        Bug::Means(inserting_lists_twice),
    ),
    meaning(
        "inserting-writes-another-name",
        "A new cell gets another name.",
        LIVELY,
        &[&CELL_FROM_NOWHERE],
        Bug::Means(inserting_writes_another_name),
    ),
    meaning(
        "deletes-of-cells-are-forgotten",
        "A delete of a cell is confirmed and changes nothing.",
        LIVELY,
        &[&RESURRECTED_CELL],
        Bug::Means(deletes_are_forgotten),
    ),
    meaning(
        "cells-go-to-the-top",
        "A cell that is inserted or moved goes to the top.",
        LIVELY,
        &[&MISPLACED_CELL],
        Bug::Means(cells_go_to_the_top),
    ),
    meaning(
        "evaluating-is-forgotten",
        "An output is confirmed and not stored.",
        "notebook:evaluate=0.3",
        &[&LOST_OUTPUT],
        Bug::Means(evaluating_is_forgotten),
    ),
    meaning(
        "evaluating-takes-another-source",
        "An output is stored for a source that no user saw.",
        "notebook:evaluate=0.3",
        &[&STALE_OUTPUT],
        Bug::Means(evaluating_takes_another_source),
    ),
    meaning(
        "typing-in-a-cell-is-forgotten",
        "Characters typed in a cell do not appear.",
        CROWDED,
        &[&LOST_CHARACTER],
        Bug::Means(text::typing_is_forgotten),
    ),
    meaning(
        "typing-in-a-cell-counts-twice",
        "Characters typed in a cell appear twice.",
        CROWDED,
        &[&DUPLICATED_CHARACTER],
        Bug::Means(text::typing_counts_twice),
    ),
    meaning(
        "typing-goes-to-the-top-of-a-cell",
        "Characters typed in a cell appear at its beginning.",
        CROWDED,
        &[&MISPLACED_CHARACTER],
        Bug::Means(text::typing_goes_to_the_top),
    ),
    meaning(
        "typing-in-a-cell-is-garbled",
        "Characters typed in a cell appear as question marks.",
        CROWDED,
        &[&CHARACTER_FROM_NOWHERE],
        Bug::Means(text::typing_is_garbled),
    ),
    meaning(
        "erasing-in-a-cell-is-forgotten",
        "Characters erased in a cell stay.",
        CROWDED,
        &[&RESURRECTED_CHARACTER],
        Bug::Means(text::erasing_is_forgotten),
    ),
    meaning(
        "erasing-in-a-cell-misses",
        "Erasing in a cell takes the characters before those that the user chose.",
        CROWDED,
        &[&WRONG_CHARACTER_ERASED],
        Bug::Means(text::erasing_hits_the_one_before),
    ),
];

fn inserts(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(NotebookOp::Insert { .. }))
}

fn inserting_lists_nowhere(operation: &Operation, answer: Answer) -> Answer {
    if inserts(operation) { edited(answer, |edits| edits.truncate(1)) } else { answer }
}

fn inserting_lists_twice(operation: &Operation, answer: Answer) -> Answer {
    if inserts(operation) { edited(answer, |edits| edits.extend(edits.last().cloned())) } else { answer }
}

fn moves_drop_the_cell(_: &Operation, answer: Answer) -> Answer {
    edited(answer, |edits| {
        for edit in edits {
            if let Edit::ListMove { path, from, .. } = edit {
                *edit = Edit::ListRemove { path: path.clone(), index: *from, count: 1 };
            }
        }
    })
}

fn inserting_writes_another_name(operation: &Operation, answer: Answer) -> Answer {
    let Some(NotebookOp::Insert { cell, .. }) = operation.decode() else { return answer };
    let name = format!("not {cell}");
    edited(answer, |edits| {
        for edit in edits {
            match edit {
                Edit::Put { path, .. } => *path = path!["cells", &name],
                Edit::ListInsert { values, .. } => *values = vec![name.as_str().into()],
                _ => {}
            }
        }
    })
}

fn deletes_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(NotebookOp::Delete { .. })) { nothing(answer) } else { answer }
}

fn cells_go_to_the_top(_: &Operation, answer: Answer) -> Answer {
    edited(answer, |edits| {
        for edit in edits {
            if let Edit::ListMove { to: index, .. } | Edit::ListInsert { index, .. } = edit {
                *index = 0;
            }
        }
    })
}

fn evaluates(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(NotebookOp::Evaluate { .. }))
}

fn evaluating_is_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if evaluates(operation) { nothing(answer) } else { answer }
}

fn evaluating_takes_another_source(operation: &Operation, answer: Answer) -> Answer {
    let Some(NotebookOp::Evaluate { run, .. }) = operation.decode() else { return answer };
    edited(answer, |edits| {
        for edit in edits {
            if let Edit::Put { value, .. } = edit {
                *value = Document::map([("of", "another"), ("run", run.as_str())]);
            }
        }
    })
}
