//! The contract of a strategy: a sans-IO state machine.
//!
//! An engine calls one method at a time, always with a [`Context`], and carries out the effects that the call left in it.
//! Handlers never block, never fail for want of a resource, and never look at anything but their arguments and themselves.

mod context;
mod report;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::claims::{Guarantees, Support};
use crate::document::{Document, EditKind};
use crate::model::{ModelRef, Operation, Rejected};
pub use crate::node::{NodeId, OpId};
use crate::sidecar::Sidecar;
pub use crate::time::Time;
use crate::view::View;
pub use context::{Context, Rng};
pub use report::{Effect, Report};

/// Whether a connection opened or broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkState {
    /// The connection is open: what is sent from now on arrives, in order, until it breaks.
    Up,
    /// The connection broke: what was in flight is lost.
    Down,
}

/// Why a message cannot be taken. The replica stays as it was.
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

/// What a replica starts with.
#[derive(Clone)]
pub struct Setup {
    /// Its number.
    pub node: NodeId,
    /// The nodes it has links to, ascending.
    pub peers: Vec<NodeId>,
    /// How many clients the group has, itself included: nodes 1 to this.
    pub clients: u32,
    /// What operations mean.
    pub model: ModelRef,
    /// The initial document, as [`Strategy::genesis`] made it for all replicas of this run.
    pub genesis: Arc<[u8]>,
    /// The run's seed, for ids that a library would draw at random.
    pub seed: u64,
    /// Whose ids this replica draws, where they are not simply its own: see [`Setup::identity`].
    pub identity: Option<Identity>,
    /// Whether users undo in this run. Where they do not, a client remembers nothing for it.
    pub undo: bool,
}

impl Setup {
    /// Whose ids this replica draws.
    pub fn identity(&self) -> Identity {
        self.identity.unwrap_or(Identity { node: self.node, install: 0 })
    }

    /// A small number from which ids are made, where a library would draw one: the client's, and beyond all clients' for a new
    /// install.
    pub fn id_number(&self) -> u32 {
        let Identity { node, install } = self.identity();
        node.0 | install << 20
    }

    /// The seed of ids that a library would draw at random.
    pub fn id_seed(&self) -> u64 {
        let Identity { node, install } = self.identity();
        self.seed ^ (u64::from(node.0) << 32 | u64::from(install))
    }
}

/// Whose ids a replica draws. A device that lost everything is installed anew and draws others; only a fault gives two
/// devices the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The node whose ids these are: its own, except for a twin.
    pub node: NodeId,
    /// How often it was installed anew.
    pub install: u32,
}

/// What may happen to the identity of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// Two clients draw the same ids.
    Twin,
    /// A client loses everything, and is installed anew.
    NewInstall,
}

/// One participant of one strategy.
pub trait Replica: Send {
    /// Its user acts. The replica reports the operation's life through `cx`, now or later.
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>);

    /// Its user undoes `target`, one of its operations that was confirmed and not undone yet. The undo is the client's
    /// operation `id`: it is shown, reflected, and confirmed (with [`Document::Null`]) or rejected like any other. What
    /// others did since has to stay.
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

    /// A timer that this replica had set is due. Timers cannot be cancelled: the tag tells stale ones apart.
    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        let _ = (tag, cx);
    }

    /// A connection to `peer` opened (also at the very start) or broke.
    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>);

    /// What this replica's user sees now.
    fn view(&self) -> &dyn View;

    /// The base view: the ordered state behind pending operations, where the strategy has one.
    fn confirmed(&self) -> Option<&dyn View> {
        None
    }

    /// Whether its base view reflects everything that its peers have told it of. `false` after it has passed something over,
    /// until the answer that brings it.
    fn is_up_to_date(&self) -> bool {
        true
    }

    /// What survives a crash; [`Strategy::restore`] takes it.
    fn durable(&self) -> Vec<u8>;

    /// The sidecar of [`Replica::durable`]: the operations in it, where messages sent after the recovery have to name them
    /// and the bytes alone do not tell. For probes only, and not counted as stored.
    fn saved_sidecar(&self) -> Sidecar {
        Sidecar::none()
    }

    /// Called right after recovery with what [`Replica::saved_sidecar`] gave. Nothing but sidecars may depend on it.
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

    /// What it claims as configured. `defaults` are the claims of its spec, those of the default parameters.
    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        defaults
    }

    /// How it carries a kind of edit as configured. `default` is what its spec says, that of the default parameters.
    fn support(&self, kind: EditKind, default: Support) -> Support {
        let _ = kind;
        default
    }

    /// Who talks to whom as configured. `default` is the topology of its spec, that of the default parameters.
    fn topology(&self, default: Topology) -> Topology {
        default
    }

    /// How long a client collects operations after one that it sent at once. Zero: each goes out at once.
    fn send_window(&self) -> Duration {
        Duration::ZERO
    }

    /// A fresh replica that shows the genesis. `setup.genesis` is what [`Strategy::genesis`] returned.
    fn replica(&self, setup: &Setup) -> Box<dyn Replica>;

    /// How long a group may take to show its final state after the last operation or reconnection, if its replicas never
    /// fall silent: nothing else tells when they are done. Zero for groups that do fall silent.
    fn settling(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether this can happen to its clients, and a run with it ends. Where the server names its clients, two cannot have one
    /// name.
    fn mishap(&self, mishap: Mishap) -> Support {
        match mishap {
            Mishap::Twin => Support::Unsupported("the server names its clients, so two cannot have one name"),
            Mishap::NewInstall => Support::Native,
        }
    }

    /// The bytes of a document that is made anew from plain data while others hold the one before: as
    /// [`Strategy::genesis`], but of a later day, so ids that are drawn for it are drawn from `seed`.
    fn rebuild(&self, document: &Document, seed: u64) -> Vec<u8> {
        let _ = seed;
        self.genesis(document)
    }

    /// A replica from what survived a crash. It shows what it showed before, unless it claims to be ephemeral.
    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError>;
}

/// Which replicas talk to each other.
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
