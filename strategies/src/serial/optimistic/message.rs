//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit};
use crate::node::{NodeId, OpId};
use crate::serial::order::{Action, Ordered};
use crate::star::{Placed, Update, Verdict};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mutation {
    pub(super) n: u64,
    pub(super) action: Action,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows the place `seq`, and from then on everything." The sender has its verdicts up to `resolved`.
    Pull { seq: u64, resolved: u64 },
    /// Mutations that follow the sender's mutation `after`, one after the other.
    Push { after: u64, resolved: u64, mutations: Vec<Mutation> },
}

#[derive(Serialize, Deserialize)]
pub(super) struct ToClient {
    pub(super) news: News,
    /// What became of the receiver's own mutations, unless it has said that it knows.
    pub(super) verdicts: Vec<(u64, Verdict)>,
    /// The receiver's last mutation that was carried out, if this tells of any.
    pub(super) last: u64,
    /// Whether this answers a pull.
    pub(super) pulled: bool,
}

pub(super) type News = Update<Place, Document>;

/// One place in the order, as clients receive it: what it changed, nothing if it was rejected.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    client: NodeId,
    n: u64,
    pub(super) edits: Vec<Edit>,
}

impl Place {
    pub(super) fn of(ordered: &Ordered) -> Self {
        Self { client: ordered.client, n: ordered.n, edits: ordered.edits.to_vec() }
    }
}

impl Placed for Place {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}
