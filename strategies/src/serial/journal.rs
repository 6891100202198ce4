//! A server's log of edits, for strategies whose server knows no model.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit};
use crate::replica::{NodeId, OpId, ProtocolError};
use crate::sidecar::{Clock, Sidecar};
use crate::wire::{self, decode, encode};

/// Edits as they travel. They are kept like this: many small edits, as index by index through a list, are several times as
/// large in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Packed(#[serde(with = "wire::bytes")] Arc<[u8]>);

impl Packed {
    pub(crate) fn of(edits: &[Edit]) -> Self {
        Self(encode(&edits).into())
    }

    pub(crate) fn edits(&self) -> Result<Vec<Edit>, ProtocolError> {
        decode(&self.0)
    }
}

/// One place in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Who wrote it.
    pub(crate) client: NodeId,
    /// Its number among that client's operations.
    pub(crate) n: u64,
    pub(crate) edits: Packed,
}

impl Entry {
    pub(crate) fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

/// What brings a client up to date.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum News {
    /// What follows the place `after`, without gaps.
    Entries { after: u64, entries: Vec<Entry> },
    /// The state at a place, where not all entries are kept that the client misses.
    Snapshot { seq: u64, data: Document },
}

/// The log: how far it has come, the state there, its last `limit` entries, and the last entry of each client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Journal {
    pub(crate) seq: u64,
    pub(crate) data: Document,
    limit: usize,
    entries: VecDeque<Entry>,
    last: Clock,
}

impl Journal {
    pub(crate) fn new(data: Document, limit: usize) -> Self {
        Self { seq: 0, data, limit, entries: VecDeque::new(), last: BTreeMap::new() }
    }

    /// Whether this can be a log, for one that was saved.
    pub(crate) fn check(self) -> Result<Self, ProtocolError> {
        match self.seq.checked_sub(self.entries.len() as u64) {
            Some(_) => Ok(self),
            None => Err(ProtocolError::malformed("more entries than places")),
        }
    }

    /// The last operation of `client` that has its place.
    pub(crate) fn last(&self, client: NodeId) -> u64 {
        self.last.get(&client).copied().unwrap_or(0)
    }

    /// Gives an entry the next place; `data` is the state after it.
    pub(crate) fn append(&mut self, entry: Entry, data: Document) {
        self.seq += 1;
        self.data = data;
        self.last.insert(entry.client, entry.n);
        self.entries.push_back(entry);
        while self.entries.len() > self.limit {
            self.entries.pop_front();
        }
    }

    /// What a client that has everything up to `seq` misses, and what that accounts for. Fails beyond the end.
    pub(crate) fn since(&self, seq: u64) -> Result<(News, Sidecar), ProtocolError> {
        let behind = self
            .seq
            .checked_sub(seq)
            .ok_or_else(|| ProtocolError::Unexpected(format!("at {seq}, the log ends at {}", self.seq)))?;
        let first = usize::try_from(behind).ok().and_then(|behind| self.entries.len().checked_sub(behind));
        Ok(match first {
            Some(first) => {
                let entries: Vec<Entry> = self.entries.range(first..).cloned().collect();
                let carries = entries.iter().map(Entry::id).collect();
                (News::Entries { after: seq, entries }, Sidecar { carries, ..Sidecar::none() })
            }
            None => (News::Snapshot { seq: self.seq, data: self.data.clone() }, Sidecar::state(&self.last)),
        })
    }
}
