//! What the server and its clients send each other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::tree::{Node, Write};
use crate::replica::{NodeId, OpId, ProtocolError};
use crate::wire::{self, decode, encode};

/// Encoded writes. A history is kept in this form: with paths and values on the heap it is several times as large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed(#[serde(with = "wire::bytes")] Arc<[u8]>);

impl Packed {
    pub(super) fn of(writes: &[Write]) -> Self {
        Self(encode(&writes).into())
    }

    pub(super) fn unpack(&self) -> Result<Vec<Write>, ProtocolError> {
        let writes: Vec<Write> = decode(&self.0)?;
        writes.iter().try_for_each(Write::check).map_err(ProtocolError::malformed)?;
        Ok(writes)
    }
}

/// An operation as its issuer sends it.
#[derive(Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) n: u64,
    pub(super) writes: Packed,
}

/// An operation in the server's order, with those of its writes that were not dropped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) client: NodeId,
    pub(super) n: u64,
    pub(super) writes: Packed,
}

impl Entry {
    pub(super) fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// Asks for everything that follows `version`, now and later.
    Join { version: u64 },
    /// Own operations in order; they follow the one with the number `after`.
    Push { after: u64, made: Vec<Made> },
}

#[derive(Serialize, Deserialize)]
pub(super) struct ToClient {
    pub(super) news: News,
    /// In the answer to a join, the receiver's last operation in the server's order.
    pub(super) joined: Option<u64>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum News {
    /// What follows the version `after`, without gaps.
    Changes { after: u64, entries: Vec<Entry> },
    /// The state at a version, where the server no longer has everything that the receiver missed.
    Snapshot { version: u64, data: Node },
}
