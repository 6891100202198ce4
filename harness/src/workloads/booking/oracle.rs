//! What became of bookings and of stock.

use std::collections::BTreeMap;

use syncbench_strategies::document::Document;

use super::model::{BookingOp, HOUR, bookings, stock, stock_path};
use crate::finding::{Finding, Findings, Kind, kinds};
use crate::history::{History, Issued};
use crate::ledger::Fate;
use crate::oracles::members::{Member, Wrong};

kinds! {
    LOST_BOOKING = lost("lost booking", "A reservation was confirmed, nobody cancelled it, and it is gone.");
    RESURRECTED_BOOKING = lost(
        "resurrected booking",
        "A booking was cancelled, and it is there; counted in cancellations."
    );
    BOOKING_FROM_NOWHERE = noted(
        "booking from nowhere",
        "A booking is there that nobody made, or whose reservation was rejected."
    );
    OVERSOLD = lost(
        "oversold",
        "More bookings of an item are there than it ever had units; counted in bookings beyond that."
    );
    LOST_STOCK = lost(
        "lost stock",
        "Units of an item are neither left nor booked, so nobody can have them; counted in units."
    );
    STOCK_FROM_NOWHERE = lost(
        "stock from nowhere",
        "More units of an item are left or booked than it ever had; counted in units."
    );
    REJECTED_WITH_STOCK_LEFT = noted(
        "rejected with stock left",
        "A reservation was rejected as sold out, although in the whole run fewer others had asked for the item than it had \
         units at first."
    );
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] = &[
    &LOST_BOOKING,
    &RESURRECTED_BOOKING,
    &BOOKING_FROM_NOWHERE,
    &OVERSOLD,
    &LOST_STOCK,
    &STOCK_FROM_NOWHERE,
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

/// What happened to one item.
#[derive(Default)]
struct Item {
    /// Units at first.
    first: i64,
    /// Units at first, and restocked since.
    units: i64,
    /// Units of restocks without an answer, which may be in or not.
    unanswered: i64,
    /// Bookings that are there, cancelled ones included.
    booked: i64,
    /// Bookings that are there and should be.
    held: Vec<String>,
    /// Reservations that were on a screen, or may have been.
    asked: i64,
}

/// What happened to one booking.
#[derive(Default)]
struct Booking<'a> {
    member: Member<'a>,
    /// Its reservation, confirmed or not.
    reserved: Option<&'a Issued<'a, BookingOp>>,
    /// Whether an agent cancelled it, confirmed or not.
    cancelled: bool,
}

/// Asks of each booking whether it is there if it must be, see [`Member`], and of each item whether its units add up.
///
/// A guest without a unit is counted once: as a lost booking or as oversold. Whatever is sold of stock from nowhere is
/// oversold too.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<BookingOp>();
    let there = bookings(history.last);
    let mut items: BTreeMap<String, Item> =
        stock(history.genesis).map(|(name, first)| (name, Item { first, units: first, ..Item::default() })).collect();
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
                booking.cancelled = true;
            }
            BookingOp::Restock { item, count } => {
                let item = items.entry(item.clone()).or_default();
                let units = if operation.outcome().is_some() { &mut item.units } else { &mut item.unanswered };
                *units += i64::from(*count);
            }
        }
    }
    let mut findings = Findings::default();
    for (id, booking) in &bookings {
        booking.judge(id, &mut findings);
        if let Some(name) = there.get(id) {
            let item = items.entry(name.clone()).or_default();
            item.booked += 1;
            if booking.held() {
                item.held.push(id.clone());
            }
        }
    }
    for operation in &operations {
        judge_rejection(operation, &items, &mut findings);
    }
    for (name, item) in &items {
        let left = history.last.at(&stock_path(name)).and_then(Document::as_int).unwrap_or(0);
        judge_item(name, item, left, &mut findings);
    }
    findings.done()
}

impl Booking<'_> {
    /// Whether it is there and should be.
    fn held(&self) -> bool {
        self.member.copies() > 0 && self.member.wrong() != Some(Wrong::FromNowhere) && !self.cancelled
    }

    fn judge(&self, id: &str, findings: &mut Findings) {
        match (self.member.wrong(), self.reserved) {
            (Some(Wrong::Lost), Some(reserved)) => {
                findings.add(
                    &LOST_BOOKING,
                    format_args!("{}, {:?}, was confirmed and is gone", reserved.id(), reserved.op),
                );
            }
            (Some(Wrong::FromNowhere), _) => findings.add(&BOOKING_FROM_NOWHERE, format_args!("{id} is there")),
            // Nobody undoes a booking: a cancellation is a separate operation.
            _ => {}
        }
        if self.member.copies() > 0 {
            for cancelled in self.member.last_removals() {
                findings.add(&RESURRECTED_BOOKING, format_args!("{id}, cancelled in {}, is there", cancelled.id));
            }
        }
    }
}

fn judge_rejection(operation: &Issued<'_, BookingOp>, items: &BTreeMap<String, Item>, findings: &mut Findings) {
    let (BookingOp::Reserve { item: name, .. }, Fate::Rejected(why)) = (&operation.op, &operation.entry.fate) else {
        return;
    };
    let item = &items[name];
    let others = item.asked - i64::from(operation.entry.shown.is_some());
    if matches!(&*why.code, "taken" | "sold_out") && others < item.first {
        let words = format_args!("{name} in {}, when {others} others had asked for it", operation.id());
        findings.add(&REJECTED_WITH_STOCK_LEFT, words);
    }
}

fn judge_item(name: &str, item: &Item, left: i64, findings: &mut Findings) {
    let Item { units, unanswered, booked, held, .. } = item;
    let over = held.len() as i64 - units - unanswered;
    let words = format_args!("{name}: {units} to have, held as {}", held.join(", "));
    findings.count(&OVERSOLD, over.max(0).unsigned_abs(), words);
    let surplus = left + booked - units;
    let words = format!("{name}: {units} to have, {left} left and {booked} booked");
    findings.count(&LOST_STOCK, (-surplus).max(0).unsigned_abs(), &words);
    findings.count(&STOCK_FROM_NOWHERE, (surplus - unanswered).max(0).unsigned_abs(), words);
}
