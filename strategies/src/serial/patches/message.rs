//! What client and server tell each other.

use serde::{Deserialize, Serialize};

use crate::serial::journal::{Edits, Entry, News};

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "Send me what follows the place `seq`, and from then on everything."
    Join { seq: u64 },
    /// Operations by their numbers, as patches. They follow the sender's operation `after`.
    Submit { after: u64, made: Vec<(u64, Edits)> },
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToClient {
    /// These got the places after `after`. Their issuer gets them too.
    Ordered { after: u64, entries: Vec<Entry> },
    /// The answer to a join, with the receiver's last operation that has its place.
    Joined { news: News, last: u64 },
}
