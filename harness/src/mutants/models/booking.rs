//! Bugs in the model of `booking`: what reservations mean.

use crate::workloads::booking::{
    BOOKING_FROM_NOWHERE, BookingOp, LOST_BOOKING, LOST_STOCK, OVERSOLD, REJECTED_WITH_STOCK_LEFT, RESURRECTED_BOOKING,
    STOCK_FROM_NOWHERE, STOCK_OFF,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::{Operation, Rejected};
use syncbench_strategies::path;

use super::{Answer, edited, meaning, nothing};
use crate::mutants::{Bug, Mutant};

/// Few enough tickets to sell out soon.
const SCARCE: &str = "booking:tickets=2,cancel=0.1";

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    meaning(
        "reserving-takes-nothing",
        "A reservation does not lower the stock.",
        SCARCE,
        &[&OVERSOLD, &STOCK_FROM_NOWHERE],
        Bug::Means(reserving_takes_nothing),
    ),
    meaning(
        "reserving-takes-two",
        "A reservation lowers the stock by two.",
        SCARCE,
        &[&LOST_STOCK],
        Bug::Means(reserving_takes_two),
    ),
    meaning(
        "reserving-takes-many",
        "A reservation lowers the stock by twenty.",
        "booking:tickets=1000",
        &[&STOCK_OFF],
        Bug::Means(reserving_takes_many),
    ),
    meaning(
        "reserving-is-forgotten",
        "A reservation is confirmed and not noted.",
        SCARCE,
        &[&LOST_BOOKING],
        Bug::Means(reserving_is_forgotten),
    ),
    meaning(
        "reserving-writes-another-name",
        "A reservation is noted under another name.",
        SCARCE,
        &[&BOOKING_FROM_NOWHERE],
        Bug::Means(reserving_writes_another_name),
    ),
    meaning(
        "reserving-is-rejected",
        "A reservation is rejected as sold out while there is stock.",
        SCARCE,
        &[&REJECTED_WITH_STOCK_LEFT],
        Bug::Means(reserving_is_rejected),
    ),
    meaning(
        "cancelling-is-forgotten",
        "A cancellation is confirmed, and the booking stays.",
        "booking",
        &[&RESURRECTED_BOOKING],
        Bug::Means(cancelling_is_forgotten),
    ),
];

fn reserves(operation: &Operation) -> bool {
    matches!(operation.decode(), Some(BookingOp::Reserve { .. }))
}

fn reserving_takes_nothing(operation: &Operation, answer: Answer) -> Answer {
    if !reserves(operation) {
        return answer;
    }
    edited(answer, |edits| edits.retain(|edit| !matches!(edit, Edit::Increment { .. })))
}

fn reserving_takes_two(operation: &Operation, answer: Answer) -> Answer {
    if !reserves(operation) {
        return answer;
    }
    edited(answer, |edits| edits.extend(edits.first().cloned()))
}

fn reserving_takes_many(operation: &Operation, answer: Answer) -> Answer {
    if !reserves(operation) {
        return answer;
    }
    edited(answer, |edits| {
        if let Some(Edit::Increment { by, .. }) = edits.first_mut() {
            *by *= 20;
        }
    })
}

fn reserving_is_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if reserves(operation) { nothing(answer) } else { answer }
}

fn reserving_writes_another_name(operation: &Operation, answer: Answer) -> Answer {
    let Some(BookingOp::Reserve { item, booking }) = operation.decode() else { return answer };
    edited(answer, |edits| {
        edits.pop();
        edits.push(Edit::Put { path: path!["bookings", &format!("not {booking}")], value: item.into() });
    })
}

fn reserving_is_rejected(operation: &Operation, answer: Answer) -> Answer {
    if reserves(operation) { Err(Rejected::new("sold_out", "come back tomorrow")) } else { answer }
}

fn cancelling_is_forgotten(operation: &Operation, answer: Answer) -> Answer {
    if matches!(operation.decode(), Some(BookingOp::Cancel { .. })) { nothing(answer) } else { answer }
}
