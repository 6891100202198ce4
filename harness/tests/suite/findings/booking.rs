//! What the oracle of `booking` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::workloads::booking::{CANCELLED_TWICE, LOST_BOOKING};

use super::{Flaw, Planted, assert_caught};

/// Few enough tickets to sell out soon.
const SCARCE: &str = "booking:tickets=2,cancel=0.1";

pub(crate) const PLANTED: &[Planted] = &[
    Planted { strategy: "serial-patches", ..Planted::new("booking:cancel=0.6", &[&CANCELLED_TWICE], Flaw::Weak) },
    Planted { strategy: "lww-document", ..Planted::new(SCARCE, &[&LOST_BOOKING], Flaw::Weak) },
];

#[test]
fn bugs_in_bookings_are_found() {
    assert_caught("booking");
}
