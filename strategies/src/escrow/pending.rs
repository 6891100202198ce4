//! An operation that waits for rights, and what was asked for it.

use std::collections::BTreeSet;

use super::message::Good;
use crate::model::Operation;
use crate::replica::{NodeId, OpId, Time};

/// An operation that waits for rights.
pub(super) struct Pending {
    pub(super) id: OpId,
    pub(super) operation: Operation,
    /// When it is given up; set once it waits in this session.
    pub(super) until: Option<Time>,
    pub(super) asked: BTreeSet<(Good, NodeId)>,
    pub(super) waits_for: Option<Request>,
}

/// What a peer was asked for, and the change with it once the peer has answered.
pub(super) struct Request {
    pub(super) peer: NodeId,
    pub(super) good: Good,
    pub(super) change: Option<u64>,
}

impl Pending {
    pub(super) fn new(id: OpId, operation: Operation) -> Self {
        Self { id, operation, until: None, asked: BTreeSet::new(), waits_for: None }
    }
}
