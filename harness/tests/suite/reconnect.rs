//! What it costs to connect again: detection, three round trips and the bytes of a handshake.

use std::sync::{Arc, Mutex};

use crate::common::{Case, Done, strategies};
use syncbench_harness::event::{Event, What};
use syncbench_harness::ledger::{Fate, Ledger};
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::settings::Engine;
use syncbench_strategies::replica::{LinkState, NodeId};

/// What happened to connections, as seen by one of their ends: milliseconds, node, peer.
#[derive(Clone, Debug, Default)]
struct Seen {
    up: Vec<(f64, NodeId, NodeId)>,
    handshakes: Vec<(f64, NodeId, NodeId, u64)>,
}

struct Watch(Arc<Mutex<Seen>>);

impl Probe for Watch {
    fn event(&mut self, event: &Event, _: &Ledger) {
        let mut seen = self.0.lock().unwrap();
        match event.what {
            What::Link { peer, state: LinkState::Up } => seen.up.push((event.at.as_ms(), event.node, peer)),
            What::Handshake { peer, wire_bytes } => {
                seen.handshakes.push((event.at.as_ms(), event.node, peer, wire_bytes));
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

fn watched(case: &Case) -> (Done, Seen) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let done = case.run_probed(&case.configured(), vec![Box::new(Watch(seen.clone()))]);
    let seen = seen.lock().unwrap().clone();
    (done, seen)
}

fn case(network: &str, faults: &[&str]) -> Case {
    let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
    Case { network: network.into(), faults, ..Case::new("serial", "stack") }
}

/// When the connection of the server with a client opened, in milliseconds.
fn opened(network: &str, faults: &[&str], client: u32) -> Vec<f64> {
    let (_, seen) = watched(&case(network, faults));
    let here = seen.up.iter().filter(|(_, node, peer)| *node == NodeId::SERVER && *peer == NodeId(client));
    here.map(|(at, ..)| *at).collect()
}

#[test]
fn a_connection_opens_after_detection_and_three_round_trips() {
    let isolate = "partition:isolate,client=1@500ms..1500ms";
    assert_eq!(opened("constant:40ms", &[isolate], 1), [0.0, 1_500.0 + 1_250.0 + 3.0 * 80.0]);
    assert_eq!(opened("constant:40ms", &[isolate], 2), [0.0]);
    assert_eq!(opened("constant:40ms,detection=100ms,round_trips=1", &[isolate], 1), [0.0, 1_680.0]);
    assert_eq!(opened("instant:detection=0", &[isolate], 1), [0.0, 1_500.0]);
    assert_eq!(opened("instant", &[isolate], 1), [0.0, 2_750.0]);
}

#[test]
fn who_joins_or_recovers_connects_at_once() {
    assert_eq!(opened("constant:40ms", &["late:2@1s"], 2), [1_240.0]);
    assert_eq!(opened("constant:40ms", &["crash:client=3@300ms..800ms"], 3), [0.0, 1_040.0]);
    // A client that joins a network that is down has to detect that it is up.
    let faults = ["late:2@500ms", "partition:isolate,client=2@0s..1s"];
    assert_eq!(opened("constant:40ms", &faults, 2), [1_000.0 + 1_250.0 + 240.0]);
}

#[test]
fn a_break_while_connecting_ends_the_attempt() {
    let faults = ["partition:isolate,client=1@500ms..600ms", "partition:isolate,client=1@1s..1200ms"];
    assert_eq!(opened("constant:40ms", &faults, 1), [0.0, 1_200.0 + 1_250.0 + 240.0]);
    let faults = ["partition:isolate,client=1@500ms..600ms", "crash:client=1@1s..1200ms"];
    assert_eq!(opened("constant:40ms", &faults, 1), [0.0, 1_440.0]);
}

#[test]
fn what_happened_meanwhile_arrives_after_the_connection_is_open() {
    let faults = ["partition:isolate,client=1@500ms..1s"];
    for strategy in strategies() {
        let base = Case::at_home(strategy, "stack");
        let case = Case { network: "constant:40ms".into(), faults: faults.map(String::from).to_vec(), ..base };
        let done = case.run();
        assert!(done.ran.converged() && done.ran.quiescent(), "{strategy}: {}", done.ran.pending());
        let apart = |at: f64| (500.0..2_490.0).contains(&at);
        let other = done.ran.ledger.entries().filter(|entry| {
            entry.id.client != NodeId(1) && apart(entry.issued.as_ms()) && matches!(entry.fate, Fate::Confirmed(_))
        });
        for entry in other {
            // What changes nothing does not travel.
            let at = entry.visible.filter(|at| *at > entry.issued);
            assert!(at.is_none_or(|at| at.as_ms() >= 2_490.0 + 40.0), "{strategy} {}: {at:?}", entry.id);
        }
        let met = &done.ran.coverage[0];
        assert_eq!((met.end_ms, met.reopened_ms), (1_000.0, Some(2_490.0)), "{strategy}");
    }
}

#[test]
fn handshakes_are_counted_once_for_each_connection_that_opens_again() {
    let faults = ["partition:isolate,client=1@500ms..1s", "late:2@700ms", "crash:client=3@300ms..600ms"];
    let run = |handshake| watched(&case(&format!("constant:40ms,handshake_bytes={handshake}"), &faults));
    let ((with, seen), (without, none)) = (run(5_000), run(0));
    assert_eq!(seen.handshakes.len(), 3, "{:?}", seen.handshakes);
    assert!(seen.handshakes.iter().all(|(_, node, _, bytes)| (*node, *bytes) == (NodeId::SERVER, 5_000)));
    assert_eq!(none.handshakes.len(), 3);
    let ops = with.number("ops_issued");
    let more = (with.number("wire_bytes_per_op") - without.number("wire_bytes_per_op")) * ops;
    assert!((more - 15_000.0).abs() < 1.0, "{more}");
    assert!(watched(&case("constant:40ms", &[])).1.handshakes.is_empty(), "everybody is connected at the start");
    let resync = |handshake| {
        let network = format!("constant:40ms,handshake_bytes={handshake}");
        case(&network, &faults[..1]).run().numbers("resync_bytes", "total")
    };
    assert_eq!(resync(5_000) - resync(0), 5_000.0);
}

#[test]
fn a_group_that_never_falls_silent_is_connected_before_it_settles() {
    let faults = vec!["partition:isolate,client=1@200ms".to_owned()];
    for engine in [Engine::Sim, Engine::Threads] {
        let base = Case::at_home("presence", "presence");
        let case = Case { faults: faults.clone(), engine, network: "lan".into(), ops: 20, ..base };
        let (done, seen) = watched(&case);
        assert!(done.ran.converged(), "{engine:?}");
        let connections = case.configured().topology().peers(NodeId(1), case.clients).len();
        assert_eq!(seen.handshakes.len(), connections, "{engine:?}");
    }
}

#[test]
fn real_time_connects_as_late_as_virtual_time() {
    let faults = ["partition:isolate,client=1@30ms..60ms", "late:2@50ms"];
    let case = Case { engine: Engine::Threads, ops: 30, rate_per_s: 300.0, ..case("constant:5ms", &faults) };
    let (done, seen) = watched(&case);
    assert!(done.ran.converged() && done.ran.quiescent(), "{}", done.ran.pending());
    let mut opened: Vec<f64> =
        seen.up.iter().filter(|(at, node, _)| *node == NodeId::SERVER && *at > 30.0).map(|(at, ..)| *at).collect();
    opened.sort_by(f64::total_cmp);
    let [late, broken] = opened[..] else { panic!("{opened:?}") };
    assert!(late >= 50.0 + 30.0 && broken >= 60.0 + 1_250.0 + 30.0, "{opened:?}");
    let reopened: Vec<_> = done.ran.coverage.iter().map(|met| met.reopened_ms).collect();
    assert_eq!(reopened, [Some(1_340.0), Some(80.0)]);
}
