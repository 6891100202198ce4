//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use crate::serial::journal::{Edits, Entry, News};

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows the place `seq`, and from then on everything."
    Join { seq: u64 },
    /// The patches of operation `n`, which follows the sender's operation `after`.
    Submit { after: u64, n: u64, patches: Edits },
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToClient {
    /// This got the place `seq`. Its issuer gets it too.
    Ordered { seq: u64, entry: Entry },
    /// The answer to a join, with the receiver's last operation that has its place.
    Joined { news: News, last: u64 },
}
