//! Two agents book the same hour, or the last tickets, or cancel the same booking, at once.

use std::collections::BTreeMap;

use syncbench_harness::oracles::serial_order::SerialOrder;
use syncbench_harness::workload::{History, Intent};
use syncbench_harness::workloads::booking::{BookingOp, OVERSOLD, STOCK_FROM_NOWHERE};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::{at_once, end};
use crate::common::Case;

fn book(client: NodeId, item: &str) -> Intent {
    Intent::blind(&BookingOp::Reserve { item: item.into(), booking: format!("guest{}", client.0) })
}

/// Books the only hour.
fn book_hour(client: NodeId, _: &dyn View) -> Intent {
    book(client, "hour0")
}

/// Books one of two tickets.
fn book_show(client: NodeId, _: &dyn View) -> Intent {
    book(client, "show0")
}

#[test]
fn an_hour_goes_to_one_guest_with_a_serial_order_or_escrow() {
    for strategy in ["serial", "escrow"] {
        let one = end("{bookings:{guest1:hour0},stock:{hour0:0}}", 1, [], SerialOrder::Exists);
        assert_eq!(at_once(strategy, "booking", 1, book_hour), one, "{strategy}");
    }
}

#[test]
fn the_last_document_loses_a_confirmed_booking() {
    let state = "{bookings:{guest2:hour0},stock:{hour0:0}}";
    // The first guest's booking is gone, and both were told that they have the hour.
    let lost = end(state, 0, [(&OVERSOLD, 1)], SerialOrder::None);
    assert_eq!(at_once("lww-document", "booking", 1, book_hour), lost);
}

#[test]
fn an_hour_is_sold_twice_where_bookings_merge_and_decrements_add_up() {
    for strategy in [
        "text-ids",
        #[cfg(feature = "automerge")]
        "crdt-automerge",
        #[cfg(feature = "loro")]
        "crdt-loro",
        #[cfg(feature = "yrs")]
        "crdt-yrs",
    ] {
        let state = "{bookings:{guest1:hour0,guest2:hour0},stock:{hour0:-1}}";
        let oversold = end(state, 0, [(&OVERSOLD, 1)], SerialOrder::None);
        assert_eq!(at_once(strategy, "booking", 1, book_hour), oversold, "{strategy}");
    }
}

#[test]
fn an_hour_is_sold_twice_and_counted_once_where_a_decrement_writes_a_sum() {
    for strategy in [
        "lww-property",
        "lww-hlc",
        "lww-hlc:topology=mesh",
        #[cfg(feature = "yrs")]
        "crdt-yrs:counter=sum",
    ] {
        let state = "{bookings:{guest1:hour0,guest2:hour0},stock:{hour0:0}}";
        let oversold = end(state, 0, [(&OVERSOLD, 1)], SerialOrder::None);
        assert_eq!(at_once(strategy, "booking", 1, book_hour), oversold, "{strategy}");
    }
}

#[test]
fn tickets_whose_rights_are_shared_out_are_sold_without_a_round_trip() {
    let sold = end("{bookings:{guest1:show0,guest2:show0},stock:{hour0:1,show0:0}}", 0, [], SerialOrder::Exists);
    assert_eq!(at_once("escrow", "booking:tickets=2", 2, book_show), sold);
    // With all rights at the first client, the second client's ticket takes a round trip.
    assert_eq!(at_once("escrow:split=first", "booking:tickets=2", 2, book_show), sold);
}

#[test]
fn concurrent_cancellations_make_no_stock_with_escrow() {
    let found = |strategy: &str| -> BTreeMap<String, u64> {
        let mut kinds = BTreeMap::new();
        for seed in 1..=8 {
            let case = Case { seed, ops: 150, network: "4g".into(), ..Case::new(strategy, "booking:cancel=0.5") };
            let done = case.run();
            assert!(done.ran.converged(), "{strategy}");
            let history = History { genesis: &done.genesis, last: done.ran.last(), ledger: &done.ran.ledger };
            for finding in case.workload.judge(&history) {
                *kinds.entry(finding.kind).or_insert(0) += finding.count;
            }
        }
        kinds
    };
    let escrow = found("escrow");
    assert!(!escrow.contains_key(STOCK_FROM_NOWHERE.name) && !escrow.contains_key(OVERSOLD.name), "{escrow:?}");
    // Under a strategy that rejects nothing, the same users make stock.
    assert!(found("lww-property").contains_key(STOCK_FROM_NOWHERE.name));
}
