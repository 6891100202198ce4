//! A server's log of edits, for strategies whose server knows no model.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, ProtocolError};
use crate::sidecar::{Clock, Sidecar};
use crate::star::lineage::Begun;
use crate::star::{Log, Placed, Update};
use crate::wire::{Packed, decode, encode};

/// The edits of one operation.
pub(crate) type Edits = Packed<[Edit]>;

/// An operation that has its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Who issued it.
    pub(crate) client: NodeId,
    /// Its number among that client's operations.
    pub(crate) n: u64,
    pub(crate) edits: Edits,
}

impl Placed for Entry {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

/// What the server tells of its journal.
pub(crate) type News = Update<Entry, Document>;

/// The state, the latest `limit` entries that led there, and the last operation of each client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Journal {
    log: Log<Entry>,
    pub(crate) data: Document,
    limit: usize,
    last: Clock,
}

impl Journal {
    pub(crate) fn new(data: Document, limit: usize) -> Self {
        Self { log: Log::default(), data, limit, last: Clock::new() }
    }

    /// From what was saved.
    pub(crate) fn restore(durable: &[u8]) -> Result<Self, ProtocolError> {
        let Self { log, data, limit, last } = decode(durable)?;
        Ok(Self { log: log.check()?, data, limit, last })
    }

    pub(crate) fn save(&self) -> Vec<u8> {
        encode(self)
    }

    /// The last place.
    pub(crate) fn end(&self) -> u64 {
        self.log.end()
    }

    /// The last operation of `client` that has its place.
    pub(crate) fn last(&self, client: NodeId) -> u64 {
        self.last.get(&client).copied().unwrap_or(0)
    }

    /// Gives an entry the next place, and returns that place; `data` is the state after it.
    pub(crate) fn append(&mut self, entry: Entry, data: Document) -> u64 {
        self.data = data;
        self.last.insert(entry.client, entry.n);
        self.log.push(entry, self.limit);
        self.log.end()
    }

    /// Everything, for a client of another epoch.
    pub(crate) fn begun(&self, client: NodeId, epoch: u64) -> (Begun<Document>, Sidecar) {
        let begun = Begun { epoch, seq: self.end(), state: self.data.clone(), last: self.last(client) };
        (begun, Sidecar::state(&self.last))
    }

    /// What a client misses that has everything up to a place. Fails beyond the end.
    pub(crate) fn catch_up(&self, place: u64, cx: &mut Context<'_>) -> Result<(News, Sidecar), ProtocolError> {
        let news = self.log.catch_up(place, Entry::clone, || self.data.clone(), cx)?;
        let sidecar = news.sidecar(|| self.last.clone());
        Ok((news, sidecar))
    }
}
