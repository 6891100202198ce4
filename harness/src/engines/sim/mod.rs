//! The simulator: virtual time, one thread per run, exact knowledge of everything.
//!
//! Events are ordered by (time, sequence) and nothing else; a fault transition comes first at its instant. A handler takes
//! no virtual time: what a strategy computes is measured beside the simulation, never mixed into it, so a slow machine gives
//! the same run as a fast one.
//!
//! A run is over when nothing is left to happen: no message is under way, no timer is due, no connection about to open. What
//! outlasts the budget is counted and left. Replicas that never fall silent get the time that they need to settle after
//! the last action or fault transition; then their timers are void, and what is in flight arrives.

mod line;
mod observe;
mod steps;
mod transitions;
mod wires;

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{NodeId, Time};

use super::hold::Hold;
use super::load::{Ready, Users};
use super::node::{Node, Request};
use crate::event::Event;
use crate::faults::{Conditions, Reopening, Timeline, Transition, VAIN_TRANSITIONS, VAIN_WAIT};
use crate::ledger::Ledger;
use crate::network::Access;
use crate::node_table::{NodeMap, NodeSet};
use crate::probe::Probe;
use crate::queue::Queue;
use crate::run_result::{GoneBack, RunResult};
use crate::sabotage::Saboteur;
use crate::task::Task;
use crate::tracer::Tracer;
use crate::wire::Parcel;
use line::{Line, Waiting};
use observe::{Digests, Judged};
use transitions::Saved;
use wires::Wires;

/// Runs a task in virtual time.
pub fn run(task: &Task<'_>, probes: &mut [Box<dyn Probe>]) -> RunResult {
    let mut sim = Sim::new(task, probes);
    sim.begin();
    sim.work();
    sim.end()
}

#[derive(Debug)]
enum Work {
    /// A message comes to its receiver's leg.
    Reach(Parcel),
    /// It arrives.
    Deliver(Parcel),
    /// A connection opens, unless it broke again.
    Open {
        ends: (NodeId, NodeId),
        /// Since when it could.
        since: Time,
    },
    Timer {
        node: NodeId,
        tag: u64,
        /// Void once the node has crashed since.
        life: u32,
    },
    /// A node reaches this entry of its line.
    Serve {
        node: NodeId,
        waiting: Waiting,
        /// The entry is lost if the node has crashed since.
        life: u32,
    },
    /// A backup of a node is made.
    BackUp(NodeId),
    Issue {
        client: NodeId,
        intended: Time,
    },
}

struct Sim<'a> {
    task: &'a Task<'a>,
    nodes: Vec<NodeId>,
    probes: &'a mut [Box<dyn Probe>],
    now: Time,
    queue: Queue<Work>,
    timeline: Timeline<'a>,
    conditions: Conditions<'a>,
    /// By node number; `None` until the node joins, and while it is crashed.
    replicas: Vec<Option<Node>>,
    /// By node number: how often it has crashed.
    lives: Vec<u32>,
    saved: BTreeMap<NodeId, Saved>,
    /// By node and moment.
    backups: BTreeMap<(NodeId, Time), Saved>,
    gone_back: Vec<GoneBack>,
    /// By node number: how often it was installed.
    installs: Vec<u32>,
    /// By node number: its line.
    lines: Vec<Line>,
    wires: Wires,
    /// By node number: the leg that all its connections share.
    legs: Vec<Access>,
    reopenings: Vec<Reopening>,
    users: Users<'a>,
    hold: Hold<'a>,
    ledger: Ledger,
    tracer: Tracer,
    /// Nodes that were called since states were last looked at.
    touched: NodeSet,
    shown: NodeMap<Digest>,
    digests: Digests,
    judged: Judged,
    events: Vec<Event>,
    requests: Vec<Request>,
    /// Whether the message that is being received is damaged, and how many of those received so far were.
    damaged: (bool, u64),
    /// How long replicas that never fall silent need to settle; zero for those that do.
    settling: Duration,
    /// When a user last acted, a connection last opened or the last fault transition was.
    stirred_at: Time,
    /// When a user last acted or a connection last opened, and how many fault transitions there were since.
    progress: (Time, u32),
    /// Replicas that never fall silent have settled: timers are void, and what is in flight arrives.
    timers_void: bool,
    next_sample: Time,
    /// A planted bug; see [`Task::planted`].
    saboteur: Option<Box<dyn Saboteur>>,
}

impl<'a> Sim<'a> {
    fn new(task: &'a Task<'a>, probes: &'a mut [Box<dyn Probe>]) -> Self {
        let size = task.clients as usize + 1;
        let nodes: Vec<NodeId> = task.topology().nodes(task.clients).collect();
        Self {
            task,
            probes,
            now: Time::ZERO,
            queue: Queue::default(),
            timeline: Timeline::new(&task.faults),
            conditions: Conditions::new(&task.faults),
            replicas: (0..size).map(|_| None).collect(),
            lives: vec![0; size],
            saved: BTreeMap::new(),
            backups: BTreeMap::new(),
            gone_back: Vec::new(),
            installs: vec![0; size],
            lines: (0..size).map(|_| Line::default()).collect(),
            wires: Wires::new(task),
            legs: (0..=task.clients).map(|node| Access::new(&task.profile, task.seed, NodeId(node))).collect(),
            reopenings: Vec::new(),
            users: Users::new(task),
            hold: Hold::new(task.workload.schedule(), task.clients),
            ledger: Ledger::new(task.clients),
            tracer: Tracer::default(),
            touched: NodeSet::default(),
            shown: NodeMap::default(),
            digests: Digests::default(),
            judged: Judged::default(),
            events: Vec::new(),
            requests: Vec::new(),
            damaged: (false, 0),
            settling: task.strategy.strategy.settling(),
            stirred_at: Time::ZERO,
            progress: (Time::ZERO, 0),
            timers_void: false,
            next_sample: Time::ZERO + task.sample_every.unwrap_or_default(),
            saboteur: task.planted.map(|plant| plant()),
            nodes,
        }
    }

    fn begin(&mut self) {
        for (node, at) in self.task.faults.backups(&self.nodes) {
            self.queue.push(at, Work::BackUp(node));
        }
        for (client, at) in self.users.first() {
            self.queue.push(at, Work::Issue { client, intended: at });
        }
        self.transition(Transition { at: Time::ZERO, healed: false });
        self.end_instant();
    }

    fn work(&mut self) {
        loop {
            while let Some(due) = self.due() {
                if self.overdue(due) {
                    return;
                }
                if self.quiescent(due) {
                    break;
                }
                self.sample_until(due);
                self.now = due;
                self.instant();
                self.end_instant();
            }
            if self.timeline.healed_at().is_some() && !self.queue.is_empty() {
                self.void_timers();
            } else if !self.unstick() {
                return;
            }
        }
    }

    /// When the next thing happens.
    fn due(&self) -> Option<Time> {
        self.queue.due().into_iter().chain(self.timeline.next()).min()
    }

    /// Does everything that is due now.
    fn instant(&mut self) {
        if let Some(transition) = self.timeline.advance(self.now) {
            self.transition(transition);
        }
        while self.queue.due() == Some(self.now) {
            if let Some((_, work)) = self.queue.pop() {
                self.perform(work);
            }
        }
    }

    /// Whether nothing else is to come at `due` and replicas that never fall silent have had the time that they need, or
    /// users wait in vain.
    fn quiescent(&self, due: Time) -> bool {
        if self.flaps_in_vain(due) {
            return true;
        }
        let never_silent = !self.settling.is_zero() && !self.timers_void;
        let patience = if never_silent { self.settling } else { VAIN_WAIT };
        let unhealed = self.timeline.healed_at().is_none();
        due > self.stirred_at + patience
            && (never_silent || (unhealed && self.conditions.in_vain(&self.nodes)))
            && self.timeline.next().is_none()
            && !self.queue.pending().any(|work| matches!(work, Work::Issue { .. } | Work::Open { .. }))
    }

    /// Whether users wait in vain for a connection that a flapping fault never lets open.
    fn flaps_in_vain(&self, due: Time) -> bool {
        let ((at, transitions), (most, longest)) = (self.progress, VAIN_TRANSITIONS);
        transitions > most
            && due > at + longest
            && self.timeline.healed_at().is_none()
            && self.users.waits()
            && !self.queue.pending().any(|work| matches!(work, Work::Issue { .. }))
    }

    /// Voids all timers: what is in flight arrives, with all that follows from it, and then the group is quiescent.
    fn void_timers(&mut self) {
        self.timers_void = true;
        self.queue.retain(|work| !matches!(work, Work::Timer { .. }));
    }

    /// Looks at states at the sampling times before `due`, if the task has any. Sampling is not queued as work: it must
    /// neither keep a run going nor delay its end.
    fn sample_until(&mut self, due: Time) {
        let Some(every) = self.task.sample_every else { return };
        while self.next_sample < due {
            self.now = self.next_sample;
            self.look();
            self.next_sample = self.next_sample + every.max(Duration::from_nanos(1));
        }
    }

    /// Whether what is due next lies beyond the budget for quiescence.
    fn overdue(&self, due: Time) -> bool {
        self.timeline.healed_at().is_some_and(|healed| due > healed + self.settling + self.task.budget)
    }

    fn perform(&mut self, work: Work) {
        match work {
            Work::Reach(parcel) => self.reach(parcel),
            Work::Deliver(parcel) => self.arrive(parcel),
            Work::Open { ends, since } => self.open(ends, since),
            Work::Timer { node, tag, life } => self.timer(node, tag, life),
            Work::Serve { node, waiting, life } => self.serve(node, waiting, life),
            Work::BackUp(node) => self.back_up(node),
            Work::Issue { client, intended } => self.issue(client, intended),
        }
    }

    /// Nothing else happens at this instant.
    fn end_instant(&mut self) {
        if self.task.sample_every.is_none() {
            self.look();
        }
        // Users whose next action depends on what has happened, not on the clock alone.
        for Ready { client, at, intended } in self.users.ready(self.now, &self.ledger) {
            self.queue.push(at, Work::Issue { client, intended });
        }
        if self.timeline.healed_at().is_none() && self.users.done() {
            self.timeline.heal(self.now);
        }
    }

    /// Nothing is due, and yet a message or a user waits: a replayed trace asks for a version that this strategy never passes
    /// through. Lets one message go, or one user act; `inexact` counts what follows.
    fn unstick(&mut self) -> bool {
        if let Some(parcel) = self.hold.force(&self.ledger) {
            let to = parcel.to;
            self.hand_over(parcel);
            if to == NodeId::SERVER {
                self.release(to);
            }
        } else if let Some(client) = self.users.force() {
            self.issue(client, self.now);
        } else {
            return false;
        }
        self.end_instant();
        true
    }
}
