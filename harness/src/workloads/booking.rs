//! `booking`: hours that exactly one may have, and shows with so many tickets: reserve, cancel, restock; never below zero.
//!
//! Users are agents at a counter: each sees all bookings, and anybody may cancel any. A booking has an id of its maker's, so
//! that each can be followed. What is left of an item is a counter that is only ever added to, also where it is one: a
//! strategy that shares out rights to take from it needs to know nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Kind, Path};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{Finding, Findings, kinds};
use crate::ledger::Fate;
use crate::rng::{below, unit};
use crate::workload::{History, Intent, Issued, User, Workload, WorkloadSpec};

kinds! {
    CONFIRMED_THEN_REVOKED = lost(
        "confirmed then revoked",
        "A reservation was confirmed, nobody cancelled it, and it is gone."
    );
    OVERSELL = lost(
        "oversell",
        "More bookings of an item are confirmed than there were units to have; counted in bookings beyond that."
    );
    CANCEL_LOST = lost("cancel lost", "A booking was cancelled, and it is there.");
    STOCK_LOST = lost(
        "stock lost",
        "Units of an item are neither left nor booked, so that nobody can have them; counted in units."
    );
    STOCK_FROM_NOWHERE = lost(
        "stock from nowhere",
        "More units of an item are left or booked than there were; counted in units."
    );
    BOOKING_FROM_NOWHERE = noted(
        "booking from nowhere",
        "A booking is there that nobody made, or whose reservation was rejected."
    );
    REFUSED_WITH_STOCK_LEFT = noted(
        "refused with stock left",
        "A reservation was refused as sold out when so few had been asked for that it cannot have been."
    );
}

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
        &CONFIRMED_THEN_REVOKED,
        &OVERSELL,
        &CANCEL_LOST,
        &STOCK_LOST,
        &STOCK_FROM_NOWHERE,
        &BOOKING_FROM_NOWHERE,
        &REFUSED_WITH_STOCK_LEFT,
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

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
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

impl User for Agent {
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
    let acts = history.operations::<BookingOp>();
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
            findings.add(&BOOKING_FROM_NOWHERE, format_args!("{booking} of {item}"));
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
        findings.count(&OVERSELL, over.unsigned_abs(), words);
        let off = left + booked - stock;
        let words = format!("{name}: {stock} to have, {left} left and {booked} booked");
        findings.count(&STOCK_LOST, (-off).max(0).unsigned_abs(), &words);
        findings.count(&STOCK_FROM_NOWHERE, (off - open).max(0).unsigned_abs(), words);
    }
    findings.done()
}

fn judge_act(
    act: &Issued<'_, BookingOp>,
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
            findings.add(&CONFIRMED_THEN_REVOKED, format_args!("{booking} of {item}, confirmed in {id}, is gone"));
        }
        (BookingOp::Reserve { item, .. }, Fate::Rejected(why)) if matches!(&*why.code, "taken" | "sold_out") => {
            let counts = &items[item];
            let others = counts.seen - i64::from(act.entry.shown.is_some());
            if others < counts.first {
                findings
                    .add(&REFUSED_WITH_STOCK_LEFT, format_args!("{item} in {id}, when {others} had been asked for"));
            }
        }
        (BookingOp::Cancel { booking }, Fate::Acknowledged(_)) if booked.contains_key(booking) => {
            findings.add(&CANCEL_LOST, format_args!("{booking}, cancelled in {id}, is there"));
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
mod tests;
