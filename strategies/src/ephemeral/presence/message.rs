//! What clients and relays send each other.

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::replica::NodeId;

#[derive(Serialize, Deserialize)]
pub(super) enum Message {
    /// A client's entry, if it has one, under the sender's clock.
    State { of: NodeId, clock: u64, entry: Option<Entry> },
    /// Asks for the entry of a client that was silent for a while.
    Ask { of: NodeId },
}
