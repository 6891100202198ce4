//! Planted bugs for the oracle of `record`.

use syncbench_harness::workloads::record::RecordOp;
use syncbench_strategies::model::Operation;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};
use crate::common::mutants::Bug;

/// A few records, of which many are deleted and made.
const LIVELY: &str = "record:delete=0.2,create=0.2";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new("record", &["edit lost"], Flaw::Means(settings_are_forgotten)),
    Planted::new("record", &["torn save"], Flaw::Means(saves_are_torn)),
    Planted::new(LIVELY, &["delete lost"], Flaw::Means(deletes_are_forgotten)),
    Planted::new(LIVELY, &["resurrected record"], Flaw::Means(deletes_are_forgotten)).together(),
    Planted::new(LIVELY, &["create lost"], Flaw::Means(creations_are_forgotten)),
    Planted::new(LIVELY, &["lost to undo"], Flaw::Regret),
    Planted { undo: 0.3, ..Planted::new(LIVELY, &["undo without effect"], Flaw::Has(Bug::UndoesNothing)) },
    Planted::new(LIVELY, &["overwritten", "edit lost to delete"], Flaw::Weak),
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
