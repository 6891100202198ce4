//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use crate::node::{NodeId, OpId};
use crate::star::{Placed, Update, Verdict};

#[derive(Serialize, Deserialize)]
pub(super) struct Mutation<A> {
    pub(super) n: u64,
    pub(super) action: A,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer<A> {
    /// "Send me what follows the place `seq`, and from then on everything." The sender has its verdicts up to `resolved`.
    Pull { seq: u64, resolved: u64 },
    /// Mutations that follow the sender's mutation `after`, one after the other.
    Push { after: u64, resolved: u64, mutations: Vec<Mutation<A>> },
}

#[derive(Serialize, Deserialize)]
pub(super) struct ToClient<E, S> {
    pub(super) news: Update<Place<E>, S>,
    /// What became of the receiver's own mutations, unless it has said that it knows.
    pub(super) verdicts: Vec<(u64, Verdict)>,
    /// The receiver's last mutation that was carried out, if this tells of any.
    pub(super) last: u64,
    /// Whether this answers a pull.
    pub(super) pulled: bool,
}

/// One place in the order, as clients receive it: what it changed, nothing if it was rejected.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Place<E> {
    pub(super) client: NodeId,
    pub(super) n: u64,
    pub(super) edits: E,
}

impl<E> Placed for Place<E> {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}
