//! Strategies with a planted bug for each guarantee: the watch of reports and documents finds it, and so does the referee.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::view::View;

use super::referee::{check_each, is_causal};
use super::*;

/// What a replica does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    /// Nothing: the control.
    None,
    /// Client 3 leaves every fourth message for 300 ms and takes those that came after it.
    Overtakes,
    /// The relay leaves what client 1 sends for 300 ms where it goes to client 3.
    LateForOne,
    /// A client that is connected again begins anew, as if it had just been installed.
    Forgets,
    /// With the third operation of its user since it lost its connection, a client no longer shows what is not confirmed.
    HidesPending,
}

struct Planted {
    inner: Arc<Configured>,
    bug: Bug,
}

/// This strategy with this bug.
fn planted(strategy: &str, bug: Bug) -> Configured {
    let inner = registry::configure(&strategy.parse().unwrap()).unwrap();
    let (label, spec, params) = (format!("{strategy} ({bug:?})"), inner.spec, inner.params.clone());
    Configured { label, spec, params, strategy: Box::new(Planted { inner: Arc::new(inner), bug }) }
}

impl Strategy for Planted {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.inner.strategy.genesis(document)
    }

    fn topology(&self, default: Topology) -> Topology {
        self.inner.strategy.topology(default)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let inner = self.inner.strategy.replica(setup);
        Box::new(Twisted {
            inner,
            bug: self.bug,
            setup: setup.clone(),
            strategy: self.inner.clone(),
            calls: 0,
            late: BTreeMap::new(),
            links: 0,
            alone: 0,
        })
    }

    fn restore(&self, _: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Err(ProtocolError::malformed("no run here crashes"))
    }
}

/// Something that is put off.
enum Late {
    Receive(NodeId, Vec<u8>, Sidecar),
    Send(NodeId, Arc<[u8]>, Arc<Sidecar>),
}

/// Timers of the bug itself.
const LATE: u64 = 1 << 40;

struct Twisted {
    inner: Box<dyn Replica>,
    bug: Bug,
    setup: Setup,
    strategy: Arc<Configured>,
    calls: u64,
    late: BTreeMap<u64, Late>,
    links: u64,
    /// Operations of its user since the connection broke.
    alone: u64,
}

impl Twisted {
    fn is_client(&self, n: u32) -> bool {
        self.setup.node == NodeId(n)
    }

    fn put_off(&mut self, what: Late, cx: &mut Context<'_>) {
        let tag = LATE + self.late.len() as u64 + self.calls * 1_000;
        self.late.insert(tag, what);
        cx.set_timer(Duration::from_millis(300), tag);
    }

    /// Calls the faithful replica and passes on what it wants. `late` holds for what goes to client 3.
    fn call<R>(
        &mut self,
        late: bool,
        cx: &mut Context<'_>,
        call: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R,
    ) -> R {
        let mut effects = Vec::new();
        let (node, now, wall) = (cx.node(), cx.now(), cx.wall_clock());
        let result = call(&mut *self.inner, &mut Context::new(node, now, wall, cx.rng(), &mut effects));
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, sidecar } if late && to == NodeId(3) => {
                    self.put_off(Late::Send(to, bytes, sidecar), cx);
                }
                Effect::Send { to, bytes, sidecar } => cx.send(to, bytes, sidecar),
                Effect::SetTimer { after, tag } => cx.set_timer(after, tag),
                Effect::Report(report) => cx.report(report),
            }
        }
        result
    }
}

impl Replica for Twisted {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.alone += u64::from(self.links.is_multiple_of(2));
        self.call(false, cx, |inner, cx| inner.submit(id, operation, cx));
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.calls += 1;
        if self.bug == Bug::Overtakes && self.is_client(3) && self.calls.is_multiple_of(4) {
            self.put_off(Late::Receive(from, bytes.to_vec(), sidecar.clone()), cx);
            return Ok(());
        }
        let late = self.bug == Bug::LateForOne && self.is_client(0) && from == NodeId(1) && self.calls > 10;
        self.call(late, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        match self.late.remove(&tag) {
            Some(Late::Receive(from, bytes, sidecar)) => {
                self.call(false, cx, |inner, cx| inner.receive(from, &bytes, &sidecar, cx)).unwrap();
            }
            Some(Late::Send(to, bytes, sidecar)) => cx.send(to, bytes, sidecar),
            None => self.call(false, cx, |inner, cx| inner.timer(tag, cx)),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        (self.links, self.alone) = (self.links + 1, 0);
        if self.bug == Bug::Forgets && !self.is_client(0) && state == LinkState::Up && self.links > 1 {
            self.inner = self.strategy.strategy.replica(&self.setup);
        }
        self.call(false, cx, |inner, cx| inner.link(peer, state, cx));
    }

    fn view(&self) -> &dyn View {
        match self.inner.confirmed().filter(|_| self.bug == Bug::HidesPending && self.alone > 2) {
            Some(base) => base,
            None => self.inner.view(),
        }
    }

    fn durable(&self) -> Vec<u8> {
        self.inner.durable()
    }
}

fn run(strategy: &str, bug: Bug, seed: u64) -> Observed {
    let faults = vec!["partition:halves@500ms..900ms".into()];
    let case = Case { seed, faults, ops: 45, ..Case::new(strategy, "record") };
    observe(case, &planted(strategy, bug))
}

/// The bug breaks this guarantee within three seeds, as documents show it; the referee agrees, and without it nothing breaks.
#[track_caller]
fn caught(strategy: &str, bug: Bug, guarantee: Guarantee) {
    let control = run(strategy, Bug::None, 1);
    assert_eq!((control.reported.how(), control.read.how()), Default::default(), "{strategy}");
    assert!(is_causal(&control.read.history));
    let found = (1..=3).map(|seed| run(strategy, bug, seed)).find(|observed| observed.read.count(guarantee) > 0);
    let found = found.unwrap_or_else(|| panic!("{strategy}: {bug:?} does not break {}", guarantee.name()));
    assert!(!is_causal(&found.read.history), "{strategy}: {bug:?}");
    check_each(&found.read, strategy);
    // What reports alone say is found too, if not which operation it was.
    assert!(!found.reported.broken.is_empty(), "{strategy}: {bug:?}");
}

#[test]
fn a_replica_that_applies_out_of_order_breaks_monotonic_writes() {
    caught("lww-hlc", Bug::Overtakes, Guarantee::MonotonicWrites);
}

#[test]
fn a_relay_that_is_late_for_one_client_breaks_writes_follow_reads() {
    caught("lww-hlc", Bug::LateForOne, Guarantee::WritesFollowReads);
}

#[test]
fn a_client_that_forgets_breaks_monotonic_reads() {
    caught("serial", Bug::Forgets, Guarantee::MonotonicReads);
}

#[test]
fn a_client_that_hides_what_is_pending_breaks_read_your_writes() {
    caught("serial-optimistic", Bug::HidesPending, Guarantee::ReadYourWrites);
}

/// A library that waits for what a change depends on is causal whatever its links do.
#[test]
fn a_library_that_waits_for_dependencies_is_not_to_be_disordered() {
    for bug in [Bug::Overtakes, Bug::LateForOne] {
        let observed = run("crdt-automerge", bug, 1);
        assert_eq!((observed.reported.how(), observed.read.how()), Default::default(), "{bug:?}");
    }
}
