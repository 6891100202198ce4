use std::collections::BTreeSet;

#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::{Model, Operation, Plan, Rejected, reduce};
use syncbench_strategies::view::View;
use syncbench_strategies::{lww, serial};

use super::model::place;
use super::*;
use crate::pace::Pace;
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
fn plans_reject_records_that_do_not_exist() {
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
fn a_table_with_a_torn_pair_is_not_allowed() {
    let allowed = |document: &Document| workload("record").invariant(document);
    assert!(allowed(&after(&[save("r0", 100), create("s"), delete("r1")])).is_ok());
    assert!(allowed(&with(&after(&[]), "r0", "low", 50)).unwrap_err().contains("torn save"));
    assert!(allowed(&with(&after(&[]), "r0", "low", "x")).unwrap_err().contains("half a record"));
    assert!(allowed(&Document::Null).is_err());
}

#[test]
fn intents_do_not_depend_on_what_is_shown() {
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
    assert!((share("record:contention=one:0", |op| op.record() == "r0") - 0.12).abs() < 0.05);
    assert!((share("record:contention=one:1,create=0", |op| op.record() == "r0") - 1.0).abs() < 1e-9);
    // The first of eight, by Zipf's law with 0.99: one in 2.74. The hotspot is two records of eight.
    assert!((share("record:contention=zipf,create=0", |op| op.record() == "r0") - 0.365).abs() < 0.06);
    let hot = |op: &RecordOp| matches!(op.record(), "r0" | "r1");
    assert!((share("record:contention=hotspot,create=0", hot) - 0.8).abs() < 0.06);
    assert!((share("record:contention=uniform,create=0", hot) - 0.25).abs() < 0.06);
    // Small tables grow, large ones shrink, an empty one gets its first record.
    assert!((share("record:delete=1", deletes) - 1.0).abs() < 1e-9);
    let mut user = workload("record:delete=1").user(NodeId(1), 1);
    let mut size = |view: &Document| user.next(view, &mut crate::testing::intent_stream(1)).unwrap().operation;
    assert!(matches!(size(&genesis(8)).decode(), Some(RecordOp::Delete { .. })));
    assert!(matches!(size(&genesis(4)).decode(), Some(RecordOp::Create { .. })));
    assert!(matches!(size(&genesis(0)).decode(), Some(RecordOp::Create { .. })));
}

fn kinds(book: &Book, last: &Document) -> Vec<(String, u64)> {
    let found = book.judge("record", &genesis(2), last);
    assert!(found.0.iter().all(|finding| finding.lost && !finding.example.is_empty()));
    found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

/// Two concurrent operations by two clients.
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
fn nothing_is_lost_to_users_who_saw_it() {
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
    // The same end without the operations of the second client is their loss.
    assert_eq!(
        kinds(&book, &after(&ops)),
        [("create lost".into(), 1), ("delete lost".into(), 1), ("edit lost".into(), 1)]
    );
}

#[test]
fn undone_operations_must_be_gone_and_those_of_others_must_stay() {
    // Each with the state that an undo must leave, and one that it must not.
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
    // Another user has written there since: the record may stay, and what was written must.
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
    assert_eq!(kinds(&deleted, &after(&[])), [("delete lost".into(), 1), ("edit lost to delete".into(), 1)]);
    let created = at_once(&create("s"), &set("r0", "a"));
    assert_eq!(kinds(&created, &after(&[set("r0", "a")])), one("create lost"));
}

#[test]
fn a_value_may_be_replaced_by_users_who_saw_it() {
    // Of two concurrent writes b won; the user who wrote c follows both, and saw b.
    let mut book = Book::new(3);
    let ids = [book.acted(1, &set("r0", "a")), book.acted(2, &set("r0", "b"))];
    ids.iter().for_each(|id| book.reached(3, *id));
    book.acted_on(3, &set("r0", "c"), "b".into());
    assert_eq!(kinds(&book, &after(&[set("r0", "c")])), one("overwritten"));
    // A chain, in which each user saw the value before its own. Only the last link can be lost.
    let mut book = Book::new(3);
    let first = book.acted(1, &set("r0", "a"));
    book.reached(2, first);
    book.acted_on(2, &set("r0", "b"), "a".into());
    book.acted(3, &set("r0", "c"));
    assert_eq!(kinds(&book, &after(&[set("r0", "c")])), one("overwritten"));
    // The same where the third user deletes the record.
    for (seen, expected) in [("b", one("overwritten")), ("a", one("overwritten"))] {
        let mut book = Book::new(3);
        let ids = [book.acted(1, &set("r0", "a")), book.acted(2, &set("r0", "b"))];
        ids.iter().for_each(|id| book.reached(3, *id));
        book.acted_on(3, &delete("r0"), Document::map([("title", seen)]));
        assert_eq!(kinds(&book, &after(&[delete("r0")])), expected);
    }
    // A user replaces its own write before that is reflected there; once it is, the screen says what was replaced.
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
    // A pair of which another user saw one half.
    let mut book = Book::new(2);
    book.acted(1, &save("r0", 100));
    book.acted_on(2, &save("r0", 200), Document::list([100, 51]));
    assert_eq!(kinds(&book, &after(&[save("r0", 200)])), one("torn save"));
    // Not confirmed, not expected.
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
fn one_order_overwrites_and_deletes_and_never_tears_a_save() {
    let (ran, found) = Trial::new(&serial::reducer::SPEC, "record").run();
    let kinds: Vec<&str> = found.kinds().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["edit lost to delete", "overwritten"], "{found:?}");
    assert!(workload("record").invariant(ran.last()).is_ok());
}

#[test]
fn last_writer_wins_loses_whole_tables() {
    let (_, found) = Trial { ops: 800, ..Trial::new(&lww::document::SPEC, "record") }.run();
    for kind in [&EDIT_LOST, &OVERWRITTEN, &CREATE_LOST] {
        assert!(found.count(kind) > 0, "{kind:?}: {found:?}");
    }
    assert_eq!(found.count(&TORN_SAVE), 0, "{found:?}");
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
    assert!(found.count(&TORN_SAVE) > 0, "{found:?}");
    assert!(found.count(&DELETE_LOST) + found.count(&RESURRECTED_RECORD) > 0, "{found:?}");
    assert!(workload("record").invariant(ran.last()).is_err());
}
