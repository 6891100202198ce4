use std::collections::BTreeSet;

#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::document::{Document, Edit, EditKind};
use syncbench_strategies::model::{Model, Operation, Plan, Rejected, erase, reduce};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;
use syncbench_strategies::{lww, serial};

use super::model::{booking_path, genesis, stock_path};
use super::oracle::{LOST_BOOKING, OVERSOLD, RESURRECTED_BOOKING};
use super::{BookingModel, BookingOp, SPEC};
use crate::ledger::{Entry, Fate};
use crate::pace::Pace;
use crate::testing::{Book, Trial, intent_stream, intents, workload};

fn reserve(item: &str, booking: &str) -> BookingOp {
    BookingOp::Reserve { item: item.into(), booking: booking.into() }
}

fn cancel(booking: &str) -> BookingOp {
    BookingOp::Cancel { booking: booking.into() }
}

fn restock(item: &str, count: u32) -> BookingOp {
    BookingOp::Restock { item: item.into(), count }
}

/// One hour and one show of two tickets, after these operations.
fn after(ops: &[BookingOp]) -> Document {
    let mut document = genesis(2, 2);
    for op in ops {
        reduce(&*erase(BookingModel), &mut document, &Operation::encode(op)).unwrap();
    }
    document
}

fn with(document: &Document, edits: &[Edit]) -> Document {
    document.produce(edits).unwrap().0
}

fn add(item: &str, by: i64) -> Edit {
    Edit::Increment { path: stock_path(item), by }
}

fn book(booking: &str, item: &str) -> Edit {
    Edit::Put { path: booking_path(booking), value: item.into() }
}

#[test]
fn plans_mean_what_they_say() {
    let ops = [reserve("hour0", "a"), reserve("show0", "b"), restock("show0", 3), cancel("b"), reserve("show0", "c")];
    let document = after(&ops);
    assert_eq!(document.to_string(), "{bookings:{a:\"hour0\",c:\"show0\"},stock:{hour0:0,show0:4}}");
    let rejection = |op: &BookingOp| BookingModel.plan(&document, op).unwrap_err().code;
    assert_eq!(rejection(&reserve("hour0", "d")), "taken");
    assert_eq!(rejection(&reserve("show0", "a")), "exists");
    assert_eq!(rejection(&restock("hour0", 1)), "only_one");
    for op in [cancel("b"), cancel(""), reserve("hour1", "d"), restock("show1", 1)] {
        assert_eq!(rejection(&op), "gone", "{op:?}");
    }
    let sold = after(&[reserve("show0", "a"), reserve("show0", "b")]);
    assert_eq!(BookingModel.plan(&sold, &reserve("show0", "c")).unwrap_err().code, "sold_out");
    let plans = [reserve("show0", "d"), cancel("a")].map(|op| BookingModel.plan(&document, &op).unwrap());
    let kinds: BTreeSet<EditKind> = plans.iter().flat_map(|plan| &plan.edits).map(Edit::kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
    assert!(
        workload("booking").genesis(8) == genesis(8, 10) && workload("booking:tickets=3").genesis(2) == genesis(2, 3)
    );
}

#[test]
fn stock_below_zero_or_an_hour_sold_twice_breaks_the_invariant() {
    let allowed = |document: &Document| workload("booking").invariant(document);
    assert_eq!(allowed(&after(&[reserve("hour0", "a"), reserve("show0", "b"), restock("show0", 5)])), Ok(()));
    assert!(allowed(&with(&after(&[]), &[add("show0", -3)])).unwrap_err().contains("-1 left"));
    let twice = with(&after(&[reserve("hour0", "a")]), &[book("b", "hour0")]);
    assert!(allowed(&twice).unwrap_err().contains("0 left and 2 booked"));
    assert!(allowed(&with(&after(&[]), &[add("hour0", 1)])).unwrap_err().contains("2 left and 0 booked"));
}

fn wants(text: &str, view: &Document) -> Vec<BookingOp> {
    intents(text, view, 400).iter().map(|op| op.decode().unwrap()).collect()
}

#[test]
fn agents_want_the_same_whatever_they_see() {
    let some: Vec<_> = (0..8).map(|i| book(&format!("b{i}"), "show0")).collect();
    let (few, many) = (with(&genesis(8, 10), &some[..4]), with(&genesis(8, 10), &some));
    let blank = |op: &BookingOp| match op {
        BookingOp::Cancel { .. } => cancel(""),
        other => other.clone(),
    };
    let (first, second) = (wants("booking", &few), wants("booking", &many));
    assert_eq!(first, wants("booking", &few));
    assert!(first.iter().map(blank).eq(second.iter().map(blank)) && first != second);
    let share = |text: &str, wanted: fn(&BookingOp) -> bool| {
        wants(text, &many).iter().filter(|op| wanted(op)).count() as f64 / 400.0
    };
    let cancels = |op: &BookingOp| matches!(op, BookingOp::Cancel { .. });
    let restocks = |op: &BookingOp| matches!(op, BookingOp::Restock { .. });
    let foremost = |op: &BookingOp| matches!(op, BookingOp::Reserve { item, .. } if item == "hour0");
    assert!((share("booking", cancels) - 0.27).abs() < 0.06);
    assert!((share("booking:cancel=0.6", cancels) - 0.6).abs() < 0.06);
    assert!((share("booking:restock=0.3", restocks) - 0.3).abs() < 0.06);
    assert!((share("booking:cancel=0,restock=0,contention=one:0", foremost) - 0.125).abs() < 0.05);
    assert!((share("booking:cancel=0,restock=0,contention=one:1", foremost) - 1.0).abs() < 1e-9);
    assert!((share("booking:cancel=0,restock=0,contention=zipf", foremost) - 0.365).abs() < 0.06);
    let hot = |op: &BookingOp| matches!(op, BookingOp::Reserve { item, .. } if item == "hour0" || item == "hour1");
    assert!((share("booking:cancel=0,restock=0,contention=hotspot", hot) - 0.8).abs() < 0.06);
    let counts = |text: &str| {
        wants(text, &many)
            .into_iter()
            .filter_map(|op| match op {
                BookingOp::Restock { count, .. } => Some(count),
                _ => None,
            })
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(counts("booking:restock=0.5,tickets=3"), BTreeSet::from([1, 2, 3]));
    assert_eq!(counts("booking:restock=0.5"), (1..=10).collect());
}

#[test]
fn agents_book_what_they_see_as_free() {
    let taken = after(&[reserve("hour0", "a")]);
    let wanted = wants("booking:contention=one:1", &taken);
    assert!(wanted.iter().all(|op| !matches!(op, BookingOp::Reserve { item, .. } if item == "hour0")));
    assert!(wanted.iter().any(|op| matches!(op, BookingOp::Reserve { item, .. } if item == "show0")));
    let full = with(&taken, &[add("show0", -2)]);
    let wanted = wants("booking:restock=0", &full);
    assert!(wanted.len() == 400 && wanted.iter().all(|op| *op == cancel("a")));
    let mut agent = workload("booking:cancel=1").user(NodeId(1), 1);
    let mut next = |view: &Document| agent.next(view, &mut intent_stream(1)).map(|intent| intent.operation.decode());
    assert!(matches!(next(&genesis(8, 10)), Some(Some(BookingOp::Reserve { .. }))));
    assert!(next(&genesis(0, 10)).is_none());
}

fn kinds(book: &Book, last: &Document) -> Vec<(String, u64)> {
    let found = book.judge("booking", &genesis(2, 2), last);
    assert!(found.0.iter().all(|finding| !finding.example.is_empty()));
    found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

fn story(ops: &[BookingOp]) -> Book {
    let mut book = Book::new(2);
    for (index, op) in ops.iter().enumerate() {
        book.at(index as u64);
        book.acted(1 + index as u32 % 2, op);
    }
    book
}

fn one(kind: &str) -> Vec<(String, u64)> {
    vec![(kind.into(), 1)]
}

#[test]
fn each_kind_is_found_and_nothing_else() {
    let both = [reserve("hour0", "a"), reserve("hour0", "b")];
    let mine = after(&both[..1]);
    assert_eq!(kinds(&story(&both[..1]), &mine), []);
    assert_eq!(kinds(&story(&both[..1]), &after(&[])), [("lost booking".into(), 1)]);
    // One of two guests of one hour goes without, whatever became of its booking.
    assert_eq!(kinds(&story(&both), &mine), one("oversold"));
    assert_eq!(kinds(&story(&both), &with(&mine, &[book("b", "hour0"), add("hour0", -1)])), one("oversold"));
    assert_eq!(kinds(&story(&both), &with(&mine, &[book("b", "hour0")])), one("oversold"));

    let all = [reserve("show0", "a"), restock("show0", 5), cancel("a"), reserve("show0", "b")];
    assert_eq!(kinds(&story(&all), &after(&all)), []);
    assert_eq!(kinds(&story(&all), &with(&after(&all), &[add("show0", -4)])), [("lost stock".into(), 1)]);
    assert_eq!(
        kinds(&story(&all), &with(&after(&all), &[book("a", "show0"), add("show0", -1)])),
        one("resurrected booking")
    );
    let twice = story(&[&all[..], &[cancel("a")]].concat());
    assert_eq!(kinds(&twice, &after(&all)), one("cancelled twice"));
    let noted = [one("cancelled twice"), one("stock from nowhere")].concat();
    assert_eq!(kinds(&twice, &with(&after(&all), &[add("show0", 1)])), noted);
    // Stock from nowhere that was sold is oversold, once.
    let sold = [
        reserve("show0", "a"),
        cancel("a"),
        cancel("a"),
        reserve("show0", "b"),
        reserve("show0", "c"),
        reserve("show0", "d"),
    ];
    let last = with(&after(&[]), &[add("show0", -2), book("b", "show0"), book("c", "show0"), book("d", "show0")]);
    assert_eq!(kinds(&story(&sold), &last), [one("cancelled twice"), one("oversold")].concat());
    // A cancellation does not hide that two guests had one hour.
    let hidden = [&both[..], &[cancel("b")]].concat();
    assert_eq!(kinds(&story(&hidden), &mine), one("oversold"));
    // Nor is an hour oversold that was cancelled before.
    let freed = [reserve("hour0", "a"), cancel("a"), reserve("hour0", "b")];
    assert_eq!(kinds(&story(&freed), &after(&freed)), []);
    let more = with(&after(&[]), &[add("show0", 3)]);
    assert_eq!(kinds(&story(&[]), &more), [("stock off".into(), 3)]);
}

#[test]
fn rejected_and_unanswered_operations_are_not_expected() {
    let mut book_of = Book::new(2);
    let rejected = book_of.issued(1, &reserve("hour0", "a"), Document::Null);
    book_of.told(rejected, Err(Rejected::new("exists", "")));
    let last = after(&[reserve("hour0", "a")]);
    assert_eq!(kinds(&book_of, &after(&[])), []);
    assert_eq!(kinds(&book_of, &last), one("booking from nowhere"));
    // Nobody else had asked: it was free.
    book_of.told(rejected, Err(Rejected::new("taken", "")));
    assert_eq!(kinds(&book_of, &after(&[])), one("rejected with stock left"));
    book_of.acted(2, &reserve("hour0", "b"));
    assert_eq!(kinds(&book_of, &after(&[reserve("hour0", "b")])), []);

    let mut open = Book::new(2);
    let ops = [reserve("show0", "a"), restock("show0", 5)];
    for op in &ops {
        open.issued(1, op, Document::Null);
    }
    for ops in [&ops[..0], &ops[..1], &ops[1..], &ops] {
        assert_eq!(kinds(&open, &after(ops)), []);
    }
    open.acted(2, &reserve("show0", "b"));
    open.issued(1, &cancel("b"), Document::Null);
    assert_eq!(kinds(&open, &after(&[])), []);
    assert_eq!(kinds(&open, &after(&[reserve("show0", "b")])), []);
}

#[test]
fn users_who_take_turns_lose_nothing() {
    let trial = Trial { pace: Pace::Turns, ops: 200, ..Trial::new(&serial::reducer::SPEC, "booking") };
    assert_eq!(trial.run().1.kinds(), []);
    assert_eq!(Trial { strategy: &lww::document::SPEC, ..trial }.run().1.kinds(), []);
}

#[test]
fn a_serial_order_rejects_the_second_booking_and_loses_nothing() {
    let (ran, found) = Trial::new(&serial::reducer::SPEC, "booking").run();
    assert_eq!(found.kinds(), []);
    let rejected = |code: &str| {
        let rejected = |entry: &&Entry| matches!(&entry.fate, Fate::Rejected(why) if why.code == code);
        ran.ledger.entries().filter(rejected).count()
    };
    assert!(rejected("taken") > 0 && rejected("sold_out") > 0 && rejected("gone") > 0);
    assert_eq!(ran.ledger.broken_states().0, 0);
}

#[test]
fn the_last_document_loses_confirmed_bookings() {
    let (ran, found) = Trial::new(&lww::document::SPEC, "booking").run();
    assert!(found.count(&LOST_BOOKING) > 0 && found.count(&RESURRECTED_BOOKING) > 0, "{found:?}");
    assert!(found.count(&OVERSOLD) > 0, "{found:?}");
    assert_eq!(ran.ledger.broken_states().0, 0);
}

#[cfg(feature = "automerge")]
#[test]
fn merged_stock_is_oversold() {
    let (ran, found) = Trial::new(&crdt::automerge::SPEC, "booking").run();
    // Agents cancel one booking twice, and what comes of it is sold.
    assert!(found.count(&OVERSOLD) > 0, "{found:?}");
    assert_eq!(found.count(&LOST_BOOKING) + found.count(&RESURRECTED_BOOKING), 0, "{found:?}");
    assert!(ran.ledger.broken_states().0 > 0);
}

/// Some bookings ignore the stock, some get another name; some cancellations are forgotten, and one show is always sold
/// out.
struct Careless;

impl Model for Careless {
    type Op = BookingOp;

    fn plan(&self, view: &dyn View, op: &BookingOp) -> Result<Plan, Rejected> {
        match op {
            BookingOp::Reserve { item, .. } if item == "show3" => Err(Rejected::new("sold_out", "")),
            BookingOp::Reserve { booking, item } if booking.ends_with('3') => {
                Ok(Plan::new(vec![add(item, -1), book(booking, item)]))
            }
            BookingOp::Reserve { booking, item } if booking.ends_with('5') => {
                BookingModel.plan(view, &reserve(item, &format!("other {booking}")))
            }
            BookingOp::Reserve { .. } => BookingModel.plan(view, op),
            BookingOp::Cancel { booking } if booking.ends_with('2') => Ok(Plan::new(Vec::new())),
            BookingOp::Cancel { booking } if booking.ends_with('4') => {
                Ok(Plan::new(BookingModel.plan(view, op)?.edits.drain(..1).collect()))
            }
            BookingOp::Cancel { booking } if booking.ends_with('6') => {
                let mut edits = BookingModel.plan(view, op)?.edits;
                edits.push(edits[1].clone());
                Ok(Plan::new(edits))
            }
            _ => BookingModel.plan(view, op),
        }
    }
}

#[test]
fn planted_bugs_are_found() {
    let trial = Trial { model: Some(erase(Careless)), clients: 4, ..Trial::new(&serial::reducer::SPEC, "booking") };
    let found = trial.run().1;
    let kinds: Vec<_> = found.kinds().into_iter().map(|(kind, _)| kind).collect();
    let expected = [
        "booking from nowhere",
        "cancelled twice",
        "lost booking",
        "oversold",
        "rejected with stock left",
        "resurrected booking",
    ];
    assert_eq!(kinds, expected, "{found:?}");
}
