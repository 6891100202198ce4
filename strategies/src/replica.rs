//! The contract of a strategy: a sans-IO state machine.
//!
//! An engine calls one method at a time, always with a [`Context`], and carries out the effects that the call left in it.
//! Handlers never block, never fail for want of a resource, and never look at anything but their arguments and themselves.

use std::fmt;
use std::iter;
use std::ops::{Add, Sub};
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::document::Document;
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::sidecar::{Clock, Sidecar};
use crate::spec::Guarantees;
use crate::view::View;

/// The portable generator behind every random stream.
pub type Rng = Xoshiro256PlusPlus;

/// A moment in a run, in nanoseconds since its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Time = Time(0);

    /// From milliseconds.
    pub fn from_ms(ms: u64) -> Self {
        Time(ms * 1_000_000)
    }

    /// In milliseconds.
    pub fn as_ms(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The span since an earlier moment; zero where that one is later.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Time> for Time {
    type Output = Duration;

    fn sub(self, earlier: Time) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.as_ms())
    }
}

/// A participant. In a star node 0 is the server; clients are numbered from 1 in every topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The server of a star.
    pub const SERVER: NodeId = NodeId(0);
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == NodeId::SERVER { f.write_str("server") } else { write!(f, "c{}", self.0) }
    }
}

/// The `n`-th operation of a client, counted from 1 without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpId {
    /// Whose user acted.
    pub client: NodeId,
    /// The how-manieth of its operations.
    pub n: u64,
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.client, self.n)
    }
}

/// Whether a connection opened or broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkState {
    /// The connection is open: what is sent from now on arrives, in order, until it breaks.
    Up,
    /// The connection broke: what was in flight is lost.
    Down,
}

/// What a replica tells the world about an operation's life. Engines pass it on unchanged, as an event.
#[derive(Clone, Debug)]
pub enum Report {
    /// The user who issued the operation sees its effect.
    Shown(OpId),
    /// The operation's whole effect is in what this replica shows, or the operation is refused here as it is everywhere.
    Reflected(OpId),
    /// All operations up to this clock are reflected here.
    ReflectedThrough(Clock),
    /// From now on `tag` stands for this operation (and for others with the same tag): a library's own name for the change
    /// that the operation became. The engine keeps the list, so a replica needs no map for the probes' sake.
    Tagged(OpId, u128),
    /// The operations behind the tags from the first to the last are reflected here.
    ReflectedTags(u128, u128),
    /// The operation changed nothing and will not travel: no other replica has to reflect it.
    Void(OpId),
    /// The issuer was told that the operation stands.
    Confirmed(OpId, Outcome),
    /// The issuer was told that the operation was refused.
    Rejected(OpId, Rejected),
    /// The operation was shown at its issuer and then taken back.
    RolledBack(OpId),
    /// A counter of the strategy's own went up: `path_errors`, `retries`.
    Count(&'static str, u64),
}

/// What a replica wants to happen.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send bytes to a peer.
    Send {
        /// The receiver.
        to: NodeId,
        /// The payload; shared when it goes to several peers.
        bytes: Arc<[u8]>,
        /// For probes only.
        sidecar: Arc<Sidecar>,
    },
    /// Call [`Replica::timer`] after a span.
    SetTimer {
        /// From now.
        after: Duration,
        /// Handed back to the timer.
        tag: u64,
    },
    /// Tell the world what became of an operation.
    Report(Report),
}

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

    /// Builds an effect in place: building it first and copying it would cost more than everything else here.
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

    /// What this node's own clock shows. It may be off, and it may jump.
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

    /// Asks for [`Replica::timer`] with `tag` after a span.
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

    /// See [`Report::ReflectedTags`]; for a single one.
    pub fn reflected_tag(&mut self, tag: u128) {
        self.reflected_tags(tag, tag);
    }

    /// See [`Report::ReflectedTags`].
    pub fn reflected_tags(&mut self, first: u128, last: u128) {
        self.put(|| Effect::Report(Report::ReflectedTags(first, last)));
    }

    /// See [`Report::Void`].
    pub fn void(&mut self, id: OpId) {
        self.put(|| Effect::Report(Report::Void(id)));
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

/// Why a message was refused. The replica stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The bytes are not a message of this strategy.
    #[error("malformed message: {0}")]
    Malformed(String),
    /// A proper message that has no place here: from the wrong peer, or out of its order.
    #[error("unexpected message: {0}")]
    Unexpected(String),
}

impl ProtocolError {
    /// A malformed message, with the decoder's reason.
    pub fn malformed(reason: impl fmt::Display) -> Self {
        ProtocolError::Malformed(reason.to_string())
    }
}

/// What a replica is born with.
#[derive(Clone)]
pub struct Setup {
    /// Its number.
    pub node: NodeId,
    /// Everybody it has a link to, ascending.
    pub peers: Vec<NodeId>,
    /// What operations mean.
    pub model: ModelRef,
    /// The initial document, as [`Strategy::genesis`] made it for all replicas of this run.
    pub genesis: Arc<[u8]>,
    /// The run's seed, for ids that a library would draw at random.
    pub seed: u64,
}

/// One participant of one strategy.
pub trait Replica: Send {
    /// Its user acts. The replica reports the operation's life through `cx`, now or later.
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>);

    /// Its user takes back `target`, an own operation that was acknowledged and not yet taken back. The undo is the
    /// client's operation `id`: it is shown, reflected, and committed (with [`Document::Null`]) or rejected like any other.
    /// What others did since has to stay.
    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let _ = target;
        cx.rejected(id, Rejected::new("no_undo", "this strategy has no undo"));
    }

    /// A message arrived. Bytes may be hostile: an error then, never a panic, and no change of state.
    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError>;

    /// A timer that this replica had set is due. Timers cannot be taken back: stale ones are told apart by their tag.
    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        let _ = (tag, cx);
    }

    /// A connection to `peer` opened (also at the very start) or broke.
    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>);

    /// What this replica's user sees now.
    fn view(&self) -> &dyn View;

    /// The settled state behind the displayed one, where the strategy has one.
    fn confirmed(&self) -> Option<&dyn View> {
        None
    }

    /// What a crash leaves behind; [`Strategy::restore`] takes it.
    fn durable(&self) -> Vec<u8>;

    /// The sidecar of [`Replica::durable`]: the operations in it, where messages of a later life will have to account for
    /// them and the bytes alone do not tell. For probes only, and not counted as stored.
    fn saved_sidecar(&self) -> Sidecar {
        Sidecar::none()
    }

    /// Right after a crash: what [`Replica::saved_sidecar`] gave. Nothing but sidecars may depend on it.
    fn recall(&mut self, saved: &Sidecar) {
        let _ = saved;
    }
}

/// A configured strategy: makes replicas.
pub trait Strategy: Send + Sync {
    /// The initial document in this strategy's own bytes, made once per run.
    fn genesis(&self, document: &Document) -> Vec<u8> {
        document.encode()
    }

    /// What it claims as it is configured. The card's claims are those of the defaults.
    fn guarantees(&self, card: Guarantees) -> Guarantees {
        card
    }

    /// A fresh replica that shows the genesis. `setup.genesis` is what [`Strategy::genesis`] returned.
    fn replica(&self, setup: &Setup) -> Box<dyn Replica>;

    /// For how long after the last operation, or after the last connection came back, a group may need until it shows what it
    /// will show, if its replicas never fall silent: then nothing tells when they are done. Zero for those that do.
    fn settling(&self) -> Duration {
        Duration::ZERO
    }

    /// A replica from what a crash left behind. It shows what it showed before, unless it claims to be ephemeral.
    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError>;
}

/// Whom a strategy's replicas talk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topology {
    /// Every client with the server, node 0.
    Star,
    /// Every client with every other client; there is no node 0.
    Mesh,
}

impl Topology {
    /// All nodes of a group of `clients`, ascending.
    pub fn nodes(self, clients: u32) -> impl Iterator<Item = NodeId> {
        let first = if self == Topology::Star { 0 } else { 1 };
        (first..=clients).map(NodeId)
    }

    /// The peers of `node`, ascending.
    pub fn peers(self, node: NodeId, clients: u32) -> Vec<NodeId> {
        match self {
            Topology::Star if node == NodeId::SERVER => (1..=clients).map(NodeId).collect(),
            Topology::Star => vec![NodeId::SERVER],
            Topology::Mesh => (1..=clients).map(NodeId).filter(|peer| *peer != node).collect(),
        }
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Topology::Star => "star",
            Topology::Mesh => "mesh",
        })
    }
}
