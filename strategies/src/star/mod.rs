//! What strategies with a server have in common.
//!
//! A client keeps its operations in an [`Outbox`] until it knows their fate, and sends them over its [`Uplink`]: in order,
//! each once on a connection, none before the server has said which of them it already has, in send windows. The server keeps a [`Log`] to
//! bring a returning client up to date with an [`Update`], tells the clients that have [`Joined`] what is new, and keeps
//! verdicts in [`Sessions`] until their client has them. What happens when the server has less than its clients says [`lineage`].

mod joined;
pub(crate) mod lineage;
mod log;
mod numbers;
mod outbox;
mod sessions;
mod uplink;

pub(crate) use joined::Joined;
pub(crate) use log::{Log, Placed, Update};
pub(crate) use numbers::{already_placed, count_duplicates, unseen};
pub(crate) use outbox::{Outbox, next_through};
pub(crate) use sessions::{Sessions, Verdict};
pub(crate) use uplink::Uplink;

use crate::model::Rejected;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, ProtocolError};

/// A server's answer to an operation: only clients have users.
pub(crate) fn reject_at_server(id: OpId, cx: &mut Context<'_>) {
    cx.rejected(id, Rejected::new("no_user", "the server has no user"));
}

/// A client of a star takes messages from its server only.
pub(crate) fn from_server(from: NodeId) -> Result<(), ProtocolError> {
    match from {
        NodeId::SERVER => Ok(()),
        from => Err(ProtocolError::Unexpected(format!("from {from}, not from the server"))),
    }
}
