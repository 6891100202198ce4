//! What a server remembers of each client.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::model::{Outcome, Rejected};
use crate::node::NodeId;
use crate::sidecar::Clock;

/// What became of an operation.
pub(crate) type Verdict = Result<Outcome, Rejected>;

/// The last operation of each client, so that a resent one is not carried out twice, and the verdicts that the client may
/// not have received, so that they survive a broken connection. Bounded by what clients have under way.
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

    /// The client says that it has all verdicts up to `n`.
    pub(crate) fn resolved(&mut self, client: NodeId, n: u64) {
        if let Some(session) = self.0.get_mut(&client) {
            while session.verdicts.front().is_some_and(|(first, _)| *first <= n) {
                session.verdicts.pop_front();
            }
        }
    }

    /// The verdicts that `client` may not have.
    pub(crate) fn verdicts(&self, client: NodeId) -> Vec<(u64, Verdict)> {
        self.0.get(&client).map(|session| session.verdicts.iter().cloned().collect()).unwrap_or_default()
    }

    /// The last operation of every client.
    pub(crate) fn clock(&self) -> Clock {
        self.0.iter().map(|(client, session)| (*client, session.last)).collect()
    }
}
