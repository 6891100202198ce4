//! Strategies with one planted bug each: a wrapper around a correct one changes what goes in or comes out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use syncbench_harness::run::PlannedWorkload;
use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ErasedModel, ModelRef, Operation, Outcome, Plan, Rejected, reduce};
use syncbench_strategies::registry;
use syncbench_strategies::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Report, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::{Clock, Sidecar, merge_clock};
use syncbench_strategies::spec::{Configured, Support};
use syncbench_strategies::view::View;

use super::subject::{Subject, planned_workload};

/// The bugs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// None: the wrapper alone, for the control.
    Inert,
    /// Messages from client 1 to its first peer are lost.
    LosesMessages,
    /// Reports a message as reflected, and receives it 25 ms later.
    SaysTooEarly,
    /// Receives every fifth message and then reports it as a protocol error.
    RefusesHonestMessages,
    /// Leaves out every third fate.
    ForgetsToAnswer,
    /// Peers answer each other's answers for ever.
    NeverQuiet,
    /// Behaves differently when a sidecar is not empty.
    ReadsSidecars,
    /// Saves its initial state.
    SavesNothingNew,
    /// Keeps every message.
    Hoards,
    /// The order of calls in the whole program leaks into its messages.
    KnowsTheProgram,
    /// Panics on bytes that it does not expect.
    Panics,
    /// Believes a length that it reads.
    BelievesLengths,
    /// Acts on a message before checking it.
    ActsBeforeItChecks,
    /// Confirms bytes that are no operation.
    TakesNonsense,
    /// Confirms an undo and leaves the operation in place.
    UndoesNothing,
    /// Reports a message that it received before as a protocol error.
    CountsTwice,
}

/// A subject with a bug.
pub fn mutant(strategy: &str, workload: &str, bug: Bug) -> Subject {
    let faithful = Subject::new(strategy, workload);
    let Configured { label, spec, params, .. } = registry::configure(&strategy.parse().unwrap()).unwrap();
    let strategy = Box::new(Mutant { inner: faithful.strategy.clone(), bug });
    let strategy = Arc::new(Configured { label: format!("{label} ({bug:?})"), spec, params, strategy });
    Subject { strategy, ..faithful }
}

/// The same subject on another model than the one that its oracle knows.
pub fn with_model(
    workload: &str,
    model: impl Fn(ModelRef) -> ModelRef + Send + Sync + 'static,
) -> Arc<PlannedWorkload> {
    let inner = planned_workload(workload);
    let workload = super::workloads::remodelled(inner.clone(), model);
    Arc::new(PlannedWorkload::new(&inner.label, inner.spec, workload))
}

struct Mutant {
    inner: Arc<Configured>,
    bug: Bug,
}

impl Mutant {
    fn wrap(&self, setup: &Setup, inner: Box<dyn Replica>) -> Box<dyn Replica> {
        let first = inner.durable();
        let node = setup.node;
        Box::new(Twisted { inner, bug: self.bug, node, first, late: BTreeMap::new(), calls: 0, hoard: Vec::new() })
    }

    fn setup(&self, setup: &Setup) -> Setup {
        let model: ModelRef =
            if self.bug == Bug::TakesNonsense { Arc::new(Lenient(setup.model.clone())) } else { setup.model.clone() };
        Setup { model, ..setup.clone() }
    }
}

impl Strategy for Mutant {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.inner.strategy.genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let setup = self.setup(setup);
        self.wrap(&setup, self.inner.strategy.replica(&setup))
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
        let setup = self.setup(setup);
        Ok(self.wrap(&setup, self.inner.strategy.restore(&setup, durable)?))
    }
}

struct Lenient(ModelRef);

impl ErasedModel for Lenient {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected> {
        match self.0.plan(view, operation) {
            Err(reason) if reason.code == "malformed" => Ok(Plan::new(Vec::new())),
            planned => planned,
        }
    }

    fn describe(&self, operation: &Operation) -> String {
        self.0.describe(operation)
    }
}

struct Twisted {
    inner: Box<dyn Replica>,
    bug: Bug,
    node: NodeId,
    first: Vec<u8>,
    late: BTreeMap<u64, (NodeId, Vec<u8>, Sidecar)>,
    calls: u64,
    hoard: Vec<Vec<u8>>,
}

/// Timers of the twist itself.
const LATE: u64 = 1 << 40;
const PING: &[u8] = b"ping";

impl Twisted {
    /// Calls the faithful replica and passes its effects on, with the twist.
    fn relay<R>(&mut self, cx: &mut Context<'_>, call: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R) -> R {
        let mut effects = Vec::new();
        let (node, now, wall) = (cx.node(), cx.now(), cx.wall_clock());
        let result = call(&mut *self.inner, &mut Context::new(node, now, wall, cx.rng(), &mut effects));
        for effect in effects {
            self.pass_on(effect, cx);
        }
        result
    }

    fn pass_on(&self, effect: Effect, cx: &mut Context<'_>) {
        match effect {
            Effect::Send { .. } if self.bug == Bug::LosesMessages && self.node == NodeId(1) && self.calls > 3 => {}
            Effect::Send { to, bytes, sidecar } if self.bug == Bug::KnowsTheProgram => {
                static CALLS: AtomicU64 = AtomicU64::new(0);
                let mut longer = bytes.to_vec();
                longer.push(CALLS.fetch_add(1, Ordering::Relaxed) as u8);
                cx.send(to, longer, sidecar);
            }
            Effect::Send { to, bytes, sidecar } if self.bug == Bug::CountsTwice => {
                let mut longer = bytes.to_vec();
                longer.push(0);
                cx.send(to, longer, sidecar);
            }
            Effect::Send { to, bytes, sidecar } => cx.send(to, bytes, sidecar),
            Effect::SetTimer { after, tag } => cx.set_timer(after, tag),
            Effect::Report(Report::Confirmed(id, _)) if self.bug == Bug::ForgetsToAnswer && id.n.is_multiple_of(3) => {}
            Effect::Report(report) => cx.report(report),
        }
    }

    fn take(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.relay(cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }
}

impl Replica for Twisted {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.calls += 1;
        self.relay(cx, |inner, cx| inner.submit(id, operation, cx));
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        if self.bug == Bug::UndoesNothing {
            cx.void(id);
            return cx.confirmed(id, Outcome::Null);
        }
        self.relay(cx, |inner, cx| inner.undo(id, target, cx));
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.calls += 1;
        match self.bug {
            Bug::SaysTooEarly => {
                cx.reflected_all(sidecar);
                cx.set_timer(Duration::from_millis(25), LATE + self.calls);
                self.late.insert(LATE + self.calls, (from, bytes.to_vec(), sidecar.clone()));
                Ok(())
            }
            Bug::RefusesHonestMessages if self.calls.is_multiple_of(5) => {
                self.take(from, bytes, sidecar, cx)?;
                Err(ProtocolError::malformed("no idea"))
            }
            Bug::NeverQuiet if bytes == PING => {
                cx.send(from, PING, Sidecar::none());
                Ok(())
            }
            Bug::ReadsSidecars => {
                if bytes == PING {
                    return Ok(());
                }
                if *sidecar != Sidecar::none() {
                    cx.send(from, PING, Sidecar::none());
                }
                self.take(from, bytes, sidecar, cx)
            }
            Bug::Hoards => {
                self.hoard.push(bytes.to_vec());
                self.take(from, bytes, sidecar, cx)
            }
            Bug::KnowsTheProgram => self.take(from, bytes.split_last().map_or(bytes, |(_, rest)| rest), sidecar, cx),
            // The last byte tells whether it came before; it never does.
            Bug::CountsTwice => {
                let bytes = bytes.split_last().map_or(bytes, |(_, rest)| rest);
                let fresh = !self.hoard.iter().any(|old| old == bytes);
                self.hoard.push(bytes.to_vec());
                if fresh { self.take(from, bytes, sidecar, cx) } else { Err(ProtocolError::malformed("again")) }
            }
            Bug::Panics => {
                let result = self.take(from, bytes, sidecar, cx);
                assert!(result.is_ok(), "cannot happen");
                result
            }
            Bug::BelievesLengths => {
                if bytes.len() > 3 && bytes.contains(&0xff) {
                    self.hoard.push(vec![0; 1 << 27]);
                    self.hoard.pop();
                }
                self.take(from, bytes, sidecar, cx)
            }
            Bug::ActsBeforeItChecks => {
                let result = self.take(from, bytes, sidecar, cx);
                if result.is_err() {
                    cx.send(from, PING, Sidecar::none());
                }
                result
            }
            _ => self.take(from, bytes, sidecar, cx),
        }
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if let Some((from, bytes, sidecar)) = self.late.remove(&tag) {
            // A message from an honest peer is valid, late or not.
            let _ = self.take(from, &bytes, &sidecar, cx);
        } else if tag < LATE {
            self.relay(cx, |inner, cx| inner.timer(tag, cx));
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        if self.bug == Bug::NeverQuiet && state == LinkState::Up {
            cx.send(peer, PING, Sidecar::none());
        }
        self.relay(cx, |inner, cx| inner.link(peer, state, cx));
    }

    fn view(&self) -> &dyn View {
        self.inner.view()
    }

    fn confirmed(&self) -> Option<&dyn View> {
        self.inner.confirmed()
    }

    fn durable(&self) -> Vec<u8> {
        if self.bug == Bug::SavesNothingNew { self.first.clone() } else { self.inner.durable() }
    }

    fn saved_sidecar(&self) -> Sidecar {
        self.inner.saved_sidecar()
    }

    fn recall(&mut self, saved: &Sidecar) {
        self.inner.recall(saved);
    }
}

/// `lww-document` as people first write it: whole documents stamped with the second of the write, as HTTP dates are. Of
/// two writes in one second, a replica keeps the one that it receives last.
pub fn without_tie_break(workload: &str) -> Subject {
    let faithful = Subject::new("lww-document", workload);
    let spec = faithful.strategy.spec;
    let strategy =
        Configured { label: "no tie-break".into(), spec, params: BTreeMap::new(), strategy: Box::new(NoTieBreak) };
    Subject { strategy: Arc::new(strategy), ..faithful }
}

struct NoTieBreak;

impl Strategy for NoTieBreak {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let data = Document::decode(&setup.genesis).unwrap();
        Box::new(Untied { model: setup.model.clone(), peers: setup.peers.clone(), second: 0, data, seen: Clock::new() })
    }

    fn restore(&self, setup: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(self.replica(setup))
    }
}

struct Untied {
    model: ModelRef,
    peers: Vec<NodeId>,
    second: u64,
    data: Document,
    seen: Clock,
}

impl Replica for Untied {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let outcome = match reduce(&*self.model, &mut self.data, operation) {
            Ok(outcome) => outcome,
            Err(reason) => return cx.rejected(id, reason),
        };
        self.second = cx.wall_clock().0 / 1_000_000_000;
        self.seen.insert(id.client, id.n);
        let bytes = [&self.second.to_le_bytes()[..], &self.data.encode()].concat();
        cx.broadcast(self.peers.clone(), bytes, Sidecar::state(&self.seen));
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, outcome);
    }

    fn receive(
        &mut self,
        _: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let (second, data) = bytes.split_first_chunk().ok_or_else(|| ProtocolError::malformed("no date"))?;
        let (second, data) = (u64::from_le_bytes(*second), Document::decode(data).map_err(ProtocolError::malformed)?);
        if second >= self.second {
            (self.second, self.data) = (second, data);
        }
        merge_clock(&mut self.seen, &sidecar.seen);
        cx.reflected_all(sidecar);
        Ok(())
    }

    fn link(&mut self, _: NodeId, _: LinkState, _: &mut Context<'_>) {}

    fn view(&self) -> &dyn View {
        &self.data
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
