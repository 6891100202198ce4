//! Planted bugs for the oracle of `notebook`; what becomes of characters is as in `text`.

use syncbench_harness::oracles::places::MOVE_OVERWRITTEN;
use syncbench_harness::oracles::text::{
    CHARACTER_FROM_NOWHERE, DUPLICATED_CHARACTER, INTERLEAVED_RUN, LOST_CHARACTER, MISPLACED_CHARACTER,
    RESURRECTED_CHARACTER, WRONG_CHARACTER_ERASED,
};
use syncbench_harness::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use syncbench_harness::workloads::notebook::{
    CELL_FROM_NOWHERE, CELL_GONE, DUPLICATED_CELL, LOST_CELL, LOST_OUTPUT, MISPLACED_CELL, NotebookOp, ORPHANED_EDIT,
    RESURRECTED_CELL, STALE_OUTPUT,
};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing, text};
use crate::common::mutants::Bug;

/// Many cells are inserted, moved, deleted and restored.
const LIVELY: &str = "notebook:cells=0.5";
/// Everybody types in the first cell.
const CROWDED: &str = "notebook:cells=0,evaluate=0,hot=1,elsewhere=1";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new(LIVELY, &[&LOST_CELL], Flaw::Means(inserting_lists_nowhere)),
    Planted::new(LIVELY, &[&CELL_GONE], Flaw::Means(moves_drop_the_cell)),
    Planted { ops: 400, seeds: 12, ..Planted::new("notebook:cells=0.8,hot=0.8", &[&MOVE_OVERWRITTEN], Flaw::Weak) },
    Planted::new(LIVELY, &[&DUPLICATED_CELL], Flaw::Means(inserting_lists_twice)),
    Planted::new(LIVELY, &[&CELL_FROM_NOWHERE], Flaw::Means(inserting_writes_another_name)),
    Planted { undo: 0.3, ..Planted::new(LIVELY, &[&LOST_TO_UNDO], Flaw::Means(deletes_are_forgotten)) },
    Planted::new(LIVELY, &[&RESURRECTED_CELL], Flaw::Means(deletes_are_forgotten)),
    Planted::new(LIVELY, &[&MISPLACED_CELL], Flaw::Means(cells_go_to_the_top)),
    Planted::new("notebook:evaluate=0.3", &[&LOST_OUTPUT], Flaw::Means(evaluating_is_forgotten)),
    Planted::new("notebook:evaluate=0.3", &[&STALE_OUTPUT], Flaw::Means(evaluating_takes_another_source)),
    Planted { undo: 0.3, ..Planted::new("notebook", &[&UNDO_WITHOUT_EFFECT], Flaw::Has(Bug::UndoesNothing)) },
    Planted { ops: 400, ..Planted::new(LIVELY, &[&ORPHANED_EDIT], Flaw::Weak) },
    Planted::new(CROWDED, &[&LOST_CHARACTER], Flaw::Means(text::typing_is_forgotten)),
    Planted::new(CROWDED, &[&DUPLICATED_CHARACTER], Flaw::Means(text::typing_counts_twice)),
    Planted::new(CROWDED, &[&MISPLACED_CHARACTER], Flaw::Means(text::typing_goes_to_the_top)),
    Planted::new(CROWDED, &[&CHARACTER_FROM_NOWHERE], Flaw::Means(text::typing_is_garbled)),
    Planted::new(CROWDED, &[&RESURRECTED_CHARACTER], Flaw::Means(text::erasing_is_forgotten)),
    Planted::new(CROWDED, &[&WRONG_CHARACTER_ERASED], Flaw::Means(text::erasing_hits_the_one_before)),
    Planted {
        strategy: "serial-optimistic",
        ops: 300,
        seeds: 12,
        ..Planted::new("notebook:cells=0,evaluate=0,hot=1,elsewhere=0,run=40", &[&INTERLEAVED_RUN], Flaw::Weak)
    },
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

#[test]
fn bugs_in_notebooks_are_found() {
    assert_caught("notebook");
}
