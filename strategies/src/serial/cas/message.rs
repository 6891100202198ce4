//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use crate::serial::journal::{Edits, Entry, News};

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows the place `seq`, and from then on everything."
    Join { seq: u64 },
    /// The edits of operation `n`, to be made on the version `base` or not at all.
    Write { base: u64, n: u64, edits: Edits },
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToClient {
    /// This got the place `seq`. Its issuer gets it too.
    Written { seq: u64, entry: Entry },
    /// `base` was not the latest version.
    Mismatch { base: u64, n: u64 },
    /// The answer to a join, with the receiver's last operation that has its place.
    Joined { news: News, last: u64 },
}
