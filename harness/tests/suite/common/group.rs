//! A handful of replicas in memory, driven step by step: for what no simulated network does (late copies, crashes, hostile
//! bytes).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use syncbench_harness::clock::WALL_AT_START;
use syncbench_harness::ledger::Fate;
use syncbench_harness::rng::{below, stream, unit};
use syncbench_harness::workload::User;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Report, Rng, Setup, Time, Topology,
};
use syncbench_strategies::sidecar::Sidecar;

use super::subject::Subject;

/// What the connections do to messages besides carrying them in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disorder {
    /// Share of messages of which a copy arrives later on the same connection.
    pub copies: f64,
    /// Whether messages overtake each other.
    pub reordering: bool,
}

#[derive(Clone, Debug)]
pub struct Packet {
    pub from: NodeId,
    pub to: NodeId,
    pub bytes: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
}

struct Member {
    replica: Box<dyn Replica>,
    user: Box<dyn User>,
    rng: Rng,
    issued: u64,
    /// Grows with every crash: timers set before it are void.
    life: u32,
}

pub struct Group {
    subject: Subject,
    setup: Setup,
    clients: u32,
    disorder: Disorder,
    now: Time,
    rng: Rng,
    members: BTreeMap<NodeId, Member>,
    wires: BTreeMap<(NodeId, NodeId), VecDeque<Packet>>,
    copies: Vec<Packet>,
    timers: BTreeSet<(Time, u64, NodeId, u32, u64)>,
    timers_set: u64,
    fates: BTreeMap<OpId, Fate>,
    operations: BTreeMap<OpId, Operation>,
    counts: BTreeMap<&'static str, u64>,
    /// Every message that was sent.
    pub sent: Vec<Packet>,
    /// Honest messages that were protocol errors.
    pub refused: Vec<String>,
}

/// What a replica did with a message that no honest peer sent.
pub struct Injected {
    pub result: Result<(), ProtocolError>,
    /// Peak of memory during the call, less what was held before it.
    pub peak_bytes: u64,
    pub effects: usize,
}

impl Group {
    pub fn new(subject: &Subject, clients: u32, disorder: Disorder, seed: u64) -> Self {
        let workload = &subject.workload.workload;
        let genesis = workload.genesis(subject.workload.spec.default_size);
        let strategy = &subject.strategy.strategy;
        let topology = subject.strategy.topology();
        let setup = Setup {
            node: NodeId::SERVER,
            peers: Vec::new(),
            clients,
            model: workload.model(),
            genesis: strategy.genesis(&genesis).into(),
            seed,
            identity: None,
            undo: true,
        };
        let mut group = Self {
            subject: subject.clone(),
            setup,
            clients,
            disorder,
            now: Time::ZERO,
            rng: stream(seed, "group", 0, 0),
            members: BTreeMap::new(),
            wires: BTreeMap::new(),
            copies: Vec::new(),
            timers: BTreeSet::new(),
            timers_set: 0,
            fates: BTreeMap::new(),
            operations: BTreeMap::new(),
            counts: BTreeMap::new(),
            sent: Vec::new(),
            refused: Vec::new(),
        };
        for node in topology.nodes(clients) {
            let replica = group.subject.strategy.strategy.replica(&group.setup_of(node));
            let user = group.subject.workload.workload.user(node, clients);
            let rng = stream(seed, "node", node.0.into(), 0);
            group.members.insert(node, Member { replica, user, rng, issued: 0, life: 0 });
        }
        for (a, b) in group.pairs() {
            group.connect(a, b);
        }
        group
    }

    pub fn setup_of(&self, node: NodeId) -> Setup {
        Setup { node, peers: self.topology().peers(node, self.clients), ..self.setup.clone() }
    }

    pub fn nodes(&self) -> Vec<NodeId> {
        self.members.keys().copied().collect()
    }

    pub fn view(&self, node: NodeId) -> Document {
        self.members[&node].replica.view().document()
    }

    pub fn durable(&self, node: NodeId) -> Vec<u8> {
        self.members[&node].replica.durable()
    }

    /// What the replicas counted under this name.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    fn topology(&self) -> Topology {
        self.subject.strategy.topology()
    }

    fn pairs(&self) -> Vec<(NodeId, NodeId)> {
        let peers = |node: NodeId| self.topology().peers(node, self.clients);
        let of = |node| peers(node).into_iter().filter(move |peer| node < *peer).map(move |peer| (node, peer));
        self.topology().nodes(self.clients).flat_map(of).collect()
    }

    /// `ops` actions of random users, each followed by some steps of the group.
    pub fn churn(&mut self, ops: u64) {
        for _ in 0..ops {
            let client = NodeId(below(&mut self.rng, self.clients as usize) as u32 + 1);
            self.act(client);
            for _ in 0..below(&mut self.rng, 2 * self.clients as usize + 1) {
                self.step();
            }
        }
    }

    /// The user at `client` carries out its next intent, if it has one.
    pub fn act(&mut self, client: NodeId) -> Option<OpId> {
        let member = self.members.get_mut(&client).unwrap();
        let mut rng = stream(self.setup.seed, "intent", client.0.into(), member.issued + 1);
        let intent = member.user.next(member.replica.view(), &mut rng)?;
        Some(self.submit(client, &intent.operation))
    }

    /// The user undoes one of its operations.
    pub fn undo(&mut self, target: OpId) -> OpId {
        let id = self.opens(target.client);
        self.call(id.client, |replica, cx| replica.undo(id, target, cx));
        id
    }

    fn opens(&mut self, client: NodeId) -> OpId {
        let member = self.members.get_mut(&client).unwrap();
        member.issued += 1;
        let id = OpId { client, n: member.issued };
        self.fates.insert(id, Fate::Unknown);
        id
    }

    pub fn fate(&self, id: OpId) -> &Fate {
        &self.fates[&id]
    }

    /// An operation in words.
    pub fn describe(&self, id: OpId) -> String {
        self.setup.model.describe(&self.operations[&id])
    }

    pub fn operation(&self, id: OpId) -> &Operation {
        &self.operations[&id]
    }

    pub fn submit(&mut self, client: NodeId, operation: &Operation) -> OpId {
        let id = self.opens(client);
        self.operations.insert(id, operation.clone());
        self.call(client, |replica, cx| replica.submit(id, operation, cx));
        id
    }

    /// One message arrives, or time passes up to the next timer. `false` when there is nothing left to do.
    pub fn step(&mut self) -> bool {
        if let Some(&(at, number, node, life, tag)) = self.timers.first()
            && (at <= self.now || self.wires.values().all(VecDeque::is_empty))
        {
            self.timers.remove(&(at, number, node, life, tag));
            self.now = self.now.max(at);
            if self.members[&node].life == life {
                self.call(node, |replica, cx| replica.timer(tag, cx));
            }
            return true;
        }
        self.now = self.now + Duration::from_millis(1);
        if !self.copies.is_empty() && unit(&mut self.rng) < 0.3 {
            let index = below(&mut self.rng, self.copies.len());
            let copy = self.copies.swap_remove(index);
            self.deliver(&copy);
            return true;
        }
        let busy: Vec<_> = self.wires.iter().filter(|(_, wire)| !wire.is_empty()).map(|(key, _)| *key).collect();
        if busy.is_empty() {
            return !self.copies.is_empty();
        }
        let key = busy[below(&mut self.rng, busy.len())];
        let wire = self.wires.get_mut(&key).unwrap();
        let index = if self.disorder.reordering { below(&mut self.rng, wire.len()) } else { 0 };
        let packet = wire.remove(index).unwrap();
        if unit(&mut self.rng) < self.disorder.copies {
            self.copies.push(packet.clone());
        }
        self.deliver(&packet);
        true
    }

    /// Steps until nothing is left to do. A group that never falls silent gets the time that it needs to quiesce, and
    /// then runs until nothing is inflight. An error if it does not end.
    pub fn quiesce(&mut self) -> Result<(), String> {
        let settling = self.subject.strategy.strategy.settling();
        let until = self.now + settling;
        for _ in 0..50_000 {
            let settled = !settling.is_zero() && self.now > until && self.wires.values().all(VecDeque::is_empty);
            if settled || !self.step() {
                return Ok(());
            }
        }
        Err("does not quiesce".into())
    }

    fn deliver(&mut self, packet: &Packet) {
        let (from, to) = (packet.from, packet.to);
        let result = self.call(to, |replica, cx| replica.receive(from, &packet.bytes, &packet.sidecar, cx));
        if let Err(error) = result {
            self.refused.push(format!("{to} from {from}: {error}"));
        }
    }

    fn call<R>(&mut self, node: NodeId, handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R) -> R {
        let mut effects = Vec::new();
        let member = self.members.get_mut(&node).unwrap();
        let mut cx = Context::new(node, self.now, self.now + WALL_AT_START, &mut member.rng, &mut effects);
        let result = handler(&mut *member.replica, &mut cx);
        let life = member.life;
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, sidecar } => {
                    let packet = Packet { from: node, to, bytes, sidecar };
                    self.sent.push(packet.clone());
                    if let Some(wire) = self.wires.get_mut(&(node, to)) {
                        wire.push_back(packet);
                    }
                }
                Effect::SetTimer { after, tag } => {
                    self.timers_set += 1;
                    self.timers.insert((self.now + after, self.timers_set, node, life, tag));
                }
                Effect::Report(Report::Confirmed(id, outcome)) => {
                    self.fates.insert(id, Fate::Confirmed(outcome));
                }
                Effect::Report(Report::Rejected(id, reason)) => {
                    self.fates.insert(id, Fate::Rejected(reason));
                }
                Effect::Report(Report::Count(name, by)) => *self.counts.entry(name).or_default() += by,
                _ => {}
            }
        }
        result
    }

    pub fn connect(&mut self, a: NodeId, b: NodeId) {
        self.wires.insert((a, b), VecDeque::new());
        self.wires.insert((b, a), VecDeque::new());
        self.call(a, |replica, cx| replica.link(b, LinkState::Up, cx));
        self.call(b, |replica, cx| replica.link(a, LinkState::Up, cx));
    }

    /// Breaks the connection; messages inflight are lost.
    pub fn cut(&mut self, a: NodeId, b: NodeId) {
        if self.wires.remove(&(a, b)).is_some() {
            self.wires.remove(&(b, a));
            self.copies.retain(|copy| (copy.from, copy.to) != (a, b) && (copy.from, copy.to) != (b, a));
            self.call(a, |replica, cx| replica.link(b, LinkState::Down, cx));
            self.call(b, |replica, cx| replica.link(a, LinkState::Down, cx));
        }
    }

    pub fn reconnect_all(&mut self) {
        for (a, b) in self.pairs() {
            self.cut(a, b);
            self.connect(a, b);
        }
    }

    /// The node crashes and recovers from what it had saved. An error if its view then differs from the one before, or, if
    /// the strategy is ephemeral, from the initial document.
    pub fn crash(&mut self, node: NodeId) -> Result<(), String> {
        let (shown, durable) = (self.view(node), self.durable(node));
        let sidecar = self.members[&node].replica.saved_sidecar();
        let setup = self.setup_of(node);
        let workload = &self.subject.workload;
        let genesis = || workload.workload.genesis(workload.spec.default_size);
        let expected = if self.subject.claims().ephemeral { genesis() } else { shown };
        for peer in &setup.peers {
            // Only the peers notice: the node itself has crashed.
            self.wires.remove(&(node, *peer));
            self.wires.remove(&(*peer, node));
            self.copies.retain(|copy| copy.from != node && copy.to != node);
            self.call(*peer, |replica, cx| replica.link(node, LinkState::Down, cx));
        }
        let restored = self.subject.strategy.strategy.restore(&setup, &durable);
        let member = self.members.get_mut(&node).unwrap();
        member.replica = restored.map_err(|error| format!("{node} does not recover from its own bytes: {error}"))?;
        member.replica.recall(&sidecar);
        member.life += 1;
        let after = self.view(node);
        if expected != after {
            return Err(format!("{node} shows {after} after a crash and not {expected}"));
        }
        for peer in setup.peers {
            self.connect(node, peer);
        }
        Ok(())
    }

    /// Hands a replica bytes that no honest peer sent. An error if it panics.
    pub fn inject(&mut self, to: NodeId, from: NodeId, bytes: &[u8]) -> Result<Injected, String> {
        let mut effects = Vec::new();
        let mut result = Ok(Ok(()));
        let (now, member) = (self.now, self.members.get_mut(&to).unwrap());
        let memory = allocation_counter::measure(|| {
            let mut cx = Context::new(to, now, now + WALL_AT_START, &mut member.rng, &mut effects);
            let receive = || member.replica.receive(from, bytes, &Sidecar::none(), &mut cx);
            result = catch_unwind(AssertUnwindSafe(receive));
        });
        let Ok(result) = result else { return Err(format!("{to} panicked on {bytes:?} from {from}")) };
        let injected = Injected { result, peak_bytes: memory.bytes_max, effects: effects.len() };
        // The effects of an accepted message take place.
        self.call(to, |_, cx| {
            for effect in effects {
                match effect {
                    Effect::Send { to, bytes, sidecar } => cx.send(to, bytes, sidecar),
                    Effect::SetTimer { after, tag } => cx.set_timer(after, tag),
                    Effect::Report(Report::Confirmed(id, outcome)) => cx.confirmed(id, outcome),
                    Effect::Report(Report::Rejected(id, reason)) => cx.rejected(id, reason),
                    _ => {}
                }
            }
        });
        Ok(injected)
    }

    /// An error unless all show the same.
    pub fn agree(&self) -> Result<(), String> {
        let nodes = self.nodes();
        let first = self.view(nodes[0]);
        match nodes.iter().map(|node| (node, self.view(*node))).find(|(_, view)| *view != first) {
            None => Ok(()),
            Some((node, view)) => Err(format!("{} shows {first}\n    {node} shows {view}", nodes[0])),
        }
    }

    /// An error unless every operation has its fate and no honest message was a protocol error.
    pub fn honest(&self) -> Result<(), String> {
        if let Some((id, _)) = self.fates.iter().find(|(_, fate)| **fate == Fate::Unknown) {
            return Err(format!("{id} got no answer"));
        }
        match self.refused.first() {
            None => Ok(()),
            Some(refused) => Err(format!("{} honest messages refused: {refused}", self.refused.len())),
        }
    }
}
