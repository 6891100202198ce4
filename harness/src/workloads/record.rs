//! `record`: a small table whose rows several people edit: fields, two fields that belong together, deletes and creates.
//!
//! Every value is unique, so a value in the final state names the operation that wrote it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{self, Finding, Findings, kinds};
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, OVERWRITTEN};
use crate::rng::{below, unit};
use crate::workload::{History, Intent, Issued, User, Workload, WorkloadSpec};

kinds! {
    TORN_SAVE = lost("torn save", "A user saved two fields that belong together, and only one of them took effect.");
    RESURRECTED_RECORD = lost(
        "resurrected record",
        "A record was deleted, and it is there with a value from a user who had not seen the delete."
    );
    DELETE_LOST = lost(
        "delete lost",
        "A record was deleted, and it is there although nobody wrote to it at the same time."
    );
    CREATE_LOST = lost("create lost", "A record was created, nobody deleted it, and it is gone.");
}

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "record",
    summary: "set fields of shared records, save two fields that belong together, delete and create records",
    product: "a shared table: contacts, tasks with a start and an end, a board's cards",
    params: &[
        Param {
            name: "pair",
            kind: ParamKind::Share,
            default: "0.2",
            help: "share of saves of two paired fields; a form with a from and a to",
        },
        Param {
            name: "delete",
            kind: ParamKind::Share,
            default: "0.04",
            help: "share of deletes: rare, as in most tables. A table that has shrunk to half gets a create instead",
        },
        Param {
            name: "create",
            kind: ParamKind::Share,
            default: "0.04",
            help: "share of creates: as many as deletes. A table that has doubled gets a delete instead",
        },
        Param {
            name: "hot",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of operations on the first record, which all have on their screens; the rest spreads evenly",
        },
    ],
    edits: &[EditKind::Put, EditKind::Remove],
    kinds: &[
        &OVERWRITTEN,
        &TORN_SAVE,
        &EDIT_LOST_TO_DELETE,
        &EDIT_LOST,
        &RESURRECTED_RECORD,
        &DELETE_LOST,
        &CREATE_LOST,
        &LOST_TO_UNDO,
        &UNDO_WITHOUT_EFFECT,
    ],
    content: Content::Data,
    undo: true,
    size_unit: "records",
    // One screen of a table: few enough for people to meet by chance as well, enough for most edits not to collide.
    default_size: 8,
    build: |params| {
        Box::new(Records {
            pair: params.share("pair"),
            delete: params.share("delete"),
            create: params.share("create"),
            hot: params.share("hot"),
        })
    },
};

/// A field that is set by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Field {
    /// `title`
    Title,
    /// `status`
    Status,
}

impl Field {
    fn key(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Status => "status",
        }
    }
}

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordOp {
    /// Set one field.
    Set {
        /// Which record.
        record: String,
        /// Which field.
        field: Field,
        /// Its new value.
        value: String,
    },
    /// Save two fields that belong together: `high` is always `low` and one.
    SavePair {
        /// Which record.
        record: String,
        /// The lower one.
        low: i64,
        /// The higher one.
        high: i64,
    },
    /// Delete a record.
    Delete {
        /// Which.
        record: String,
    },
    /// Create a record with an id of the client's own making.
    Create {
        /// Its id.
        record: String,
        /// Its title.
        title: String,
        /// The lower one of its pair.
        low: i64,
    },
}

impl RecordOp {
    fn record(&self) -> &str {
        match self {
            RecordOp::Set { record, .. }
            | RecordOp::SavePair { record, .. }
            | RecordOp::Delete { record }
            | RecordOp::Create { record, .. } => record,
        }
    }
}

/// A table that refuses edits of records that are gone.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordModel;

const RECORDS: &str = "records";
/// What a record says until somebody sets it.
const NEW: &str = "new";

fn place(record: &str) -> Path {
    path![RECORDS, record]
}

impl Model for RecordModel {
    type Op = RecordOp;

    fn plan(&self, view: &dyn View, op: &RecordOp) -> Result<Plan, Rejected> {
        let path = place(op.record());
        let there = view.kind(&path).is_some();
        match op {
            RecordOp::Create { record, .. } if there => {
                return Err(Rejected::new("exists", format!("there is a record {record} already")));
            }
            RecordOp::Create { .. } => {}
            _ if there => {}
            _ => return Err(Rejected::new("gone", format!("there is no record {}", op.record()))),
        }
        let put = |key: &str, value: Document| Edit::Put { path: path.child(key), value };
        Ok(Plan::new(match op {
            RecordOp::Set { field, value, .. } => vec![put(field.key(), value.as_str().into())],
            RecordOp::SavePair { low, high, .. } => vec![put("low", (*low).into()), put("high", (*high).into())],
            RecordOp::Delete { .. } => vec![Edit::Remove { path }],
            RecordOp::Create { title, low, .. } => vec![Edit::Put { path, value: row(title, *low) }],
        }))
    }
}

fn row(title: &str, low: i64) -> Document {
    let fields: [(&str, Document); 4] =
        [("title", title.into()), ("status", NEW.into()), ("low", low.into()), ("high", low.saturating_add(1).into())];
    Document::map(fields)
}

struct Records {
    pair: f64,
    delete: f64,
    create: f64,
    hot: f64,
}

/// `size` records, none of whose values will ever be written again.
pub fn genesis(size: u64) -> Document {
    let records = (0..size).map(|i| (format!("r{i}"), row(&format!("record {i}"), 2 * i as i64)));
    Document::map([(RECORDS, Document::map(records))])
}

impl Workload for Records {
    fn model(&self) -> ModelRef {
        erase(RecordModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        let shares = Records { ..*self };
        Box::new(RecordUser { shares, client, drawn: 0, home: None })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let records = document.at(&path![RECORDS]);
        let Some(Document::Map(records)) = records else { return Err("there is no table".into()) };
        for (name, record) in records {
            match pair(record) {
                (Some(low), Some(high)) if low.checked_add(1) == Some(high) => {}
                (Some(low), Some(high)) => return Err(format!("torn save: {name} has low {low} and high {high}")),
                _ => return Err(format!("{name} is half a record")),
            }
        }
        Ok(())
    }
}

struct RecordUser {
    shares: Records,
    client: NodeId,
    /// Intents so far: the source of unique values, the same whatever was seen.
    drawn: i64,
    /// How many records there were at first.
    home: Option<usize>,
}

impl User for RecordUser {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.drawn += 1;
        let (act, hot, field) = (unit(rng), unit(rng), unit(rng));
        let names = view.keys(&path![RECORDS]).unwrap_or_default();
        let any = below(rng, names.len());
        let home = *self.home.get_or_insert(names.len());
        let shares = &self.shares;
        let deletes = act < shares.delete;
        let creates = !deletes && act >= 1.0 - shares.create;
        // The table stays between half and double of what it was: it must neither vanish nor grow without end.
        let (small, large) = (names.len() <= home / 2, names.len() >= home.saturating_mul(2).max(1));
        let create = names.is_empty() || (creates && !large) || (deletes && small);
        let value = format!("{}.{}", self.client, self.drawn);
        let low = 2 * (i64::from(self.client.0) * 1_000_000_000 + self.drawn);
        if create {
            return Some(Intent::blind(&RecordOp::Create { record: format!("s{value}"), title: value, low }));
        }
        let record = names[if hot < shares.hot { 0 } else { any }].to_string();
        let shown = |field: &str| view.get(&place(&record).child(field)).unwrap_or_default();
        let (seen, op) = if deletes || creates {
            (view.get(&place(&record)).unwrap_or_default(), RecordOp::Delete { record })
        } else if act < shares.delete + shares.pair {
            let seen = Document::list([shown("low"), shown("high")]);
            (seen, RecordOp::SavePair { record, low, high: low + 1 })
        } else {
            let field = if field < 0.5 { Field::Title } else { Field::Status };
            (shown(field.key()), RecordOp::Set { record, field, value })
        };
        Some(Intent { operation: Operation::encode(&op), seen })
    }
}

/// What a place that is written as a whole holds: a field, or the pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Field(Field, String),
    Pair(Option<i64>, Option<i64>),
}

impl Value {
    /// What a write puts there; `None` for creates and deletes.
    fn written(op: &RecordOp) -> Option<Self> {
        match op {
            RecordOp::Set { field, value, .. } => Some(Value::Field(*field, value.clone())),
            RecordOp::SavePair { low, high, .. } => Some(Value::Pair(Some(*low), Some(*high))),
            RecordOp::Delete { .. } | RecordOp::Create { .. } => None,
        }
    }

    /// What the author of an operation saw in the place, or the places, that it changes.
    fn seen(op: &RecordOp, seen: &Document) -> Vec<Self> {
        match op {
            RecordOp::Set { field, .. } => {
                seen.as_str().map(|value| Value::Field(*field, value.into())).into_iter().collect()
            }
            RecordOp::SavePair { .. } => {
                let number = |index: usize| seen.at(&path![index]).and_then(Document::as_int);
                vec![Value::Pair(number(0), number(1))]
            }
            RecordOp::Delete { .. } => Value::shown(seen).collect(),
            RecordOp::Create { .. } => Vec::new(),
        }
    }

    /// Everything that a record shows.
    fn shown(record: &Document) -> impl Iterator<Item = Self> {
        let field = |field: Field| Some(Value::Field(field, record.at(&path![field.key()])?.as_str()?.into()));
        let (low, high) = pair(record);
        [field(Field::Title), field(Field::Status), Some(Value::Pair(low, high))].into_iter().flatten()
    }

    /// Whether they stand in the same place.
    fn rivals(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Field(one, _), Value::Field(other, _)) => one == other,
            (Value::Pair(..), Value::Pair(..)) => true,
            _ => false,
        }
    }

    /// Whether one half of this pair, and not the other, is what `other` holds.
    fn torn(&self, other: &Self) -> bool {
        matches!((self, other), (Value::Pair(a, b), Value::Pair(c, d)) if (a == c) != (b == d))
    }
}

/// Everything about one record.
#[derive(Default)]
struct Row<'a> {
    /// Every write, answered or not.
    writes: Vec<(Value, &'a Issued<'a, RecordOp>)>,
    /// Whatever stood at the end, or stood before the eyes of somebody who then replaced or deleted it.
    noticed: BTreeSet<Value>,
    deletes: Vec<&'a Issued<'a, RecordOp>>,
    creates: Vec<&'a Issued<'a, RecordOp>>,
    /// Somebody took something back here.
    undone: bool,
    /// Its creation was taken back.
    withdrawn: bool,
}

/// An acknowledged operation is lost when its effect is not in the final state and nobody replaced it knowingly. A write
/// is replaced knowingly by whoever writes in its place, or deletes the record, with this value on the screen; and by its
/// own author while it is still on its way. (That the later author's replica had heard of the write is not enough: of two
/// writes at once one wins, and everybody who comes after has heard of both and seen one.)
///
/// Each lost operation is of one kind:
/// * `overwritten`: somebody who did not know of this write, nor this author of that one, wrote what is there instead;
/// * `torn save`: one of the two paired fields was there and the other was not;
/// * `edit lost to delete`: the record was deleted by somebody who did not know of the write;
/// * `edit lost`: none of these explains it: an older value came back, or the record vanished;
/// * `resurrected record`: a deleted record is there, with a value from somebody who did not know of the delete;
/// * `delete lost`: a deleted record is there, and no such value explains it;
/// * `lost to undo`: none of these explains it, but somebody took back something in this record;
/// * `undo without effect`: taken back by its author, and yet there (or a deleted record is not);
/// * `create lost`: a created record is not there, and nobody who knew of it has deleted it. (No two clients make the
///   same id, so no create is overwritten by another.)
fn judge(history: &History<'_>) -> Vec<Finding> {
    let acts = history.operations::<RecordOp>();
    let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
    for act in &acts {
        let row = rows.entry(act.op.record()).or_default();
        row.undone |= act.undone();
        row.withdrawn |= act.undone() && matches!(act.op, RecordOp::Create { .. });
        row.writes.extend(Value::written(&act.op).map(|value| (value, act)));
        if act.outcome().is_some() {
            row.noticed.extend(Value::seen(&act.op, &act.entry.seen));
            match act.op {
                RecordOp::Delete { .. } => row.deletes.push(act),
                RecordOp::Create { .. } => row.creates.push(act),
                _ => {}
            }
        }
    }
    for (name, row) in &mut rows {
        row.noticed.extend(record(history, name).into_iter().flat_map(Value::shown));
    }
    let mut findings = Findings::default();
    for act in acts.iter().filter(|act| act.outcome().is_some()) {
        let name = act.op.record();
        let there = record(history, name);
        let row = &rows[name];
        if let Some(kind) = loss(act, there, row) {
            let unexplained = [&EDIT_LOST, &DELETE_LOST, &CREATE_LOST].contains(&kind);
            let kind = if unexplained && row.undone { &LOST_TO_UNDO } else { kind };
            let shown = there.map_or_else(|| "gone".into(), |record| format!("now {record}"));
            findings.add(kind, format_args!("{}, {:?}: the record is {shown}", act.id(), act.op));
        }
    }
    for act in acts.iter().filter(|act| act.undone()) {
        let name = act.op.record();
        if stands(act, record(history, name), &rows[name]) {
            findings.add(&UNDO_WITHOUT_EFFECT, format_args!("{}, {:?}, was taken back", act.id(), act.op));
        }
    }
    findings.done()
}

/// Whether an operation still has its effect though its author took it back. A created record that others have written
/// to may stay, for their sake.
fn stands(act: &Issued<'_, RecordOp>, there: Option<&Document>, row: &Row<'_>) -> bool {
    match Value::written(&act.op) {
        Some(value) => there.is_some_and(|record| Value::shown(record).any(|shown| shown == value)),
        None if matches!(act.op, RecordOp::Delete { .. }) => {
            there.is_none() && row.deletes.is_empty() && !row.withdrawn
        }
        None => there.is_some() && row.writes.iter().all(|(_, write)| write.id().client == act.id().client),
    }
}

/// How an acknowledged operation was lost, if it was.
fn loss(act: &Issued<'_, RecordOp>, there: Option<&Document>, row: &Row<'_>) -> Option<&'static finding::Kind> {
    let followed = |by: &[&Issued<'_, RecordOp>]| by.iter().any(|other| other.follows(act));
    let Some(value) = Value::written(&act.op) else {
        return match (&act.op, there) {
            (RecordOp::Create { .. }, None) if !followed(&row.deletes) => Some(&CREATE_LOST),
            (RecordOp::Delete { .. }, Some(record)) if !followed(&row.creates) => {
                let shown: Vec<_> = Value::shown(record).collect();
                let revived = |(value, other): &(Value, &Issued<'_, _>)| unaware(act, other) && shown.contains(value);
                Some(if row.writes.iter().any(revived) { &RESURRECTED_RECORD } else { &DELETE_LOST })
            }
            _ => None,
        };
    };
    let on_its_way = |later: &Issued<'_, _>| {
        let (this, id) = (act.id(), later.id());
        id.client == this.client && id.n > this.n && later.outcome().is_some() && !later.entry.reflected.contains(this)
    };
    let again = || row.writes.iter().any(|(other, later)| value.rivals(other) && on_its_way(later));
    // In this order: most writes were noticed, and looking through all of a record's is slow.
    if row.noticed.contains(&value) || again() || row.deletes.iter().any(|delete| on_its_way(delete)) {
        return None;
    }
    if row.noticed.iter().any(|other| value.torn(other)) {
        return Some(&TORN_SAVE);
    }
    if there.is_none() && row.deletes.iter().any(|delete| unaware(act, delete)) {
        return Some(&EDIT_LOST_TO_DELETE);
    }
    let winner = |(other, rival): &(Value, &Issued<'_, _>)| {
        value.rivals(other)
            && !rival.undone()
            && unaware(act, rival)
            && row.noticed.iter().any(|seen| seen == other || other.torn(seen))
    };
    Some(if row.writes.iter().any(winner) { &OVERWRITTEN } else { &EDIT_LOST })
}

/// Whether neither author knew of the other's operation.
fn unaware(one: &Issued<'_, RecordOp>, other: &Issued<'_, RecordOp>) -> bool {
    one.id() != other.id() && !one.follows(other) && !other.follows(one)
}

fn record<'a>(history: &History<'a>, name: &str) -> Option<&'a Document> {
    history.last.at(&place(name)).filter(|node| node.kind() == Kind::Map)
}

fn pair(record: &Document) -> (Option<i64>, Option<i64>) {
    let number = |key: &str| record.at(&path![key]).and_then(Document::as_int);
    (number("low"), number("high"))
}

#[cfg(test)]
mod tests;
