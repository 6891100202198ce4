//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use crate::serial::journal::{Edits, Entry, News};

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows the place `seq`, and from then on everything."
    Join { seq: u64 },
    /// The edits of operations, by their numbers, to be made on the version `base` or not at all.
    Write { base: u64, writes: Vec<(u64, Edits)> },
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToClient {
    /// These got the places after `after`. Their issuer gets them too.
    Written { after: u64, entries: Vec<Entry> },
    /// `base` was not the latest version. `n` is the first operation of the write.
    Mismatch { base: u64, n: u64 },
    /// The answer to a join, with the receiver's last operation that has its place.
    Joined { news: News, last: u64 },
}
