//! A group of real replicas that takes one step at a time.
//!
//! Links are FIFO queues. A step is local to a node: it consumes one input there (its user's operation, the head of a link)
//! and may append to links. So a node's behaviour depends on the order of its own inputs and on nothing else, not even on a
//! clock: a node's clock shows the time of the latest action that it knows of, and messages take no time. If clocks decide
//! which operations survive, all actions are in one order, a millisecond apart; otherwise each user has a time of its own.
//! Timers are slower than messages: when no message is under way, the timer that is due first fires, and every clock shows
//! its time then. A timer that is due at once belongs to the step that set it.

mod life;
mod record;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{LinkState, NodeId, OpId, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::case::Disturbance;
use super::screens::Screens;
use super::step::{Script, Step};
use crate::clock::WALL_AT_START;
use crate::engines::node::{Input, Node, Request};
use crate::event::{Event, What};
use crate::ledger::{Action, Ledger};
use crate::sessions::Watch;
use crate::stories::watch::Log;
use crate::task::Task;
use crate::workload::{Letter, Seat};

/// Clock time between two actions: long enough for clocks in milliseconds to tell them apart.
const BETWEEN_ACTIONS: Duration = Duration::from_millis(1);

/// Most timers that may fire in one schedule. A group that sets more never becomes quiescent, and is not judged.
const MOST_TIMERS: u32 = 200;

/// A message on a link.
struct Parcel {
    sent: Time,
    bytes: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
}

/// A timer that was set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    due: Time,
    node: NodeId,
    /// Its number among the timers of its node.
    set: u64,
    tag: u64,
}

/// The state of a schedule's disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// It is still to come.
    Before,
    /// It has begun and not ended.
    During,
    /// It is over, or there is none.
    After,
}

/// A group of replicas.
pub(super) struct Group<'a> {
    pub(super) task: &'a Task<'a>,
    letters: &'static [Letter],
    pub(super) script: &'a Script,
    /// The disturbance, and the client that it happens to.
    pub(super) disturbance: Option<(Disturbance, NodeId)>,
    pub(super) stage: Stage,
    size: usize,
    nodes: Vec<Option<Node>>,
    clocks: Vec<Time>,
    /// By sender and receiver.
    links: Vec<VecDeque<Parcel>>,
    /// Clients whose connections are broken.
    cut: Vec<bool>,
    timers: Vec<Timer>,
    timers_set: Vec<u64>,
    /// Tags of timers that are due at once.
    at_once: VecDeque<u64>,
    fired: u32,
    done: Vec<usize>,
    /// The time of the last action, where all actions are in one order.
    acted: Time,
    /// Whether actions are in one order.
    pub(super) clocked: bool,
    /// How long a group that never becomes quiescent needs to show its final state.
    settling: Duration,
    saved: Option<(Vec<u8>, Sidecar, Digest)>,
    lives: Vec<u32>,
    pub(super) ledger: Ledger,
    /// What each client's user could rely on from one step to the next.
    pub(super) sessions: Watch,
    pub(super) protocol_errors: u64,
    /// Whether some operation counted as reflected at another node from the moment of a report. Then what users saw depends on
    /// the order of otherwise independent steps.
    told_at_once: bool,
    /// Operations in the order in which a server took them; a relay orders nothing.
    pub(super) order: Vec<OpId>,
    /// What users saw, by node number.
    pub(super) screens: Screens,
    /// What each client's user sees, by node number; `None` where there is no user.
    shown: Vec<Option<Digest>>,
    pub(super) steps: Vec<Step>,
    /// For each link the steps that sent its messages, in order, and for each step the step that sent what it consumed.
    pub(super) senders: Vec<VecDeque<usize>>,
    pub(super) causes: Vec<Option<usize>>,
    events: Vec<Event>,
    requests: Vec<Request>,
    /// Receives every event, for a story.
    log: Option<Log>,
}

impl<'a> Group<'a> {
    /// A group that has connected and exchanged greetings. With [`Disturbance::Late`] one client has not joined yet.
    pub(super) fn new(
        task: &'a Task<'a>,
        letters: &'static [Letter],
        script: &'a Script,
        disturbance: Option<(Disturbance, NodeId)>,
        log: Option<Log>,
    ) -> Self {
        let size = task.clients as usize + 1;
        let mut group = Self {
            task,
            letters,
            script,
            disturbance,
            stage: if disturbance.is_some() { Stage::Before } else { Stage::After },
            size,
            nodes: (0..size).map(|_| None).collect(),
            clocks: vec![Time::ZERO; size],
            links: (0..size * size).map(|_| VecDeque::new()).collect(),
            cut: vec![false; size],
            timers: Vec::new(),
            timers_set: vec![0; size],
            at_once: VecDeque::new(),
            fired: 0,
            done: vec![0; script.len()],
            acted: Time::ZERO,
            clocked: task.strategy.guarantees().depends_on_clocks,
            settling: task.strategy.strategy.settling(),
            saved: None,
            lives: vec![0; size],
            ledger: Ledger::new(task.clients),
            sessions: Watch::new(),
            protocol_errors: 0,
            told_at_once: false,
            order: Vec::new(),
            screens: Screens::new(size),
            shown: vec![None; size],
            steps: Vec::new(),
            senders: (0..size * size).map(|_| VecDeque::new()).collect(),
            causes: Vec::new(),
            events: Vec::new(),
            requests: Vec::new(),
            log,
        };
        group.begin();
        group
    }

    fn begin(&mut self) {
        let task = self.task;
        let late = match self.disturbance {
            Some((Disturbance::Late, client)) => Some(client),
            _ => None,
        };
        let present: Vec<NodeId> = task.topology().nodes(task.clients).filter(|node| Some(*node) != late).collect();
        present.iter().for_each(|node| self.join(*node));
        for (at, node) in present.iter().enumerate() {
            let peers = task.topology().peers(*node, task.clients);
            let later = present[at + 1..].iter().filter(|peer| peers.contains(peer));
            later.for_each(|peer| self.tell(*node, *peer, LinkState::Up));
        }
        // Joining is not explored: greetings arrive in the order of their links.
        self.drain();
    }

    /// Delivers everything that is under way, link by link.
    fn drain(&mut self) {
        while let Some(link) = self.links.iter().position(|link| !link.is_empty()) {
            self.deliver(NodeId((link / self.size) as u32), NodeId((link % self.size) as u32));
        }
    }

    /// Whether a client's script has a next operation that its user can issue.
    fn acts(&self, client: NodeId) -> bool {
        let slot = client.0 as usize - 1;
        self.left(client) > 0 && self.nodes[slot + 1].is_some()
    }

    /// How many operations of its script a client has left.
    pub(super) fn left(&self, client: NodeId) -> usize {
        self.script[client.0 as usize - 1].len() - self.done[client.0 as usize - 1]
    }

    /// The clients.
    pub(super) fn clients(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..self.size as u32).map(NodeId)
    }

    /// The nodes that a node may connect to.
    pub(super) fn peers(&self, node: NodeId) -> Vec<NodeId> {
        self.task.topology().peers(node, self.task.clients)
    }

    /// All nodes.
    pub(super) fn members(&self) -> impl Iterator<Item = NodeId> + use<> {
        self.task.topology().nodes(self.task.clients)
    }

    /// Whether a message is under way from one node to another.
    pub(super) fn under_way(&self, from: NodeId, to: NodeId) -> bool {
        !self.links[self.link(from, to)].is_empty()
    }

    fn link(&self, from: NodeId, to: NodeId) -> usize {
        from.0 as usize * self.size + to.0 as usize
    }

    /// Whether timers wait for all other steps, as in a group that never becomes quiescent; otherwise one may fire before.
    pub(super) fn timers_wait(&self) -> bool {
        !self.timers.is_empty() && self.settling.is_zero() && self.fired < MOST_TIMERS
    }

    /// The steps that can be taken at one node: its user's, then messages by sender.
    pub(super) fn steps_at(&self, node: NodeId, into: &mut Vec<Step>) {
        if node != NodeId::SERVER && self.acts(node) {
            into.push(Step::Act(node));
        }
        for from in self.members() {
            if self.under_way(from, node) {
                into.push(Step::Deliver { from, to: node });
            }
        }
    }

    /// The steps that concern several nodes: the disturbance, and the timer that is due first.
    pub(super) fn shared_steps(&self, into: &mut Vec<Step>) {
        if let Some((disturbance, client)) = self.disturbance {
            into.extend(match (disturbance, self.stage) {
                (Disturbance::Break, Stage::Before) => Some(Step::Break(client)),
                (Disturbance::Break, Stage::During) => Some(Step::Open(client)),
                (Disturbance::Crash, Stage::Before) => Some(Step::Crash(client)),
                (Disturbance::Crash, Stage::During) => Some(Step::Recover(client)),
                (Disturbance::Late, Stage::Before | Stage::During) => Some(Step::Join(client)),
                (_, Stage::After) => None,
            });
        }
        if self.timers_wait() && self.links.iter().all(VecDeque::is_empty) {
            into.push(Step::Timer);
        }
    }

    /// Takes a step; `false` if the user at that client does not want its next operation now.
    pub(super) fn take(&mut self, step: Step) -> bool {
        self.steps.push(step);
        self.causes.push(None);
        match step {
            Step::Act(client) => return self.act(client),
            Step::Deliver { from, to } => self.deliver(from, to),
            Step::Timer => self.fire(),
            Step::Break(client) => {
                self.stage = Stage::During;
                self.cut[client.0 as usize] = true;
                self.lose_all(client);
                self.tell_peers(client, LinkState::Down);
            }
            Step::Open(client) => {
                self.stage = Stage::After;
                self.cut[client.0 as usize] = false;
                self.tell_peers(client, LinkState::Up);
            }
            Step::Crash(client) => self.crash(client),
            Step::Recover(client) | Step::Join(client) => {
                self.stage = Stage::After;
                // By the clocks of the nodes that it connects to, the only ones that this step concerns.
                let ends = self.peers(client).into_iter().chain([client]);
                let latest = ends.map(|end| self.clocks[end.0 as usize]).max().unwrap_or(Time::ZERO);
                self.clocks[client.0 as usize] = latest + BETWEEN_ACTIONS;
                self.join(client);
                self.tell_peers(client, LinkState::Up);
            }
        }
        true
    }

    fn act(&mut self, client: NodeId) -> bool {
        let slot = client.0 as usize - 1;
        let letter = &self.letters[self.script[slot][self.done[slot]]];
        self.done[slot] += 1;
        let (Some(node), Some(own)) = (&self.nodes[slot + 1], self.ledger.own(client)) else { return false };
        let entry = |n: u64| self.ledger.entry(OpId { client, n }).map(|entry| entry.operation.clone());
        let pending: Vec<_> = (own.reflected + 1..own.next.n).filter_map(entry).collect();
        let seat = Seat { client, n: own.next.n, pending: &pending };
        let Some(intent) = (letter.want)(&seat, node.replica.view()) else { return false };
        let clock = &mut self.clocks[slot + 1];
        let at = if self.clocked { self.acted.max(*clock) } else { *clock } + BETWEEN_ACTIONS;
        (*clock, self.acted) = (at, at);
        let action = Action::Operate { operation: intent.operation, seen: intent.seen };
        self.ledger.open(own.next, action.clone(), at, at);
        self.emit(client, What::Issued { op: own.next, intended: at });
        self.step(client, Input::of(own.next, &action));
        true
    }

    fn deliver(&mut self, from: NodeId, to: NodeId) {
        let link = self.link(from, to);
        let Some(parcel) = self.links[link].pop_front() else { return };
        let sent = self.senders[link].pop_front();
        if let Some(cause) = self.causes.last_mut() {
            *cause = sent.filter(|step| *step != GREETING);
        }
        let clock = &mut self.clocks[to.0 as usize];
        *clock = parcel.sent.max(*clock);
        self.emit(to, What::Delivered { from });
        self.step(to, Input::Receive(from, &parcel.bytes, &parcel.sidecar));
    }

    /// The timer that is due first fires.
    fn fire(&mut self) {
        let Some((index, timer)) = self.timers.iter().copied().enumerate().min_by_key(|(_, timer)| *timer) else {
            return;
        };
        self.timers.remove(index);
        self.fired += 1;
        let now = self.clocks.iter().copied().chain([timer.due]).max().unwrap_or(timer.due);
        self.clocks.fill(now);
        self.step(timer.node, Input::Timer(timer.tag));
    }

    /// Calls a replica, and then fires its timers that are due at once.
    fn step(&mut self, id: NodeId, input: Input<'_>) {
        self.call(id, input);
        while let Some(tag) = self.at_once.pop_front() {
            self.call(id, Input::Timer(tag));
        }
        self.look(id);
    }

    fn call(&mut self, id: NodeId, input: Input<'_>) {
        let now = self.clocks[id.0 as usize];
        let (mut events, mut requests) = (std::mem::take(&mut self.events), std::mem::take(&mut self.requests));
        if let Some(node) = &mut self.nodes[id.0 as usize] {
            node.step(input, now, now + WALL_AT_START, &mut events, &mut requests);
        }
        for event in events.drain(..) {
            self.enter(event);
        }
        for request in requests.drain(..) {
            match request {
                Request::Send { to, bytes, sidecar } => self.send(id, to, bytes, sidecar),
                Request::SetTimer { after: Duration::ZERO, tag } => self.at_once.push_back(tag),
                Request::SetTimer { after, tag } => {
                    let set = &mut self.timers_set[id.0 as usize];
                    *set += 1;
                    self.timers.push(Timer { due: now + after, node: id, set: *set, tag });
                }
            }
        }
        (self.events, self.requests) = (events, requests);
    }

    fn send(&mut self, from: NodeId, to: NodeId, bytes: Arc<[u8]>, sidecar: Arc<Sidecar>) {
        let payload_bytes = bytes.len() as u64;
        self.emit(from, What::Sent { to, payload_bytes, wire_bytes: payload_bytes, hash: 0 });
        let broken = self.cut[from.0 as usize] || self.cut[to.0 as usize] || self.nodes[to.0 as usize].is_none();
        if broken || !self.peers(from).contains(&to) {
            return self.emit(to, What::Dropped { from });
        }
        let link = self.link(from, to);
        self.links[link].push_back(Parcel { sent: self.clocks[from.0 as usize], bytes, sidecar });
        self.senders[link].push_back(self.steps.len().checked_sub(1).unwrap_or(GREETING));
    }
}

/// Stands for the step before the first one.
const GREETING: usize = usize::MAX;
