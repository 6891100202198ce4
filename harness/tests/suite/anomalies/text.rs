//! Two users type backward at one place at once.

use syncbench_harness::typing::Splice;
use syncbench_harness::workload::Intent;
use syncbench_harness::workloads::text::TextOp;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::times;

/// Types before the whole text: the first client `a`, the other `b`.
fn backward(client: NodeId, _: &dyn View) -> Intent {
    let insert = if client.0 == 1 { "a" } else { "b" }.into();
    Intent::blind(&TextOp::Edit(vec![Splice { pos: 0, delete: 0, insert }]))
}

fn typed(strategy: &str) -> String {
    times(3, strategy, "text", 0, backward).state
}

#[test]
fn backward_runs_interleave_behind_one_id_and_in_two_changes_of_ot() {
    // The first letter is inflight while the others are composed: each of the two changes goes in front of what is there.
    assert_eq!(typed("ot"), "{text:bbaaba}");
    assert_eq!(typed("text-ids"), "{text:bababa}");
    let whole: &[&str] = &[
        #[cfg(feature = "yrs")]
        "crdt-yrs",
        #[cfg(feature = "loro")]
        "crdt-loro",
        #[cfg(feature = "diamond")]
        "crdt-diamond",
    ];
    for strategy in whole {
        let typed = typed(strategy);
        assert!(["{text:aaabbb}", "{text:bbbaaa}"].contains(&&*typed), "{strategy}: {typed}");
    }
    #[cfg(feature = "automerge")]
    assert_eq!(typed("crdt-automerge"), "{text:bababa}");
}

#[test]
fn a_text_in_one_property_keeps_one_users_run() {
    // Nothing is lost where the second run is transformed into the first one's text.
    assert_eq!(typed("ot").matches(['a', 'b']).count(), 6);
    assert_eq!(typed("lww-property"), "{text:bbb}");
}
