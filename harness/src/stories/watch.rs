//! Watching replicas at work: what each was called for, what it shows after that, and every event of the engine, in order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Time, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Configured, Support};
use syncbench_strategies::view::View;

use crate::event::Event;
use crate::ledger::Ledger;
use crate::probe::{End, Figures, Probe};

/// Something that was seen.
pub(super) enum Seen {
    /// A replica was called, and shows this now.
    Called { at: Time, node: NodeId, why: Why, state: Document },
    /// The engine reports.
    Event(Event),
}

/// What a replica was called for.
pub(super) enum Why {
    Act(OpId),
    Message(Sidecar),
    Other,
}

/// What was seen so far; shared by the replicas and the probe of one run.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    fn push(&self, seen: Seen) {
        // A poisoned lock means that a replica panicked: what was seen before is still true.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(seen);
    }

    /// Everything, in order; the log is empty afterwards.
    pub(super) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The same strategy, its replicas watched.
    pub(super) fn watch(&self, strategy: Configured) -> Configured {
        let inner = strategy.strategy;
        Configured { strategy: Box::new(Watched { inner, log: self.clone() }), ..strategy }
    }
}

impl Probe for Log {
    fn event(&mut self, event: &Event, _: &Ledger) {
        self.push(Seen::Event(event.clone()));
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

struct Watched {
    inner: Box<dyn Strategy>,
    log: Log,
}

impl Watched {
    fn wrap(&self, setup: &Setup, inner: Box<dyn Replica>) -> Box<dyn Replica> {
        Box::new(Guarded { inner, node: setup.node, log: self.log.clone() })
    }
}

impl Strategy for Watched {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.inner.genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        self.wrap(setup, self.inner.replica(setup))
    }

    fn support(&self, kind: EditKind, default: Support) -> Support {
        self.inner.support(kind, default)
    }

    fn topology(&self, default: Topology) -> Topology {
        self.inner.topology(default)
    }

    fn send_window(&self) -> Duration {
        self.inner.send_window()
    }

    fn settling(&self) -> Duration {
        self.inner.settling()
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(self.wrap(setup, self.inner.restore(setup, durable)?))
    }
}

/// A replica under watch; it behaves as the one inside.
struct Guarded {
    inner: Box<dyn Replica>,
    node: NodeId,
    log: Log,
}

impl Guarded {
    fn note(&self, cx: &Context<'_>, why: Why) {
        let state = self.inner.view().document();
        self.log.push(Seen::Called { at: cx.now(), node: self.node, why, state });
    }
}

impl Replica for Guarded {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
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
