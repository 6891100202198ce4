//! What became of bookings and of stock.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{OpId, Time};

use super::model::{BookingOp, HOUR, bookings, stock, stock_path};
use crate::finding::{Finding, Kind, kinds};
use crate::findings::Findings;
use crate::history::{History, Issued};
use crate::ledger::Fate;
use crate::oracles::members::{Member, Wrong};
use crate::workload::phrase;

kinds! {
    OVERSOLD = lost(
        "oversold",
        "A reservation was confirmed while guests held all units of the item already. Lost is one of them whose booking is \
         gone at the end, if there is one, otherwise the last one. A later cancellation does not change that."
    );
    LOST_BOOKING = lost(
        "lost booking",
        "A reservation was confirmed, nobody cancelled it, and it is gone, and not because the item was oversold."
    );
    RESURRECTED_BOOKING = lost("resurrected booking", "A cancellation was confirmed, and the booking is there.");
    LOST_STOCK = lost(
        "lost stock",
        "Units of an item are neither left nor booked, and no lost booking accounts for them: as few operations as do."
    );
    STOCK_FROM_NOWHERE = lost(
        "stock from nowhere",
        "More units of an item are left or booked than it ever had, and no oversold or resurrected booking accounts for \
         them: as few operations as do, second cancellations of one booking first."
    );
    CANCELLED_TWICE = noted(
        "cancelled twice",
        "Two agents cancelled one booking, and both were confirmed; no order of the two would allow that."
    );
    STOCK_OFF = noted(
        "stock off",
        "The units of an item do not add up, by more than its operations can account for; counted in units."
    );
    BOOKING_FROM_NOWHERE = noted(
        "booking from nowhere",
        "A booking is there that nobody made, or whose reservation was rejected."
    );
    REJECTED_WITH_STOCK_LEFT = noted(
        "rejected with stock left",
        "A reservation was rejected as sold out, although in the whole run fewer others had asked for the item than it had \
         units at first."
    );
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] = &[
    &OVERSOLD,
    &LOST_BOOKING,
    &RESURRECTED_BOOKING,
    &LOST_STOCK,
    &STOCK_FROM_NOWHERE,
    &CANCELLED_TWICE,
    &STOCK_OFF,
    &BOOKING_FROM_NOWHERE,
    &REJECTED_WITH_STOCK_LEFT,
];

/// Nothing is below zero, and an hour exists once.
pub(super) fn invariant(document: &Document) -> Result<(), String> {
    let mut booked: BTreeMap<String, i64> = BTreeMap::new();
    for item in bookings(document).into_values() {
        *booked.entry(item).or_default() += 1;
    }
    for (item, left) in stock(document) {
        let booked = booked.get(&item).copied().unwrap_or(0);
        if left < 0 {
            return Err(format!("{item} has {left} left, with {booked} booked"));
        }
        if item.starts_with(HOUR) && left + booked != 1 {
            return Err(format!("{item} exists once, and has {left} left and {booked} booked"));
        }
    }
    Ok(())
}

type Operation<'a> = &'a Issued<'a, BookingOp>;

/// What happened to one item.
#[derive(Default)]
struct Item<'a> {
    /// Units at first.
    first: i64,
    /// Restocks that were not rejected: their units may be had from when they were issued.
    restocks: Vec<(Operation<'a>, i64)>,
    /// What guests were told that they have, the first one first.
    promises: Vec<Promise>,
    /// Cancellations of its bookings that were confirmed, the first of each booking.
    cancelled: Vec<OpId>,
    /// Those that cancelled a booking again.
    again: Vec<OpId>,
    /// Bookings that are there.
    booked: i64,
    /// Bookings that are there and should not be.
    surplus: i64,
    /// Bookings that should be there and are not.
    missing: i64,
    /// How many reservations were confirmed when nothing was left.
    oversold: i64,
    /// Reservations that were on a screen, or may have been.
    asked: i64,
}

/// A confirmed reservation: one guest believes that it holds a unit until an agent cancels it.
struct Promise {
    reserved: OpId,
    from: Time,
    until: Option<Time>,
    /// Whether the booking should be there at the end and is not.
    gone: bool,
}

impl Promise {
    fn held_at(&self, at: Time) -> bool {
        self.until.is_none_or(|until| until > at)
    }
}

/// What happened to one booking.
#[derive(Default)]
struct Booking<'a> {
    member: Member<'a>,
    /// Its reservation, confirmed or not.
    reserved: Option<Operation<'a>>,
    /// Its cancellations that were not rejected.
    cancelled: Vec<Operation<'a>>,
}

/// Asks of each reservation whether its guest got a unit when it was confirmed, of each booking whether it is there if it
/// must be, see [`Member`], and of each item whether its units add up.
///
/// A guest without a unit is counted once, and so is a lost change of the stock: as oversold if its unit was sold.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<BookingOp>();
    let there = bookings(history.last);
    let mut items: BTreeMap<String, Item<'_>> =
        stock(history.genesis).map(|(name, first)| (name, Item { first, ..Item::default() })).collect();
    let shown = |id: &String| (id.clone(), Booking { member: Member::new(false, 1), ..Booking::default() });
    let mut bookings: BTreeMap<String, Booking<'_>> = there.keys().map(shown).collect();
    for operation in &operations {
        match &operation.op {
            BookingOp::Reserve { item, booking } => {
                let asked = !operation.rejected() || operation.entry.shown.is_some();
                items.entry(item.clone()).or_default().asked += i64::from(asked);
                let booking = bookings.entry(booking.clone()).or_default();
                booking.member.add(operation.entry);
                booking.reserved = Some(operation);
            }
            _ if operation.rejected() => {}
            BookingOp::Cancel { booking } => {
                let booking = bookings.entry(booking.clone()).or_default();
                booking.member.remove(operation.entry);
                booking.cancelled.push(operation);
            }
            BookingOp::Restock { item, count } => {
                items.entry(item.clone()).or_default().restocks.push((operation, i64::from(*count)));
            }
        }
    }
    for (id, booking) in &bookings {
        booking.enter(there.get(id), &mut items);
    }
    let mut findings = Findings::of(history);
    items.iter_mut().for_each(|(name, item)| item.judge_promises(name, &mut findings));
    bookings.iter().for_each(|(id, booking)| booking.judge(id, &mut findings));
    for operation in &operations {
        judge_rejection(operation, &items, &mut findings);
    }
    for (name, item) in &items {
        let left = history.last.at(&stock_path(name)).and_then(Document::as_int).unwrap_or(0);
        item.judge_stock(name, left, &mut findings);
    }
    findings.done()
}

impl Booking<'_> {
    /// Enters the booking with its item, given what it is of if it is there.
    fn enter(&self, there: Option<&String>, items: &mut BTreeMap<String, Item<'_>>) {
        let wrong = self.member.wrong();
        if let Some(item) = there {
            let item = items.entry(item.clone()).or_default();
            let surplus = wrong == Some(Wrong::FromNowhere) || self.member.last_removals().next().is_some();
            item.booked += 1;
            item.surplus += i64::from(surplus);
        }
        let Some(BookingOp::Reserve { item, .. }) = self.reserved.map(|reserved| &reserved.op) else { return };
        let item = items.entry(item.clone()).or_default();
        let mut cancelled: Vec<_> = self.cancelled.iter().filter(|cancel| cancel.outcome().is_some()).collect();
        cancelled.sort_by_key(|cancel| (cancel.entry.resolved, cancel.id()));
        item.cancelled.extend(cancelled.first().map(|cancel| cancel.id()));
        item.again.extend(cancelled.iter().skip(1).map(|cancel| cancel.id()));
        let reserved = self.reserved.filter(|reserved| reserved.outcome().is_some());
        if let Some((reserved, from)) = reserved.and_then(|reserved| Some((reserved.id(), reserved.entry.resolved?))) {
            let until = self.cancelled.iter().map(|cancel| cancel.entry.issued).min();
            let gone = wrong == Some(Wrong::Lost);
            item.promises.push(Promise { reserved, from, until, gone });
            item.missing += i64::from(gone);
        }
    }

    fn judge(&self, id: &str, findings: &mut Findings) {
        match (self.member.wrong(), self.reserved) {
            (Some(Wrong::Lost), Some(reserved)) => {
                let example = format_args!("{}, {}, was confirmed and is gone", reserved.id(), phrase(&reserved.op));
                findings.lost(reserved.id(), &LOST_BOOKING, example);
            }
            (Some(Wrong::FromNowhere), _) => findings.note(&BOOKING_FROM_NOWHERE, 1, format_args!("{id} is there")),
            // Nobody undoes a booking: a cancellation is a separate operation.
            _ => {}
        }
        let mut cancelled = self.cancelled.iter().filter(|cancel| cancel.outcome().is_some());
        if let (Some(one), Some(other)) = (cancelled.next(), cancelled.next()) {
            findings.note(&CANCELLED_TWICE, 1, format_args!("{id} in {} and {}", one.id(), other.id()));
        }
        for cancelled in self.member.last_removals().filter(|_| self.member.copies() > 0) {
            let example = format_args!("{id}, cancelled in {}, is there", cancelled.id);
            findings.lost(cancelled.id, &RESURRECTED_BOOKING, example);
        }
    }
}

fn judge_rejection(operation: Operation<'_>, items: &BTreeMap<String, Item<'_>>, findings: &mut Findings) {
    let (BookingOp::Reserve { item: name, .. }, Fate::Rejected(why)) = (&operation.op, &operation.entry.fate) else {
        return;
    };
    let item = &items[name];
    let others = item.asked - i64::from(operation.entry.shown.is_some());
    if matches!(&*why.code, "taken" | "sold_out") && others < item.first {
        let words = format_args!("{name} in {}, when {others} others had asked for it", operation.id());
        findings.note(&REJECTED_WITH_STOCK_LEFT, 1, words);
    }
}

impl Item<'_> {
    /// Asks of each reservation, when it was confirmed, whether a unit was left besides those that others held. A guest whose
    /// booking is gone, and who is counted, holds nothing more.
    fn judge_promises(&mut self, name: &str, findings: &mut Findings) {
        self.promises.sort_by_key(|promise| (promise.from, promise.reserved));
        let mut held: Vec<&Promise> = Vec::new();
        for promise in self.promises.iter().filter(|promise| promise.held_at(promise.from)) {
            held.retain(|other| other.held_at(promise.from));
            held.push(promise);
            let restocked = self.restocks.iter().filter(|(restock, _)| restock.entry.issued <= promise.from);
            let units = self.first + restocked.map(|(_, count)| count).sum::<i64>();
            if held.len() as i64 <= units {
                continue;
            }
            self.oversold += 1;
            let gone = held.iter().position(|other| other.gone);
            let lost = gone.map_or(promise.reserved, |gone| held[gone].reserved);
            let example = format_args!("{lost}: {name}, of which there were {units}, had {} holders", held.len());
            findings.lost(lost, &OVERSOLD, example);
            gone.map(|gone| held.remove(gone));
        }
    }

    /// Whether what is left and what is booked add up to what there was.
    fn judge_stock(&self, name: &str, left: i64, findings: &mut Findings) {
        let restocked = |confirmed: bool| {
            let restocks = self.restocks.iter().filter(move |(restock, _)| restock.outcome().is_some() == confirmed);
            restocks.map(|(restock, count)| (restock.id(), count.unsigned_abs()))
        };
        let sum = |confirmed| restocked(confirmed).map(|(_, count)| count as i64).sum::<i64>();
        let (units, unanswered) = (self.first + sum(true), sum(false));
        let words = format!("{name}: {units} to have, {left} left and {} booked", self.booked);
        let over = left + self.booked - units;
        let cancelled = || self.cancelled.iter().chain(&self.again).map(|cancel| (*cancel, 1));
        let reserved = || self.promises.iter().map(|promise| (promise.reserved, 1));
        let surplus = (over - unanswered - self.oversold - self.surplus).max(0).unsigned_abs();
        let again = self.again.iter().map(|cancel| (*cancel, 1));
        let surplus = findings.fewest(&STOCK_FROM_NOWHERE, surplus, again, &words);
        let surplus = findings.fewest(&STOCK_FROM_NOWHERE, surplus, reserved(), &words);
        let surplus = findings.fewest(&STOCK_FROM_NOWHERE, surplus, cancelled().chain(restocked(true)), &words);
        let missing = (-over - self.missing).max(0).unsigned_abs();
        let changes = cancelled().chain(reserved()).chain(restocked(true));
        let missing = findings.fewest(&LOST_STOCK, missing, changes, &words);
        findings.note(&STOCK_OFF, surplus + missing, words);
    }
}
