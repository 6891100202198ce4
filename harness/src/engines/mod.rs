//! The engines: the same replicas in virtual time and on threads.

mod hold;
pub mod load;
pub mod node;
pub mod saturation;
pub mod sim;
pub mod threads;

use std::any::Any;
use std::collections::BTreeSet;
use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time};

use crate::faults::Armed;
use crate::ledger::{Entry, Ledger};
use crate::probe::Probe;
use crate::results::Coverage;
use crate::run_result::RunResult;
use crate::settings::Engine;
use crate::task::Task;

/// Runs a task in the engine that its settings name.
pub fn run(task: &Task<'_>, probes: &mut [Box<dyn Probe>]) -> RunResult {
    match task.engine {
        Engine::Sim => sim::run(task, probes),
        Engine::Threads => threads::run(task, probes),
    }
}

/// How long users wait in vain, for something that cannot arrive before a fault ends that lasts until all have acted. Longer
/// than a round trip of any profile but the satellite's: there, users that wait for each other may act a little early.
const IN_VAIN: Duration = Duration::from_millis(500);

/// Whether two replicas cannot reach each other until all users have acted: a user that waits for that waits in vain.
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

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message")
}
