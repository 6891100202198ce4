//! Two users move one card at once: within its column, or from there to two others.

use syncbench_harness::oracles::places::MOVE_OVERWRITTEN;
use syncbench_harness::oracles::serial_order::SerialOrder;
use syncbench_harness::workload::Intent;
use syncbench_harness::workloads::kanban::{self, DUPLICATE_ON_MOVE, KanbanOp};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::{End, Want, at_once, end, found};

/// Of the backlog k0, k4, k8 one client moves the first card to the end, the other to the middle.
fn reorder(client: NodeId, view: &dyn View) -> Intent {
    let after = Some(if client.0 == 1 { "k8" } else { "k4" }.to_owned());
    kanban::intent(view, &KanbanOp::Move { card: "k0".into(), column: "backlog".into(), after })
}

/// One client moves a card to the next column, the other to the last.
fn drag(client: NodeId, view: &dyn View) -> Intent {
    let column = if client.0 == 1 { "doing" } else { "done" }.to_owned();
    kanban::intent(view, &KanbanOp::Move { card: "k0".into(), column, after: None })
}

/// The columns of a board with nine cards after the script, and how else the script ended.
fn columns(strategy: &str, want: Want) -> (String, End) {
    let end = at_once(strategy, "kanban", 9, want);
    let from = end.state.find("columns:{").unwrap() + "columns:".len();
    let to = from + end.state[from..].find('}').unwrap() + 1;
    (end.state[from..to].into(), End { state: String::new(), ..end })
}

/// The card once, below the card below which the second client put it.
const REORDERED: &str = "{backlog:[k4,k0,k8],doing:[k1,k5],done:[k2,k6],review:[k3,k7]}";
/// The card once, where the second client dragged it.
const DRAGGED: &str = "{backlog:[k4,k8],doing:[k1,k5],done:[k0,k2,k6],review:[k3,k7]}";
/// The card in both columns.
const DRAGGED_TO_BOTH: &str = "{backlog:[k4,k8],doing:[k0,k1,k5],done:[k0,k2,k6],review:[k3,k7]}";

#[test]
fn a_serial_order_and_the_last_document_have_the_card_once() {
    assert_eq!(
        columns("serial", reorder),
        (REORDERED.into(), end("", 0, [(&MOVE_OVERWRITTEN, 1)], SerialOrder::Exists))
    );
    // The last document lacks the first client's move, and the other move alone fits no order of both.
    let (state, last) = columns("lww-document", reorder);
    assert_eq!((state.as_str(), last.found), (REORDERED, found([(&MOVE_OVERWRITTEN, 1)])));
    for strategy in ["serial", "lww-document"] {
        let (state, end) = columns(strategy, drag);
        assert_eq!((state.as_str(), end.found), (DRAGGED, found([(&MOVE_OVERWRITTEN, 1)])), "{strategy}");
    }
}

#[test]
fn a_move_within_a_column_that_is_one_edit_keeps_the_card_once() {
    for strategy in ["ot", "text-ids", "lww-property"] {
        let (state, end) = columns(strategy, reorder);
        assert_eq!((state.as_str(), end.found), (REORDERED, found([(&MOVE_OVERWRITTEN, 1)])), "{strategy}");
    }
    let strategies: &[&str] = &[
        "lww-hlc",
        "lww-hlc:topology=mesh",
        #[cfg(feature = "loro")]
        "crdt-loro",
    ];
    for strategy in strategies {
        let kept = (REORDERED.into(), end("", 0, [(&MOVE_OVERWRITTEN, 1)], SerialOrder::Exists));
        assert_eq!(columns(strategy, reorder), kept, "{strategy}");
    }
}

#[test]
fn a_move_to_another_column_that_inserts_anew_duplicates_the_card() {
    let strategies: &[&str] = &[
        "text-ids",
        "lww-property",
        "lww-hlc",
        "lww-hlc:topology=mesh",
        #[cfg(feature = "automerge")]
        "crdt-automerge",
        #[cfg(feature = "loro")]
        "crdt-loro",
    ];
    for strategy in strategies {
        let (state, end) = columns(strategy, drag);
        assert_eq!((state.as_str(), end.found), (DRAGGED_TO_BOTH, found([(&DUPLICATE_ON_MOVE, 1)])), "{strategy}");
    }
}

#[cfg(any(feature = "automerge", feature = "loro"))]
#[test]
fn no_serial_order_has_the_card_in_two_columns() {
    let strategies: &[&str] = &[
        #[cfg(feature = "automerge")]
        "crdt-automerge",
        #[cfg(feature = "loro")]
        "crdt-loro",
    ];
    for strategy in strategies {
        assert_eq!(columns(strategy, drag).1, end("", 0, [(&DUPLICATE_ON_MOVE, 1)], SerialOrder::None), "{strategy}");
    }
}

#[cfg(feature = "yrs")]
#[test]
fn yrs_duplicates_a_card_that_two_move_within_a_column() {
    assert_eq!(columns("crdt-yrs", reorder).1.found, found([(&DUPLICATE_ON_MOVE, 1)]));
}

#[cfg(feature = "automerge")]
#[test]
fn automerge_duplicates_a_card_that_two_move_within_a_column() {
    let twice = "{backlog:[k4,k0,k8,k0],doing:[k1,k5],done:[k2,k6],review:[k3,k7]}";
    let expected = (twice.into(), end("", 0, [(&DUPLICATE_ON_MOVE, 1)], SerialOrder::None));
    assert_eq!(columns("crdt-automerge", reorder), expected);
}
