//! A timer or a message that is still due is not quiescence: what outlasts the budget is unknown, and nothing is blamed for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::common::subject::{Subject, scenario};
use crate::common::{Case, strategies};
use syncbench_harness::metrics;
use syncbench_harness::results::{Cell, ClaimsKept};
use syncbench_harness::scenario::Scenario;
use syncbench_harness::settings::Engine;
use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Configured, Support};
use syncbench_strategies::view::View;

/// What a replica puts off until a timer is due.
#[derive(Clone, Copy, Debug, PartialEq)]
enum PutsOff {
    /// What its user does.
    Operations,
    /// What it receives, at the second client.
    Messages,
}

/// A strategy that puts things off.
struct Slow {
    inner: Configured,
    puts_off: PutsOff,
    by: Duration,
}

enum Waiting {
    Operation(OpId, Operation),
    Message(NodeId, Vec<u8>, Sidecar),
}

struct SlowReplica {
    inner: Box<dyn Replica>,
    puts_off: Option<PutsOff>,
    by: Duration,
    waiting: BTreeMap<u64, Waiting>,
    tags: u64,
}

impl Strategy for Slow {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.inner.strategy.genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let here = match self.puts_off {
            PutsOff::Operations => setup.node != NodeId::SERVER,
            PutsOff::Messages => setup.node == NodeId(2),
        };
        Box::new(SlowReplica {
            inner: self.inner.strategy.replica(setup),
            puts_off: here.then_some(self.puts_off),
            by: self.by,
            waiting: BTreeMap::new(),
            tags: 1 << 60,
        })
    }

    fn support(&self, kind: EditKind, default: Support) -> Support {
        self.inner.strategy.support(kind, default)
    }

    fn topology(&self, default: Topology) -> Topology {
        self.inner.strategy.topology(default)
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        self.inner.strategy.restore(setup, durable)
    }
}

impl SlowReplica {
    fn put_off(&mut self, what: Waiting, cx: &mut Context<'_>) {
        self.tags += 1;
        self.waiting.insert(self.tags, what);
        cx.set_timer(self.by, self.tags);
    }
}

impl Replica for SlowReplica {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        match self.puts_off {
            Some(PutsOff::Operations) => self.put_off(Waiting::Operation(id, operation.clone()), cx),
            _ => self.inner.submit(id, operation, cx),
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        match self.puts_off {
            Some(PutsOff::Messages) => {
                self.put_off(Waiting::Message(from, bytes.to_vec(), sidecar.clone()), cx);
                Ok(())
            }
            _ => self.inner.receive(from, bytes, sidecar, cx),
        }
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        match self.waiting.remove(&tag) {
            Some(Waiting::Operation(id, operation)) => self.inner.submit(id, &operation, cx),
            Some(Waiting::Message(from, bytes, sidecar)) => {
                self.inner.receive(from, &bytes, &sidecar, cx).expect("an honest message");
            }
            None => self.inner.timer(tag, cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.inner.link(peer, state, cx);
    }

    fn view(&self) -> &dyn View {
        self.inner.view()
    }

    fn durable(&self) -> Vec<u8> {
        self.inner.durable()
    }
}

fn slow(strategy: &str, puts_off: PutsOff, by: Duration) -> Configured {
    let plain: Configured = syncbench_strategies::registry::configure(&strategy.parse().unwrap()).unwrap();
    let (label, spec, params) = (plain.label.clone(), plain.spec, plain.params.clone());
    Configured { label, spec, params, strategy: Box::new(Slow { inner: plain, puts_off, by }) }
}

const WAIT: Duration = Duration::from_secs(90);

fn subject(strategy: &str, workload: &str, puts_off: PutsOff) -> Subject {
    Subject { strategy: Arc::new(slow(strategy, puts_off, WAIT)), ..Subject::new(strategy, workload) }
}

fn within(budget_s: f64) -> Scenario {
    Scenario { budget_s, networks: vec!["wifi".into()], ..scenario() }
}

/// Asserts that a cell is unknown because something was due after the budget, and that nothing is said to be lost.
#[track_caller]
fn undecided(cell: &Cell, named: &[&str]) {
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Unknown), "{:?}", cell.claims_reasons);
    let said = &cell.claims_reasons[0];
    assert!(named.iter().all(|words| said.contains(words)) && said.contains("--budget"), "{said}");
    assert!(cell.findings.iter().all(|finding| !finding.lost), "{:?}", cell.findings);
}

#[test]
fn operations_that_are_not_sent_yet_are_neither_lost_nor_unanswered() {
    for (strategy, workload) in [("serial", "stack"), ("serial", "text"), ("lww-document", "record"), ("ot", "text")] {
        let subject = subject(strategy, workload, PutsOff::Operations);
        undecided(&subject.cell(&within(60.0), 1), &["budget of 60s", "timers due", "36 operations without an answer"]);
        let cell = subject.cell(&within(600.0), 1);
        assert_eq!(cell.claims_kept, Some(ClaimsKept::Yes), "{strategy} on {workload}: {:?}", cell.claims_reasons);
    }
}

#[test]
fn operations_that_are_not_reflected_yet_are_not_lost() {
    let compiled_in = |strategy: &str| strategies().any(|known| known == strategy);
    let on = [("lww-hlc", "record"), ("crdt-yrs", "text"), ("crdt-loro", "text")];
    for (strategy, workload) in on.into_iter().filter(|(strategy, _)| compiled_in(strategy)) {
        let subject = subject(strategy, workload, PutsOff::Messages);
        let cell = subject.cell(&within(60.0), 1);
        undecided(&cell, &["states apart", "timers due"]);
        assert!(cell.number(&metrics::CENSORED, "visible").unwrap() > 0.0);
        let cell = subject.cell(&within(600.0), 1);
        assert_eq!(cell.claims_kept, Some(ClaimsKept::Yes), "{strategy} on {workload}: {:?}", cell.claims_reasons);
    }
}

#[test]
fn a_client_whose_clock_is_far_ahead_is_waited_for() {
    let skew = |span: &str, budget_s| Scenario {
        faults: vec![format!("skew:{span},client=2")],
        networks: vec!["wifi".into()],
        budget_s,
        ..scenario()
    };
    let subject = Subject::new("lww-hlc", "record");
    for span in ["60m", "48h", "2d"] {
        undecided(&subject.cell(&skew(span, 60.0), 1), &["timer", "due"]);
    }
    let cell = subject.cell(&skew("60m", 3_700.0), 1);
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Yes), "{:?}", cell.claims_reasons);
}

#[test]
fn both_engines_wait_for_timers_that_are_due() {
    for engine in [Engine::Sim, Engine::Threads] {
        let by = |by, budget| {
            let case = Case { engine, budget, network: "lan".into(), ops: 12, ..Case::new("serial", "record") };
            Case { rate_per_s: 200.0, ..case }.run_with(&slow("serial", PutsOff::Operations, by))
        };
        let done = by(Duration::from_millis(600), Duration::from_secs(30));
        assert!(done.ran.quiescent() && done.numbers("censored", "confirmed") == 0.0, "{engine:?}");
        let done = by(Duration::from_secs(20), Duration::from_millis(300));
        assert_eq!((done.ran.timers_due, done.ran.quiescent()), (12, false), "{engine:?}");
        assert!(done.ran.ledger.entries().all(|entry| entry.censored), "{engine:?}");
    }
}
