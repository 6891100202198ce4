//! The server's side of one order: a numbered history and who has heard what.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::model::{Operation, Outcome, Rejected};
use crate::replica::NodeId;

/// One place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The place, from 1 without gaps.
    pub(crate) seq: u64,
    /// Who submitted it.
    pub(crate) client: NodeId,
    /// The how-manieth of that client's operations.
    pub(crate) n: u64,
    /// What was submitted, refused or not.
    pub(crate) operation: Operation,
}

/// What became of an operation.
pub(crate) type Verdict = Result<Outcome, Rejected>;

/// The end of the order that a returning client may be brought up from, at most `limit` entries.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct History {
    limit: usize,
    entries: VecDeque<Entry>,
}

impl History {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, entries: VecDeque::new() }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
        while self.entries.len() > self.limit {
            self.entries.pop_front();
        }
    }

    /// All entries after `seq` up to `head`; `None` when some of them are gone.
    pub(crate) fn since(&self, seq: u64, head: u64) -> Option<Vec<Entry>> {
        if seq > head {
            return None;
        }
        let missing = usize::try_from(head - seq).ok()?;
        let start = self.entries.len().checked_sub(missing)?;
        Some(self.entries.range(start..).cloned().collect())
    }
}

/// What the server remembers of each client, so that a resent operation is not applied twice and its verdict survives a
/// broken connection. Bounded by what the client has not yet heard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sessions(BTreeMap<NodeId, Session>);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Session {
    last: u64,
    verdicts: VecDeque<(u64, Verdict)>,
}

impl Sessions {
    /// The last operation of `client` that has its place in the order.
    pub(crate) fn last(&self, client: NodeId) -> u64 {
        self.0.get(&client).map_or(0, |session| session.last)
    }

    /// Notes the verdict of the client's next operation.
    pub(crate) fn record(&mut self, client: NodeId, n: u64, verdict: Verdict) {
        let session = self.0.entry(client).or_default();
        session.last = n;
        session.verdicts.push_back((n, verdict));
    }

    /// The client has heard all verdicts up to `n`.
    pub(crate) fn heard(&mut self, client: NodeId, n: u64) {
        if let Some(session) = self.0.get_mut(&client) {
            while session.verdicts.front().is_some_and(|(first, _)| *first <= n) {
                session.verdicts.pop_front();
            }
        }
    }

    /// The verdicts that `client` has not heard.
    pub(crate) fn unheard(&self, client: NodeId) -> Vec<(u64, Verdict)> {
        self.0.get(&client).map(|session| session.verdicts.iter().cloned().collect()).unwrap_or_default()
    }

    /// How far the order has come for every client.
    pub(crate) fn clock(&self) -> BTreeMap<NodeId, u64> {
        self.0.iter().map(|(client, session)| (*client, session.last)).collect()
    }
}
