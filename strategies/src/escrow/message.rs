//! What replicas send each other, and what they save.

use serde::{Deserialize, Serialize};

use super::stock::{Change, News, Versions};
use crate::document::Path;
use crate::model::Operation;
use crate::replica::{NodeId, OpId};

/// A message with its ends, as a relay needs them.
#[derive(Serialize, Deserialize)]
pub(super) struct Routed {
    /// Who wrote it; of a change, its author.
    pub(super) from: NodeId,
    /// For whom it is; `None` for everybody.
    pub(super) to: Option<NodeId>,
    pub(super) message: Message,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Message {
    /// The changes that the sender has.
    Hello(Versions),
    /// Changes, for who has at least those in `after`.
    News {
        after: Versions,
        news: News,
    },
    Change(Change),
    /// Asks for rights, or for a record.
    Ask {
        good: Good,
        amount: u64,
    },
    /// The answer: the change that transferred it, or the last one that may have, or 0.
    Answer {
        good: Good,
        change: u64,
    },
}

/// What one replica can transfer to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Good {
    Rights(u32),
    Record(Path),
}

/// What a crash leaves behind.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) stock: News,
    pub(super) pending: Vec<(OpId, Operation)>,
}
