//! Faults of nodes and clocks.

use std::cmp::Reverse;

use syncbench_strategies::replica::Mishap;

use super::*;

fn clock_ms(faults: &Faults, ms: u64) -> f64 {
    at(faults, ms).clock(NodeId(1), Time::from_ms(ms), Time::from_ms(3_600_000 + ms)).as_ms() - 3_600_000.0
}

#[test]
fn clocks_drift_jump_and_stand_still() {
    let drifting = faults(["drift:ppm=1000,client=1@1s..3s"]);
    assert_eq!([500, 2_000, 2_500, 3_000].map(|ms| clock_ms(&drifting, ms)), [500.0, 2_001.0, 2_501.5, 3_000.0]);
    let slow = faults(["drift:ppm=1000,runs=slow"]);
    assert_eq!(clock_ms(&slow, 10_000), 9_990.0);
    let frozen = faults(["freeze@1s..3s"]);
    assert_eq!([999, 1_000, 2_500, 3_000].map(|ms| clock_ms(&frozen, ms)), [999.0, 1_000.0, 1_000.0, 3_000.0]);
    let jumped = faults(["jump:30m@1s"]);
    assert_eq!([999, 5_000].map(|ms| clock_ms(&jumped, ms)), [999.0, 5_000.0 - 1_800_000.0]);
    // Nobody sets it right when users are done.
    let mut healed = Conditions::new(&jumped);
    healed.change(Transition { at: Time::from_ms(6_000), healed: true });
    let shown = healed.clock(NodeId(1), Time::from_ms(6_000), Time::from_ms(3_600_000)).as_ms();
    assert_eq!(shown, 1_800_000.0);
}

#[test]
fn a_node_that_stands_still_keeps_its_connections_and_a_crashed_one_does_not() {
    let paused = faults(["pause:client=2@1s..2s"]);
    assert_eq!(at(&paused, 1_500).node(NodeId(2)), NodeState::Paused);
    assert!(at(&paused, 1_500).connectable(NodeId(2), NodeId(3)));
    let down = faults(["crash:client=server@1s..2s"]);
    assert!(!at(&down, 1_500).connectable(NodeId::SERVER, NodeId(3)));
    let outage = faults(["outage@1s..2s"]);
    assert_eq!(at(&outage, 1_500).node(NodeId::SERVER), NodeState::Up);
    assert!(
        !at(&outage, 1_500).connectable(NodeId::SERVER, NodeId(3))
            && at(&outage, 1_500).connectable(NodeId(1), NodeId(3))
    );
}

#[test]
fn of_several_crashes_the_one_that_keeps_least_counts() {
    let restart = |texts: [&str; 2]| at(&faults(texts), 5_000).restart(NodeId::SERVER);
    assert_eq!(restart(["crash:client=server@3s..6s", "late:3@1s"]), Restart::Saved);
    assert_eq!(restart(["backup:1s@3s..6s", "backup:500ms@4s..6s"]), Restart::Backup(Reverse(Time::from_ms(2_000))));
    assert_eq!(restart(["backup:1s@3s..6s", "rebuild@4s..6s"]), Restart::Rebuilt);
    assert_eq!(restart(["crash:client=server,keep=nothing@3s..6s", "rebuild@4s..6s"]), Restart::Nothing);
    // Another node's loss is its own, and a backup from before the start is the start.
    assert_eq!(restart(["crash:client=1,keep=nothing@3s..6s", "crash:client=server@3s..6s"]), Restart::Saved);
    let old = faults(["backup:24h@3s..6s"]);
    assert_eq!(old.backups(&[NodeId::SERVER, NodeId(1)]), [(NodeId::SERVER, Time::ZERO)]);
}

#[test]
fn a_server_without_an_end_to_its_crash_recovers_when_users_are_done() {
    let server = faults(["crash:client=server@2s"]);
    assert!(at(&server, 3_000).recovers(NodeId::SERVER) && at(&server, 3_000).in_vain(&[NodeId::SERVER, NodeId(1)]));
    let client = faults(["crash:client=1@2s"]);
    assert!(!at(&client, 3_000).recovers(NodeId(1)) && !at(&client, 3_000).in_vain(&[NodeId::SERVER, NodeId(1)]));
}

#[test]
fn services_of_several_faults_add_up_and_twins_share_a_name() {
    let slow = faults(["slow:client=1,service=2ms", "slow:client=1,service=500us@1s..2s", "twin:client=3,of=2"]);
    let service = |ms| at(&slow, ms).service(NodeId(1));
    assert_eq!([500, 1_500].map(service), [2_000, 2_500].map(Duration::from_micros));
    assert_eq!(at(&slow, 500).service(NodeId::SERVER), Duration::ZERO);
    assert_eq!([2, 3].map(|client| slow.twin_of(NodeId(client))), [None, Some(NodeId(2))]);
    assert!(slow.bring(Mishap::Twin, NodeId(3)) && !slow.bring(Mishap::NewInstall, NodeId(3)));
}

#[test]
fn words_about_nodes_that_make_no_sense_are_named() {
    for text in [
        "pause@3s",
        "twin@3s",
        "twin:client=2,of=2",
        "slow:service=0",
        "drift:ppm=0",
        "jump",
        "backup:1s",
        "rebuild",
        "crash:client=servant@3s",
        "pause:client=9@1s..2s",
    ] {
        let error = armed(text).unwrap_err().to_string();
        assert!(error.contains(text.split(',').next().unwrap()), "{error}");
    }
}
