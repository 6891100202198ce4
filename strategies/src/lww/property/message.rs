//! What the server and its clients send each other.

use serde::{Deserialize, Serialize};

use super::tree::{Node, Write};
use crate::replica::{NodeId, OpId, ProtocolError};
use crate::star::{Placed, Update};
use crate::wire::Packed;

/// Encoded writes. A history is kept in this form: with paths and values on the heap it is several times as large.
pub(super) type Writes = Packed<[Write]>;

pub(super) fn unpack(writes: &Writes) -> Result<Vec<Write>, ProtocolError> {
    let writes = writes.unpack()?;
    writes.iter().try_for_each(Write::check).map_err(ProtocolError::malformed)?;
    Ok(writes)
}

/// An operation as its issuer sends it.
#[derive(Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) n: u64,
    pub(super) writes: Writes,
}

/// An operation in the server's order, with those of its writes that were not dropped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) client: NodeId,
    pub(super) n: u64,
    pub(super) writes: Writes,
}

impl Placed for Entry {
    fn id(&self) -> OpId {
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

pub(super) type News = Update<Entry, Node>;

#[derive(Serialize, Deserialize)]
pub(super) struct ToClient {
    pub(super) news: News,
    /// In the answer to a join, the receiver's last operation in the server's order.
    pub(super) joined: Option<u64>,
}
