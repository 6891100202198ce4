//! `booking`: hours that exactly one may have, and shows with so many tickets: reserve, cancel, restock; never below zero.
//!
//! Users are agents at a counter: each sees all bookings, and anybody may cancel any. A booking has an id of its maker's, so
//! that each can be followed. What is left of an item is a counter that is only ever added to, also where it is one: a
//! strategy that shares out rights to take from it needs to know nothing else. (Longer than most files: a workload is one
//! file, and more than half of this one is tests.)

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::ledger::Fate;
use crate::results::Finding;
use crate::rng::{below, unit};
use crate::workload::{Act, Author, Findings, History, Intent, Workload, WorkloadSpec};

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "booking",
    summary: "reserve an hour that only one can have or one of so many tickets, cancel, put up more tickets",
    product: "appointments at nine, tickets for a show, stock in a shop; several agents who all see the same",
    params: &[
        Param {
            name: "cancel",
            kind: ParamKind::Share,
            default: "0.27",
            help: "share of cancellations: 37 for each 100 bookings, as in the hotel booking demand data (Antonio, Almeida \
                   and Nunes 2019). Where an agent sees nothing left to book, it cancels instead",
        },
        Param {
            name: "restock",
            kind: ParamKind::Share,
            default: "0.02",
            help: "share of restocks, up to as many tickets as a show had at first: rare, as an added row of seats",
        },
        Param {
            name: "first",
            kind: ParamKind::Share,
            default: "0.3",
            help: "share of guests who take the first item that is free; the others take any: as many meet there as on \
                   the first row in `record`",
        },
        Param {
            name: "tickets",
            kind: ParamKind::Count,
            default: "10",
            help: "tickets of a show: so few that a run of the default length sells out, for nothing goes wrong before",
        },
    ],
    edits: &[EditKind::Put, EditKind::Remove, EditKind::Increment],
    kinds: &[
        "confirmed then revoked",
        "oversell",
        "cancel lost",
        "stock lost",
        "stock from nowhere",
        "booking from nowhere",
        "refused with stock left",
    ],
    content: Content::Stock,
    // A cancellation is an operation, and others may have booked what it freed.
    undo: false,
    size_unit: "things to book",
    // A morning of four hours and as many shows.
    default_size: 8,
    build: |params| {
        Box::new(Bookings {
            cancel: params.share("cancel"),
            restock: params.share("restock"),
            first: params.share("first"),
            tickets: u32::try_from(params.count("tickets")).unwrap_or(u32::MAX),
        })
    },
};

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookingOp {
    /// Book one of an item.
    Reserve {
        /// Which item.
        item: String,
        /// The booking's id, made by who books.
        booking: String,
    },
    /// Give a booking back.
    Cancel {
        /// Its id.
        booking: String,
    },
    /// Put up more tickets.
    Restock {
        /// For which show.
        item: String,
        /// How many.
        count: u32,
    },
}

/// Refuses what is taken or sold out.
#[derive(Clone, Copy, Debug, Default)]
pub struct BookingModel;

const STOCK: &str = "stock";
const BOOKINGS: &str = "bookings";
/// What the names of items begin with that exist exactly once.
const HOUR: &str = "hour";

fn stock_path(item: &str) -> Path {
    path![STOCK, item]
}

fn booking_path(booking: &str) -> Path {
    path![BOOKINGS, booking]
}

impl Model for BookingModel {
    type Op = BookingOp;

    fn plan(&self, view: &dyn View, op: &BookingOp) -> Result<Plan, Rejected> {
        let known = |item: &str| match view.kind(&stock_path(item)) {
            Some(Kind::Counter) => Ok(stock_path(item)),
            _ => Err(Rejected::new("gone", format!("there is no {item}"))),
        };
        match op {
            BookingOp::Reserve { item, booking } => {
                let stock = known(item)?;
                if view.kind(&booking_path(booking)).is_some() {
                    return Err(Rejected::new("exists", format!("there is a booking {booking} already")));
                }
                if view.get(&stock).and_then(|left| left.as_int()).unwrap_or(0) <= 0 {
                    let code = if item.starts_with(HOUR) { "taken" } else { "sold_out" };
                    return Err(Rejected::new(code, format!("nothing is left of {item}")));
                }
                let book = Edit::Put { path: booking_path(booking), value: item.as_str().into() };
                Ok(Plan::new(vec![Edit::Increment { path: stock, by: -1 }, book]))
            }
            BookingOp::Cancel { booking } => {
                let path = booking_path(booking);
                let item = view.get(&path);
                let item = item.as_ref().and_then(Document::as_str);
                let item = item.ok_or_else(|| Rejected::new("gone", format!("there is no booking {booking}")))?;
                Ok(Plan::new(vec![Edit::Remove { path }, Edit::Increment { path: known(item)?, by: 1 }]))
            }
            BookingOp::Restock { item, .. } if item.starts_with(HOUR) => {
                Err(Rejected::new("only_one", format!("there is only one {item}")))
            }
            BookingOp::Restock { item, count } => {
                Ok(Plan::new(vec![Edit::Increment { path: known(item)?, by: i64::from(*count) }]))
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Bookings {
    cancel: f64,
    restock: f64,
    first: f64,
    tickets: u32,
}

/// `size` items, hours and shows by turns, and no booking.
fn genesis(size: u64, tickets: u32) -> Document {
    let item = |i: u64| match i % 2 {
        0 => (format!("{HOUR}{}", i / 2), Document::Counter(1)),
        _ => (format!("show{}", i / 2), Document::Counter(tickets.into())),
    };
    Document::map([(STOCK, Document::map((0..size).map(item))), (BOOKINGS, Document::Map(Default::default()))])
}

impl Workload for Bookings {
    fn model(&self) -> ModelRef {
        erase(BookingModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size, self.tickets)
    }

    fn author(&self, client: NodeId, _: u32) -> Box<dyn Author> {
        Box::new(Agent { habits: *self, client, drawn: 0 })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let mut booked_of: BTreeMap<String, i64> = BTreeMap::new();
        for item in booked(document).into_values() {
            *booked_of.entry(item).or_default() += 1;
        }
        for (item, left) in stock(document) {
            let count = booked_of.get(&item).copied().unwrap_or(0);
            if left < 0 {
                return Err(format!("{item} has {left} left, with {count} booked"));
            }
            if item.starts_with(HOUR) && left + count != 1 {
                return Err(format!("{item} exists once, and has {left} left and {count} booked"));
            }
        }
        Ok(())
    }
}

struct Agent {
    habits: Bookings,
    client: NodeId,
    /// Intents so far: the source of ids, the same whatever was seen.
    drawn: u64,
}

impl Author for Agent {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.drawn += 1;
        let (act, first) = (unit(rng), unit(rng) < self.habits.first);
        let names = view.keys(&path![STOCK]).unwrap_or_default();
        let any = below(rng, names.len());
        let count = 1 + below(rng, self.habits.tickets.max(1) as usize) as u32;
        let bookings = view.keys(&path![BOOKINGS]).unwrap_or_default();
        let cancelled = bookings.get(below(rng, bookings.len()));
        let cancel = |booking: &str| Intent::blind(&BookingOp::Cancel { booking: booking.into() });
        let show = (any..names.len()).chain(0..any).find(|index| !names[*index].starts_with(HOUR));
        match (cancelled, show) {
            (Some(booking), _) if act < self.habits.cancel => return Some(cancel(booking)),
            (_, Some(show)) if act >= 1.0 - self.habits.restock => {
                return Some(Intent::blind(&BookingOp::Restock { item: names[show].to_string(), count }));
            }
            _ => {}
        }
        // Nobody asks for what is shown as sold out.
        let free = |index: &usize| view.get(&stock_path(&names[*index])).and_then(|left| left.as_int()) > Some(0);
        let from = if first { 0 } else { any };
        match (from..names.len()).chain(0..from).find(free) {
            Some(index) => {
                let booking = format!("{}.{}", self.client, self.drawn);
                Some(Intent::blind(&BookingOp::Reserve { item: names[index].to_string(), booking }))
            }
            None => cancelled.map(|booking| cancel(booking)),
        }
    }
}

/// What happened to one item.
#[derive(Default)]
struct Item {
    /// At first.
    first: i64,
    /// At first, and restocked since.
    stock: i64,
    /// Restocked without an answer: may be in or not.
    open: i64,
    /// Bookings that are there, cancelled ones included.
    booked: i64,
    /// Bookings that are there and should be.
    held: Vec<String>,
    /// Reservations that were on somebody's screen, or may have been.
    seen: i64,
}

/// Kinds; all but the last two are intents that did not have their effect, or had it wrongly:
/// * `confirmed then revoked`: a reservation was acknowledged, nobody has cancelled it, and it is gone;
/// * `oversell`: of the confirmed bookings that are there, so many more than the item ever had. (Each disappointed guest is
///   counted once: under this kind or the one before.)
/// * `cancel lost`: a cancellation was acknowledged, and the booking is there;
/// * `stock lost`: units that are neither left nor booked, so that nobody can have them: a restock or a cancellation had no
///   effect, or a reservation took twice;
/// * `stock from nowhere`: units that are left or booked beyond all there should be: two cancellations of one booking gave
///   back two. Whatever is sold of them is `oversell` too;
/// * `booking from nowhere` (noted): nobody made it, or whoever tried was refused;
/// * `refused with stock left` (noted): so few had asked until the end that it cannot have been sold out at any time.
fn judge(history: &History<'_>) -> Vec<Finding> {
    let acts = history.acts::<BookingOp>();
    let booked = booked(history.last);
    let mut items: BTreeMap<String, Item> =
        stock(history.genesis).map(|(name, first)| (name, Item { first, stock: first, ..Item::default() })).collect();
    let (mut asked, mut cancelled) = (BTreeSet::new(), BTreeSet::new());
    for act in &acts {
        let refused = matches!(act.entry.fate, Fate::Rejected(_));
        match &act.op {
            BookingOp::Reserve { item, booking } => {
                items.entry(item.clone()).or_default().seen += i64::from(!refused || act.entry.shown.is_some());
                if !refused {
                    asked.insert(booking.as_str());
                }
            }
            _ if refused => {}
            BookingOp::Cancel { booking } => drop(cancelled.insert(booking.as_str())),
            BookingOp::Restock { item, count } => {
                let item = items.entry(item.clone()).or_default();
                let place = if act.outcome().is_some() { &mut item.stock } else { &mut item.open };
                *place += i64::from(*count);
            }
        }
    }
    let mut findings = Findings::default();
    for (booking, item) in &booked {
        let counts = items.entry(item.clone()).or_default();
        counts.booked += 1;
        if !asked.contains(booking.as_str()) {
            findings.noted("booking from nowhere", format_args!("{booking} of {item}"));
        } else if !cancelled.contains(booking.as_str()) {
            counts.held.push(booking.clone());
        }
    }
    for act in &acts {
        judge_act(act, &booked, &cancelled, &items, &mut findings);
    }
    for (name, item) in &items {
        let left = history.last.at(&stock_path(name)).and_then(Document::as_int).unwrap_or(0);
        let Item { stock, open, booked, held, .. } = item;
        let over = (held.len() as i64 - stock - open).max(0);
        let words = format_args!("{name}: {stock} to have, confirmed to {}", held.join(", "));
        findings.add("oversell", over.unsigned_abs(), true, words);
        let off = left + booked - stock;
        let words = format!("{name}: {stock} to have, {left} left and {booked} booked");
        findings.add("stock lost", (-off).max(0).unsigned_abs(), true, &words);
        findings.add("stock from nowhere", (off - open).max(0).unsigned_abs(), true, words);
    }
    findings.done()
}

fn judge_act(
    act: &Act<'_, BookingOp>,
    booked: &BTreeMap<String, String>,
    cancelled: &BTreeSet<&str>,
    items: &BTreeMap<String, Item>,
    findings: &mut Findings,
) {
    let id = act.id();
    match (&act.op, &act.entry.fate) {
        (BookingOp::Reserve { item, booking }, Fate::Acknowledged(_))
            if !booked.contains_key(booking) && !cancelled.contains(booking.as_str()) =>
        {
            findings.lost("confirmed then revoked", format_args!("{booking} of {item}, confirmed in {id}, is gone"));
        }
        (BookingOp::Reserve { item, .. }, Fate::Rejected(why)) if matches!(&*why.code, "taken" | "sold_out") => {
            let counts = &items[item];
            let others = counts.seen - i64::from(act.entry.shown.is_some());
            if others < counts.first {
                findings
                    .noted("refused with stock left", format_args!("{item} in {id}, when {others} had been asked for"));
            }
        }
        (BookingOp::Cancel { booking }, Fate::Acknowledged(_)) if booked.contains_key(booking) => {
            findings.lost("cancel lost", format_args!("{booking}, cancelled in {id}, is there"));
        }
        _ => {}
    }
}

/// Each item, and what is left of it.
fn stock(document: &Document) -> impl Iterator<Item = (String, i64)> {
    let items = match document.at(&path![STOCK]) {
        Some(Document::Map(items)) => items.clone(),
        _ => Default::default(),
    };
    items.into_iter().filter_map(|(name, left)| Some((name.to_string(), left.as_int()?)))
}

/// Each booking and its item.
fn booked(document: &Document) -> BTreeMap<String, String> {
    match document.at(&path![BOOKINGS]) {
        Some(Document::Map(bookings)) => {
            let item = |item: &Document| item.as_str().unwrap_or_default().to_owned();
            bookings.iter().map(|(booking, of)| (booking.to_string(), item(of))).collect()
        }
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "automerge")]
    use syncbench_strategies::crdt;
    use syncbench_strategies::model::{Operation, reduce};
    use syncbench_strategies::{lww, serial};

    use super::*;
    use crate::engines::load::Pace;
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
        let ops =
            [reserve("hour0", "a"), reserve("show0", "b"), restock("show0", 3), cancel("b"), reserve("show0", "c")];
        let document = after(&ops);
        assert_eq!(document.to_string(), "{bookings:{a:\"hour0\",c:\"show0\"},stock:{hour0:0,show0:4}}");
        let refused = |op: &BookingOp| BookingModel.plan(&document, op).unwrap_err().code;
        assert_eq!(refused(&reserve("hour0", "d")), "taken");
        assert_eq!(refused(&reserve("show0", "a")), "exists");
        assert_eq!(refused(&restock("hour0", 1)), "only_one");
        for op in [cancel("b"), cancel(""), reserve("hour1", "d"), restock("show1", 1)] {
            assert_eq!(refused(&op), "gone", "{op:?}");
        }
        let sold = after(&[reserve("show0", "a"), reserve("show0", "b")]);
        assert_eq!(BookingModel.plan(&sold, &reserve("show0", "c")).unwrap_err().code, "sold_out");
        let plans = [reserve("show0", "d"), cancel("a")].map(|op| BookingModel.plan(&document, &op).unwrap());
        let kinds: BTreeSet<EditKind> = plans.iter().flat_map(|plan| &plan.edits).map(Edit::kind).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), SPEC.edits);
        assert!(
            workload("booking").genesis(8) == genesis(8, 10)
                && workload("booking:tickets=3").genesis(2) == genesis(2, 3)
        );
    }

    #[test]
    fn nothing_is_below_zero_and_an_hour_is_one() {
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
        assert!((share("booking:cancel=0,restock=0,first=0", foremost) - 0.125).abs() < 0.05);
        assert!((share("booking:cancel=0,restock=0,first=1", foremost) - 1.0).abs() < 1e-9);
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
    fn agents_ask_for_what_they_see_to_be_free() {
        let taken = after(&[reserve("hour0", "a")]);
        let wanted = wants("booking:first=1", &taken);
        assert!(wanted.iter().all(|op| !matches!(op, BookingOp::Reserve { item, .. } if item == "hour0")));
        assert!(wanted.iter().any(|op| matches!(op, BookingOp::Reserve { item, .. } if item == "show0")));
        let full = with(&taken, &[add("show0", -2)]);
        let wanted = wants("booking:restock=0", &full);
        assert!(wanted.len() == 400 && wanted.iter().all(|op| *op == cancel("a")));
        let mut author = workload("booking:cancel=1").author(NodeId(1), 1);
        let mut next =
            |view: &Document| author.next(view, &mut intent_stream(1)).map(|intent| intent.operation.decode());
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
        assert_eq!(kinds(&story(&both), &mine), one("confirmed then revoked"));
        assert_eq!(kinds(&story(&both), &with(&mine, &[book("b", "hour0"), add("hour0", -1)])), one("oversell"));
        let unpaid = vec![("oversell".into(), 1), ("stock from nowhere".into(), 1)];
        assert_eq!(kinds(&story(&both), &with(&mine, &[book("b", "hour0")])), unpaid);

        let all = [reserve("show0", "a"), restock("show0", 5), cancel("a"), reserve("show0", "b")];
        assert_eq!(kinds(&story(&all), &after(&all)), []);
        assert_eq!(kinds(&story(&all), &with(&after(&all), &[add("show0", -4)])), [("stock lost".into(), 4)]);
        assert_eq!(
            kinds(&story(&all), &with(&after(&all), &[book("a", "show0"), add("show0", -1)])),
            one("cancel lost")
        );
        let twice = story(&[&all[..], &[cancel("a")]].concat());
        assert_eq!(kinds(&twice, &after(&all)), []);
        assert_eq!(kinds(&twice, &with(&after(&all), &[add("show0", 1)])), one("stock from nowhere"));
        // Sold, though it came from nowhere.
        let sold = [
            reserve("show0", "a"),
            cancel("a"),
            cancel("a"),
            reserve("show0", "b"),
            reserve("show0", "c"),
            reserve("show0", "d"),
        ];
        let last = with(&after(&[]), &[add("show0", -2), book("b", "show0"), book("c", "show0"), book("d", "show0")]);
        assert_eq!(kinds(&story(&sold), &last), unpaid);
    }

    #[test]
    fn what_was_refused_or_never_answered_is_not_expected() {
        let mut book_of = Book::new(2);
        let refused = book_of.issued(1, &reserve("hour0", "a"), Document::Null);
        book_of.told(refused, Err(Rejected::new("exists", "")));
        let last = after(&[reserve("hour0", "a")]);
        assert_eq!(kinds(&book_of, &after(&[])), []);
        assert_eq!(kinds(&book_of, &last), one("booking from nowhere"));
        // Nobody else had asked: it was free.
        book_of.told(refused, Err(Rejected::new("taken", "")));
        assert_eq!(kinds(&book_of, &after(&[])), one("refused with stock left"));
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
    fn taking_turns_loses_nothing() {
        let trial = Trial { pace: Pace::Turns, ops: 200, ..Trial::new(&serial::reducer::SPEC, "booking") };
        assert_eq!(trial.run().1.kinds(), []);
        assert_eq!(Trial { strategy: &lww::document::SPEC, ..trial }.run().1.kinds(), []);
    }

    #[test]
    fn one_order_refuses_the_second_and_loses_nothing() {
        let (ran, found) = Trial::new(&serial::reducer::SPEC, "booking").run();
        assert_eq!(found.kinds(), []);
        let refused = |code: &str| {
            let refused =
                |entry: &&crate::ledger::Entry| matches!(&entry.fate, Fate::Rejected(why) if why.code == code);
            ran.ledger.entries().filter(refused).count()
        };
        assert!(refused("taken") > 0 && refused("sold_out") > 0 && refused("gone") > 0);
        assert_eq!(ran.ledger.broken_states().0, 0);
    }

    #[test]
    fn the_last_document_revokes_what_was_confirmed() {
        let (ran, found) = Trial::new(&lww::document::SPEC, "booking").run();
        assert!(found.count("confirmed then revoked") > 0 && found.count("cancel lost") > 0, "{found:?}");
        assert_eq!(found.count("oversell"), 0, "{found:?}");
        assert_eq!(ran.ledger.broken_states().0, 0);
    }

    #[cfg(feature = "automerge")]
    #[test]
    fn merged_stock_is_oversold() {
        let (ran, found) = Trial::new(&crdt::automerge::SPEC, "booking").run();
        assert!(found.count("oversell") > 0 && found.count("stock from nowhere") > 0, "{found:?}");
        assert_eq!(found.count("confirmed then revoked") + found.count("cancel lost"), 0, "{found:?}");
        assert!(ran.ledger.broken_states().0 > 0);
    }

    /// Some bookings are made without a look at the stock, some under another name; some cancellations are forgotten, and
    /// one show is always sold out.
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
            "cancel lost",
            "confirmed then revoked",
            "oversell",
            "refused with stock left",
            "stock from nowhere",
            "stock lost",
        ];
        assert_eq!(kinds, expected, "{found:?}");
    }
}
