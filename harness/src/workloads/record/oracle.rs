//! What became of the records, and of what users wrote into them.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::{Document, Kind};
use syncbench_strategies::path;

use super::model::{Field, RecordOp, pair, place};
use crate::finding::{self, Finding, kinds};
use crate::findings::Findings;
use crate::history::{History, Issued};
use crate::oracles::members::{Member, Wrong};
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, Effect, Loss, OVERWRITTEN, Place, Writes, Writing};
use crate::workload::phrase;

kinds! {
    TORN_SAVE = lost(
        "torn save",
        "A user saved two fields that belong together, and one of them was there without the other."
    );
    RESURRECTED_RECORD = lost(
        "resurrected record",
        "A record was deleted, and it is there with a value from a user who had not seen the delete."
    );
    DELETE_LOST = lost("delete lost", "A record was deleted, and it is there although nobody wrote to it at the same time.");
    CREATE_LOST = lost("create lost", "A record was created, nobody deleted it, and it is gone.");
}

/// What is written as a whole, in one record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Record,
    Field(Field),
    Pair,
}

impl Place for Slot {
    fn within(&self, outer: &Self) -> bool {
        self == outer || *outer == Slot::Record
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Field(Field, String),
    /// The lower number of a pair.
    Pair(i64),
}

/// What a pair of fields shows: a saved pair, or halves of such.
fn pairs((low, high): (Option<i64>, Option<i64>)) -> (Option<Value>, [Option<Value>; 2]) {
    let saved = high.and_then(|high| high.checked_sub(1));
    if low.is_some() && low == saved {
        (low.map(Value::Pair), [None, None])
    } else {
        (None, [low.map(Value::Pair), saved.map(Value::Pair)])
    }
}

/// The values that a record shows.
fn values(record: &Document) -> BTreeSet<Value> {
    let field = |field: Field| Some(Value::Field(field, record.at(&path![field.key()])?.as_str()?.into()));
    [field(Field::Title), field(Field::Status), pairs(pair(record)).0].into_iter().flatten().collect()
}

/// The two numbers of the pair that a user saw where it saved another.
fn seen_pair(seen: &Document) -> (Option<i64>, Option<i64>) {
    let number = |index: usize| seen.at(&path![index]).and_then(Document::as_int);
    (number(0), number(1))
}

/// The pairs of which the user of an operation saw one half.
fn halves(issued: &Issued<'_, RecordOp>) -> impl Iterator<Item = Value> {
    let halves = match issued.op {
        RecordOp::SavePair { .. } => pairs(seen_pair(&issued.entry.seen)).1,
        RecordOp::Delete { .. } => pairs(pair(&issued.entry.seen)).1,
        RecordOp::Set { .. } | RecordOp::Create { .. } => [None, None],
    };
    halves.into_iter().flatten()
}

impl Writing for RecordOp {
    type Place = Slot;
    type Value = Value;

    fn effect(&self) -> Effect<Slot, Value> {
        match self {
            RecordOp::Set { field, value, .. } => Effect::Put(Slot::Field(*field), Value::Field(*field, value.clone())),
            RecordOp::SavePair { low, .. } => Effect::Put(Slot::Pair, Value::Pair(*low)),
            RecordOp::Delete { .. } => Effect::Remove(Slot::Record),
            RecordOp::Create { .. } => Effect::Create(Slot::Record),
        }
    }

    fn replaced(&self, seen: &Document) -> BTreeSet<Value> {
        match self {
            RecordOp::Set { field, .. } => {
                seen.as_str().map(|value| Value::Field(*field, value.into())).into_iter().collect()
            }
            RecordOp::SavePair { .. } => pairs(seen_pair(seen)).0.into_iter().collect(),
            RecordOp::Delete { .. } => values(seen),
            RecordOp::Create { .. } => BTreeSet::new(),
        }
    }
}

/// Asks of each write whether it was lost, see [`Writes`], and of each record whether it is there, see [`Member`]. No two
/// clients make the same id, so no create is overwritten by another.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<RecordOp>();
    let mut rows: BTreeMap<&str, Vec<&Issued<'_, RecordOp>>> = BTreeMap::new();
    for issued in &operations {
        rows.entry(issued.op.record()).or_default().push(issued);
    }
    let mut findings = Findings::of(history);
    for (name, operations) in rows {
        judge_record(history, name, &operations, &mut findings);
    }
    findings.done()
}

fn judge_record(history: &History<'_>, name: &str, operations: &[&Issued<'_, RecordOp>], findings: &mut Findings) {
    let record = history.last.at(&place(name)).filter(|node| node.kind() == Kind::Map);
    let mut writes = Writes::new(operations.iter().copied(), record.map(values).unwrap_or_default());
    writes.glimpse(operations.iter().flat_map(|issued| halves(issued)));
    writes.glimpse(record.into_iter().flat_map(|record| pairs(pair(record)).1).flatten());
    let mut member = Member::new(history.genesis.at(&place(name)).is_some(), u64::from(record.is_some()));
    for issued in operations {
        match issued.op {
            RecordOp::Create { .. } => member.add(issued.entry),
            RecordOp::Delete { .. } => member.remove(issued.entry),
            RecordOp::Set { .. } | RecordOp::SavePair { .. } => member.change(issued.entry),
        }
    }
    let wrong = member.wrong();
    let disturbed = |kind: &'static finding::Kind| if writes.disturbed(&Slot::Record) { &LOST_TO_UNDO } else { kind };
    for (index, step) in writes.steps().iter().enumerate() {
        let (issued, entry) = (step.issued, step.issued.entry);
        let kind = match issued.op {
            RecordOp::Set { .. } | RecordOp::SavePair { .. } if issued.undone() => {
                writes.undo_failed(index).then_some(&UNDO_WITHOUT_EFFECT)
            }
            RecordOp::Set { .. } | RecordOp::SavePair { .. } => writes.loss(index).map(|loss| match loss {
                _ if step.effect.value().is_some_and(|value| writes.glimpsed(value)) => &TORN_SAVE,
                Loss::Overwritten => &OVERWRITTEN,
                Loss::Removed => &EDIT_LOST_TO_DELETE,
                Loss::Undone => &LOST_TO_UNDO,
                Loss::Unexplained => &EDIT_LOST,
            }),
            RecordOp::Create { .. } if wrong == Some(Wrong::Lost) && issued.outcome().is_some() => {
                Some(disturbed(&CREATE_LOST))
            }
            RecordOp::Create { .. } if wrong == Some(Wrong::NotWithdrawn) && issued.undone() => {
                Some(&UNDO_WITHOUT_EFFECT)
            }
            RecordOp::Delete { .. } if wrong == Some(Wrong::NotBack) && issued.undone() => Some(&UNDO_WITHOUT_EFFECT),
            RecordOp::Delete { .. } if record.is_some() && member.last_removals().any(|last| last.id == entry.id) => {
                let revived = writes.written_concurrently(index).next().is_some();
                Some(if revived { &RESURRECTED_RECORD } else { disturbed(&DELETE_LOST) })
            }
            RecordOp::Create { .. } | RecordOp::Delete { .. } => None,
        };
        if let Some(kind) = kind {
            let shown = record.map_or_else(|| "gone".into(), |record| format!("now {record}"));
            findings.lost(
                issued.id(),
                kind,
                format_args!("{}, {}: the record is {shown}", issued.id(), phrase(&issued.op)),
            );
        }
    }
}
