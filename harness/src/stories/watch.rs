//! Watching replicas at work: what each was called for, what it shows after that, and every event of the engine, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{ModelRef, Operation};
use syncbench_strategies::replica::{
    Context, LinkState, Mishap, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Time, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Configured, Guarantees, Support};
use syncbench_strategies::view::View;

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::probe::{End, Figures, Probe};

/// Something that was seen.
pub(crate) enum Seen {
    /// A replica was called, and shows this now.
    Called { at: Time, node: NodeId, why: Why, state: Document },
    /// The engine reports.
    Event(Event),
}

/// What a replica was called for.
pub(crate) enum Why {
    Act(OpId),
    Message(Sidecar),
    Other,
}

/// Which states are kept.
#[derive(Clone, Debug, Default)]
pub(crate) enum States {
    /// That after every call, whole.
    #[default]
    All,
    /// None; instead, the edits that each operation would be on what its user sees.
    Edits,
    /// What is at this path after these calls, counted from 0.
    At(Path, BTreeSet<usize>),
}

/// What was seen so far; shared by the replicas and the probe of one run.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    seen: Vec<Seen>,
    calls: usize,
    states: States,
    edits: BTreeMap<OpId, Vec<Edit>>,
}

impl Log {
    /// A log that keeps these states.
    pub(super) fn keeping(states: States) -> Self {
        Self(Arc::new(Mutex::new(Kept { states, ..Kept::default() })))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A poisoned lock means that a replica panicked: what was seen before is still true.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Everything, in order; the log is empty afterwards.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.kept().seen)
    }

    /// The edits of each operation on what its user saw; see [`States::Edits`].
    pub(super) fn edits(&self) -> BTreeMap<OpId, Vec<Edit>> {
        std::mem::take(&mut self.kept().edits)
    }

    /// The same strategy, its replicas watched.
    pub(crate) fn watch(&self, strategy: &Arc<Configured>) -> Configured {
        let Configured { label, spec, params, .. } = &**strategy;
        let watched = Watched { inner: strategy.clone(), log: self.clone() };
        Configured { label: label.clone(), spec, params: params.clone(), strategy: Box::new(watched) }
    }
}

impl Probe for Log {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if !matches!(event.what, What::Cost { .. } | What::State(_) | What::InstantEnd) {
            self.kept().seen.push(Seen::Event(event.clone()));
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

struct Watched {
    inner: Arc<Configured>,
    log: Log,
}

impl Watched {
    fn wrap(&self, setup: &Setup, inner: Box<dyn Replica>) -> Box<dyn Replica> {
        Box::new(Guarded { inner, node: setup.node, model: setup.model.clone(), log: self.log.clone() })
    }
}

impl Strategy for Watched {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.inner.strategy.genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        self.wrap(setup, self.inner.strategy.replica(setup))
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

    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        self.inner.strategy.guarantees(defaults)
    }

    fn mishap(&self, mishap: Mishap) -> Support {
        self.inner.strategy.mishap(mishap)
    }

    fn rebuild(&self, document: &Document, seed: u64) -> Vec<u8> {
        self.inner.strategy.rebuild(document, seed)
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(self.wrap(setup, self.inner.strategy.restore(setup, durable)?))
    }
}

/// A replica under watch; it behaves as the one inside.
struct Guarded {
    inner: Box<dyn Replica>,
    node: NodeId,
    model: ModelRef,
    log: Log,
}

impl Guarded {
    fn note(&self, cx: &Context<'_>, why: Why) {
        let mut kept = self.log.kept();
        let view = self.inner.view();
        let state = match &kept.states {
            States::All => view.document(),
            States::At(path, calls) if calls.contains(&kept.calls) => view.get(path).unwrap_or(Document::Null),
            States::Edits | States::At(..) => Document::Null,
        };
        kept.calls += 1;
        kept.seen.push(Seen::Called { at: cx.now(), node: self.node, why, state });
    }

    /// Notes how an operation would edit what its user sees.
    fn plan(&self, id: OpId, operation: &Operation) {
        let mut kept = self.log.kept();
        if matches!(kept.states, States::Edits)
            && let Ok(plan) = self.model.plan(self.inner.view(), operation)
        {
            kept.edits.insert(id, plan.edits);
        }
    }
}

impl Replica for Guarded {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.plan(id, operation);
        self.inner.submit(id, operation, cx);
        self.note(cx, Why::Act(id));
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.inner.undo(id, target, cx);
        self.note(cx, Why::Act(id));
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let result = self.inner.receive(from, bytes, sidecar, cx);
        self.note(cx, Why::Message(sidecar.clone()));
        result
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        self.inner.timer(tag, cx);
        self.note(cx, Why::Other);
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.inner.link(peer, state, cx);
        self.note(cx, Why::Other);
    }

    fn view(&self) -> &dyn View {
        self.inner.view()
    }

    fn confirmed(&self) -> Option<&dyn View> {
        self.inner.confirmed()
    }

    fn is_up_to_date(&self) -> bool {
        self.inner.is_up_to_date()
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
