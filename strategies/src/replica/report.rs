//! What a replica wants to happen, as data.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Outcome, Rejected};
use crate::node::{NodeId, OpId};
use crate::sidecar::{Clock, Sidecar};

/// What a replica tells the world about an operation's life. Engines pass it on unchanged, as an event.
#[derive(Clone, Debug)]
pub enum Report {
    /// The user who issued the operation sees its effect.
    Shown(OpId),
    /// The operation's whole effect is in what this replica shows, or the operation is rejected here as it is everywhere.
    Reflected(OpId),
    /// All operations up to this clock are reflected here.
    ReflectedThrough(Clock),
    /// From now on `tag` stands for this operation (and for others with the same tag): a library's own name for the change
    /// that the operation became. The engine keeps the list, so a replica needs no map for the probes' sake.
    Tagged(OpId, u128),
    /// The operation has arrived and waits for what it depends on. A part of its effect may be shown already.
    Pending(OpId),
    /// The operations behind the tags from the first to the last are reflected here.
    ReflectedTags(u128, u128),
    /// The operation changed nothing and will not travel: no other replica has to reflect it.
    Void(OpId),
    /// For relays: what has replaced the operation is at this node already, or on its way there. The operation itself is not
    /// sent there, so it counts as reflected there from now on.
    Overwritten(OpId, NodeId),
    /// The operation is confirmed to its issuer.
    Confirmed(OpId, Outcome),
    /// The operation is rejected to its issuer.
    Rejected(OpId, Rejected),
    /// The operation was shown at its issuer and then rolled back.
    RolledBack(OpId),
    /// What this replica had from its peers was replaced, as the peers have less than before or another document: of what it
    /// reflected only that counts which it reports from now on. Where a part of it was replaced, that part's operations are
    /// those behind the tags from the first to the last.
    StartedOver(Option<(u128, u128)>),
    /// One of the strategy's counters went up: `path_errors`, `retries`.
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
    /// Call [`Replica::timer`](crate::replica::Replica::timer) after a span.
    SetTimer {
        /// From now.
        after: Duration,
        /// Handed back to the timer.
        tag: u64,
    },
    /// Tell the world what became of an operation.
    Report(Report),
}
