//! Ids, and ranges of them.

use serde::{Deserialize, Serialize};

use crate::node::NodeId;

/// The name of a character or an item: the client that inserted it, and its number among that client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Id {
    pub(crate) client: NodeId,
    pub(crate) n: u64,
}

/// Consecutive ids of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) first: Id,
    pub(crate) len: u64,
}

impl Span {
    pub(crate) fn one(id: Id) -> Self {
        Self { first: id, len: 1 }
    }

    /// The number after the last one.
    pub(super) fn end(&self) -> u64 {
        self.first.n.saturating_add(self.len)
    }

    pub(super) fn id(&self, offset: u64) -> Id {
        Id { client: self.first.client, n: self.first.n.saturating_add(offset) }
    }

    pub(super) fn has(&self, id: Id) -> bool {
        self.first.client == id.client && self.first.n <= id.n && id.n < self.end()
    }

    /// The offset of an id among these, from 0.
    pub(crate) fn offset(&self, id: Id) -> Option<u64> {
        self.has(id).then(|| id.n - self.first.n)
    }

    /// The part from `offset` on.
    pub(crate) fn from(&self, offset: u64) -> Self {
        Self { first: self.id(offset), len: self.len.saturating_sub(offset) }
    }

    /// The first `len` of them.
    pub(crate) fn to(&self, len: u64) -> Self {
        Self { len: self.len.min(len), ..*self }
    }
}

/// Neighbouring ids of one client with the same number of deletions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) span: Span,
    /// How many deletions are in effect; ids without any are shown.
    pub(crate) gone: u32,
}

impl Run {
    pub(super) fn shown(&self) -> u64 {
        if self.gone == 0 { self.span.len } else { 0 }
    }

    /// Whether the run behind this one can be part of it.
    pub(super) fn joins(&self, next: &Run) -> bool {
        self.gone == next.gone
            && self.span.first.client == next.span.first.client
            && self.span.end() == next.span.first.n
    }
}
