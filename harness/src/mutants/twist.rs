//! A wrapper around a correct replica, which changes what goes in or comes out.

use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Configured, Guarantees, Support};
use syncbench_strategies::view::View;

/// The correct replica inside a wrapper.
pub(super) type Inner = Box<dyn Replica>;

/// What a wrapper changes. By default everything passes through.
pub trait Twist: Send {
    /// The replica wants something to happen.
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        pass_on(effect, cx);
    }

    /// The user acts.
    fn submit(&mut self, inner: &mut Inner, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        call(self, inner, cx, |inner, cx| inner.submit(id, operation, cx));
    }

    /// A message arrives.
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }

    /// The user undoes something.
    fn undo(&mut self, inner: &mut Inner, id: OpId, target: OpId, cx: &mut Context<'_>) {
        call(self, inner, cx, |inner, cx| inner.undo(id, target, cx));
    }

    /// A timer is due.
    fn timer(&mut self, inner: &mut Inner, tag: u64, cx: &mut Context<'_>) {
        call(self, inner, cx, |inner, cx| inner.timer(tag, cx));
    }

    /// A connection opens or breaks.
    fn link(&mut self, inner: &mut Inner, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        call(self, inner, cx, |inner, cx| inner.link(peer, state, cx));
    }

    /// What the user sees.
    fn view<'a>(&self, inner: &'a Inner) -> &'a dyn View {
        inner.view()
    }

    /// What survives a crash.
    fn durable(&self, inner: &Inner) -> Vec<u8> {
        inner.durable()
    }
}

/// Calls the correct replica and hands each of its effects to the twist.
pub(super) fn call<R>(
    twist: &mut (impl Twist + ?Sized),
    inner: &mut Inner,
    cx: &mut Context<'_>,
    handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R,
) -> R {
    let mut effects = Vec::new();
    let (node, now, wall) = (cx.node(), cx.now(), cx.wall_clock());
    let result = handler(&mut **inner, &mut Context::new(node, now, wall, cx.rng(), &mut effects));
    for effect in effects {
        twist.effect(effect, cx);
    }
    result
}

/// An effect as it is.
pub(super) fn pass_on(effect: Effect, cx: &mut Context<'_>) {
    match effect {
        Effect::Send { to, bytes, sidecar } => cx.send(to, bytes, sidecar),
        Effect::SetTimer { after, tag } => cx.set_timer(after, tag),
        Effect::Report(report) => cx.report(report),
    }
}

/// How the replicas of a strategy are wrapped.
#[derive(Clone, Copy)]
pub struct Wrapped {
    /// Changes what the correct replica starts with.
    pub setup: fn(&Setup) -> Setup,
    /// Makes the twist of one replica, from its setup.
    pub twist: fn(&Setup, &dyn Replica) -> Box<dyn Twist>,
}

impl Wrapped {
    /// A wrapper whose correct replica starts as it should.
    pub const fn with(twist: fn(&Setup, &dyn Replica) -> Box<dyn Twist>) -> Self {
        Self { setup: Setup::clone, twist }
    }

    /// The strategy with all its replicas wrapped.
    pub fn around(self, inner: Arc<Configured>) -> Box<dyn Strategy> {
        Box::new(Wrapper { inner, setup: self.setup, twist: Box::new(self.twist) })
    }
}

/// The strategy with all its replicas wrapped in twists that `twist` makes.
pub(super) fn wrapped(
    inner: Arc<Configured>,
    twist: impl Fn(&Setup, &dyn Replica) -> Box<dyn Twist> + Send + Sync + 'static,
) -> Box<dyn Strategy> {
    Box::new(Wrapper { inner, setup: Setup::clone, twist: Box::new(twist) })
}

struct Wrapper {
    inner: Arc<Configured>,
    setup: fn(&Setup) -> Setup,
    twist: Box<dyn Fn(&Setup, &dyn Replica) -> Box<dyn Twist> + Send + Sync>,
}

impl Wrapper {
    fn wrap(&self, setup: &Setup, inner: Inner) -> Box<dyn Replica> {
        let twist = (self.twist)(setup, &*inner);
        Box::new(Twisted { inner, twist })
    }
}

impl Strategy for Wrapper {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.inner.strategy.genesis(document)
    }

    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        self.inner.strategy.guarantees(defaults)
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

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        self.wrap(setup, self.inner.strategy.replica(&(self.setup)(setup)))
    }

    fn settling(&self) -> Duration {
        self.inner.strategy.settling()
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(self.wrap(setup, self.inner.strategy.restore(&(self.setup)(setup), durable)?))
    }
}

/// A replica in its wrapper.
struct Twisted {
    inner: Inner,
    twist: Box<dyn Twist>,
}

impl Replica for Twisted {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.twist.submit(&mut self.inner, id, operation, cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.twist.undo(&mut self.inner, id, target, cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.twist.receive(&mut self.inner, from, bytes, sidecar, cx)
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        self.twist.timer(&mut self.inner, tag, cx);
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.twist.link(&mut self.inner, peer, state, cx);
    }

    fn view(&self) -> &dyn View {
        self.twist.view(&self.inner)
    }

    fn confirmed(&self) -> Option<&dyn View> {
        self.inner.confirmed()
    }

    fn is_up_to_date(&self) -> bool {
        self.inner.is_up_to_date()
    }

    fn durable(&self) -> Vec<u8> {
        self.twist.durable(&self.inner)
    }

    fn saved_sidecar(&self) -> Sidecar {
        self.inner.saved_sidecar()
    }

    fn recall(&mut self, saved: &Sidecar) {
        self.inner.recall(saved);
    }
}
