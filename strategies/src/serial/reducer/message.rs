//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use super::snapshots::Snapshot;
use crate::document::{Document, Edit};
use crate::model::{ModelRef, Operation, Outcome, Rejected, reduce};
use crate::node::{NodeId, OpId};
use crate::replica::ProtocolError;
use crate::serial::order::{Action, Ordered};
use crate::star::{Placed, Verdict};

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows the place `seq`, and from then on everything." The sender has its verdicts up to `resolved`.
    Join { seq: u64, resolved: u64 },
    /// Operations of the sender, by their numbers, which have no gaps.
    Submit { resolved: u64, actions: Vec<(u64, Action)> },
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToClient {
    /// New places, one after the other.
    Ordered(Vec<Entry>),
    /// The answer to a join, with the receiver's last operation that has its place.
    Joined { catch_up: CatchUp, verdicts: Vec<(u64, Verdict)>, last: u64 },
}

#[derive(Serialize, Deserialize)]
pub(super) enum CatchUp {
    Operations(Vec<Entry>),
    /// A state, and what came after it.
    Snapshot(Snapshot, Vec<Entry>),
}

/// One place in the order, as clients receive it.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) seq: u64,
    client: NodeId,
    n: u64,
    what: What,
}

#[derive(Serialize, Deserialize)]
enum What {
    /// Everybody reduces it.
    Operation(Operation),
    /// An operation was undone, which changes this.
    Undone(Vec<Edit>),
    /// An undo that changes nothing.
    NotUndone(Rejected),
}

impl Entry {
    pub(super) fn of(ordered: &Ordered) -> Self {
        let what = match (&ordered.action, &ordered.verdict) {
            (Some(Action::Operate(operation)), _) => What::Operation(operation.clone()),
            (_, Ok(_)) => What::Undone(ordered.edits.to_vec()),
            (_, Err(reason)) => What::NotUndone(reason.clone()),
        };
        Self { seq: ordered.seq, client: ordered.client, n: ordered.n, what }
    }

    /// Whether carrying it out can fail.
    pub(super) fn may_fail(&self) -> bool {
        matches!(self.what, What::Undone(_))
    }

    /// Carries it out. Fails on edits that do not fit, which no honest server sends, and then changes nothing.
    pub(super) fn carry_out(&self, model: &ModelRef, data: &mut Document) -> Result<Verdict, ProtocolError> {
        Ok(match &self.what {
            What::Operation(operation) => reduce(&**model, data, operation),
            What::Undone(edits) => {
                data.apply_all(edits).map_err(ProtocolError::malformed)?;
                Ok(Outcome::Null)
            }
            What::NotUndone(reason) => Err(reason.clone()),
        })
    }
}

impl Placed for Entry {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}
