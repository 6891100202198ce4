//! Planted bugs for the oracle of `booking`.

use syncbench_harness::workloads::booking::{
    BOOKING_FROM_NOWHERE, BookingOp, CANCELLED_TWICE, LOST_BOOKING, LOST_STOCK, OVERSOLD, REJECTED_WITH_STOCK_LEFT,
    RESURRECTED_BOOKING, STOCK_FROM_NOWHERE, STOCK_OFF,
};
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::{Operation, Rejected};
use syncbench_strategies::path;

use super::{Answer, Flaw, Planted, assert_caught, edited, nothing};

/// Few enough tickets to sell out soon.
const SCARCE: &str = "booking:tickets=2,cancel=0.1";

pub(crate) const PLANTED: &[Planted] = &[
    Planted::new(SCARCE, &[&OVERSOLD, &STOCK_FROM_NOWHERE], Flaw::Means(reserving_takes_nothing)),
    Planted::new(SCARCE, &[&LOST_STOCK], Flaw::Means(reserving_takes_two)),
    Planted::new("booking:tickets=1000", &[&STOCK_OFF], Flaw::Means(reserving_takes_many)),
    Planted::new(SCARCE, &[&LOST_BOOKING], Flaw::Means(reserving_is_forgotten)),
    Planted::new(SCARCE, &[&BOOKING_FROM_NOWHERE], Flaw::Means(reserving_writes_another_name)),
    Planted::new(SCARCE, &[&REJECTED_WITH_STOCK_LEFT], Flaw::Means(reserving_is_rejected)),
    Planted::new("booking", &[&RESURRECTED_BOOKING], Flaw::Means(cancelling_is_forgotten)),
    Planted { strategy: "serial-patches", ..Planted::new("booking:cancel=0.6", &[&CANCELLED_TWICE], Flaw::Weak) },
    Planted { strategy: "lww-document", ..Planted::new(SCARCE, &[&LOST_BOOKING], Flaw::Weak) },
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

#[test]
fn bugs_in_bookings_are_found() {
    assert_caught("booking");
}
