//! The engines: the same replicas in virtual time and on threads.

mod hold;
pub mod load;
pub mod node;
pub mod saturation;
pub mod sim;
pub mod threads;

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::replica::{NodeId, Time, Topology};
use syncbench_strategies::spec::Configured;

use crate::faults::Armed;
use crate::ledger::{Entry, Ledger};
use crate::network::{Profile, Transport};
use crate::results::Coverage;
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
    pub faults: Vec<Armed>,
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

/// How long a group waits for what cannot come before a fault ends that lasts until all have acted. Longer than a round trip
/// of any profile but the satellite's; there, users that wait for each other act a little early, when they wait in vain.
const IN_VAIN: Duration = Duration::from_millis(500);

/// Whether some replica cannot hear of another until all users have acted: whoever waits for that waits in vain.
fn in_vain(task: &Task<'_>, now: Time) -> bool {
    let nodes: Vec<NodeId> = task.topology().nodes(task.clients).collect();
    let lasting = || task.faults.iter().filter(|fault| fault.end.is_none() && fault.active(now));
    let apart = |a: NodeId, b: NodeId| lasting().any(|fault| fault.fault.cuts(a, b) || fault.fault.blocks(a, b));
    lasting().next().is_some() && nodes.iter().any(|a| nodes.iter().any(|b| a != b && apart(*a, *b)))
}

/// When fault windows open or close after the start, ascending.
fn edges(faults: &[Armed]) -> BTreeSet<Time> {
    let ends = faults.iter().filter_map(|fault| fault.end);
    faults.iter().map(|fault| fault.start).chain(ends).filter(|at| *at > Time::ZERO).collect()
}

/// When the last fault ends; one without an end, at its start at the earliest.
fn last_end(faults: &[Armed]) -> Time {
    faults.iter().map(|fault| fault.end.unwrap_or(fault.start)).max().unwrap_or(Time::ZERO)
}

/// The faults whose window is open; once the run is `healed`, only those with an end of their own.
fn active(faults: &[Armed], now: Time, healed: bool) -> impl Iterator<Item = &Armed> {
    faults.iter().filter(move |fault| fault.active(now) && !(healed && fault.end.is_none()))
}

/// What each fault touched.
fn cover(
    task: &Task<'_>,
    messages_touched: &[u64],
    ledger: &Ledger,
    healed_at: Option<Time>,
    now: Time,
) -> Vec<Coverage> {
    let cover = |(fault, messages): (&Armed, &u64)| {
        let healed_at = healed_at.filter(|_| !fault.fault.lasts());
        let end = fault.end.or(healed_at).unwrap_or(now).min(now);
        let overlaps =
            |entry: &&Entry| entry.issued < end && entry.visible.is_none_or(|visible| visible >= fault.start);
        Coverage {
            fault: fault.label.clone(),
            start_ms: fault.start.as_ms(),
            end_ms: end.as_ms(),
            operations_overlapped: ledger.entries().filter(overlaps).count() as u64,
            messages_touched: *messages,
        }
    };
    task.faults.iter().zip(messages_touched).map(cover).collect()
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words")
}
