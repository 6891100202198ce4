//! The engines: the same replicas in virtual time and on threads.

mod hold;
pub mod load;
pub mod node;
pub mod saturation;
pub mod sim;
pub mod threads;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::replica::{NodeId, Time, Topology};
use syncbench_strategies::spec::Configured;

use crate::faults::{Coverage, Faults};
use crate::ledger::Ledger;
use crate::network::{Profile, Transport};
use crate::workload::Workload;
use load::Pace;

/// Everything that one run of one strategy needs.
pub struct Task<'a> {
    /// The strategy.
    pub strategy: &'a Configured,
    /// What its users do.
    pub workload: &'a dyn Workload,
    /// What operations mean to the strategy; the workload's own model, except where a test plants a bug.
    pub model: ModelRef,
    /// The initial document.
    pub genesis: &'a Document,
    /// The same in the strategy's own bytes.
    pub genesis_bytes: Arc<[u8]>,
    /// How many clients.
    pub clients: u32,
    /// Operations of all clients together.
    pub ops: u64,
    /// Operations per second of all clients together.
    pub rate_per_s: f64,
    /// How users come to act.
    pub pace: Pace,
    /// Share of acts that take back the user's own latest operation that stands.
    pub undo: f64,
    /// The network.
    pub profile: Profile,
    /// What links promise.
    pub transport: Transport,
    /// What goes wrong.
    pub faults: Faults,
    /// The seed of every random stream.
    pub seed: u64,
    /// How often states are looked at; `None` for after every event.
    pub sample_every: Option<Duration>,
    /// How long the group may take to become quiet after the last operation or heal, and after the time in which replicas
    /// that never fall silent settle.
    pub budget: Duration,
    /// Empties every sidecar on its way: for the test that no strategy reads one.
    pub blind: bool,
}

impl Task<'_> {
    /// Who talks to whom.
    pub fn topology(&self) -> Topology {
        self.strategy.spec.topology
    }
}

/// A finished run.
#[derive(Debug)]
pub struct RunResult {
    /// The book of the run.
    pub ledger: Ledger,
    /// What every node that is there at the end shows, the server included.
    pub finals: Vec<(NodeId, Document)>,
    /// When the last thing happened.
    pub ended_at: Time,
    /// When the last operation was issued or the last fault healed, whichever is later.
    pub calm_since: Time,
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
    /// Whether every node that is there at the end shows the same, the server included.
    pub fn converged(&self) -> bool {
        self.finals.windows(2).all(|pair| pair[0].1 == pair[1].1)
    }

    /// The final state of the first client.
    pub fn last(&self) -> &Document {
        let first = self.finals.iter().find(|(node, _)| *node != NodeId::SERVER);
        // A plan leaves at least one client alive, and every late joiner joins before the end.
        &first.expect("a run ends with a client").1
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words")
}
