//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use crate::ids::change::Change;
use crate::ids::state::State;
use crate::node::{NodeId, OpId};
use crate::replica::ProtocolError;
use crate::sidecar::Sidecar;
use crate::star::Update;
use crate::wire::Packed;

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows the place `seq`, and from then on everything."
    Join { seq: u64 },
    /// Changes that follow the sender's change `after`, one after the other.
    Push { after: u64, changes: Vec<Packed<Change>> },
}

#[derive(Serialize, Deserialize)]
pub(super) struct ToClient {
    /// Whether this answers a join.
    pub(super) joined: bool,
    /// Issuers get their own changes too.
    pub(super) news: Update<Entry, State>,
}

/// One place in the server's order.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) client: NodeId,
    pub(super) change: Packed<Change>,
}

/// Entries with their changes.
pub(super) fn unpacked(entries: &[Entry]) -> Result<Vec<(NodeId, Change)>, ProtocolError> {
    entries.iter().map(|entry| Ok((entry.client, entry.change.unpack()?))).collect()
}

/// The sidecar of a message with these changes.
pub(super) fn sidecar(changes: &[(NodeId, Change)]) -> Sidecar {
    Sidecar::ops(changes.iter().map(|(client, change)| OpId { client: *client, n: change.n }))
}
