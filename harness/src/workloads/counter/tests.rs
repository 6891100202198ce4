use std::collections::BTreeSet;

#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::document::{Document, Edit, EditKind};
use syncbench_strategies::model::{Model, Operation, Plan, Rejected, erase, reduce};
use syncbench_strategies::path;
use syncbench_strategies::view::View;
use syncbench_strategies::{lww, serial};

use super::model::{LIKE_COUNT, LIKES, genesis, like_path};
#[cfg(feature = "automerge")]
use super::oracle::LIKED_TWICE;
use super::oracle::{DUPLICATED_INCREMENT, DUPLICATED_LIKE, LOST_INCREMENT, LOST_LIKE};
use super::{CounterModel, CounterOp, SPEC};
use crate::ledger::{Entry, Fate};
use crate::testing::{Book, Trial, intents, workload};

fn add(counter: &str, by: i64) -> CounterOp {
    CounterOp::Add { counter: counter.into(), by }
}

fn like(user: u32, post: u32) -> CounterOp {
    CounterOp::Like { user, post }
}

/// The genesis after these operations.
fn after(ops: &[CounterOp]) -> Document {
    let mut document = genesis(2);
    let model = erase(CounterModel);
    for op in ops {
        reduce(&*model, &mut document, &Operation::encode(op)).unwrap();
    }
    document
}

fn plan(document: &Document, op: &CounterOp) -> Result<Plan, Rejected> {
    CounterModel.plan(document, op)
}

#[test]
fn plans_mean_what_they_say() {
    let document = after(&[add("count", 1), add("c1", -1), like(1, 7)]);
    let shown = "{c0:0,c1:-1,count:1,like_count:1,likes:{post7/user1:true}}";
    assert_eq!(document.to_string(), shown);
    assert_eq!(plan(&document, &like(1, 7)).unwrap_err().code, "already_liked");
    assert!(plan(&document, &like(2, 7)).is_ok() && plan(&document, &like(1, 8)).is_ok());
    for name in ["c2", "likes", ""] {
        assert_eq!(plan(&document, &add(name, 1)).unwrap_err().code, "gone", "{name}");
    }
    let kinds: BTreeSet<EditKind> = [add("count", 1), like(3, 3)]
        .iter()
        .flat_map(|op| plan(&document, op).unwrap().edits)
        .map(|edit| edit.kind())
        .collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
}

#[test]
fn users_want_the_same_whatever_they_see() {
    let ops = |view: &Document| -> Vec<CounterOp> {
        intents("counter", view, 300).iter().map(|op| op.decode().unwrap()).collect()
    };
    let (empty, used) = (genesis(10), {
        let mut document = genesis(10);
        (0..5).for_each(|post| {
            let like = Edit::Put { path: like_path(1, post), value: Document::Bool(true) };
            document.apply(&like).unwrap();
        });
        document
    });
    let (first, second) = (ops(&empty), ops(&used));
    assert_eq!(first, ops(&empty));
    let likes = |ops: &[CounterOp]| ops.iter().filter(|op| matches!(op, CounterOp::Like { .. })).count();
    assert!((40..80).contains(&likes(&first)), "{}", likes(&first));
    for pair in first.iter().zip(&second) {
        match pair {
            (CounterOp::Like { user: 1, post: a }, CounterOp::Like { user: 1, post: b }) => assert_eq!(a + 5, *b),
            (a, b) => assert_eq!(a, b),
        }
    }
    let parameter = |text| intents(text, &empty, 50);
    assert!(parameter("counter:like=1").iter().all(|op| matches!(op.decode(), Some(CounterOp::Like { .. }))));
    assert!(parameter("counter:like=0,contention=one:1").iter().all(|op| op.decode() == Some(add("count", 1))));
    let shared = |text: &str| {
        let ops = intents(text, &genesis(10), 400);
        ops.iter().filter(|op| op.decode() == Some(add("count", 1))).count() as f64 / 400.0
    };
    assert!((shared("counter:like=0,contention=zipf") - 0.327).abs() < 0.06);
    assert!((shared("counter:like=0,contention=hotspot") - 0.4).abs() < 0.06, "one of two counters of eleven");
    assert!((shared("counter:like=0,contention=uniform") - 1.0 / 11.0).abs() < 0.06);
    assert!(parameter("counter:like=0,contention=one:0").iter().all(|op| op.decode() != Some(add("count", 1))));
}

fn kinds(book: &Book, last: &Document) -> Vec<(String, u64)> {
    let found = book.judge("counter", &genesis(2), last);
    assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
    found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

#[test]
fn undone_operations_must_be_gone() {
    let mut book = Book::new(2);
    let ids = [add("count", 1), add("count", 1), like(1, 0)].map(|op| book.acted(1, &op));
    book.undone(ids[0]);
    book.undone(ids[2]);
    assert_eq!(kinds(&book, &after(&[add("count", 1)])), []);
    assert_eq!(kinds(&book, &after(&[add("count", 2)])), [("undo without effect".into(), 1)]);
    assert_eq!(kinds(&book, &after(&[])), [("lost increment".into(), 1)]);
    let both = [("duplicated increment".into(), 1), ("undo without effect".into(), 1)];
    assert_eq!(kinds(&book, &after(&[add("count", 3)])), both);
    assert_eq!(kinds(&book, &after(&[add("count", 1), like(1, 0)])), [("undo without effect".into(), 1)]);
    // Liked again, on the other device, and undone there too.
    let again = book.acted(2, &like(1, 0));
    assert_eq!(kinds(&book, &after(&[add("count", 1), like(1, 0)])), []);
    book.undone(again);
    assert_eq!(kinds(&book, &after(&[add("count", 1), like(1, 0)])), [("undo without effect".into(), 2)]);
    // Given once more without an answer, it may be there or not.
    book.issued(2, &like(1, 0), Document::Null);
    assert_eq!(kinds(&book, &after(&[add("count", 1), like(1, 0)])), []);
    assert_eq!(kinds(&book, &after(&[add("count", 1)])), []);
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let mut book = Book::new(2);
    let all = [add("count", 1), add("count", 1), add("c1", -1), like(1, 0)];
    for op in &all {
        book.acted(1, op);
    }
    assert_eq!(kinds(&book, &after(&all)), []);
    assert_eq!(kinds(&book, &after(&[add("c1", -1), like(1, 0)])), [("lost increment".into(), 2)]);
    assert_eq!(kinds(&book, &after(&all[..2])), [("lost increment".into(), 1), ("lost like".into(), 1)]);
    let more = [&all[..], &[add("count", 1), add("c1", -2), add("c0", 1)]].concat();
    // Nobody added to the third counter, and the second has gone two further than its one addition.
    let expected = [("counter off".into(), 2), ("duplicated increment".into(), 2)];
    assert_eq!(kinds(&book, &after(&more)), expected);
    // Both devices of one user, before either reflects the other's like.
    book.acted(2, &like(1, 0));
    let mut twice = after(&all);
    let liked = ("liked twice".into(), 1);
    assert_eq!(kinds(&book, &twice), std::slice::from_ref(&liked));
    twice.apply(&Edit::Increment { path: path![LIKE_COUNT], by: 1 }).unwrap();
    assert_eq!(kinds(&book, &twice), [("duplicated like".into(), 1), liked.clone()]);
    // The like is gone and its count has stayed: that is no further loss.
    let mut orphan = after(&all);
    orphan.apply(&Edit::Remove { path: like_path(1, 0) }).unwrap();
    assert_eq!(kinds(&book, &orphan), [liked.clone(), ("lost like".into(), 2)]);
    // A like that is not counted is a lost increment.
    let mut uncounted = after(&all);
    uncounted.apply(&Edit::Increment { path: path![LIKE_COUNT], by: -1 }).unwrap();
    assert_eq!(kinds(&book, &uncounted), [liked, ("lost increment".into(), 1)]);
}

#[test]
fn rejected_and_unanswered_operations_are_not_expected() {
    let mut book = Book::new(2);
    let rejected = book.issued(1, &add("count", 1), Document::Null);
    book.told(rejected, Err(Rejected::new("gone", "")));
    assert_eq!(kinds(&book, &genesis(2)), []);
    assert_eq!(kinds(&book, &after(&[add("count", 1)])), [("counter off".into(), 1)]);
    let mut unliked = Book::new(2);
    let rejected = unliked.issued(1, &like(1, 0), Document::Null);
    unliked.told(rejected, Err(Rejected::new("already_liked", "")));
    assert_eq!(kinds(&unliked, &genesis(2)), []);
    assert_eq!(kinds(&unliked, &after(&[like(1, 0)])), [("like from nowhere".into(), 1)]);
    assert_eq!(kinds(&Book::new(2), &after(&[like(1, 0)])), [("like from nowhere".into(), 1)]);
    book.issued(2, &add("c0", 1), Document::Null);
    book.issued(2, &like(1, 0), Document::Null);
    assert_eq!(kinds(&book, &genesis(2)), []);
    assert_eq!(kinds(&book, &after(&[add("c0", 1), like(1, 0)])), []);
}

#[test]
fn a_serial_order_loses_nothing_and_rejects_the_second_like() {
    let (ran, found) = Trial::new(&serial::reducer::SPEC, "counter").run();
    assert_eq!(found.kinds(), []);
    let rejected = |code: &str| {
        let rejected = |entry: &&Entry| matches!(&entry.fate, Fate::Rejected(why) if why.code == code);
        ran.ledger.entries().filter(rejected).count()
    };
    assert!(rejected("already_liked") > 0);
    assert!(workload("counter").invariant(ran.last()).is_ok());
}

#[test]
fn the_last_document_loses_increments_and_likes() {
    let (_, found) = Trial::new(&lww::document::SPEC, "counter").run();
    assert!(found.count(&LOST_INCREMENT) > 0 && found.count(&LOST_LIKE) > 0, "{found:?}");
    assert_eq!(found.count(&DUPLICATED_INCREMENT) + found.count(&DUPLICATED_LIKE), 0, "{found:?}");
}

#[cfg(feature = "automerge")]
#[test]
fn merged_counters_add_up_and_merged_likes_count_twice() {
    let (ran, found) = Trial::new(&crdt::automerge::SPEC, "counter").run();
    assert!(found.count(&DUPLICATED_LIKE) > 0, "{found:?}");
    assert_eq!(found.count(&DUPLICATED_LIKE), found.count(&LIKED_TWICE), "{found:?}");
    assert_eq!(found.kinds().len(), 2, "{found:?}");
    assert!(workload("counter").invariant(ran.last()).is_err());
}

/// Additions are made twice while the number of likes is a multiple of three.
struct Stutter;

impl Model for Stutter {
    type Op = CounterOp;

    fn plan(&self, view: &dyn View, op: &CounterOp) -> Result<Plan, Rejected> {
        let mut plan = CounterModel.plan(view, op)?;
        if matches!(op, CounterOp::Add { .. }) && view.len(&path![LIKES]).is_some_and(|likes| likes.is_multiple_of(3)) {
            plan.edits.extend(plan.edits.clone());
        }
        Ok(plan)
    }
}

#[test]
fn a_planted_bug_is_found() {
    let trial = Trial { model: Some(erase(Stutter)), ..Trial::new(&serial::reducer::SPEC, "counter") };
    let (_, found) = trial.run();
    assert!(found.count(&DUPLICATED_INCREMENT) > 0, "{found:?}");
    assert_eq!(found.kinds().len(), 1, "{found:?}");
}
