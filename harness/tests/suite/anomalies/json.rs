//! Two users make the same list at once, each with an item of its own.

use syncbench_harness::oracles::serial_order::SerialOrder;
use syncbench_harness::workload::Intent;
use syncbench_harness::workloads::json::{self, HIDDEN_SUBTREE, JsonOp};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::{End, at_once, end};

/// Makes the list of tags and adds one.
fn tag(client: NodeId, view: &dyn View) -> Intent {
    let path = ["o0", "tags"].map(str::to_owned).to_vec();
    json::intent(view, &JsonOp::Append { path, item: format!("tag{}", client.0) })
}

/// The list of one client hides the other's.
fn hidden(shown: &str) -> End {
    let state = format!("{{o0:{{a:o0.a,b:o0.b,tags:[{shown}]}}}}");
    end(&state, 0, [(&HIDDEN_SUBTREE, 1)], SerialOrder::None)
}

#[test]
fn a_serial_order_and_properties_have_both_items_in_one_list() {
    for strategy in ["serial", "lww-property", "lww-hlc", "lww-hlc:topology=mesh"] {
        let both = end("{o0:{a:o0.a,b:o0.b,tags:[tag1,tag2]}}", 0, [], SerialOrder::Exists);
        assert_eq!(at_once(strategy, "json", 1, tag), both, "{strategy}");
    }
}

/// A list that is put empty where nothing is, is one list for both.
#[cfg(feature = "loro")]
#[test]
fn a_mergeable_list_has_both_items() {
    let both = |tags| end(&format!("{{o0:{{a:o0.a,b:o0.b,tags:[{tags}]}}}}"), 0, [], SerialOrder::Exists);
    let ended = at_once("crdt-loro", "json", 1, tag);
    assert!(ended == both("tag1,tag2") || ended == both("tag2,tag1"), "{ended:?}");
}

#[test]
fn the_last_list_hides_the_other() {
    let strategies: &[&str] = &[
        "text-ids",
        "lww-document",
        #[cfg(feature = "automerge")]
        "crdt-automerge",
    ];
    for strategy in strategies {
        assert_eq!(at_once(strategy, "json", 1, tag), hidden("tag2"), "{strategy}");
    }
}

#[cfg(any(feature = "yrs", feature = "loro"))]
#[test]
fn the_ids_of_a_library_decide_which_list_hides_the_other() {
    let strategies: &[&str] = &[
        #[cfg(feature = "yrs")]
        "crdt-yrs",
        #[cfg(feature = "loro")]
        "crdt-loro:child=plain",
    ];
    for strategy in strategies {
        let ended = at_once(strategy, "json", 1, tag);
        assert!(ended == hidden("tag1") || ended == hidden("tag2"), "{strategy}: {ended:?}");
    }
}
