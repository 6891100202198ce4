//! What probes must know about a message beyond its bytes.
//!
//! A sidecar names the operations that a message carries, so that probes can tell which are reflected where. It is not
//! counted as bytes, and no strategy reads one to decide anything: a run with every sidecar emptied sends the same messages,
//! and a test holds strategies to that.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::node::{NodeId, OpId};

/// Operations by prefix: of client `c`, everything up to the `n`-th.
pub type Clock = BTreeMap<NodeId, u64>;

/// A library's own names for changes; a message about one keystroke carries a single one.
pub type Tags = SmallVec<[u128; 1]>;

/// The operations that a message carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sidecar {
    /// Single operations.
    pub carries: Vec<OpId>,
    /// Operations by a library's own name for its changes; see [`Report::Tagged`](crate::replica::Report::Tagged).
    pub tags: Tags,
    /// Every operation up to this clock: its receiver has them all once it has taken the message.
    pub seen: Clock,
    /// Whether the message holds the whole document, and not only what its receiver lacks.
    pub whole: bool,
    /// Earlier operations of the sender's user that changed nothing and travel in no message: a receiver that passes on which
    /// operations it has does not take them for missing.
    pub void: Vec<OpId>,
    /// Where a relay passes on a whole state from which was left out what the relay had: what that had not. A receiver may lack
    /// the rest, which is on its way.
    pub fresh: Option<Vec<OpId>>,
    /// Operations of which the message may hold a part, and not all: a receiver that lacks them may show that part.
    pub shows: Vec<OpId>,
}

impl Sidecar {
    /// Nothing: for messages that carry no operation.
    pub fn none() -> Self {
        Self::default()
    }

    /// One operation.
    pub fn op(id: OpId) -> Self {
        Self { carries: vec![id], ..Self::default() }
    }

    /// Several operations.
    pub fn ops(ids: impl IntoIterator<Item = OpId>) -> Self {
        Self { carries: ids.into_iter().collect(), ..Self::default() }
    }

    /// A whole state that contains every operation up to `seen`.
    pub fn state(seen: &Clock) -> Self {
        Self { whole: true, ..Self::through(seen) }
    }

    /// Every operation up to `seen`, as far as the receiver lacks them.
    pub fn through(seen: &Clock) -> Self {
        Self { seen: seen.clone(), ..Self::default() }
    }

    /// Whether it names an operation as one that the message carries.
    pub fn names(&self, op: OpId) -> bool {
        self.carries.contains(&op) || self.seen.get(&op.client).is_some_and(|through| op.n <= *through)
    }

    /// Changes of a library, by their tags.
    pub fn tags(tags: Tags) -> Self {
        Self { tags, ..Self::default() }
    }
}

/// Raises `clock` to cover `other` too.
pub fn merge_clock(clock: &mut Clock, other: &Clock) {
    for (client, n) in other {
        let mine = clock.entry(*client).or_default();
        *mine = (*mine).max(*n);
    }
}
