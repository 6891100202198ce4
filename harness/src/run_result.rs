//! What an engine hands back.

use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::replica::{NodeId, Time};

use crate::faults::Coverage;
use crate::ledger::Ledger;

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
    /// Everything that happened, in order; virtual time only.
    pub trace_digest: Option<Digest>,
    /// Replayed operations that were made on another version than the recorded one; `None` without a trace.
    pub inexact: Option<u64>,
    /// What each fault touched.
    pub coverage: Vec<Coverage>,
    /// Bytes that a client saves, largest over the clients.
    pub stored_bytes: u64,
}

impl RunResult {
    /// Whether nothing was left to happen when the run ended. Otherwise an effect that is missing may be on its way.
    pub fn quiescent(&self) -> bool {
        self.messages_in_flight == 0
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
