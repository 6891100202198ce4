//! Threads: the same replicas in real time, one thread each, with channels between them.
//!
//! A message travels over the same [`Wire`](crate::wire::Wire) as in virtual time: the sender's end says when it comes to the
//! receiver's leg, the sender hands it over at once, and the receiver keeps it until then, says when it arrives, and keeps it
//! until then. Due things are handled in order of (due time,
//! order of coming in), which keeps streams first in first out. A wait ends up to 50 us late, as the operating system wakes
//! threads; the last 50 us are spent yielding to other threads instead of sleeping.
//!
//! While the run lasts, threads share counters of what is in flight and nothing else. Every thread keeps a journal of its
//! own, and the journals are merged afterwards and fed through the same ledger and probes as in virtual time.
//!
//! What is exact and what is sampled:
//!
//! * Exact, as moments of real time: when an operation was intended, issued, shown, reflected, confirmed; every message,
//!   byte and cost. A step's effects count from the end of the step. A message's arrival never comes before its sending in the
//!   merged order, whatever the clock's resolution.
//! * Sampled: what users see (`divergence`, `diverged_share`, `sec_violations`, broken invariants) and the two figures that
//!   are read together with it (`staleness_ops`, `convergence_ms`), every [`GRID`] or as often as the task says, at random
//!   gaps around that, and less often where looking would take more than a twentieth of a thread. All replicas are cut at
//!   the same moment: they include the steps that began before it, and nothing else. Such a cut is consistent,
//!   since a message is handled later than it is sent on the one clock that all threads share. What comes and goes between
//!   two looks is not seen, which leaves means right on average and makes peaks and counts lower bounds; `convergence_ms` is
//!   right to within a gap.
//! * Absent: a trace digest (no two runs are the same), replayed traces, and crashes.
//!
//! A run ends when nothing is left to happen: no message is in flight, no timer is due, no connection about to open; or with
//! the budget. Replicas that never fall silent get the time that they need to settle, in real seconds; then their timers are void.

mod coordinator;
mod journal;
mod merge;
mod steps;
mod turns;
mod wires;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use syncbench_strategies::replica::{NodeId, OpId, Time};
use syncbench_strategies::spec::Support;

use crate::clock::Moment;
use crate::event::Event;
use crate::faults::Transition;
use crate::ledger::Action;
use crate::probe::Probe;
use crate::run_result::RunResult;
use crate::task::Task;
use crate::wire::Parcel;
use coordinator::Coordinator;
use worker::{Record, Worker};

/// How often states are looked at, unless the task says otherwise.
pub const GRID: Duration = Duration::from_millis(10);

/// Looking at a state may take this part of a thread's time.
const LOOKING_SHARE: u32 = 20;

/// Runs a task in real time. A panic of a replica ends the run and goes on here, with the replica's name.
pub fn run(task: &Task<'_>, probes: &mut [Box<dyn Probe>]) -> RunResult {
    observe(task, probes, Detail::All, None).0
}

/// What journals keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    All,
    /// The life of operations, for latencies.
    Latency,
}

/// Runs a task, until `stop_at` at the latest; also whether all users had acted by then.
pub(super) fn observe(
    task: &Task<'_>,
    probes: &mut [Box<dyn Probe>],
    detail: Detail,
    stop_at: Option<Time>,
) -> (RunResult, bool) {
    let nodes: Vec<NodeId> = task.topology().nodes(task.clients).collect();
    let unsupported = task.faults.iter().find(|fault| matches!(fault.spec.threads, Support::Unsupported(_)));
    assert!(unsupported.is_none(), "a fault that no plan has in real time: {unsupported:?}");
    let (mail, inboxes): (Vec<_>, Vec<_>) = (0..=task.clients).map(|_| unbounded()).unzip();
    let (reports, incoming) = unbounded();
    let shared = Shared::new(mail);
    let mut coordinator = Coordinator::new(task, &shared, incoming, stop_at);
    let outcome = std::thread::scope(|scope| {
        // Whatever happens below, no thread may be left waiting for mail.
        let stop = StopAll(&shared);
        let threads: Vec<_> = nodes
            .iter()
            .map(|id| {
                let (id, inbox) = (*id, inboxes[id.0 as usize].clone());
                let (shared, reports) = (&shared, reports.clone());
                let body = move || {
                    let work = AssertUnwindSafe(|| Worker::new(task, id, shared, inbox, &reports, detail).run());
                    match catch_unwind(work) {
                        Ok(record) => Some(record),
                        Err(panic) => {
                            let text = super::panic_text(&*panic).to_owned();
                            // The coordinator listens until every thread has ended.
                            let _ = reports.send(Notice::Panicked(id, text));
                            None
                        }
                    }
                };
                let thread = std::thread::Builder::new().name(id.to_string()).spawn_scoped(scope, body);
                thread.unwrap_or_else(|error| panic!("no thread for {id}: {error}"))
            })
            .collect();
        let outcome = coordinator.work(nodes.len());
        drop(stop);
        // Panics inside are caught inside.
        let records: Vec<Record> = threads.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect();
        outcome.map(|healed_at| (healed_at, records))
    });
    let undelivered = inboxes.iter().flat_map(Receiver::try_iter).filter(|mail| matches!(mail, Mail::Parcel(_)));
    let undelivered = undelivered.count() as u64;
    match outcome.and_then(|(healed_at, records)| coordinator.reported().map(|()| (healed_at, records))) {
        Ok((healed_at, records)) => {
            let spacing = (detail == Detail::All).then_some(coordinator.grid);
            (merge::merge(task, probes, records, spacing, healed_at, undelivered), healed_at.is_some())
        }
        Err(text) => resume_unwind(Box::new(text)),
    }
}

/// What comes into a thread.
#[derive(Debug)]
enum Mail {
    /// A message.
    Parcel(Parcel),
    /// The run begins.
    Start { origin: Moment, grid: Duration },
    /// What faults do has changed.
    Transition(Transition),
    /// The user is to act at this time.
    Act { at: Time },
    /// Replicas that never fall silent have settled: timers are void from now on.
    VoidTimers,
    /// The run is over.
    Stop,
}

/// What threads report to the coordinator.
#[derive(Debug)]
enum Notice {
    /// The replica is made; how long one look at its state takes.
    Ready(Duration),
    /// The client's user will not act any more.
    Done(NodeId),
    /// A handler panicked.
    Panicked(NodeId, String),
    /// Taking turns only: an operation is about to be submitted.
    Opened { op: OpId, action: Action, at: Time, intended: Time },
    /// Taking turns only: something happened to an operation.
    Happened(Event),
    /// Taking turns only: the user has used its turn.
    Acted,
}

/// What all threads share.
struct Shared {
    /// By node number.
    mail: Vec<Sender<Mail>>,
    /// Low half: messages, commands, intents and openings of connections in flight. High half: timers that were set and are not due yet. A thread
    /// that handles one first counts what that leads to, so at zero nothing can happen any more.
    pending: AtomicU64,
    /// Intents and openings of connections among these: the group is not left to itself before.
    planned: AtomicI64,
    /// By node number.
    seats: Vec<Seat>,
}

/// What a thread shows the coordinator, on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Seat {
    /// When it last did something other than a timer that led to nothing.
    busy: AtomicU64,
    /// When its user last acted, or a connection opened or broke.
    stirred: AtomicU64,
}

const THING: u64 = 1;
const TIMER: u64 = 1 << 32;

impl Shared {
    fn new(mail: Vec<Sender<Mail>>) -> Self {
        Self {
            seats: mail.iter().map(|_| Seat::default()).collect(),
            mail,
            pending: AtomicU64::new(0),
            planned: AtomicI64::new(0),
        }
    }

    fn add(&self, what: u64) {
        self.pending.fetch_add(what, Ordering::SeqCst);
    }

    fn done(&self, what: u64) {
        self.pending.fetch_sub(what, Ordering::SeqCst);
    }

    /// Sends a command, which counts as in flight.
    fn command(&self, to: usize, mail: Mail) {
        self.add(THING);
        // A thread that ended has reported why.
        let _ = self.mail[to].send(mail);
    }
}

/// Ends all threads when dropped.
struct StopAll<'a>(&'a Shared);

impl Drop for StopAll<'_> {
    fn drop(&mut self) {
        for mail in &self.0.mail {
            let _ = mail.send(Mail::Stop);
        }
    }
}
