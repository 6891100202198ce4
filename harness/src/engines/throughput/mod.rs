//! Throughput: how many operations a second a group carries when its users act as fast as backpressure lets them.
//!
//! The same replicas as in the other engines, in real time and without a network between them: a message is in its receiver's
//! inbox as soon as the turn is over in which it was sent. Replicas are multiplexed on as many workers as there are cores, see
//! `group.rs`. A user acts again as soon as fewer than [`Inflight`](crate::pace::Inflight) of its operations are on their way:
//! not resolved, or in a message that its receiver has not handled.
//!
//! There is no journal of events: the run counts, and compares the states in which replicas end. Latencies are those of a
//! sample of the operations, see [`Latencies`]. It is a closed loop, so a stall makes users wait instead of their operations.
//!
//! What it has not: faults, delays, undo, traces, and replicas that never fall silent. A plan refuses them.

mod group;
mod participant;
mod post;
mod samples;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, OpId, Setup, Time};

use crate::clock::Moment;
use crate::engines::load::User;
use crate::engines::node::Node;
use crate::ledger::Action;
use crate::rng::stream;
use crate::task::Task;
use group::{Group, Notice};
use participant::{Book, Participant};
use samples::Samples;

pub use samples::Latencies;

/// What a run carried.
#[derive(Clone, Debug)]
pub struct Carried {
    /// How many operations were issued.
    pub issued: u64,
    /// How many of them their users were told to stand.
    pub confirmed: u64,
    /// How many were rejected, by code.
    pub rejections: BTreeMap<String, u64>,
    /// From the first action until nothing was left to happen; without the time in which replicas connect.
    pub span: Duration,
    /// Operations times clients: each operation comes to each client.
    pub deliveries: u64,
    /// Messages that clients sent.
    pub messages: u64,
    /// Messages that replicas could not take.
    pub protocol_errors: u64,
    /// What every node shows, the server included.
    pub finals: Vec<(NodeId, Document)>,
    /// Latencies of a sample of the operations.
    pub latencies: Latencies,
    /// Messages and timers that were left when the budget ran out.
    pub left: u64,
    /// Users that waited for operations when nothing could happen any more, or when the budget ran out.
    pub waiting_users: u64,
    /// The order of the server, where it was asked for.
    pub order: Option<Order>,
}

/// In which order the server reflects operations, and what they are.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The order.
    pub order: Vec<OpId>,
    /// By node number: the actions of its user, the first of which is its operation 1.
    pub actions: Vec<Vec<Action>>,
}

impl Carried {
    /// Whether every operation was carried to its end.
    pub fn quiescent(&self) -> bool {
        self.left == 0 && self.waiting_users == 0
    }

    /// Whether every node shows the same, the server included.
    pub fn converged(&self) -> bool {
        self.finals.windows(2).all(|pair| pair[0].1 == pair[1].1)
    }

    /// Operations a second.
    pub fn ops_per_s(&self) -> f64 {
        self.issued as f64 / self.span.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Deliveries a second.
    pub fn deliveries_per_s(&self) -> f64 {
        self.deliveries as f64 / self.span.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// Runs a task on as many workers as there are cores. `ordered` keeps the server's order, which costs memory for each
/// operation. A panic of a replica ends the run and goes on here, with the replica's name.
pub fn run(task: &Task<'_>, ordered: bool) -> Carried {
    let nodes: Vec<NodeId> = task.topology().nodes(task.clients).collect();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let workers = cores.min(nodes.len());
    let (turns, incoming) = unbounded();
    let (notices, noticed) = unbounded();
    let origin = Moment::now();
    let group = Group::new(origin, participants(task, origin, ordered), turns.clone(), notices);
    let (outcome, timers) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|number| {
                let (group, incoming) = (&group, incoming.clone());
                let body = move || worker::work(group, &incoming, task.clients);
                let thread = std::thread::Builder::new().name(format!("worker {number}")).spawn_scoped(scope, body);
                thread.unwrap_or_else(|error| panic!("no thread for worker {number}: {error}"))
            })
            .collect();
        let outcome = conduct(task, &group, &noticed);
        group.over.store(true, Ordering::SeqCst);
        threads.iter().for_each(|_| _ = turns.send(None));
        // Panics inside are caught inside.
        (outcome, threads.into_iter().filter_map(|thread| thread.join().ok()).sum::<u64>())
    });
    match outcome {
        Ok(span) => gather(task, group, span, timers, ordered),
        Err(text) => resume_unwind(Box::new(text)),
    }
}

/// Lets replicas connect and then users act, until nothing is left to happen. Returns how long users acted and waited. An error
/// is a replica's panic.
fn conduct(task: &Task<'_>, group: &Group, noticed: &Receiver<Notice>) -> Result<Duration, String> {
    group.begin(false);
    await_quiescence(task, group, noticed)?;
    let begun = group.origin.time();
    group.begin(true);
    Ok(await_quiescence(task, group, noticed)?.since(begun))
}

/// Waits until nothing is left to happen, or until no user has acted for the budget. Returns when that was.
fn await_quiescence(task: &Task<'_>, group: &Group, noticed: &Receiver<Notice>) -> Result<Time, String> {
    loop {
        let idle = group.origin.time().since(group.acted());
        let Some(left) = task.budget.checked_sub(idle) else { return Ok(group.origin.time()) };
        match noticed.recv_timeout(left) {
            Ok(Notice::Quiescent(at)) => return Ok(at),
            Ok(Notice::Panicked(id, text)) => return Err(format!("{id}: {text}")),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err("all workers ended".to_owned()),
        }
    }
}

/// By node number: each participant, and the number of its messages from which on its user waits for their receivers.
fn participants(task: &Task<'_>, origin: Moment, ordered: bool) -> Vec<Option<(Participant, u64)>> {
    let mut participants: Vec<_> = (0..=task.clients).map(|_| None).collect();
    for id in task.topology().nodes(task.clients) {
        let peers = task.topology().peers(id, task.clients);
        let setup = Setup {
            node: id,
            peers: peers.clone(),
            clients: task.clients,
            model: task.model.clone(),
            genesis: task.genesis_bytes.clone(),
            seed: task.seed,
            identity: None,
            undo: false,
        };
        let rng = stream(task.seed, "node", id.0.into(), 0);
        let node = Node::new(id, rng, || task.strategy.strategy.replica(&setup)).measured(false);
        let user = (id != NodeId::SERVER).then(|| User::new(task, id));
        let inflight = u64::from(task.pace.inflight());
        let most_unhandled = if user.is_some() { inflight * peers.len() as u64 } else { u64::MAX };
        let book = Book::new(id, Samples::new(origin, task.ops), ordered);
        participants[id.0 as usize] = Some((Participant::new(node, peers, user, inflight, book), most_unhandled));
    }
    participants
}

fn gather(task: &Task<'_>, group: Group, span: Duration, timers: u64, ordered: bool) -> Carried {
    let (participants, waiting) = group.into_parts();
    let finals = participants.iter().map(|one| (one.replica().id, one.replica().replica.view().document())).collect();
    let waiting_users = participants.iter().filter(|one| one.has_user_waiting()).count() as u64;
    let unresolved = |book: &Book| book.issued - book.confirmed - book.rejected;
    let (mut noted, mut order) = (Vec::new(), Order::default());
    let mut carried = Carried {
        issued: 0,
        confirmed: 0,
        rejections: BTreeMap::new(),
        span,
        deliveries: 0,
        messages: 0,
        protocol_errors: 0,
        finals,
        latencies: Latencies::of(task.clients, &[]),
        left: waiting + timers,
        waiting_users,
        order: None,
    };
    order.actions.resize_with(task.clients as usize + 1, Vec::new);
    for one in participants {
        let (id, book) = (one.replica().id, one.book);
        carried.left += unresolved(&book);
        carried.issued += book.issued;
        carried.confirmed += book.confirmed;
        for (code, count) in book.rejections {
            *carried.rejections.entry(code.to_string()).or_default() += count;
        }
        carried.protocol_errors += book.protocol_errors;
        if id == NodeId::SERVER {
            order.order = book.order.unwrap_or_default();
        } else {
            carried.messages += book.messages;
        }
        order.actions[id.0 as usize] = book.actions;
        noted.push(book.samples);
    }
    carried.deliveries = carried.issued * u64::from(task.clients);
    carried.latencies = Latencies::of(task.clients, &noted);
    carried.order = ordered.then_some(order);
    carried
}
