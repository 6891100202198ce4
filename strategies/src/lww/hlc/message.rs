//! What replicas send each other.

use serde::{Deserialize, Serialize};

use super::cells::{Element, Write};
use super::ranges::{self, Range};
use crate::replica::ProtocolError;

#[derive(Serialize, Deserialize)]
pub(super) enum Message {
    /// A new write, or what a relay passes on.
    Writes(Vec<Write>),
    /// Asks the receiver to begin: there is something here to compare.
    Nudge,
    Begin(Vec<Range>),
    Ranges(Vec<Range>),
    /// The hash of [`Message::Begin`] is the same here.
    Same,
    /// The difference is known; this is the part that the sender lacks.
    Wants(Vec<Element>),
    /// What the receiver lacks, and what the sender lacks.
    Items(Vec<Write>, Vec<Element>),
    /// What the receiver lacks. The exchange is over.
    Rest(Vec<Write>),
}

/// Checks that these can be cells.
pub(super) fn check(writes: &[Write]) -> Result<(), ProtocolError> {
    if writes.iter().all(Write::is_sound) { Ok(()) } else { Err(ProtocolError::malformed("these are no cells")) }
}

impl Message {
    pub(super) fn check(&self) -> Result<(), ProtocolError> {
        match self {
            Message::Begin(ranges) | Message::Ranges(ranges) if !ranges::are_sound(ranges) => {
                Err(ProtocolError::malformed("these are no ranges"))
            }
            _ => check(self.writes()),
        }
    }

    /// The cells in it.
    pub(super) fn writes(&self) -> &[Write] {
        match self {
            Message::Writes(writes) | Message::Items(writes, _) | Message::Rest(writes) => writes,
            _ => &[],
        }
    }
}
