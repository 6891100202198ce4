//! The same replicas reach the same states in virtual and in real time. Nothing here depends on the speed of the machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::subject::Subject;
use crate::common::{Case, Done, strategies};
use syncbench_harness::pace::Pace;
use syncbench_harness::rng::stream;
use syncbench_harness::settings::Engine;
use syncbench_strategies::document::{Digest, Document, EditKind};
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Time, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Configured, Support};
use syncbench_strategies::view::View;

fn both(case: Case) -> (Done, Done) {
    let simulated = case.run();
    let real = Case { engine: Engine::Threads, ..case }.run();
    (simulated, real)
}

/// Operations that commute and do not depend on what a user sees.
const ADDITIONS: &str = "counter:like=0";

#[test]
fn without_concurrency_both_engines_end_in_the_same_states() {
    for strategy in strategies() {
        for network in ["instant", "lan"] {
            let (simulated, real) = both(Case {
                pace: Pace::Turns,
                network: network.into(),
                // More than a millisecond between two operations: some deciding clocks are no finer.
                rate_per_s: 400.0,
                ops: 40,
                ..Case::at_home(strategy, "stack")
            });
            assert!(real.ran.converged(), "{strategy} {network}");
            assert_eq!(real.ran.finals, simulated.ran.finals, "{strategy} {network}");
            assert_eq!(real.number("concurrency"), 0.0, "{strategy} {network}");
            let fates = |done: &Done| {
                let entries = done.ran.ledger.entries();
                entries.map(|entry| (entry.id, entry.operation.clone(), entry.fate.clone())).collect::<Vec<_>>()
            };
            assert_eq!(fates(&real), fates(&simulated), "{strategy} {network}");
        }
    }
}

#[test]
fn commuting_additions_end_in_the_same_state_in_both_engines() {
    let mut compared = 0;
    for strategy in strategies().filter(|strategy| Subject::new(strategy, ADDITIONS).supported()) {
        let case = Case { network: "lan".into(), rate_per_s: 600.0, ops: 120, ..Case::new(strategy, ADDITIONS) };
        let (simulated, real) = both(case);
        assert!(real.ran.converged(), "{strategy}");
        // A strategy that loses additions loses different ones in each run.
        if sum(simulated.ran.last()) == sum_of_operations(&simulated) {
            assert_eq!(real.ran.finals, simulated.ran.finals, "{strategy}");
            assert_eq!(sum(real.ran.last()), sum_of_operations(&real), "{strategy}");
            compared += 1;
        }
    }
    assert!(compared > 0);
}

fn sum(document: &Document) -> i64 {
    let counters = document.keys(&path![]).unwrap_or_default();
    counters.iter().filter_map(|counter| document.get(&path![&**counter])?.as_int()).sum()
}

fn sum_of_operations(done: &Done) -> i64 {
    use syncbench_harness::workloads::counter::CounterOp;
    let by = |op: Option<CounterOp>| match op {
        Some(CounterOp::Add { by, .. }) => by,
        _ => 0,
    };
    done.ran.ledger.entries().map(|entry| by(entry.operation.decode())).sum()
}

#[test]
fn intended_times_do_not_depend_on_the_engine() {
    for pace in [Pace::Poisson, Pace::Periodic] {
        for strategy in strategies().filter(|strategy| Subject::new(strategy, ADDITIONS).supported()) {
            // A rate that no strategy sustains.
            let case = Case { pace, network: "instant".into(), rate_per_s: 1e6, ..Case::new(strategy, ADDITIONS) };
            let (simulated, real) = both(case);
            let intended = |done: &Done| {
                let entries = done.ran.ledger.entries();
                entries.map(|entry| (entry.id, entry.intended, entry.operation.clone())).collect::<Vec<_>>()
            };
            assert_eq!(intended(&real), intended(&simulated), "{strategy} {pace:?}");
            assert!(real.ran.ledger.entries().all(|entry| entry.issued >= entry.intended), "{strategy} {pace:?}");
        }
    }
}

#[test]
fn replicas_with_heartbeats_quiesce_and_then_nothing_is_inflight() {
    for strategy in strategies() {
        let case = Case {
            network: "lan".into(),
            rate_per_s: 400.0,
            budget: Duration::from_secs(600),
            ..Case::at_home(strategy, "stack")
        };
        let settling = case.configured().strategy.settling();
        if settling.is_zero() {
            continue;
        }
        let (simulated, real) = both(case);
        for (done, slack) in [(simulated, Duration::from_millis(100)), (real, Duration::from_secs(10))] {
            assert!(done.ran.converged() && done.ran.messages_in_flight == 0, "{strategy}");
            assert!(done.numbers("counters", "heartbeats") > 0.0, "{strategy}");
            // Something happens at every tick, so the run lasts as long as the replicas need to quiesce, and no longer.
            let lasted = done.ran.ended_at.since(done.ran.quiescing_since);
            assert!(lasted + settling / 10 > settling && lasted < settling + slack, "{strategy}: {lasted:?}");
        }
    }
}

/// What a replica was called with, and when.
#[derive(Clone)]
enum Call {
    Submit(OpId, Operation),
    Receive(NodeId, Vec<u8>, Sidecar),
    Timer(u64),
    Link(NodeId, LinkState),
}

type Calls = Arc<Mutex<BTreeMap<NodeId, Vec<(Time, Time, Call)>>>>;

/// A strategy whose replicas write down their calls.
struct Recording {
    inner: Configured,
    calls: Calls,
}

struct Recorder {
    inner: Box<dyn Replica>,
    calls: Calls,
}

impl Strategy for Recording {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.inner.strategy.genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        Box::new(Recorder { inner: self.inner.strategy.replica(setup), calls: self.calls.clone() })
    }

    fn support(&self, kind: EditKind, default: Support) -> Support {
        self.inner.strategy.support(kind, default)
    }

    fn topology(&self, default: Topology) -> Topology {
        self.inner.strategy.topology(default)
    }

    fn send_window(&self) -> Duration {
        self.inner.strategy.send_window()
    }

    fn settling(&self) -> Duration {
        self.inner.strategy.settling()
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        self.inner.strategy.restore(setup, durable)
    }
}

impl Recorder {
    fn note(&self, cx: &Context<'_>, call: Call) {
        let mut calls = self.calls.lock().unwrap();
        calls.entry(cx.node()).or_default().push((cx.now(), cx.wall_clock(), call));
    }
}

impl Replica for Recorder {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.note(cx, Call::Submit(id, operation.clone()));
        self.inner.submit(id, operation, cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.note(cx, Call::Receive(from, bytes.to_vec(), sidecar.clone()));
        self.inner.receive(from, bytes, sidecar, cx)
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        self.note(cx, Call::Timer(tag));
        self.inner.timer(tag, cx);
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.note(cx, Call::Link(peer, state));
        self.inner.link(peer, state, cx);
    }

    fn view(&self) -> &dyn View {
        self.inner.view()
    }

    fn durable(&self) -> Vec<u8> {
        self.inner.durable()
    }

    fn saved_sidecar(&self) -> Sidecar {
        self.inner.saved_sidecar()
    }

    fn recall(&mut self, saved: &Sidecar) {
        self.inner.recall(saved);
    }
}

#[test]
fn replaying_recorded_calls_gives_the_same_views() {
    for strategy in strategies() {
        let case = Case {
            engine: Engine::Threads,
            faults: ["partition:halves@50ms..100ms", "late:2@80ms", "skew:2s"].map(String::from).to_vec(),
            network: "lan".into(),
            rate_per_s: 400.0,
            ..Case::at_home(strategy, "stack")
        };
        let plain = case.configured();
        let calls = Calls::default();
        let recording = Recording { inner: case.configured(), calls: calls.clone() };
        let (label, params) = (plain.label.clone(), plain.params.clone());
        let recording = Configured { label, spec: plain.spec, params, strategy: Box::new(recording) };
        let done = case.run_with(&recording);
        let genesis: Arc<[u8]> = plain.strategy.genesis(&done.genesis).into();
        let calls = calls.lock().unwrap();
        for (node, shown) in &done.ran.finals {
            let setup = Setup {
                node: *node,
                peers: plain.topology().peers(*node, case.clients),
                clients: case.clients,
                model: case.workload.model(),
                genesis: genesis.clone(),
                seed: case.seed,
                identity: None,
                undo: false,
            };
            let replayed = replay(plain.strategy.replica(&setup), &calls[node], case.seed, *node);
            assert_eq!(replayed, shown.digest(), "{strategy} {node}");
        }
    }
}

fn replay(mut replica: Box<dyn Replica>, calls: &[(Time, Time, Call)], seed: u64, node: NodeId) -> Digest {
    let mut rng = stream(seed, "node", node.0.into(), 0);
    for (now, wall, call) in calls {
        let mut effects = Vec::new();
        let mut cx = Context::new(node, *now, *wall, &mut rng, &mut effects);
        match call {
            Call::Submit(id, operation) => replica.submit(*id, operation, &mut cx),
            Call::Receive(from, bytes, sidecar) => replica.receive(*from, bytes, sidecar, &mut cx).unwrap(),
            Call::Timer(tag) => replica.timer(*tag, &mut cx),
            Call::Link(peer, state) => replica.link(*peer, *state, &mut cx),
        }
    }
    replica.view().document().digest()
}
