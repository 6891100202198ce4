//! Faults about links in whole runs: what they touch, what a run says that they did not, and what replays a swarm.

use crate::common::mutants::mutant;
use crate::common::subject::{Subject, scenario};
use crate::common::{Case, strategies};
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::results::{Cell, ClaimsKept, Outcome};
use syncbench_harness::scenario::{Plan, Scenario};

fn under(faults: &[&str]) -> Scenario {
    let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
    Scenario { faults, networks: vec!["4g:detection=10ms".into()], ..scenario() }
}

fn reasons(cell: &Cell) -> String {
    cell.claims_reasons.join("; ")
}

#[test]
fn a_fault_that_touched_nothing_leaves_the_claims_unknown() {
    for (fault, says) in [
        // After the last operation.
        ("partition:halves@60s..61s", "no operation was under way from 60.0 s to 61.0 s"),
        ("burst:share=0.01%,mean=1ms", "messages lost packets in a burst"),
        ("corrupt:share=0.001%", "messages were damaged"),
    ] {
        let cell = Subject::new("serial", "stack").cell(&under(&[fault]), 1);
        assert_eq!(cell.claims_kept, Some(ClaimsKept::Unknown), "{fault}");
        assert!(reasons(&cell).contains("touched nothing") && reasons(&cell).contains(says), "{}", reasons(&cell));
        // What is broken stays broken.
        let broken = mutant("serial", "stack", "answer-forgotten").cell(&under(&[fault]), 1);
        assert_eq!(broken.claims_kept, Some(ClaimsKept::No), "{fault}");
    }
    let met = Subject::new("serial", "stack").cell(&under(&["partition:halves@200ms..600ms"]), 1);
    assert_eq!(met.claims_kept, Some(ClaimsKept::Yes), "{}", reasons(&met));
}

#[test]
fn a_partition_without_another_side_touches_nothing() {
    let alone = Scenario { clients: 1, ..under(&["partition:halves"]) };
    let cell = Subject::new("serial", "stack").cell(&alone, 1);
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Unknown));
    assert!(reasons(&cell).contains("touched no connection"), "{}", reasons(&cell));
}

#[test]
fn all_strategies_of_a_seed_meet_the_same_swarm_and_its_replay_is_the_same_run() {
    let drawn = |cell: &Cell| cell.coverage.iter().map(|met| met.fault.clone()).collect::<Vec<_>>();
    for seed in 1..=4 {
        let planned = Subject::new("serial", "stack").planned(&under(&["swarm"]), seed);
        let cell = syncbench_harness::run::run_cell(&planned);
        assert!(!drawn(&cell).is_empty() && cell.coverage.iter().all(|met| met.drawn_by.as_deref() == Some("swarm")));
        assert_eq!(drawn(&Subject::new("crdt-yrs", "stack").cell(&under(&["swarm"]), seed)), drawn(&cell));
        let faults: Vec<&str> =
            cell.replay.split(" --fault ").skip(1).map(|rest| rest.split(' ').next().unwrap()).collect();
        assert!(!faults.contains(&"swarm"), "{}", cell.replay);
        let again = Subject::new("serial", "stack").cell(&under(&faults), seed);
        assert_eq!(again.trace_digest, cell.trace_digest, "{}", cell.replay);
    }
}

#[test]
fn a_user_who_waits_for_a_connection_that_never_opens_acts_in_the_end() {
    for pace in [Pace::Closed, Pace::Turns] {
        // Up for less than it takes to connect.
        let faults = vec!["flapping:period=1s,down=90%,client=1".into()];
        let done = Case { faults, pace, network: "constant:40ms".into(), ..Case::new("serial", "stack") }.run();
        assert!(done.ran.ledger.entries().any(|entry| entry.id.client.0 == 1), "{pace:?}");
        assert!(done.ran.converged() && done.ran.quiescent(), "{pace:?}");
    }
}

#[test]
fn a_damaged_message_breaks_its_stream_which_opens_again() {
    let faults = vec!["corrupt:share=10%".into()];
    for strategy in ["serial", "ot", "crdt-yrs"] {
        let case = Case { faults: faults.clone(), network: "4g:detection=10ms".into(), ..Case::new(strategy, "stack") };
        let done = case.run();
        let met = &done.ran.coverage[0];
        assert!(met.messages_touched > 3 && done.ran.converged(), "{strategy}: {met:?}");
        assert_eq!((done.ran.damaged, done.number("protocol_errors")), (0, 0.0), "{strategy}");
        assert!(done.numbers("resync_bytes", "episodes") > 0.0, "{strategy}");
    }
}

#[test]
fn damage_that_replicas_get_is_nobodys_protocol_error() {
    let mut handed = 0;
    for strategy in strategies() {
        let subject = Subject::at_home(strategy, "stack");
        let cell = subject.cell(&under(&["corrupt:share=30%,past=authentication"]), 1);
        assert_eq!(cell.outcome, Outcome::Measured, "{strategy}: {:?}", cell.reason);
        assert_ne!(cell.claims_kept, Some(ClaimsKept::No), "{strategy}: {}", reasons(&cell));
        handed += cell.coverage[0].messages_touched;
    }
    assert!(handed > 100, "{handed}");
}

#[test]
fn what_needs_datagrams_or_a_mesh_is_refused_without() {
    let refused =
        |scenario: Scenario| Plan::new(vec![scenario]).err().map(|error| error.to_string()).unwrap_or_default();
    for fault in ["duplicate", "reorder"] {
        assert!(refused(under(&[fault])).contains("--transport datagram"));
        let datagrams = Scenario { transport: "datagram".into(), ..under(&[fault]) };
        assert!(Plan::new(vec![datagrams]).is_ok());
    }
    for shape in ["ring", "bridge"] {
        let fault = format!("partition:{shape}");
        let of = |strategies: &[&str]| Scenario {
            strategies: strategies.iter().map(|name| (*name).to_owned()).collect(),
            ..under(&[&fault])
        };
        let error = refused(of(&["serial", "ot"]));
        assert!(error.contains("serial, ot run as a star") && error.contains("topology=mesh"), "{error}");
        let plan = Plan::new(vec![of(&["serial", "crdt-yrs:topology=mesh"])]).unwrap();
        let cells: Vec<Cell> = plan.cells.iter().map(syncbench_harness::run::run_cell).collect();
        assert_eq!((cells[0].outcome, cells.last().unwrap().outcome), (Outcome::Unsupported, Outcome::Measured));
    }
}

#[test]
fn duplicates_of_a_fault_are_those_of_a_transport() {
    let run = |faults: Vec<String>, duplicate| {
        let transport = Transport::Datagram { loss: 0.0, duplicate };
        Case { faults, transport, network: "lan".into(), ..Case::new("lww-document", "record") }.run()
    };
    let by_fault = run(vec!["duplicate:share=30%".into()], 0.0);
    let by_transport = run(Vec::new(), 0.3);
    let copies = |done: &crate::common::Done| done.numbers("traffic", "duplicated") / done.numbers("traffic", "sent");
    assert!(
        (copies(&by_fault) - copies(&by_transport)).abs() < 0.12,
        "{} {}",
        copies(&by_fault),
        copies(&by_transport)
    );
    assert_eq!(by_fault.ran.coverage[0].messages_touched as f64, by_fault.numbers("traffic", "duplicated"));
}
