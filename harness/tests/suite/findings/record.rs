//! What the oracle of `record` finds in a correct strategy that is too weak, or meets a fault.

use syncbench_harness::oracles::writes::{EDIT_LOST_TO_DELETE, OVERWRITTEN};

use super::{Flaw, Planted, assert_caught};

/// A few records, of which many are deleted and made.
const LIVELY: &str = "record:delete=0.2,create=0.2";

pub(crate) const PLANTED: &[Planted] = &[Planted::new(LIVELY, &[&OVERWRITTEN, &EDIT_LOST_TO_DELETE], Flaw::Weak)];

#[test]
fn bugs_in_records_are_found() {
    assert_caught("record");
}
