//! What became of bookings and of stock.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::Document;

use super::model::{BookingOp, HOUR, bookings, stock, stock_path};
use crate::finding::{Finding, Findings, Kind, kinds};
use crate::ledger::Fate;
use crate::workload::{History, Issued};

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

/// Judges what is there against what was confirmed.
///
/// A guest without a unit is counted once: as a lost booking or as oversold. Whatever is sold of stock from nowhere is
/// oversold too.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<BookingOp>();
    let there = bookings(history.last);
    let mut items: BTreeMap<String, Item> =
        stock(history.genesis).map(|(name, first)| (name, Item { first, units: first, ..Item::default() })).collect();
    let (mut reserved, mut cancelled) = (BTreeSet::new(), BTreeSet::new());
    for operation in &operations {
        let rejected = matches!(operation.entry.fate, Fate::Rejected(_));
        match &operation.op {
            BookingOp::Reserve { item, booking } => {
                items.entry(item.clone()).or_default().asked += i64::from(!rejected || operation.entry.shown.is_some());
                if !rejected {
                    reserved.insert(booking.as_str());
                }
            }
            _ if rejected => {}
            BookingOp::Cancel { booking } => drop(cancelled.insert(booking.as_str())),
            BookingOp::Restock { item, count } => {
                let item = items.entry(item.clone()).or_default();
                let units = if operation.outcome().is_some() { &mut item.units } else { &mut item.unanswered };
                *units += i64::from(*count);
            }
        }
    }
    let mut findings = Findings::default();
    for (booking, name) in &there {
        let item = items.entry(name.clone()).or_default();
        item.booked += 1;
        if !reserved.contains(booking.as_str()) {
            findings.add(&BOOKING_FROM_NOWHERE, format_args!("{booking} of {name}"));
        } else if !cancelled.contains(booking.as_str()) {
            item.held.push(booking.clone());
        }
    }
    for operation in &operations {
        judge_operation(operation, &there, &cancelled, &items, &mut findings);
    }
    for (name, item) in &items {
        let left = history.last.at(&stock_path(name)).and_then(Document::as_int).unwrap_or(0);
        judge_item(name, item, left, &mut findings);
    }
    findings.done()
}

fn judge_operation(
    operation: &Issued<'_, BookingOp>,
    there: &BTreeMap<String, String>,
    cancelled: &BTreeSet<&str>,
    items: &BTreeMap<String, Item>,
    findings: &mut Findings,
) {
    let id = operation.id();
    match (&operation.op, &operation.entry.fate) {
        (BookingOp::Reserve { item, booking }, Fate::Acknowledged(_))
            if !there.contains_key(booking) && !cancelled.contains(booking.as_str()) =>
        {
            findings.add(&LOST_BOOKING, format_args!("{booking} of {item}, confirmed in {id}, is gone"));
        }
        (BookingOp::Reserve { item: name, .. }, Fate::Rejected(why)) if matches!(&*why.code, "taken" | "sold_out") => {
            let item = &items[name];
            let others = item.asked - i64::from(operation.entry.shown.is_some());
            if others < item.first {
                let words = format_args!("{name} in {id}, when {others} others had asked for it");
                findings.add(&REJECTED_WITH_STOCK_LEFT, words);
            }
        }
        (BookingOp::Cancel { booking }, Fate::Acknowledged(_)) if there.contains_key(booking) => {
            findings.add(&RESURRECTED_BOOKING, format_args!("{booking}, cancelled in {id}, is there"));
        }
        _ => {}
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
