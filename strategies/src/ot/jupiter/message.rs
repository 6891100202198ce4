//! What client and server tell each other.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::change::Change;
use crate::document::Document;
use crate::node::NodeId;
use crate::sidecar::Sidecar;
use crate::wire::encode;

/// A change in its place.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its number in the server's order.
    pub(super) rev: u64,
    /// Who issued it.
    pub(super) client: NodeId,
    /// Its number among that client's changes.
    pub(super) number: u64,
    /// The client's last operation in it; for sidecars.
    pub(super) through: u64,
    pub(super) change: Change,
}

impl Entry {
    pub(super) fn sidecar(&self) -> Sidecar {
        Sidecar::through(&[(self.client, self.through)].into())
    }
}

/// The number before the first of a client that was installed anew so often: each install counts for itself, as each session
/// of ShareDB does.
pub(super) fn before_first(install: u32) -> u64 {
    u64::from(install) << 32
}

/// Whether a change is the first of a later install than the one of `last`.
pub(super) fn begins_install(number: u64, last: u64) -> bool {
    number >> 32 > last >> 32 && number & u64::from(u32::MAX) == 1
}

/// The sum by which a client recognises its change.
pub(super) fn sum(change: &Change) -> u64 {
    xxh3_64(&encode(change))
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToServer {
    /// "I am at this revision; send me what follows it, and from then on everything." A client with pending work needs every
    /// change since.
    Join { rev: u64, working: bool },
    /// A change made at `rev`.
    Submit { rev: u64, number: u64, through: u64, change: Change },
    /// "I need nothing up to this revision any more."
    Reached { rev: u64 },
}

#[derive(Serialize, Deserialize)]
pub(super) enum ToClient {
    /// The receiver's inflight change got this place.
    Confirmed {
        rev: u64,
        sum: u64,
    },
    Ordered(Entry),
    Missed(Vec<Entry>),
    Snapshot {
        rev: u64,
        document: Document,
    },
    /// The change with this number was made on a revision that the server does not have.
    Refused {
        number: u64,
    },
}
