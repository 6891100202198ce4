//! Messages to replicas of a group, and what they saved.
//!
//! An input begins with two bytes: which strategy (as `%` of their number, each on the first workload that it carries), and
//! which node of a group of a server and two clients, or of three clients.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rand::SeedableRng;
use syncbench_harness::clock::WALL_AT_START;
use syncbench_strategies::replica::{Context, LinkState, NodeId, Replica, Rng, Setup, Time};
use syncbench_strategies::sidecar::Sidecar;

use crate::bounded::bounded;
use crate::common::group::{Disorder, Group};
use crate::common::silence_libraries;
use crate::common::subject::{Subject, at_home};

/// Operations before the state in which a replica is attacked.
const OPERATIONS: u64 = 8;

struct Node {
    setup: Setup,
    saved: Vec<u8>,
    /// The replica, until it takes a message.
    replica: Option<Box<dyn Replica>>,
}

struct Attacked {
    subject: Subject,
    nodes: BTreeMap<NodeId, Node>,
    /// The last honest messages to each node.
    messages: Vec<(NodeId, Vec<u8>)>,
}

impl Attacked {
    fn new(subject: Subject) -> Self {
        let mut group = Group::new(&subject, 2, Disorder::default(), 1);
        group.churn(OPERATIONS);
        let node = |node| (node, Node { setup: group.setup_of(node), saved: group.durable(node), replica: None });
        let nodes = group.nodes().into_iter().map(node).collect();
        let messages = group.sent.iter().map(|packet| (packet.to, packet.bytes.to_vec())).collect();
        Self { subject, nodes, messages }
    }

    fn node(&mut self, byte: u8) -> &mut Node {
        let at = usize::from(byte) % self.nodes.len();
        self.nodes.values_mut().nth(at).expect("within the group")
    }
}

thread_local! {
    static ATTACKED: RefCell<Vec<Attacked>> = RefCell::new(all());
}

fn all() -> Vec<Attacked> {
    silence_libraries();
    at_home().into_iter().map(Attacked::new).collect()
}

fn with(bytes: &[u8], decode: impl FnOnce(&Subject, &mut Node, &[u8])) {
    let [strategy, node, bytes @ ..] = bytes else { return };
    ATTACKED.with_borrow_mut(|all| {
        let at = usize::from(*strategy) % all.len();
        let attacked = &mut all[at];
        let subject = attacked.subject.clone();
        decode(&subject, attacked.node(*node), bytes);
    });
}

/// A message from a peer. A replica that refuses it shows what it showed and sends nothing; one that takes it is not
/// attacked again.
pub fn message(bytes: &[u8]) {
    with(bytes, |subject, node, bytes| {
        let mut replica = node.replica.take().unwrap_or_else(|| connected(subject, node));
        let from = node.setup.peers[0];
        let (mut effects, mut rng) = (Vec::new(), Rng::seed_from_u64(1));
        let mut cx = Context::new(node.setup.node, NOW, NOW + WALL_AT_START, &mut rng, &mut effects);
        let mut refused = false;
        bounded(bytes, || refused = replica.receive(from, bytes, &Sidecar::none(), &mut cx).is_err());
        if refused {
            assert!(effects.is_empty(), "{subject} refused a message and acted on it");
            node.replica = Some(replica);
        } else {
            // Whatever was taken can be shown and saved.
            let saved = replica.durable();
            drop(replica.view().document());
            drop(subject.strategy.strategy.restore(&node.setup, &saved));
        }
    });
}

/// When messages arrive.
const NOW: Time = Time(1_000_000_000);

fn connected(subject: &Subject, node: &Node) -> Box<dyn Replica> {
    let strategy = &subject.strategy.strategy;
    let mut replica = strategy.restore(&node.setup, &node.saved).expect("its own bytes");
    let (mut effects, mut rng) = (Vec::new(), Rng::seed_from_u64(1));
    let mut cx = Context::new(node.setup.node, NOW, NOW + WALL_AT_START, &mut rng, &mut effects);
    for peer in &node.setup.peers {
        replica.link(*peer, LinkState::Up, &mut cx);
    }
    replica
}

/// What a replica saved before a crash. One that recovers can show and save.
pub fn saved(bytes: &[u8]) {
    with(bytes, |subject, node, bytes| {
        bounded(bytes, || {
            if let Ok(replica) = subject.strategy.strategy.restore(&node.setup, bytes) {
                drop((replica.view().document(), replica.durable()));
            }
        });
    });
}

/// Honest messages.
pub fn messages() -> Vec<Vec<u8>> {
    seeds(|attacked, node, _| {
        let to = |(to, _): &&(NodeId, Vec<u8>)| *to == node;
        attacked.messages.iter().filter(to).map(|(_, bytes)| bytes.clone()).collect()
    })
}

/// Honest saves.
pub fn saves() -> Vec<Vec<u8>> {
    seeds(|_, _, node| vec![node.saved.clone()])
}

fn seeds(of: impl Fn(&Attacked, NodeId, &Node) -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (strategy, attacked) in all().iter().enumerate() {
        for (at, (id, node)) in attacked.nodes.iter().enumerate() {
            let head = [strategy as u8, at as u8];
            seeds.extend(of(attacked, *id, node).into_iter().map(|bytes| [&head[..], &bytes].concat()));
        }
    }
    seeds
}
