use std::collections::BTreeSet;

use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Model, Operation, erase, reduce};
use syncbench_strategies::{lww, serial};

use super::model::{NAME, entry_path, genesis};
use super::{PresenceModel, PresenceOp};
use crate::testing::{Book, Trial, intents, workload};

fn join(client: u32, cursor: u32) -> PresenceOp {
    let who = format!("c{client}");
    PresenceOp::Join { name: format!("person {who}"), who, cursor }
}

fn moves(client: u32, cursor: u32) -> PresenceOp {
    PresenceOp::Move { who: format!("c{client}"), cursor }
}

fn leave(client: u32) -> PresenceOp {
    PresenceOp::Leave { who: format!("c{client}") }
}

fn after(ops: &[PresenceOp]) -> Document {
    let mut document = genesis(100);
    for op in ops {
        reduce(&*erase(PresenceModel), &mut document, &Operation::encode(op)).unwrap();
    }
    document
}

fn kinds(book: &Book, last: &Document) -> Vec<(String, u64)> {
    let found = book.judge("presence", &genesis(100), last);
    found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

fn one(kind: &str) -> Vec<(String, u64)> {
    vec![(kind.into(), 1)]
}

#[test]
fn plans_mean_what_they_say() {
    let document = after(&[join(1, 3), join(2, 5), moves(1, 9), leave(2), join(1, 8), moves(1, 4)]);
    assert_eq!(document.to_string(), "{length:100,presence:{c1:{cursor:4,name:\"person c1\"}}}");
    for op in [moves(2, 1), leave(2)] {
        assert_eq!(PresenceModel.plan(&document, &op).unwrap_err().code, "gone");
    }
    let invariant = |document: &Document| workload("presence").invariant(document);
    assert!(invariant(&document).is_ok() && invariant(&genesis(0)).is_ok());
    let half = Edit::Remove { path: entry_path("c1").child(NAME) };
    assert!(invariant(&document.produce(&[half]).unwrap().0).unwrap_err().contains("half an entry"));
    assert!(invariant(&Document::Null).is_err());
}

#[test]
fn users_come_move_and_leave() {
    let ops = |text: &str, view: &Document| -> Vec<PresenceOp> {
        intents(text, view, 200).iter().map(|op| op.decode().unwrap()).collect()
    };
    // A user who never sees its own cursor joins again and again.
    assert!(ops("presence", &genesis(100)).iter().all(|op| matches!(op, PresenceOp::Join { .. })));
    let seen = after(&[join(1, 0)]);
    let moving = ops("presence:leave=0", &seen);
    assert!(matches!(moving[0], PresenceOp::Join { .. }));
    assert!(moving[1..].iter().all(|op| matches!(op, PresenceOp::Move { cursor: 0..=100, .. })));
    let restless = ops("presence:leave=1", &seen);
    assert!(restless.chunks(2).all(|pair| matches!(pair, [PresenceOp::Join { .. }, PresenceOp::Leave { .. }])));
    let places: BTreeSet<_> = moving.iter().map(PresenceOp::cursor).collect();
    assert!(places.len() > 50, "{places:?}");
    assert!(ops("presence", &genesis(0)).iter().all(|op| op.cursor() == Some(0)));
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let mut book = Book::new(2);
    for op in [join(1, 3), moves(1, 7)] {
        book.acted(1, &op);
    }
    assert_eq!(kinds(&book, &after(&[join(1, 7)])), []);
    assert_eq!(kinds(&book, &after(&[join(1, 3)])), one("stale cursor"));
    let both = [one("cursor from nowhere"), one("stale cursor")].concat();
    assert_eq!(kinds(&book, &after(&[join(1, 4)])), both);
    assert_eq!(kinds(&book, &after(&[])), one("lost cursor"));
    assert_eq!(kinds(&book, &after(&[join(1, 7), join(2, 1)])), one("cursor from nowhere"));
    assert_eq!(kinds(&book, &after(&[join(1, 7), join(3, 1)])), one("cursor from nowhere"));
    book.acted(1, &leave(1));
    assert_eq!(kinds(&book, &after(&[join(1, 7)])), one("ghost cursor"));
    assert_eq!(kinds(&book, &after(&[])), []);
    // The second has no answer: it may be there or not.
    let mut book = Book::new(1);
    book.acted(1, &join(1, 3));
    book.issued(1, &moves(1, 5), Document::Null);
    for at in [3, 5] {
        assert_eq!(kinds(&book, &after(&[join(1, at)])), []);
    }
    assert_eq!(kinds(&book, &after(&[])), one("lost cursor"));
}

#[test]
fn crashed_users_are_not_shown_and_recovered_ones_may_be() {
    let there = after(&[join(1, 3), join(2, 5)]);
    let crashed = |for_good| {
        let mut book = Book::new(2);
        book.acted(1, &join(1, 3));
        book.acted(2, &join(2, 5));
        book.crashed(2, for_good);
        book
    };
    assert_eq!(kinds(&crashed(true), &there), one("cursor of the crashed"));
    assert_eq!(kinds(&crashed(true), &after(&[join(1, 3)])), []);
    for last in [&there, &after(&[join(1, 3)])] {
        assert_eq!(kinds(&crashed(false), last), []);
    }
}

#[test]
fn a_serial_order_shows_every_cursor_and_the_last_document_moves_some_back() {
    let (_, found) = Trial::new(&serial::reducer::SPEC, "presence").run();
    assert_eq!(found.kinds(), []);
    // The last writer of the whole document puts the other users where it saw them.
    let kinds = (1..=10).flat_map(|seed| {
        let trial = Trial { seed, ops: 40, ..Trial::new(&lww::document::SPEC, "presence") };
        trial.run().1.kinds().into_iter().map(|(kind, _)| kind.to_owned()).collect::<Vec<_>>()
    });
    assert!(kinds.collect::<BTreeSet<_>>().contains("stale cursor"));
}
