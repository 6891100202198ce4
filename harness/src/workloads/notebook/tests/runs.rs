//! Whole runs under strategies that are known to lose, or not to lose.

#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Model, Plan, Rejected, erase};
use syncbench_strategies::view::View;
use syncbench_strategies::{lww, serial};

use super::super::model::{OUTPUT, cell_path};
use super::super::oracle::{
    CELL_FROM_NOWHERE, DUPLICATED_CELL, LOST_CELL, LOST_OUTPUT, MISPLACED_CELL, ORPHANED_EDIT, RESURRECTED_CELL,
    STALE_OUTPUT,
};
use super::super::{NotebookModel, NotebookOp};
use crate::oracles::text::{LOST_CHARACTER, MISPLACED_CHARACTER};
use crate::pace::Pace;
use crate::testing::{Found, Trial};

/// The findings over a few seeds: not every kind lasts to the end of every run.
fn all(trial: &Trial) -> Found {
    Found((1..=4).flat_map(|seed| Trial { seed, ..trial.clone() }.run().1.0).collect())
}

#[test]
fn users_who_take_turns_lose_nothing() {
    let trial = Trial { pace: Pace::Turns, ops: 300, ..Trial::new(&serial::reducer::SPEC, "notebook:cells=0.3") };
    for seed in 1..=3 {
        assert_eq!(Trial { seed, ..trial.clone() }.run().1.kinds(), []);
        assert_eq!(Trial { strategy: &lww::document::SPEC, seed, ..trial.clone() }.run().1.kinds(), []);
    }
}

#[test]
fn a_serial_order_keeps_cells_and_misplaces_characters() {
    for seed in 1..=3 {
        let trial = Trial { ops: 1000, seed, ..Trial::new(&serial::reducer::SPEC, "notebook:cells=0.2") };
        let (ran, found) = trial.run();
        for kind in [&LOST_CELL, &DUPLICATED_CELL, &RESURRECTED_CELL, &MISPLACED_CELL, &LOST_OUTPUT] {
            assert_eq!(found.count(kind), 0, "{found:?}");
        }
        assert!(found.count(&ORPHANED_EDIT) > 0 && found.count(&MISPLACED_CHARACTER) > 0, "{found:?}");
        assert_eq!(ran.ledger.broken_states().0, 0);
    }
}

#[test]
fn the_last_document_loses_cells_and_characters() {
    let found = Trial { ops: 1000, ..Trial::new(&lww::document::SPEC, "notebook:cells=0.2") }.run().1;
    assert!(found.count(&LOST_CELL) > 0 && found.count(&LOST_CHARACTER) > 0, "{found:?}");
    assert_eq!(found.count(&DUPLICATED_CELL) + found.count(&MISPLACED_CHARACTER), 0, "{found:?}");
}

#[cfg(feature = "automerge")]
#[test]
fn merged_orders_duplicate_cells_and_merged_text_is_whole() {
    let trial = Trial::new(&crdt::automerge::SPEC, "notebook:cells=0.2,evaluate=0.1,elsewhere=0.5");
    let found = all(&Trial { delay_ms: 300, ..trial });
    for kind in [&DUPLICATED_CELL, &ORPHANED_EDIT, &STALE_OUTPUT] {
        assert!(found.count(kind) > 0, "{kind:?}: {found:?}");
    }
    for kind in [&LOST_CELL, &LOST_CHARACTER, &MISPLACED_CHARACTER, &MISPLACED_CELL, &LOST_OUTPUT] {
        assert_eq!(found.count(kind), 0, "{kind:?}: {found:?}");
    }
}

/// Forgets some edits, by the last digit of the id of a cell or an evaluation.
struct Careless;

impl Model for Careless {
    type Op = NotebookOp;

    fn plan(&self, view: &dyn View, op: &NotebookOp) -> Result<Plan, Rejected> {
        let mut edits = NotebookModel.plan(view, op)?.edits;
        let ends = |digits: &[char]| op.cell().ends_with(digits);
        match op {
            NotebookOp::Insert { .. } if ends(&['1']) => drop(edits.pop()),
            NotebookOp::Insert { .. } if ends(&['2', '3']) => edits.extend(edits.last().cloned()),
            NotebookOp::Insert { after, .. } if ends(&['4']) => {
                let cell = format!("other {}", op.cell());
                return NotebookModel.plan(view, &NotebookOp::Insert { cell, after: after.clone() });
            }
            NotebookOp::Delete { .. } if ends(&['5', '6']) => edits.clear(),
            NotebookOp::Move { .. } if ends(&['7', '0']) => edits.clear(),
            NotebookOp::Type { .. } if ends(&['1']) => edits.clear(),
            NotebookOp::Evaluate { run, .. } if run.ends_with(['1', '2']) => edits.clear(),
            NotebookOp::Evaluate { run, .. } if run.ends_with(['3', '4', '5', '6']) => {
                let output = Document::map([("of", "something else"), ("run", run)]);
                edits = vec![Edit::Put { path: cell_path(op.cell()).child(OUTPUT), value: output }];
            }
            _ => {}
        }
        Ok(Plan::new(edits))
    }
}

#[test]
fn planted_bugs_are_found() {
    let trial = Trial::new(&serial::reducer::SPEC, "notebook:cells=0.3,evaluate=0.2,elsewhere=0.5");
    let found = all(&Trial { pace: Pace::Turns, model: Some(erase(Careless)), ..trial });
    for kind in [
        &CELL_FROM_NOWHERE,
        &DUPLICATED_CELL,
        &LOST_CELL,
        &LOST_CHARACTER,
        &LOST_OUTPUT,
        &MISPLACED_CELL,
        &RESURRECTED_CELL,
        &STALE_OUTPUT,
    ] {
        assert!(found.count(kind) > 0, "{kind:?}: {found:?}");
    }
}
