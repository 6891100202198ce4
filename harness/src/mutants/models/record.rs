//! Bugs in the model of `record`: what edits of a table mean.

use crate::oracle::{ACTIVITY, ALLOWED_STATES};
use crate::oracles::INVARIANT_BROKEN_ON_SCREEN;
use crate::oracles::undo::LOST_TO_UNDO;
use crate::oracles::writes::EDIT_LOST;
use crate::workloads::record::{CREATE_LOST, DELETE_LOST, RESURRECTED_RECORD, RecordOp, TORN_SAVE};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Operation, Rejected};

use super::{Answer, TOGETHER, UNDOING, edited, meaning, nothing};
use crate::mutants::{Bug, Mutant};

/// A few records, of which many are deleted and made.
const LIVELY: &str = "record:delete=0.2,create=0.2";

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "settings-are-forgotten",
        "Setting a field is confirmed and changes nothing.",
        "record",
        &[&EDIT_LOST],
        Bug::Means(settings_are_forgotten),
    ),
    meaning(
        "saves-are-torn",
        "A save of two paired fields writes one of them.",
        "record",
        &[&TORN_SAVE, &INVARIANT_BROKEN_ON_SCREEN],
        Bug::Means(saves_are_torn),
    ),
    meaning(
        "deletes-of-records-are-forgotten",
        "A delete of a record is confirmed and changes nothing.",
        LIVELY,
        &[&DELETE_LOST],
        Bug::Means(deletes_are_forgotten),
    ),
    Mutant {
        conditions: TOGETHER,
        ..meaning(
            "deleted-records-stay-editable",
            "A delete of a record is confirmed and changes nothing, so others keep editing it.",
            LIVELY,
            &[&RESURRECTED_RECORD],
            Bug::Means(deletes_are_forgotten),
        )
    },
    meaning(
        "creations-are-forgotten",
        "A record is confirmed as created, and it is not there.",
        LIVELY,
        &[&CREATE_LOST],
        Bug::Means(creations_are_forgotten),
    ),
    Mutant {
        conditions: UNDOING,
        ..meaning(
            "undone-settings-come-back",
            "Setting a field changes nothing, so an undo has nothing to bring back.",
            LIVELY,
            &[&LOST_TO_UNDO],
            Bug::Means(settings_are_forgotten),
        )
    },
    Mutant {
        oracle: &ALLOWED_STATES,
        ..meaning(
            "saves-miss-the-pair",
            "A save of two paired fields writes two values that do not belong together.",
            "record",
            &[],
            Bug::Means(saves_miss_the_pair),
        )
    },
    Mutant {
        oracle: &ACTIVITY,
        ..meaning(
            "everything-is-rejected",
            "Every operation is rejected, so nothing can be lost.",
            "record",
            &[],
            Bug::Means(everything_is_rejected),
        )
    },
];

fn settings_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(RecordOp::Set { .. })) { nothing(answer) } else { answer }
}

pub(super) fn saves_are_torn(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(RecordOp::SavePair { .. }) => edited(answer, |edits| edits.truncate(1)),
        _ => answer,
    }
}

/// The upper field of a pair is one more than the lower.
fn saves_miss_the_pair(operation: &Operation, answer: Answer) -> Answer {
    match operation.decode() {
        Some(RecordOp::SavePair { .. }) => edited(answer, |edits| {
            if let Some(Edit::Put { value, .. }) = edits.last_mut() {
                *value = value.as_int().map_or(Document::Null, |high| (high + 1).into());
            }
        }),
        _ => answer,
    }
}

/// Every operation is rejected.
fn everything_is_rejected(_: &Operation, _: Answer) -> Answer {
    Err(Rejected::new("closed", "come back tomorrow"))
}

fn deletes_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(RecordOp::Delete { .. })) { nothing(answer) } else { answer }
}

fn creations_are_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(RecordOp::Create { .. })) { nothing(answer) } else { answer }
}
