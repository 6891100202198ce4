//! `record`: a small table whose rows several people edit: fields, two fields that belong together, deletes and creates.
//!
//! Every value is unique, so a value in the final state names the operation that wrote it. (Longer than most files: a
//! workload is one file, and nearly half of this one is tests.)

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::results::Finding;
use crate::rng::{below, unit};
use crate::workload::{Act, Author, Findings, History, Intent, Workload, WorkloadSpec};

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
        "overwritten",
        "torn save",
        "edit lost to delete",
        "edit lost",
        "resurrected record",
        "delete lost",
        "create lost",
        "lost to undo",
        "undo without effect",
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

    fn author(&self, client: NodeId, _: u32) -> Box<dyn Author> {
        let shares = Records { ..*self };
        Box::new(User { shares, client, drawn: 0, home: None })
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

struct User {
    shares: Records,
    client: NodeId,
    /// Intents so far: the source of unique values, the same whatever was seen.
    drawn: i64,
    /// How many records there were at first.
    home: Option<usize>,
}

impl Author for User {
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
    writes: Vec<(Value, &'a Act<'a, RecordOp>)>,
    /// Whatever stood at the end, or stood before the eyes of somebody who then replaced or deleted it.
    noticed: BTreeSet<Value>,
    deletes: Vec<&'a Act<'a, RecordOp>>,
    creates: Vec<&'a Act<'a, RecordOp>>,
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
    let acts = history.acts::<RecordOp>();
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
            let unexplained = matches!(kind, "edit lost" | "delete lost" | "create lost");
            let kind = if unexplained && row.undone { "lost to undo" } else { kind };
            let shown = there.map_or_else(|| "gone".into(), |record| format!("now {record}"));
            findings.lost(kind, format_args!("{}, {:?}: the record is {shown}", act.id(), act.op));
        }
    }
    for act in acts.iter().filter(|act| act.undone()) {
        let name = act.op.record();
        if stands(act, record(history, name), &rows[name]) {
            findings.lost("undo without effect", format_args!("{}, {:?}, was taken back", act.id(), act.op));
        }
    }
    findings.done()
}

/// Whether an operation still has its effect though its author took it back. A created record that others have written
/// to may stay, for their sake.
fn stands(act: &Act<'_, RecordOp>, there: Option<&Document>, row: &Row<'_>) -> bool {
    match Value::written(&act.op) {
        Some(value) => there.is_some_and(|record| Value::shown(record).any(|shown| shown == value)),
        None if matches!(act.op, RecordOp::Delete { .. }) => {
            there.is_none() && row.deletes.is_empty() && !row.withdrawn
        }
        None => there.is_some() && row.writes.iter().all(|(_, write)| write.id().client == act.id().client),
    }
}

/// How an acknowledged operation was lost, if it was.
fn loss(act: &Act<'_, RecordOp>, there: Option<&Document>, row: &Row<'_>) -> Option<&'static str> {
    let followed = |by: &[&Act<'_, RecordOp>]| by.iter().any(|other| other.knew(act));
    let Some(value) = Value::written(&act.op) else {
        return match (&act.op, there) {
            (RecordOp::Create { .. }, None) if !followed(&row.deletes) => Some("create lost"),
            (RecordOp::Delete { .. }, Some(record)) if !followed(&row.creates) => {
                let shown: Vec<_> = Value::shown(record).collect();
                let revived = |(value, other): &(Value, &Act<'_, _>)| unaware(act, other) && shown.contains(value);
                Some(if row.writes.iter().any(revived) { "resurrected record" } else { "delete lost" })
            }
            _ => None,
        };
    };
    let on_its_way = |later: &Act<'_, _>| {
        let (this, id) = (act.id(), later.id());
        id.client == this.client && id.n > this.n && later.outcome().is_some() && !later.entry.known.contains(this)
    };
    let again = row.writes.iter().any(|(other, later)| value.rivals(other) && on_its_way(later));
    if again || row.noticed.contains(&value) || row.deletes.iter().any(|delete| on_its_way(delete)) {
        return None;
    }
    if row.noticed.iter().any(|other| value.torn(other)) {
        return Some("torn save");
    }
    if there.is_none() && row.deletes.iter().any(|delete| unaware(act, delete)) {
        return Some("edit lost to delete");
    }
    let winner = |(other, rival): &(Value, &Act<'_, _>)| {
        value.rivals(other)
            && !rival.undone()
            && unaware(act, rival)
            && row.noticed.iter().any(|seen| seen == other || other.torn(seen))
    };
    Some(if row.writes.iter().any(winner) { "overwritten" } else { "edit lost" })
}

/// Whether neither author knew of the other's operation.
fn unaware(one: &Act<'_, RecordOp>, other: &Act<'_, RecordOp>) -> bool {
    one.id() != other.id() && !one.knew(other) && !other.knew(one)
}

fn record<'a>(history: &History<'a>, name: &str) -> Option<&'a Document> {
    history.last.at(&place(name)).filter(|node| node.kind() == Kind::Map)
}

fn pair(record: &Document) -> (Option<i64>, Option<i64>) {
    let number = |key: &str| record.at(&path![key]).and_then(Document::as_int);
    (number("low"), number("high"))
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "automerge")]
    use syncbench_strategies::crdt;
    use syncbench_strategies::model::reduce;
    use syncbench_strategies::{lww, serial};

    use super::*;
    use crate::engines::load::Pace;
    use crate::testing::{Book, Trial, intents, workload};

    fn set(record: &str, value: &str) -> RecordOp {
        RecordOp::Set { record: record.into(), field: Field::Title, value: value.into() }
    }

    fn save(record: &str, low: i64) -> RecordOp {
        RecordOp::SavePair { record: record.into(), low, high: low + 1 }
    }

    fn delete(record: &str) -> RecordOp {
        RecordOp::Delete { record: record.into() }
    }

    fn create(record: &str) -> RecordOp {
        RecordOp::Create { record: record.into(), title: format!("about {record}"), low: 1000 }
    }

    /// Two records after these operations.
    fn after(ops: &[RecordOp]) -> Document {
        let mut document = genesis(2);
        for op in ops {
            reduce(&*erase(RecordModel), &mut document, &Operation::encode(op)).unwrap();
        }
        document
    }

    fn with(document: &Document, record: &str, key: &str, value: impl Into<Document>) -> Document {
        let edit = Edit::Put { path: place(record).child(key), value: value.into() };
        document.produce(&[edit]).unwrap().0
    }

    #[test]
    fn plans_mean_what_they_say() {
        let ops = [set("r0", "x"), save("r1", 100), create("s"), delete("r0")];
        let document = after(&ops);
        let shown = "{records:{r1:{high:101,low:100,status:\"new\",title:\"record 1\"},\
                     s:{high:1001,low:1000,status:\"new\",title:\"about s\"}}}";
        assert_eq!(document.to_string(), shown);
        let refused = |op: &RecordOp| RecordModel.plan(&document, op).unwrap_err().code;
        for op in [set("r0", "y"), save("r0", 1), delete("r0"), set("", "y")] {
            assert_eq!(refused(&op), "gone", "{op:?}");
        }
        assert_eq!(refused(&create("s")), "exists");
        let plans = ops.iter().map(|op| RecordModel.plan(&after(&[]), op).unwrap());
        let kinds: BTreeSet<EditKind> = plans.flat_map(|plan| plan.edits).map(|edit| edit.kind()).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
    }

    #[test]
    fn tables_are_whole_or_not_allowed() {
        let allowed = |document: &Document| workload("record").invariant(document);
        assert!(allowed(&after(&[save("r0", 100), create("s"), delete("r1")])).is_ok());
        assert!(allowed(&with(&after(&[]), "r0", "low", 50)).unwrap_err().contains("torn save"));
        assert!(allowed(&with(&after(&[]), "r0", "low", "x")).unwrap_err().contains("half a record"));
        assert!(allowed(&Document::Null).is_err());
    }

    #[test]
    fn users_want_the_same_whatever_they_see() {
        let decoded = |text: &str, view: &Document| -> Vec<RecordOp> {
            intents(text, view, 400).iter().map(|op| op.decode().unwrap()).collect()
        };
        let (first, second) = (decoded("record", &genesis(8)), decoded("record", &genesis(9)));
        assert_eq!(first, decoded("record", &genesis(8)));
        let blank = |op: &RecordOp| match op.clone() {
            RecordOp::Set { field, value, .. } => RecordOp::Set { record: String::new(), field, value },
            RecordOp::SavePair { low, high, .. } => RecordOp::SavePair { record: String::new(), low, high },
            RecordOp::Delete { .. } => delete(""),
            create => create,
        };
        assert!(first.iter().map(blank).eq(second.iter().map(blank)) && first != second);
        let share = |text: &str, wanted: fn(&RecordOp) -> bool| {
            decoded(text, &genesis(8)).iter().filter(|op| wanted(op)).count() as f64 / 400.0
        };
        let deletes = |op: &RecordOp| matches!(op, RecordOp::Delete { .. });
        assert!((share("record:delete=0.3", deletes) - 0.3).abs() < 0.06);
        assert!((share("record:create=0.3", |op| matches!(op, RecordOp::Create { .. })) - 0.3).abs() < 0.06);
        assert!((share("record:pair=0.5", |op| matches!(op, RecordOp::SavePair { .. })) - 0.5).abs() < 0.06);
        assert!((share("record:hot=0", |op| op.record() == "r0") - 0.12).abs() < 0.05);
        assert!((share("record:hot=1,create=0", |op| op.record() == "r0") - 1.0).abs() < 1e-9);
        // Small tables grow, large ones shrink, an empty one is begun again.
        assert!((share("record:delete=1", deletes) - 1.0).abs() < 1e-9);
        let mut author = workload("record:delete=1").author(NodeId(1), 1);
        let mut size = |view: &Document| author.next(view, &mut crate::testing::intent_stream(1)).unwrap().operation;
        assert!(matches!(size(&genesis(8)).decode(), Some(RecordOp::Delete { .. })));
        assert!(matches!(size(&genesis(4)).decode(), Some(RecordOp::Create { .. })));
        assert!(matches!(size(&genesis(0)).decode(), Some(RecordOp::Create { .. })));
    }

    fn kinds(book: &Book, last: &Document) -> Vec<(String, u64)> {
        let found = book.judge("record", &genesis(2), last);
        assert!(found.0.iter().all(|finding| finding.lost && !finding.example.is_empty()));
        found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
    }

    /// One client does this, another that, and neither knows of the other.
    fn at_once(one: &RecordOp, other: &RecordOp) -> Book {
        let mut book = Book::new(2);
        book.acted(1, one);
        book.acted(2, other);
        book
    }

    fn one(kind: &str) -> Vec<(String, u64)> {
        vec![(kind.into(), 1)]
    }

    #[test]
    fn nothing_is_lost_to_those_who_knew() {
        let mut book = Book::new(2);
        let ops = [set("r0", "a"), set("r0", "b"), save("r0", 100), save("r0", 102), create("s"), delete("r1")];
        let nothing = Document::Null;
        let (first, second) = (Document::list([0, 1]), Document::list([100, 101]));
        for (op, seen) in ops.iter().zip(["record 0".into(), "a".into(), first, second, nothing.clone(), nothing]) {
            let id = book.acted_on(1, op, seen);
            book.reached(2, id);
        }
        assert_eq!(kinds(&book, &after(&ops)), []);
        let more = [set("r0", "c"), set("s", "d"), delete("s"), create("r1")];
        let row = Document::map([("title", "d")]);
        for (op, seen) in more.iter().zip(["b".into(), "about s".into(), row, Document::Null]) {
            book.acted_on(2, op, seen);
        }
        assert_eq!(kinds(&book, &after(&[&ops[..], &more].concat())), []);
        // The same end without the second client's part is the loss of that part.
        assert_eq!(
            kinds(&book, &after(&ops)),
            [("create lost".into(), 1), ("delete lost".into(), 1), ("edit lost".into(), 1)]
        );
    }

    #[test]
    fn what_was_taken_back_must_be_gone_and_what_others_did_must_stay() {
        // Each with the state that an undo should leave, and one that it should not.
        let mut book = Book::new(2);
        let mine = book.acted(1, &set("r0", "a"));
        book.undone(mine);
        assert_eq!(kinds(&book, &after(&[])), []);
        assert_eq!(kinds(&book, &after(&[set("r0", "a")])), one("undo without effect"));
        let theirs = book.acted_on(2, &set("r0", "b"), "a".into());
        assert_eq!(kinds(&book, &after(&[set("r0", "b")])), []);
        assert_eq!(kinds(&book, &after(&[])), one("lost to undo"));
        book.undone(theirs);
        assert_eq!(kinds(&book, &after(&[])), []);

        let mut book = Book::new(2);
        let deletes = [1, 2].map(|client| book.acted(client, &delete("r0")));
        book.undone(deletes[0]);
        assert_eq!(kinds(&book, &after(&[delete("r0")])), []);
        assert_eq!(kinds(&book, &after(&[])), one("lost to undo"));
        book.undone(deletes[1]);
        assert_eq!(kinds(&book, &after(&[])), []);
        assert_eq!(kinds(&book, &after(&[delete("r0")])), [("undo without effect".into(), 2)]);

        let mut book = Book::new(2);
        let created = book.acted(1, &create("s"));
        book.undone(created);
        assert_eq!(kinds(&book, &after(&[])), []);
        assert_eq!(kinds(&book, &after(&[create("s")])), one("undo without effect"));
        // Somebody has written there since: it may stay, and so must what was written.
        book.acted(2, &set("s", "b"));
        assert_eq!(kinds(&book, &after(&[create("s"), set("s", "b")])), []);
        assert_eq!(kinds(&book, &after(&[])), one("lost to undo"));
    }

    #[test]
    fn each_kind_is_found_and_nothing_else() {
        let writes = at_once(&set("r0", "a"), &set("r0", "b"));
        assert_eq!(kinds(&writes, &after(&[set("r0", "b")])), one("overwritten"));
        assert_eq!(kinds(&writes, &after(&[])), [("edit lost".into(), 2)]);
        let apart = at_once(&set("r0", "a"), &set("r1", "b"));
        assert_eq!(kinds(&apart, &after(&[set("r0", "a")])), one("edit lost"));
        let saves = at_once(&save("r0", 100), &save("r0", 200));
        assert_eq!(kinds(&saves, &after(&[save("r0", 200)])), one("overwritten"));
        assert_eq!(kinds(&saves, &with(&after(&[save("r0", 200)]), "r0", "low", 100)), [("torn save".into(), 2)]);
        let deleted = at_once(&set("r0", "a"), &delete("r0"));
        assert_eq!(kinds(&deleted, &after(&[delete("r0")])), one("edit lost to delete"));
        assert_eq!(kinds(&deleted, &after(&[set("r0", "a")])), one("resurrected record"));
        assert_eq!(kinds(&deleted, &after(&[])), [("delete lost".into(), 1), ("edit lost".into(), 1)]);
        let created = at_once(&create("s"), &set("r0", "a"));
        assert_eq!(kinds(&created, &after(&[set("r0", "a")])), one("create lost"));
    }

    #[test]
    fn whoever_saw_a_value_may_replace_it() {
        // Of two writes at once b won; c was written by somebody who had heard of both and saw b.
        let mut book = Book::new(3);
        let ids = [book.acted(1, &set("r0", "a")), book.acted(2, &set("r0", "b"))];
        ids.iter().for_each(|id| book.reached(3, *id));
        book.acted_on(3, &set("r0", "c"), "b".into());
        assert_eq!(kinds(&book, &after(&[set("r0", "c")])), one("overwritten"));
        // A chain: each saw the one before. Only its last link can be lost.
        let mut book = Book::new(3);
        let first = book.acted(1, &set("r0", "a"));
        book.reached(2, first);
        book.acted_on(2, &set("r0", "b"), "a".into());
        book.acted(3, &set("r0", "c"));
        assert_eq!(kinds(&book, &after(&[set("r0", "c")])), one("overwritten"));
        // The same, and what the third does is to delete the record; having seen a, it would have deleted that too.
        for (seen, expected) in [("b", one("overwritten")), ("a", one("overwritten"))] {
            let mut book = Book::new(3);
            let ids = [book.acted(1, &set("r0", "a")), book.acted(2, &set("r0", "b"))];
            ids.iter().for_each(|id| book.reached(3, *id));
            book.acted_on(3, &delete("r0"), Document::map([("title", seen)]));
            assert_eq!(kinds(&book, &after(&[delete("r0")])), expected);
        }
        // An author that cannot see its own write yet replaces it all the same; one that could have seen it does not.
        for (reached, expected) in [(false, vec![]), (true, one("edit lost"))] {
            let mut book = Book::new(1);
            let first = book.issued(1, &set("r0", "a"), Document::Null);
            if reached {
                book.reached(1, first);
            }
            book.told(first, Ok(Document::Null));
            book.acted_on(1, &set("r0", "b"), "record 0".into());
            assert_eq!(kinds(&book, &after(&[set("r0", "b")])), expected);
        }
        // A pair of which somebody saw one half.
        let mut book = Book::new(2);
        book.acted(1, &save("r0", 100));
        book.acted_on(2, &save("r0", 200), Document::list([100, 51]));
        assert_eq!(kinds(&book, &after(&[save("r0", 200)])), one("torn save"));
        // Not acknowledged, not expected.
        let mut book = Book::new(1);
        book.issued(1, &set("r0", "a"), Document::Null);
        assert_eq!(kinds(&book, &after(&[])), []);
    }

    #[test]
    fn taking_turns_loses_nothing() {
        let trial = Trial { pace: Pace::Turns, ops: 120, ..Trial::new(&serial::reducer::SPEC, "record") };
        assert_eq!(trial.run().1.kinds(), []);
        let trial = Trial { strategy: &lww::document::SPEC, ..trial };
        assert_eq!(trial.run().1.kinds(), []);
    }

    #[test]
    fn one_order_overwrites_and_deletes_and_never_tears() {
        let (ran, found) = Trial::new(&serial::reducer::SPEC, "record").run();
        let kinds: Vec<&str> = found.kinds().into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["edit lost to delete", "overwritten"], "{found:?}");
        assert!(workload("record").invariant(ran.last()).is_ok());
    }

    #[test]
    fn the_last_document_loses_everything_else() {
        let (_, found) = Trial { ops: 800, ..Trial::new(&lww::document::SPEC, "record") }.run();
        for kind in ["edit lost", "overwritten", "create lost"] {
            assert!(found.count(kind) > 0, "{kind}: {found:?}");
        }
        assert_eq!(found.count("torn save"), 0, "{found:?}");
    }

    #[cfg(feature = "automerge")]
    #[test]
    fn merged_records_overwrite_and_deletes_win() {
        let (_, found) = Trial { ops: 800, ..Trial::new(&crdt::automerge::SPEC, "record") }.run();
        let kinds: Vec<&str> = found.kinds().into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["edit lost to delete", "overwritten"], "{found:?}");
    }

    /// Saves the lower one of a pair, and deletes nothing.
    struct Careless;

    impl Model for Careless {
        type Op = RecordOp;

        fn plan(&self, view: &dyn View, op: &RecordOp) -> Result<Plan, Rejected> {
            let mut plan = RecordModel.plan(view, op)?;
            match op {
                RecordOp::SavePair { .. } => plan.edits.truncate(1),
                RecordOp::Delete { .. } => plan.edits.clear(),
                _ => {}
            }
            Ok(plan)
        }
    }

    #[test]
    fn planted_bugs_are_found() {
        let trial = Trial { model: Some(erase(Careless)), ..Trial::new(&serial::reducer::SPEC, "record") };
        let (ran, found) = trial.run();
        assert!(found.count("torn save") > 0, "{found:?}");
        assert!(found.count("delete lost") + found.count("resurrected record") > 0, "{found:?}");
        assert!(workload("record").invariant(ran.last()).is_err());
    }
}
