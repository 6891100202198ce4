//! Planted bugs for the oracle of `record`.

use syncbench_harness::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use syncbench_harness::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, OVERWRITTEN};
use syncbench_harness::workloads::record::{CREATE_LOST, DELETE_LOST, RESURRECTED_RECORD, RecordOp, TORN_SAVE};
use syncbench_strategies::model::Operation;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

/// A few records, of which many are deleted and made.
const LIVELY: &str = "record:delete=0.2,create=0.2";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("record", &[&EDIT_LOST], Flaw::Means(settings_are_forgotten)),
    Planted::new("record", &[&TORN_SAVE], Flaw::Means(saves_are_torn)),
    Planted::new(LIVELY, &[&DELETE_LOST], Flaw::Means(deletes_are_forgotten)),
    Planted::new(LIVELY, &[&RESURRECTED_RECORD], Flaw::Means(deletes_are_forgotten)).together(),
    Planted::new(LIVELY, &[&CREATE_LOST], Flaw::Means(creations_are_forgotten)),
    Planted { undo: 0.3, ..Planted::new(LIVELY, &[&LOST_TO_UNDO], Flaw::Means(settings_are_forgotten)) },
    Planted { undo: 0.3, ..Planted::new(LIVELY, &[&UNDO_WITHOUT_EFFECT], Flaw::Has(Bug::UndoesNothing)) },
    Planted::new(LIVELY, &[&OVERWRITTEN, &EDIT_LOST_TO_DELETE], Flaw::Weak),
];

fn settings_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(RecordOp::Set { .. })) { nothing(answer) } else { answer }
}

pub(crate) fn saves_are_torn(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(RecordOp::SavePair { .. }) => edited(answer, |edits| edits.truncate(1)),
        _ => answer,
    }
}

fn deletes_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(RecordOp::Delete { .. })) { nothing(answer) } else { answer }
}

fn creations_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(RecordOp::Create { .. })) { nothing(answer) } else { answer }
}

#[test]
fn bugs_in_records_are_found() {
    assert_caught("record");
}
