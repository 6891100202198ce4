//! A group of real replicas that takes one step at a time.
//!
//! Links are FIFO queues. A step is local to a node: it consumes one input there (its user's operation, the head of a link),
//! and may append to links. So what a node does depends on its own inputs in their order and on nothing else, not even on a
//! clock: a node's clock shows the time of the latest action that it has heard of, and messages take no time. Where which
//! operations survive depends on clocks, all actions are in one order, a millisecond apart; elsewhere each user has its own
//! time. Timers are slower than messages: one fires when no message is under way, the one that is due first, and everybody's
//! clock shows its time then. A timer that is due at once belongs to the step that set it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::replica::{LinkState, NodeId, OpId, Report, Setup, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::case::Disturbance;
use super::order::before;
use super::screens::Screens;
use super::step::{Script, Step};
use crate::clock::WALL_AT_START;
use crate::engines::node::{Input, Node, Request};
use crate::event::{Event, What};
use crate::ledger::{Action, Ledger};
use crate::probe::Probe;
use crate::rng::stream;
use crate::run_result::RunResult;
use crate::stories::watch::Log;
use crate::task::Task;
use crate::workload::{Letter, Seat};

/// Between two actions by the clock: long enough for clocks in milliseconds to tell them apart.
const BETWEEN_ACTIONS: Duration = Duration::from_millis(1);

/// Timers that may fire in one schedule. A group that sets more never falls silent, and is not judged.
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
    /// Among those of its node.
    set: u64,
    tag: u64,
}

/// Where the one disturbance of a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// It is to come.
    Before,
    /// It lasts.
    During,
    /// It is over, or there is none.
    After,
}

/// A group of replicas.
pub(super) struct Group<'a> {
    pub(super) task: &'a Task<'a>,
    letters: &'static [Letter],
    pub(super) script: &'a Script,
    /// What happens once, and to whom.
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
    /// When the last action was, where all are in one order.
    acted: Time,
    /// Whether actions are in one order.
    pub(super) clocked: bool,
    /// How long a group that never falls silent needs to show its final state.
    settling: Duration,
    saved: Option<(Vec<u8>, Sidecar, Digest)>,
    lives: Vec<u32>,
    pub(super) ledger: Ledger,
    pub(super) protocol_errors: u64,
    /// Whether something counted as reflected elsewhere from the moment of a report: what users saw then depends on the order
    /// of steps that are independent otherwise.
    told_at_once: bool,
    /// Operations in the order in which a server took them; a relay orders nothing.
    pub(super) order: Vec<OpId>,
    /// What users saw, by node number.
    pub(super) screens: Screens,
    /// What each client's user sees, by node number; `None` where there is none.
    shown: Vec<Option<Digest>>,
    pub(super) steps: Vec<Step>,
    /// The steps that sent what is on each link, in its order, and for each step the one that sent what it consumed.
    pub(super) senders: Vec<VecDeque<usize>>,
    pub(super) causes: Vec<Option<usize>>,
    events: Vec<Event>,
    requests: Vec<Request>,
    /// Hears of every event, for a story.
    log: Option<Log>,
}

impl<'a> Group<'a> {
    /// A group that has connected, and whose greetings have arrived. Under [`Disturbance::Late`] one client is not there yet.
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
        // Joining is not what is explored: greetings arrive in the order of their links.
        self.drain();
    }

    /// Everything under way arrives, link by link.
    fn drain(&mut self) {
        while let Some(link) = self.links.iter().position(|link| !link.is_empty()) {
            self.deliver(NodeId((link / self.size) as u32), NodeId((link % self.size) as u32));
        }
    }

    /// Whether the next operation of a client's script can be asked for.
    fn acts(&self, client: NodeId) -> bool {
        let slot = client.0 as usize - 1;
        self.left(client) > 0 && self.nodes[slot + 1].is_some()
    }

    /// How many operations a client's user has still to issue.
    pub(super) fn left(&self, client: NodeId) -> usize {
        self.script[client.0 as usize - 1].len() - self.done[client.0 as usize - 1]
    }

    /// The clients.
    pub(super) fn clients(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..self.size as u32).map(NodeId)
    }

    /// The nodes that a node may talk to.
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

    /// Whether a timer can fire before the users are done; a group that never falls silent has its timers at the end.
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

    /// Takes a step; `false` if the user at that client would not want its next operation now.
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
                // By the clocks of those that it connects to, which are the only ones that this step concerns.
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

    fn crash(&mut self, client: NodeId) {
        self.stage = Stage::During;
        self.cut[client.0 as usize] = true;
        self.lose_all(client);
        let Some(node) = self.nodes[client.0 as usize].take() else { return };
        let replica = &node.replica;
        self.saved = Some((replica.durable(), replica.saved_sidecar(), replica.view().digest()));
        self.lives[client.0 as usize] += 1;
        self.timers.retain(|timer| timer.node != client);
        self.shown[client.0 as usize] = None;
        self.note_screens();
        self.emit(client, What::Crashed { for_good: false });
        for peer in self.peers(client) {
            self.tell_one(peer, client, LinkState::Down);
        }
    }

    /// A node takes part from now on: for the first time, or from what a crash has left.
    fn join(&mut self, id: NodeId) {
        let task = self.task;
        let setup = Setup {
            node: id,
            peers: self.peers(id),
            clients: task.clients,
            model: task.model.clone(),
            genesis: task.genesis_bytes.clone(),
            seed: task.seed,
            undo: false,
            identity: None,
        };
        let rng = stream(task.seed, "node", id.0.into(), self.lives[id.0 as usize].into());
        let saved = self.saved.take();
        let node = Node::new(id, rng, || {
            let Some((durable, sidecar, _)) = &saved else { return task.strategy.strategy.replica(&setup) };
            let mut replica = (task.strategy.strategy.restore(&setup, durable))
                .unwrap_or_else(|error| panic!("{id} does not recover from its own bytes: {error}"));
            replica.recall(sidecar);
            replica
        });
        self.cut[id.0 as usize] = false;
        let differs = saved.is_some_and(|(_, _, shown)| shown != node.replica.view().digest());
        self.nodes[id.0 as usize] = Some(node);
        self.emit(id, What::Live);
        if differs {
            self.emit(id, What::RecoveryDiffers);
        }
        self.look(id);
    }

    /// What is under way to and from a client is lost.
    fn lose_all(&mut self, client: NodeId) {
        for peer in self.peers(client) {
            for (from, to) in [(client, peer), (peer, client)] {
                let link = self.link(from, to);
                self.senders[link].clear();
                for _ in std::mem::take(&mut self.links[link]) {
                    self.emit(to, What::Dropped { from });
                }
            }
        }
    }

    fn tell_peers(&mut self, client: NodeId, state: LinkState) {
        for peer in self.peers(client) {
            // The end with the lower number first, as everywhere.
            self.tell(client.min(peer), client.max(peer), state);
        }
    }

    fn tell(&mut self, a: NodeId, b: NodeId, state: LinkState) {
        self.tell_one(a, b, state);
        self.tell_one(b, a, state);
    }

    fn tell_one(&mut self, node: NodeId, peer: NodeId, state: LinkState) {
        if self.nodes[node.0 as usize].is_some() && self.nodes[peer.0 as usize].is_some() | (state == LinkState::Down) {
            self.emit(node, What::Link { peer, state });
            self.step(node, Input::Link(peer, state));
        }
    }

    /// Calls a replica, and then its timers that are due at once.
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

    /// Looks at what a client's user sees now.
    fn look(&mut self, id: NodeId) {
        let Some(node) = self.nodes[id.0 as usize].as_ref().filter(|node| node.id != NodeId::SERVER) else {
            return self.note_screens();
        };
        let document = node.replica.view().document();
        let digest = document.digest();
        if self.shown[id.0 as usize].replace(digest) != Some(digest)
            && let Err(reason) = self.task.workload.invariant(&document)
        {
            self.emit(id, What::Broken(reason));
        }
        self.note_screens();
    }

    /// A report of one replica may say what another reflects, so all are looked at.
    fn note_screens(&mut self) {
        for client in self.clients() {
            let shown = self.shown[client.0 as usize];
            let shows = self.ledger.replica(client).and_then(|replica| Some((replica.hash, shown?)));
            self.screens.note(client, shows, self.steps.len());
        }
    }

    /// Whether two clients may have reflected the same operations at one moment, and shown different states.
    pub(super) fn same_operations_differ(&self) -> bool {
        self.screens.differ(|| if self.told_at_once { None } else { self.before() }, &self.steps)
    }

    /// Where a step takes place: by node number, and one more for the order of actions. Steps without a common place are
    /// independent.
    pub(super) fn places(&self, step: Step) -> Vec<usize> {
        let order = self.task.clients as usize + 1;
        let with_peers =
            |client: NodeId| self.peers(client).into_iter().chain([client]).map(|node| node.0 as usize).collect();
        match step {
            Step::Act(client) if self.clocked => vec![client.0 as usize, order],
            Step::Act(client) => vec![client.0 as usize],
            Step::Deliver { to, .. } => vec![to.0 as usize],
            Step::Timer => (0..=order).collect(),
            Step::Break(client)
            | Step::Open(client)
            | Step::Crash(client)
            | Step::Recover(client)
            | Step::Join(client) => with_peers(client),
        }
    }

    /// See [`before`].
    pub(super) fn before(&self) -> Option<Vec<u128>> {
        before(self.steps.iter().map(|step| self.places(*step)).collect(), &self.causes)
    }

    fn emit(&mut self, node: NodeId, what: What) {
        self.enter(Event { at: self.clocks[node.0 as usize], node, what });
    }

    fn enter(&mut self, event: Event) {
        if matches!(event.what, What::Cost { .. }) {
            return;
        }
        self.ledger.enter(&event);
        match &event.what {
            What::ProtocolError(_) => self.protocol_errors += 1,
            What::Report(Report::Rejected(..) | Report::Void(_) | Report::Overwritten(..)) => self.told_at_once = true,
            What::Report(Report::Reflected(op)) if event.node == NodeId::SERVER && !self.order.contains(op) => {
                self.order.push(*op);
            }
            _ => {}
        }
        if let Some(log) = &mut self.log {
            log.event(&event, &self.ledger);
        }
    }

    /// Nothing is left to choose. A group that never falls silent gets the time that it needs, along one order of what
    /// happens; then its timers are void.
    pub(super) fn settle(&mut self) {
        if self.settling.is_zero() {
            return;
        }
        let latest = self.clocks.iter().copied().max().unwrap_or(Time::ZERO);
        let until = latest + self.settling;
        while let Some(timer) = self.timers.iter().copied().min()
            && timer.due <= until
        {
            self.fire();
            self.drain();
        }
        self.timers.clear();
        self.drain();
    }

    /// The finished run.
    pub(super) fn end(mut self) -> RunResult {
        let shown = |node: &Node| (node.id, node.replica.view().document());
        let finals: Vec<(NodeId, Document)> = self.nodes.iter().flatten().map(shown).collect();
        let clients = self.nodes.iter().flatten().filter(|node| node.id != NodeId::SERVER);
        let stored_bytes = clients.map(|node| node.replica.durable().len() as u64).max().unwrap_or(0);
        let ended_at = self.clocks.iter().copied().max().unwrap_or(Time::ZERO);
        let messages_in_flight = self.links.iter().map(|link| link.len() as u64).sum();
        let timers_due = self.timers.len() as u64;
        if messages_in_flight + timers_due > 0 {
            self.ledger.cut_off();
        }
        RunResult {
            damaged: 0,
            gone_back: Vec::new(),
            ended_at,
            quiescing_since: ended_at,
            messages_in_flight,
            timers_due,
            connections_opening: 0,
            trace_digest: None,
            inexact: None,
            ledger: self.ledger,
            finals,
            coverage: Vec::new(),
            stored_bytes,
        }
    }
}

/// In place of a step: what was sent before the first.
const GREETING: usize = usize::MAX;
