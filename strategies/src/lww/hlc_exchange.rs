//! What replicas send each other, and what each keeps of an exchange while it goes on.
//!
//! The lower of two nodes begins with a hash of its cells; they narrow the ranges down by turns (`hlc_ranges`). Whoever finds
//! nothing open says what it lacks, gets that with what the other lacks, and answers with the rest. Each side takes in all
//! that it lacked in one message, so nobody shows half of what was missed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::hlc_cells::{Element, Table, Write};
use super::hlc_ranges::{self, Difference, Range};
use crate::replica::ProtocolError;
use crate::sidecar::Sidecar;

/// What replicas send each other.
#[derive(Serialize, Deserialize)]
pub(super) enum Message {
    /// Somebody's write, or what a relay passes on.
    Writes(Vec<Write>),
    /// "There is something here: compare."
    Nudge,
    Begin(Vec<Range>),
    Ranges(Vec<Range>),
    /// The beginning's hash was the same here.
    Same,
    /// The difference is known; this is what the sender lacks of it.
    Wants(Vec<Element>),
    /// What the receiver lacks, and what the sender does.
    Items(Vec<Write>, Vec<Element>),
    /// What the receiver lacks, and the end.
    Rest(Vec<Write>),
}

/// Whether these can be cells.
pub(super) fn check(writes: &[Write]) -> Result<(), ProtocolError> {
    if writes.iter().all(Write::is_sound) { Ok(()) } else { Err(ProtocolError::malformed("these are no cells")) }
}

impl Message {
    pub(super) fn check(&self) -> Result<(), ProtocolError> {
        match self {
            Message::Begin(ranges) | Message::Ranges(ranges) if !hlc_ranges::are_sound(ranges) => {
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

/// An exchange with a peer: what was here when it began, and what is known of the difference.
pub(super) struct Session {
    pub(super) table: Table,
    pub(super) seen: Sidecar,
    pub(super) difference: Difference,
    /// What a relay passes on when the exchange is over, so that nobody gets it before what came earlier.
    pub(super) later: Vec<(Arc<[u8]>, Arc<Sidecar>)>,
}

impl Session {
    pub(super) fn new(table: Table, seen: Sidecar) -> Self {
        Self { table, seen, difference: Difference::default(), later: Vec::new() }
    }

    /// Cells that the peer lacks, with those that it asked for.
    pub(super) fn items(&self, wanted: &[Element]) -> Vec<Write> {
        let elements: BTreeSet<&Element> = self.difference.give.iter().chain(wanted).collect();
        self.table.writes(elements)
    }
}
