//! Two users enter one editor at once.

use syncbench_harness::oracles::serial_order::SerialOrder;
use syncbench_harness::workload::Intent;
use syncbench_harness::workloads::presence::{LOST_CURSOR, PresenceOp};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::{at_once, end};

/// Enters and puts the cursor at the client's number.
fn join(client: NodeId, _: &dyn View) -> Intent {
    Intent::blind(&PresenceOp::Join { who: client.to_string(), name: "somebody".into(), cursor: client.0 })
}

#[test]
fn the_last_document_shows_one_of_two_users_who_enter() {
    let of = |client: u32| format!("c{client}:{{cursor:{client},name:somebody}}");
    let both = format!("{{length:9,presence:{{{},{}}}}}", of(1), of(2));
    for strategy in ["presence", "serial", "ot"] {
        assert_eq!(at_once(strategy, "presence", 9, join), end(&both, 0, [], SerialOrder::Exists), "{strategy}");
    }
    let last = format!("{{length:9,presence:{{{}}}}}", of(2));
    let lost = end(&last, 0, [(&LOST_CURSOR, 1)], SerialOrder::None);
    assert_eq!(at_once("lww-document", "presence", 9, join), lost);
}
