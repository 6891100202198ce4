//! What an engine hands back.

use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::replica::{NodeId, Time};

use crate::faults::Coverage;
use crate::ledger::Ledger;

/// The server came back with less than it had, or with a document that was made anew.
#[derive(Clone, Debug)]
pub struct GoneBack {
    /// What it showed when it went down.
    pub before: Document,
    /// What it showed when it was back.
    pub after: Document,
}

/// A finished run.
#[derive(Debug)]
pub struct RunResult {
    /// What became of every operation.
    pub ledger: Ledger,
    /// What every node that takes part at the end shows, the server included.
    pub finals: Vec<(NodeId, Document)>,
    /// When the last thing happened.
    pub ended_at: Time,
    /// When the last operation was issued or the last fault healed, whichever is later.
    pub quiescing_since: Time,
    /// Messages that were still under way when the budget ran out.
    pub messages_in_flight: u64,
    /// Timers that a replica had set and that were still due when the budget ran out.
    pub timers_due: u64,
    /// Connections that were about to open when the budget ran out.
    pub connections_opening: u64,
    /// Damaged messages that replicas were handed.
    pub damaged: u64,
    /// Everything that happened, in order; virtual time only.
    pub trace_digest: Option<Digest>,
    /// Replayed operations that were made on another version than the recorded one; `None` without a trace.
    pub inexact: Option<u64>,
    /// Each time that the server went back.
    pub gone_back: Vec<GoneBack>,
    /// What each fault touched.
    pub coverage: Vec<Coverage>,
    /// Bytes that a client saves, largest over the clients.
    pub stored_bytes: u64,
    /// What the server, where there is one, and the first client save at the end; virtual time only, and only where the task
    /// asks for it.
    pub saved: Vec<(NodeId, Vec<u8>)>,
}

impl RunResult {
    /// Whether nothing was left to happen when the run ended.
    pub fn quiescent(&self) -> bool {
        self.messages_in_flight == 0 && self.timers_due == 0 && self.connections_opening == 0
    }

    /// What was left to happen when the budget ran out: `2 messages under way, 1 timer due`. Empty for a quiescent group.
    pub fn pending(&self) -> String {
        let say = |n: u64, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let parts = [
            say(self.messages_in_flight, "message under way", "messages under way"),
            say(self.timers_due, "timer due", "timers due"),
            say(self.connections_opening, "connection opening", "connections opening"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Whether every node that takes part at the end shows the same, the server included.
    pub fn converged(&self) -> bool {
        self.finals.windows(2).all(|pair| pair[0].1 == pair[1].1)
    }

    /// The final state of the first client.
    pub fn last(&self) -> &Document {
        let first = self.finals.iter().find(|(node, _)| *node != NodeId::SERVER);
        // A plan leaves at least one client running, and every late joiner joins before the end.
        &first.expect("a run ends with a client").1
    }
}
