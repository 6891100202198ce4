//! The replicas, their wires and timers, and what sets them in motion.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;

use super::toy::{Toy, ToyModel, genesis};
use crate::model::{ModelRef, Operation, erase};
use crate::node::{NodeId, OpId};
use crate::registry;
use crate::replica::{Context, Effect, LinkState, ProtocolError, Replica, Rng, Setup, Topology};
use crate::sidecar::Sidecar;
use crate::spec::Configured;
use crate::time::Time;

/// What clocks show at the start.
const WALL_AT_START_MS: u64 = 1_000_000;

/// A message on its way.
#[derive(Clone)]
pub(crate) struct Packet {
    pub(crate) bytes: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
}

impl Packet {
    /// A packet that no replica sent.
    #[cfg(any(feature = "loro", feature = "diamond"))]
    pub(crate) fn forged(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), sidecar: Arc::default() }
    }
}

pub(super) struct Member {
    pub(super) replica: Box<dyn Replica>,
    rng: Rng,
    issued: u64,
    /// How far its clock is ahead, in milliseconds.
    ahead_ms: i64,
}

/// A server and clients (or clients alone), connected by wires that carry a message on demand.
pub(crate) struct Table {
    strategy: Configured,
    model: ModelRef,
    clients: u32,
    pub(crate) now: Time,
    pub(super) members: BTreeMap<NodeId, Member>,
    wires: BTreeMap<(NodeId, NodeId), VecDeque<Packet>>,
    timers: BTreeSet<(Time, u64, NodeId, u64)>,
    timers_set: u64,
    /// What the replicas reported, in order.
    pub(crate) reports: Vec<(NodeId, Effect)>,
}

impl Table {
    /// All connected, with all messages of that delivered.
    pub(crate) fn new(strategy: &str, clients: u32) -> Self {
        let strategy = registry::configure(&strategy.parse().unwrap()).unwrap();
        let mut table = Self {
            strategy,
            model: erase(ToyModel),
            clients,
            now: Time::ZERO,
            members: BTreeMap::new(),
            wires: BTreeMap::new(),
            timers: BTreeSet::new(),
            timers_set: 0,
            reports: Vec::new(),
        };
        for node in table.topology().nodes(clients) {
            let replica = table.strategy.strategy.replica(&table.setup(node));
            let rng = Rng::seed_from_u64(node.0.into());
            table.members.insert(node, Member { replica, rng, issued: 0, ahead_ms: 0 });
        }
        for node in table.topology().nodes(clients) {
            table.topology().peers(node, clients).into_iter().filter(|peer| *peer > node).for_each(|peer| {
                table.connect(node.0, peer.0);
            });
        }
        table.run();
        table
    }

    /// The strategy of all replicas.
    pub(crate) fn configured(&self) -> &Configured {
        &self.strategy
    }

    fn topology(&self) -> Topology {
        self.strategy.topology()
    }

    fn setup(&self, node: NodeId) -> Setup {
        Setup {
            node,
            peers: self.topology().peers(node, self.clients),
            clients: self.clients,
            model: self.model.clone(),
            genesis: self.strategy.strategy.genesis(&genesis()).into(),
            seed: 1,
            identity: None,
            undo: true,
        }
    }

    fn call<R>(&mut self, node: NodeId, handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R) -> R {
        let mut effects = Vec::new();
        let member = self.members.get_mut(&node).unwrap();
        let wall = WALL_AT_START_MS.saturating_add_signed(member.ahead_ms) * 1_000_000 + self.now.0;
        let mut cx = Context::new(node, self.now, Time(wall), &mut member.rng, &mut effects);
        let result = handler(&mut *member.replica, &mut cx);
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, sidecar } => {
                    if let Some(wire) = self.wires.get_mut(&(node, to)) {
                        wire.push_back(Packet { bytes, sidecar });
                    }
                }
                Effect::SetTimer { after, tag } => {
                    self.timers_set += 1;
                    self.timers.insert((self.now + after, self.timers_set, node, tag));
                }
                report => self.reports.push((node, report)),
            }
        }
        result
    }

    /// Sets a client's clock ahead of the others, or behind them.
    pub(crate) fn skew(&mut self, client: u32, ahead_ms: i64) {
        self.members.get_mut(&NodeId(client)).unwrap().ahead_ms = ahead_ms;
    }

    fn next_id(&mut self, client: u32) -> OpId {
        let member = self.members.get_mut(&NodeId(client)).unwrap();
        member.issued += 1;
        OpId { client: NodeId(client), n: member.issued }
    }

    pub(crate) fn act(&mut self, client: u32, op: &Toy) -> OpId {
        let id = self.next_id(client);
        self.call(id.client, |replica, cx| replica.submit(id, &Operation::encode(op), cx));
        id
    }

    pub(crate) fn undo(&mut self, target: OpId) -> OpId {
        let id = self.next_id(target.client.0);
        self.call(id.client, |replica, cx| replica.undo(id, target, cx));
        id
    }

    pub(crate) fn connect(&mut self, a: u32, b: u32) {
        let (a, b) = (NodeId(a), NodeId(b));
        self.wires.insert((a, b), VecDeque::new());
        self.wires.insert((b, a), VecDeque::new());
        self.call(a, |replica, cx| replica.link(b, LinkState::Up, cx));
        self.call(b, |replica, cx| replica.link(a, LinkState::Up, cx));
    }

    /// Breaks a connection; messages on their way are lost.
    pub(crate) fn cut(&mut self, a: u32, b: u32) {
        let (a, b) = (NodeId(a), NodeId(b));
        self.wires.remove(&(a, b));
        self.wires.remove(&(b, a));
        self.call(a, |replica, cx| replica.link(b, LinkState::Down, cx));
        self.call(b, |replica, cx| replica.link(a, LinkState::Down, cx));
    }

    /// Crashes a replica and recovers it from what it had saved; its connections must be cut before.
    pub(crate) fn crash(&mut self, node: u32) {
        let node = NodeId(node);
        let replica = &self.members[&node].replica;
        let (durable, sidecar) = (replica.durable(), replica.saved_sidecar());
        let mut restored = self.strategy.strategy.restore(&self.setup(node), &durable).unwrap();
        restored.recall(&sidecar);
        self.timers.retain(|(_, _, owner, _)| *owner != node);
        self.members.get_mut(&node).unwrap().replica = restored;
    }

    /// The messages on their way from one to another.
    pub(crate) fn wire(&mut self, from: u32, to: u32) -> &mut VecDeque<Packet> {
        self.wires.get_mut(&(NodeId(from), NodeId(to))).unwrap()
    }

    /// The next message from one to another arrives.
    pub(crate) fn deliver(&mut self, from: u32, to: u32) -> Packet {
        let packet = self.wire(from, to).pop_front().expect("a message on this wire");
        self.hand(from, to, &packet).unwrap();
        packet
    }

    /// A message arrives, whether it was sent or not.
    pub(crate) fn hand(&mut self, from: u32, to: u32, packet: &Packet) -> Result<(), ProtocolError> {
        let (from, to) = (NodeId(from), NodeId(to));
        self.call(to, |replica, cx| replica.receive(from, &packet.bytes, &packet.sidecar, cx))
    }

    /// The next timer is due.
    pub(crate) fn ring(&mut self) {
        let (at, _, node, tag) = self.timers.pop_first().expect("a timer");
        self.now = self.now.max(at);
        self.call(node, |replica, cx| replica.timer(tag, cx));
    }

    /// All timers that are set are due, and those that are set meanwhile.
    pub(crate) fn ring_all(&mut self) {
        while !self.timers.is_empty() {
            self.ring();
        }
    }

    /// Loses all messages from one to another; gives how many there were.
    pub(crate) fn lose(&mut self, from: u32, to: u32) -> usize {
        self.wire(from, to).drain(..).count()
    }

    /// Time passes, and all messages arrive except those sent at its end.
    pub(crate) fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        self.deliver_all();
        while self.timers.first().is_some_and(|(at, ..)| *at <= until) {
            self.deliver_all();
            self.ring();
        }
        self.now = until;
    }

    fn deliver_all(&mut self) {
        while let Some((from, to)) = self.wires.iter().find(|(_, wire)| !wire.is_empty()).map(|(ends, _)| *ends) {
            self.deliver(from.0, to.0);
        }
    }

    /// Runs as [`Table::run`] does, and shows each message's sender and receiver.
    pub(crate) fn run_watched(&mut self, mut watch: impl FnMut(u32, u32)) {
        loop {
            let busy = self.wires.iter().find(|(_, wire)| !wire.is_empty()).map(|(ends, _)| *ends);
            match busy {
                Some((from, to)) => {
                    watch(from.0, to.0);
                    self.deliver(from.0, to.0);
                }
                None if self.timers.is_empty() => return,
                None => self.ring(),
            }
        }
    }

    /// Runs until no message and no timer is left; if there always is one, for the time the strategy has to quiesce.
    pub(crate) fn run(&mut self) {
        let settling = self.strategy.strategy.settling();
        if !settling.is_zero() {
            self.pass(settling);
            return self.deliver_all();
        }
        self.run_watched(|_, _| ());
    }
}
