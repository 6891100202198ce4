//! Agents and how many operations each has made.

use diamond_types::AgentId;
use diamond_types::list::OpLog;
use serde::{Deserialize, Serialize};

use crate::crdt::peer::Span;
use crate::wire;

/// Operations of each agent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub(in crate::crdt::diamond) struct Counts(pub(super) Vec<(String, u64)>);

impl From<Counts> for Vec<u8> {
    fn from(counts: Counts) -> Self {
        wire::encode(&counts.0)
    }
}

impl TryFrom<Vec<u8>> for Counts {
    type Error = String;

    fn try_from(bytes: Vec<u8>) -> Result<Self, String> {
        wire::decode(&bytes).map(Self).map_err(|error| error.to_string())
    }
}

/// Names of agents are eight of these, as the library's own peers draw them.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn name(author: u64) -> String {
    author.to_le_bytes().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect()
}

/// The number of an agent for probes. A name in a forged patch may have another length.
pub(super) fn number(name: &str) -> u64 {
    name.bytes().fold(0, |number, byte| number << 8 | u64::from(byte))
}

/// The operations that were added to a log after its first `from`.
pub(super) fn spans(oplog: &OpLog, from: usize) -> Vec<Span> {
    if from == oplog.len() {
        // The library does not accept an empty range.
        return Vec::new();
    }
    let named = |agent, from, to| Span { author: number(oplog.get_agent_name(agent)), from, to };
    let mappings = oplog.iter_mappings_range((from..oplog.len()).into());
    mappings.map(|span| named(span.agent, span.seq_range.start as u64, span.seq_range.end as u64)).collect()
}

/// The number of operations of each agent in a log.
pub(super) fn counts(oplog: &OpLog) -> Vec<(String, u64)> {
    let mut counts: Vec<(AgentId, u64)> = Vec::new();
    for span in oplog.iter_mappings() {
        let end = span.seq_range.end as u64;
        match counts.iter_mut().find(|(agent, _)| *agent == span.agent) {
            Some((_, count)) => *count = end.max(*count),
            None => counts.push((span.agent, end)),
        }
    }
    counts.into_iter().map(|(agent, count)| (oplog.get_agent_name(agent).to_owned(), count)).collect()
}
