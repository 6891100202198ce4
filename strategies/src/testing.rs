//! A few replicas driven by hand, one message at a time, for the tests of strategies.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit, Kind};
use crate::model::{Model, ModelRef, Operation, Outcome, Plan, Rejected, erase};
use crate::path;
use crate::registry;
use crate::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Report, Rng, Setup, Time, Topology,
};
use crate::sidecar::Sidecar;
use crate::spec::Configured;
use crate::view::View;

pub(crate) mod trials;

/// Operations on a document with a list, a counter, a text and fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Toy {
    Push(i64),
    Pop,
    Add(i64),
    Set(String, i64),
    /// Only where the field has this value.
    Swap(String, i64, i64),
    Type(usize, String),
    Unset(String),
    /// Makes a text with this name, or replaces it.
    Begin(String, String),
    /// Types at the front of the text with this name.
    TypeIn(String, String),
    /// Removes what has this name.
    Drop(String),
    /// Removes all fields.
    Clear,
    /// Removes a field, and adds one for it.
    Return(String),
}

pub(crate) fn set(field: &str, value: i64) -> Toy {
    Toy::Set(field.into(), value)
}

pub(crate) fn swap(field: &str, from: i64, to: i64) -> Toy {
    Toy::Swap(field.into(), from, to)
}

pub(crate) fn typed(pos: usize, text: &str) -> Toy {
    Toy::Type(pos, text.into())
}

struct ToyModel;

impl Model for ToyModel {
    type Op = Toy;

    fn plan(&self, view: &dyn View, op: &Toy) -> Result<Plan, Rejected> {
        let put = |field: &String, value: i64| {
            Plan::new(vec![Edit::Put { path: path!["fields", field], value: value.into() }])
        };
        Ok(match op {
            Toy::Push(item) => {
                Plan::new(vec![Edit::ListInsert { path: path!["list"], index: 0, values: vec![(*item).into()] }])
            }
            Toy::Pop => {
                let top = view.get(&path!["list", 0]).ok_or_else(|| Rejected::new("empty", "nothing to pop"))?;
                Plan::new(vec![Edit::ListRemove { path: path!["list"], index: 0, count: 1 }]).with_outcome(top)
            }
            Toy::Add(by) => Plan::new(vec![Edit::Increment { path: path!["count"], by: *by }]),
            Toy::Set(field, value) => put(field, *value),
            Toy::Swap(field, from, to) => match view.get(&path!["fields", field]) {
                Some(found) if found == Document::Int(*from) => put(field, *to),
                _ => return Err(Rejected::new("changed", format!("{field} is not {from}"))),
            },
            Toy::Unset(field) => Plan::new(vec![Edit::Remove { path: path!["fields", field] }]),
            Toy::Begin(name, text) => Plan::new(vec![Edit::Put { path: path![name], value: Document::text(text) }]),
            Toy::TypeIn(name, text) => match view.kind(&path![name]) {
                Some(Kind::Text) => {
                    Plan::new(vec![Edit::TextSplice { path: path![name], pos: 0, delete: 0, insert: text.clone() }])
                }
                _ => return Err(Rejected::new("gone", format!("there is no {name}"))),
            },
            Toy::Drop(name) => Plan::new(vec![Edit::Remove { path: path![name] }]),
            Toy::Return(field) => match view.get(&path!["fields", field]) {
                Some(_) => Plan::new(vec![
                    Edit::Remove { path: path!["fields", field] },
                    Edit::Increment { path: path!["count"], by: 1 },
                ]),
                None => return Err(Rejected::new("gone", format!("there is no {field}"))),
            },
            Toy::Clear => Plan::new(vec![Edit::Remove { path: path!["fields"] }]),
            Toy::Type(pos, text) => {
                Plan::new(vec![Edit::TextSplice { path: path!["text"], pos: *pos, delete: 0, insert: text.clone() }])
            }
        })
    }
}

fn genesis() -> Document {
    Document::map([
        ("list", Document::list([2, 1])),
        ("count", Document::Counter(0)),
        ("text", Document::text("abc")),
        ("fields", Document::map([("x", 0), ("y", 0)])),
    ])
}

/// What clocks show at first.
const WALL_AT_START_MS: u64 = 1_000_000;

/// A message on its way.
#[derive(Clone)]
pub(crate) struct Packet {
    pub(crate) bytes: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
}

impl Packet {
    /// One that nobody sent.
    #[cfg(any(feature = "loro", feature = "diamond"))]
    pub(crate) fn forged(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), sidecar: Arc::default() }
    }
}

struct Member {
    replica: Box<dyn Replica>,
    rng: Rng,
    issued: u64,
    /// How far its clock is ahead, in milliseconds.
    ahead_ms: i64,
}

/// A server and clients (or clients alone), connected by wires that carry a message when told to.
pub(crate) struct Table {
    strategy: Configured,
    model: ModelRef,
    clients: u32,
    pub(crate) now: Time,
    members: BTreeMap<NodeId, Member>,
    wires: BTreeMap<(NodeId, NodeId), VecDeque<Packet>>,
    timers: BTreeSet<(Time, u64, NodeId, u64)>,
    timers_set: u64,
    /// What the replicas reported, in order.
    pub(crate) reports: Vec<(NodeId, Effect)>,
}

impl Table {
    /// All connected, and what that sets in motion delivered.
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

    fn topology(&self) -> Topology {
        self.strategy.spec.topology
    }

    fn setup(&self, node: NodeId) -> Setup {
        Setup {
            node,
            peers: self.topology().peers(node, self.clients),
            model: self.model.clone(),
            genesis: self.strategy.strategy.genesis(&genesis()).into(),
            seed: 1,
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

    /// Puts a client's clock ahead of the others', or behind them.
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

    /// Breaks a connection; what is under way is lost.
    pub(crate) fn cut(&mut self, a: u32, b: u32) {
        let (a, b) = (NodeId(a), NodeId(b));
        self.wires.remove(&(a, b));
        self.wires.remove(&(b, a));
        self.call(a, |replica, cx| replica.link(b, LinkState::Down, cx));
        self.call(b, |replica, cx| replica.link(a, LinkState::Down, cx));
    }

    /// Replaces a replica by what it had saved; its connections are cut before.
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

    /// A message arrives that need not be on its way.
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

    /// Everything on its way from one to another is lost: how many messages.
    pub(crate) fn lose(&mut self, from: u32, to: u32) -> usize {
        self.wire(from, to).drain(..).count()
    }

    /// Time passes, and everything that is on its way or sent meanwhile arrives, but for what is sent at the end.
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

    /// Everything arrives and is due, until nothing is left; where there is always something, for as long as it takes to
    /// settle.
    pub(crate) fn run(&mut self) {
        let settling = self.strategy.strategy.settling();
        if !settling.is_zero() {
            self.pass(settling);
            return self.deliver_all();
        }
        loop {
            let busy = self.wires.iter().find(|(_, wire)| !wire.is_empty()).map(|(ends, _)| *ends);
            match busy {
                Some((from, to)) => drop(self.deliver(from.0, to.0)),
                None if self.timers.is_empty() => return,
                None => self.ring(),
            }
        }
    }

    /// A part of what a user sees.
    pub(crate) fn sees(&self, node: u32, part: &str) -> String {
        View::get(&self.members[&NodeId(node)].replica.view().document(), &path![part]).unwrap().to_string()
    }

    /// The same of the settled state.
    pub(crate) fn settled(&self, node: u32, part: &str) -> String {
        let confirmed = self.members[&NodeId(node)].replica.confirmed().unwrap();
        confirmed.get(&path![part]).unwrap().to_string()
    }

    /// Asserts that all show the same.
    pub(crate) fn agree(&self) {
        let shown: BTreeSet<_> =
            self.members.values().map(|member| member.replica.view().document().encode()).collect();
        assert_eq!(shown.len(), 1, "replicas differ");
    }

    /// What the user was told: the outcome, or the code of the refusal.
    pub(crate) fn told(&self, id: OpId) -> Option<Result<Outcome, String>> {
        self.reports.iter().find_map(|(_, report)| match report {
            Effect::Report(Report::Confirmed(op, outcome)) if *op == id => Some(Ok(outcome.clone())),
            Effect::Report(Report::Rejected(op, reason)) if *op == id => Some(Err(reason.code.to_string())),
            _ => None,
        })
    }

    pub(crate) fn rolled_back(&self, id: OpId) -> usize {
        self.reports
            .iter()
            .filter(|(_, report)| matches!(report, Effect::Report(Report::RolledBack(op)) if *op == id))
            .count()
    }

    pub(crate) fn shown(&self, id: OpId) -> usize {
        self.reports
            .iter()
            .filter(|(_, report)| matches!(report, Effect::Report(Report::Shown(op)) if *op == id))
            .count()
    }

    /// The sum of what was counted under a name.
    pub(crate) fn counted(&self, name: &str) -> u64 {
        let of = |report: &Effect| {
            if let Effect::Report(Report::Count(found, by)) = report { (*found == name).then_some(*by) } else { None }
        };
        self.reports.iter().filter_map(|(_, report)| of(report)).sum()
    }
}
