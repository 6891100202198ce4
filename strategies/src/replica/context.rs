//! A replica's only way out.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;

use super::report::{Effect, Report};
use crate::model::{Outcome, Rejected};
use crate::node::{NodeId, OpId};
use crate::sidecar::Sidecar;
use crate::time::Time;

/// The portable generator behind every random stream.
pub type Rng = Xoshiro256PlusPlus;

/// A replica's only way out, valid for one call.
pub struct Context<'a> {
    node: NodeId,
    now: Time,
    wall: Time,
    rng: &'a mut Rng,
    effects: &'a mut Vec<Effect>,
}

impl<'a> Context<'a> {
    /// For engines: a context for one call of `node` at `now`, whose own clock shows `wall`.
    pub fn new(node: NodeId, now: Time, wall: Time, rng: &'a mut Rng, effects: &'a mut Vec<Effect>) -> Self {
        Self { node, now, wall, rng, effects }
    }

    /// Builds an effect in place: to build it first and copy it would cost more than everything else here.
    fn put(&mut self, effect: impl FnOnce() -> Effect) {
        self.effects.extend(iter::once_with(effect));
    }

    /// Reports what became of an operation.
    pub fn report(&mut self, report: Report) {
        self.put(|| Effect::Report(report));
    }

    /// Which replica is being called.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Time since the run began, the same for all; for timers, never for ordering.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What this node's own clock shows. It may be wrong, and it may jump.
    pub fn wall_clock(&self) -> Time {
        self.wall
    }

    /// This node's random stream.
    pub fn rng(&mut self) -> &mut Rng {
        self.rng
    }

    /// Sends `bytes` to one peer.
    pub fn send(&mut self, to: NodeId, bytes: impl Into<Arc<[u8]>>, sidecar: impl Into<Arc<Sidecar>>) {
        self.put(|| Effect::Send { to, bytes: bytes.into(), sidecar: sidecar.into() });
    }

    /// Sends the same `bytes` to several peers.
    pub fn broadcast(
        &mut self,
        to: impl IntoIterator<Item = NodeId>,
        bytes: impl Into<Arc<[u8]>>,
        sidecar: impl Into<Arc<Sidecar>>,
    ) {
        let mut to = to.into_iter();
        let Some(mut next) = to.next() else { return };
        let (bytes, sidecar) = (bytes.into(), sidecar.into());
        for after in to {
            self.put(|| Effect::Send { to: next, bytes: bytes.clone(), sidecar: sidecar.clone() });
            next = after;
        }
        self.put(|| Effect::Send { to: next, bytes, sidecar });
    }

    /// Asks for [`Replica::timer`](crate::replica::Replica::timer) with `tag` after a span.
    pub fn set_timer(&mut self, after: Duration, tag: u64) {
        self.put(|| Effect::SetTimer { after, tag });
    }

    /// See [`Report::Shown`].
    pub fn shown(&mut self, id: OpId) {
        self.put(|| Effect::Report(Report::Shown(id)));
    }

    /// See [`Report::Reflected`].
    pub fn reflected(&mut self, id: OpId) {
        self.put(|| Effect::Report(Report::Reflected(id)));
    }

    /// See [`Report::Tagged`].
    pub fn tagged(&mut self, id: OpId, tag: u128) {
        self.put(|| Effect::Report(Report::Tagged(id, tag)));
    }

    /// See [`Report::ReflectedTags`]; for a single tag.
    pub fn reflected_tag(&mut self, tag: u128) {
        self.reflected_tags(tag, tag);
    }

    /// See [`Report::ReflectedTags`].
    pub fn reflected_tags(&mut self, first: u128, last: u128) {
        self.put(|| Effect::Report(Report::ReflectedTags(first, last)));
    }

    /// See [`Report::Pending`].
    pub fn pending(&mut self, id: OpId) {
        self.put(|| Effect::Report(Report::Pending(id)));
    }

    /// See [`Report::Void`].
    pub fn void(&mut self, id: OpId) {
        self.put(|| Effect::Report(Report::Void(id)));
    }

    /// See [`Report::Overwritten`].
    pub fn overwritten(&mut self, id: OpId, at: NodeId) {
        self.put(|| Effect::Report(Report::Overwritten(id, at)));
    }

    /// Reports everything that a received sidecar names as reflected.
    pub fn reflected_all(&mut self, sidecar: &Sidecar) {
        for id in &sidecar.carries {
            self.reflected(*id);
        }
        for tag in &sidecar.tags {
            self.reflected_tag(*tag);
        }
        if !sidecar.seen.is_empty() {
            self.put(|| Effect::Report(Report::ReflectedThrough(sidecar.seen.clone())));
        }
    }

    /// See [`Report::StartedOver`].
    pub fn started_over(&mut self) {
        self.put(|| Effect::Report(Report::StartedOver(None)));
    }

    /// See [`Report::Confirmed`].
    pub fn confirmed(&mut self, id: OpId, outcome: Outcome) {
        self.put(|| Effect::Report(Report::Confirmed(id, outcome)));
    }

    /// See [`Report::Rejected`].
    pub fn rejected(&mut self, id: OpId, reason: Rejected) {
        self.put(|| Effect::Report(Report::Rejected(id, reason)));
    }

    /// See [`Report::RolledBack`].
    pub fn rolled_back(&mut self, id: OpId) {
        self.put(|| Effect::Report(Report::RolledBack(id)));
    }

    /// See [`Report::Count`].
    pub fn count(&mut self, name: &'static str, by: u64) {
        self.put(|| Effect::Report(Report::Count(name, by)));
    }
}
