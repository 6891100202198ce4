//! The simulator: virtual time, one thread per run, exact knowledge of everything.
//!
//! Events are ordered by (time, sequence) and nothing else. A handler takes no virtual time: what a strategy computes is
//! measured beside the simulation, never mixed into it, so a slow machine gives the same run as a fast one.
//!
//! A run is over when nothing is left to happen. Where replicas never fall silent it is over when nobody has acted and no
//! fault has come or gone for as long as they need to settle: then their timers are void, and what is under way arrives.

mod weather;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::sidecar::Sidecar;
use xxhash_rust::xxh3::xxh3_64;

use super::hold::Hold;
use super::load::Users;
use super::node::{Input, Node, Todo};
use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::network::{Link, Transport, envelope_bytes};
use crate::probe::Probe;
use crate::queue::Queue;
use crate::run_result::RunResult;
use crate::task::Task;
use crate::tracer::Tracer;
use weather::Saved;

/// Runs a task in virtual time.
pub fn run(task: &Task<'_>, probes: &mut [Box<dyn Probe>]) -> RunResult {
    let mut sim = Sim::new(task, probes);
    sim.begin();
    sim.work();
    sim.end()
}

#[derive(Debug)]
enum Work {
    Deliver(Parcel),
    Timer {
        node: NodeId,
        tag: u64,
        /// Of a node that has crashed since it is void.
        life: u32,
    },
    Issue {
        client: NodeId,
        intended: Time,
    },
    /// A fault's window opens or closes.
    Weather,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    epoch: u32,
    bytes: Arc<[u8]>,
    pub(super) sidecar: Arc<Sidecar>,
}

struct Wire {
    link: Link,
    up: bool,
    /// Grows with every break: what was sent before is lost.
    epoch: u32,
    /// Kept back by a one-way fault, to go on when it ends.
    blocked: VecDeque<Parcel>,
}

struct Sim<'a> {
    task: &'a Task<'a>,
    probes: &'a mut [Box<dyn Probe>],
    now: Time,
    queue: Queue<Work>,
    /// By node number; `None` until the node joins, and while it is dead.
    nodes: Vec<Option<Node>>,
    /// By node number: how often it has crashed.
    lives: Vec<u32>,
    saved: BTreeMap<NodeId, Saved>,
    wires: BTreeMap<(NodeId, NodeId), Wire>,
    users: Users<'a>,
    hold: Hold<'a>,
    ledger: Ledger,
    tracer: Tracer,
    /// Nodes that were called since states were last looked at.
    touched: BTreeSet<NodeId>,
    shown: BTreeMap<NodeId, Digest>,
    messages_touched: Vec<u64>,
    events: Vec<Event>,
    todo: Vec<Todo>,
    healed_at: Option<Time>,
    /// How long replicas that never fall silent need to settle; zero for those that do.
    settling: Duration,
    /// When a user last acted, or the weather last changed.
    stirred_at: Time,
    /// Replicas that never fall silent have settled: timers are void, and what is under way arrives.
    hushed: bool,
    next_sample: Time,
}

impl<'a> Sim<'a> {
    fn new(task: &'a Task<'a>, probes: &'a mut [Box<dyn Probe>]) -> Self {
        let size = task.clients as usize + 1;
        Self {
            task,
            probes,
            now: Time::ZERO,
            queue: Queue::default(),
            nodes: (0..size).map(|_| None).collect(),
            lives: vec![0; size],
            saved: BTreeMap::new(),
            wires: BTreeMap::new(),
            users: Users::new(task),
            hold: Hold::new(task.workload.schedule(), task.clients),
            ledger: Ledger::new(task.clients),
            tracer: Tracer::default(),
            touched: BTreeSet::new(),
            shown: BTreeMap::new(),
            messages_touched: vec![0; task.faults.len()],
            events: Vec::new(),
            todo: Vec::new(),
            healed_at: None,
            settling: task.strategy.strategy.settling(),
            stirred_at: Time::ZERO,
            hushed: false,
            next_sample: Time::ZERO + task.sample_every.unwrap_or_default(),
        }
    }

    fn begin(&mut self) {
        for at in super::edges(&self.task.faults) {
            self.queue.push(at, Work::Weather);
        }
        for (client, at) in self.users.first() {
            self.queue.push(at, Work::Issue { client, intended: at });
        }
        self.weather();
        self.settle();
    }

    fn work(&mut self) {
        loop {
            while let Some(due) = self.queue.due() {
                if self.overdue(due) {
                    return;
                }
                if self.settled(due) {
                    break;
                }
                self.sample_until(due);
                self.now = due;
                while self.queue.due() == Some(due) {
                    if let Some((_, work)) = self.queue.pop() {
                        self.perform(work);
                    }
                }
                self.settle();
            }
            if self.healed_at.is_some() && !self.queue.is_empty() {
                self.hush();
            } else if !self.unstick() {
                return;
            }
        }
    }

    /// Whether replicas that never fall silent have had the time that they need by `due`, or users wait in vain, and nothing
    /// else is to come.
    fn settled(&self, due: Time) -> bool {
        let stirs = |work: &Work| matches!(work, Work::Issue { .. } | Work::Weather);
        let never_silent = !self.settling.is_zero() && !self.hushed;
        let patience = if never_silent { self.settling } else { super::IN_VAIN };
        due > self.stirred_at + patience
            && (never_silent || (self.healed_at.is_none() && super::in_vain(self.task, self.now)))
            && !self.queue.pending().any(stirs)
    }

    /// From now on no timer is due: what is under way arrives, what that leads to as well, and then the group is silent.
    fn hush(&mut self) {
        self.hushed = true;
        self.queue.retain(|work| !matches!(work, Work::Timer { .. }));
    }

    /// Looks at states at the times for it before `due`, where that is not after every event. Such times are no work of
    /// their own: they must neither keep a run going nor delay one that waits for nothing.
    fn sample_until(&mut self, due: Time) {
        let Some(every) = self.task.sample_every else { return };
        while self.next_sample < due {
            self.now = self.next_sample;
            self.look();
            self.next_sample = self.next_sample + every.max(Duration::from_nanos(1));
        }
    }

    /// Whether what is due next lies beyond the budget for becoming quiet.
    fn overdue(&self, due: Time) -> bool {
        self.healed_at.is_some_and(|healed| due > healed + self.settling + self.task.budget)
    }

    fn perform(&mut self, work: Work) {
        match work {
            Work::Deliver(parcel) => self.arrive(parcel),
            Work::Timer { node, tag, life } if life == self.lives[node.0 as usize] => {
                self.step(node, Input::Timer(tag));
            }
            Work::Timer { .. } => {}
            Work::Issue { client, intended } => self.issue(client, intended),
            Work::Weather => self.weather(),
        }
    }

    /// Nothing more happens at this time.
    fn settle(&mut self) {
        if self.task.sample_every.is_none() {
            self.look();
        }
        // Users whose next act depends on what has happened, not on the clock alone.
        for (client, at) in self.users.ready(self.now, &self.ledger) {
            self.queue.push(at, Work::Issue { client, intended: at });
        }
        if self.healed_at.is_none() && self.users.done() {
            self.heal();
        }
    }

    /// After the last operation every fault that would last for good ends, and the group gets time to become quiet.
    fn heal(&mut self) {
        let healed = super::last_end(&self.task.faults).max(self.now);
        self.healed_at = Some(healed);
        self.queue.push(healed, Work::Weather);
    }

    /// Nothing is due, and yet somebody waits: a replayed trace asked for a version that this strategy never passes
    /// through. Lets one message go, or one user act, and says so in `inexact`.
    fn unstick(&mut self) -> bool {
        if let Some(parcel) = self.hold.force() {
            self.hand_over(parcel);
            self.settle();
            return true;
        }
        if let Some(client) = self.users.force() {
            self.issue(client, self.now);
            self.settle();
            return true;
        }
        false
    }

    fn issue(&mut self, client: NodeId, intended: Time) {
        let Some(node) = self.nodes.get(client.0 as usize).and_then(Option::as_ref) else {
            // Not here yet, or not any more: this user's plans go on when it is.
            self.users.postpone(client);
            return;
        };
        self.stirred_at = self.now;
        if let Some(at) = self.users.begin(client, self.now) {
            self.queue.push(at, Work::Issue { client, intended: at });
        }
        let Some(action) = self.users.act(client, node.replica.view(), &self.ledger) else { return };
        let op = self.ledger.next_op(client);
        self.hold.acting(op, &self.ledger);
        self.ledger.open(op, action.clone(), self.now, intended);
        self.emit(client, What::Issued { op, intended });
        self.step(client, Input::of(op, &action));
        for parcel in self.hold.released(client, &self.ledger) {
            self.hand_over(parcel);
        }
    }

    fn step(&mut self, id: NodeId, input: Input<'_>) {
        let wall = self.wall(id);
        let Some(node) = self.nodes.get_mut(id.0 as usize).and_then(Option::as_mut) else { return };
        let (mut events, mut todo) = (std::mem::take(&mut self.events), std::mem::take(&mut self.todo));
        node.step(input, self.now, wall, &mut events, &mut todo);
        self.touched.insert(id);
        for event in events.drain(..) {
            self.enter(event);
        }
        for todo in todo.drain(..) {
            match todo {
                Todo::Send { to, bytes, sidecar } => self.send(id, to, bytes, sidecar),
                Todo::Timer { .. } if self.hushed => {}
                Todo::Timer { after, tag } => {
                    let life = self.lives[id.0 as usize];
                    self.queue.push(self.now + after, Work::Timer { node: id, tag, life });
                }
            }
        }
        (self.events, self.todo) = (events, todo);
    }

    fn send(&mut self, from: NodeId, to: NodeId, bytes: Arc<[u8]>, sidecar: Arc<Sidecar>) {
        let payload_bytes = bytes.len() as u64;
        let from_client = from != NodeId::SERVER;
        let wire_bytes = payload_bytes + envelope_bytes(self.task.transport, from_client, payload_bytes);
        let hash = xxh3_64(&bytes);
        self.emit(from, What::Sent { to, payload_bytes, wire_bytes, hash });
        let Some(wire) = self.wires.get_mut(&(from, to)).filter(|wire| wire.up) else {
            return self.lose(from, to);
        };
        let (first, second) = wire.link.send(self.now, wire_bytes);
        let sidecar = if self.task.blind { Arc::new(Sidecar::none()) } else { sidecar };
        let parcel = Parcel { from, to, epoch: wire.epoch, bytes, sidecar };
        if self.task.faults.iter().any(|fault| fault.fault.clock_ahead_ns(from) != 0) {
            self.touch(from, to);
        }
        if let Some(at) = second {
            self.queue.push(at, Work::Deliver(parcel.clone()));
            self.emit(to, What::Duplicated { from });
        }
        match first {
            Some(at) => self.queue.push(at, Work::Deliver(parcel)),
            None => self.lose(from, to),
        }
    }

    /// A message is lost; the faults between these two have touched it.
    fn lose(&mut self, from: NodeId, to: NodeId) {
        self.touch(from, to);
        self.emit(to, What::Dropped { from });
    }

    fn touch(&mut self, from: NodeId, to: NodeId) {
        for (count, fault) in self.messages_touched.iter_mut().zip(&self.task.faults) {
            let killed = fault.fault.kills(from) || fault.fault.kills(to);
            let broken = fault.fault.cuts(from, to) || fault.fault.blocks(from, to);
            let met = killed || broken || fault.fault.clock_ahead_ns(from) != 0;
            *count += u64::from(fault.active(self.now) && met);
        }
    }

    fn arrive(&mut self, parcel: Parcel) {
        let (from, to) = (parcel.from, parcel.to);
        let blocked = self.active().any(|fault| fault.fault.blocks(from, to));
        let Some(wire) = self.wires.get_mut(&(from, to)) else { return };
        if !wire.up || wire.epoch != parcel.epoch {
            return self.lose(from, to);
        }
        if blocked && self.task.transport == Transport::Stream {
            wire.blocked.push_back(parcel);
            return self.touch(from, to);
        }
        if blocked {
            return self.lose(from, to);
        }
        if let Some(parcel) = self.hold.admit(parcel, &self.ledger) {
            self.hand_over(parcel);
        }
    }

    fn hand_over(&mut self, parcel: Parcel) {
        self.emit(parcel.to, What::Delivered { from: parcel.from });
        self.step(parcel.to, Input::Receive(parcel.from, &parcel.bytes, &parcel.sidecar));
    }

    /// Looks at the state of every client that was called since the last look.
    fn look(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            let Some(node) = self.nodes[id.0 as usize].as_ref().filter(|node| node.id != NodeId::SERVER) else {
                continue;
            };
            let document = node.replica.view().document();
            let digest = document.digest();
            if self.shown.insert(id, digest) == Some(digest) {
                continue;
            }
            let allowed = self.task.workload.invariant(&document);
            self.emit(id, What::State(digest));
            if let Err(reason) = allowed {
                self.emit(id, What::Broken(reason));
            }
        }
        self.emit(NodeId::SERVER, What::Settled);
    }

    fn emit(&mut self, node: NodeId, what: What) {
        self.enter(Event { at: self.now, node, what });
    }

    fn enter(&mut self, event: Event) {
        self.ledger.enter(&event);
        self.tracer.event(&event);
        for probe in self.probes.iter_mut() {
            probe.event(&event, &self.ledger);
        }
    }

    fn end(mut self) -> RunResult {
        self.look();
        let finals: Vec<(NodeId, Document)> =
            self.nodes.iter().flatten().map(|node| (node.id, node.replica.view().document())).collect();
        let coverage = super::cover(self.task, &self.messages_touched, &self.ledger, self.healed_at, self.now);
        let stored = self.nodes.iter().flatten().filter(|node| node.id != NodeId::SERVER);
        let stored_bytes = stored.map(|node| node.replica.durable().len() as u64).max().unwrap_or(0);
        let last_issue = self.ledger.entries().map(|entry| entry.issued).max().unwrap_or(Time::ZERO);
        RunResult {
            ended_at: self.now,
            calm_since: self.healed_at.unwrap_or(self.now).max(last_issue),
            messages_in_flight: self.queue.pending().filter(|work| matches!(work, Work::Deliver(_))).count() as u64
                + self.wires.values().map(|wire| wire.blocked.len() as u64).sum::<u64>()
                + self.hold.waiting(),
            trace_digest: Some(self.tracer.digest()),
            inexact: self.hold.inexact(),
            ledger: self.ledger,
            finals,
            coverage,
            stored_bytes,
        }
    }
}
