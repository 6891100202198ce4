//! A hundred operations through a group of three, by workload and strategy.
//!
//! Group = workload, id = strategy, so that criterion's own charts compare strategies. The operations are made beforehand
//! from the reducer, one at a time, so every strategy gets the same ones and passes through the same states; every
//! iteration begins with a fresh group, so no document grows from one to the next; the final state is compared with the
//! reducer's outside the timed part. There is no network here: messages are handed over at once, and what is measured is
//! the strategies' own work for the issuer, the server and the receivers together.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use syncbench_harness::rng::stream;
use syncbench_harness::workload::Workload;
use syncbench_harness::workloads::{self, WORKLOADS};
use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, reduce};
use syncbench_strategies::registry::{self, STRATEGIES};
use syncbench_strategies::replica::{Context, Effect, LinkState, NodeId, OpId, Replica, Rng, Setup, Time};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Configured, Support};

const CLIENTS: u32 = 3;
const OPS: u64 = 100;

/// Operations of users who take turns, and the document that they result in.
fn operations(workload: &dyn Workload, genesis: &Document) -> (Vec<(OpId, Operation)>, Document) {
    let model = workload.model();
    let mut document = genesis.clone();
    let mut authors: Vec<_> = (1..=CLIENTS).map(|client| workload.user(NodeId(client), CLIENTS)).collect();
    let mut operations = Vec::new();
    let mut counts = vec![0; CLIENTS as usize];
    for turn in 0..OPS {
        let slot = (turn % u64::from(CLIENTS)) as usize;
        let mut rng = stream(1, "bench", slot as u64, turn);
        let Some(intent) = authors[slot].next(&document, &mut rng) else { continue };
        // Rejected operations are not part of this comparison.
        if reduce(&*model, &mut document, &intent.operation).is_ok() {
            counts[slot] += 1;
            operations.push((OpId { client: NodeId(slot as u32 + 1), n: counts[slot] }, intent.operation));
        }
    }
    (operations, document)
}

/// A group without a network: what is sent is handed over at once, in order.
struct Group {
    replicas: Vec<Option<Box<dyn Replica>>>,
    rng: Rng,
    now: Time,
    effects: Vec<Effect>,
    work: VecDeque<(NodeId, Input)>,
    never_silent: bool,
}

enum Input {
    Message(NodeId, Arc<[u8]>, Arc<Sidecar>),
    Timer(u64),
}

impl Group {
    fn new(configured: &Configured, workload: &dyn Workload, genesis: &Arc<[u8]>) -> Self {
        let topology = configured.topology();
        let mut replicas: Vec<Option<Box<dyn Replica>>> = (0..=CLIENTS).map(|_| None).collect();
        for node in topology.nodes(CLIENTS) {
            let peers = topology.peers(node, CLIENTS);
            let model = workload.model();
            let setup = Setup {
                node,
                peers,
                clients: CLIENTS,
                model,
                genesis: genesis.clone(),
                seed: 1,
                identity: None,
                undo: false,
            };
            replicas[node.0 as usize] = Some(configured.strategy.replica(&setup));
        }
        let rng = stream(1, "bench group", 0, 0);
        let never_silent = !configured.strategy.settling().is_zero();
        let (effects, work) = (Vec::new(), VecDeque::new());
        let mut group = Self { replicas, rng, now: Time::ZERO, effects, work, never_silent };
        for node in topology.nodes(CLIENTS) {
            for peer in topology.peers(node, CLIENTS) {
                group.call(node, |replica, cx| replica.link(peer, LinkState::Up, cx));
            }
        }
        group.drain();
        group
    }

    fn call(&mut self, node: NodeId, handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>)) {
        // A millisecond between calls, so that clocks move.
        self.now = self.now + Duration::from_millis(1);
        let mut cx = Context::new(node, self.now, self.now, &mut self.rng, &mut self.effects);
        if let Some(replica) = self.replicas[node.0 as usize].as_deref_mut() {
            handler(replica, &mut cx);
        }
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Send { to, bytes, sidecar } => self.work.push_back((to, Input::Message(node, bytes, sidecar))),
                // The heartbeats of strategies that never fall silent belong to no operation.
                Effect::SetTimer { .. } if self.never_silent => {}
                Effect::SetTimer { tag, .. } => self.work.push_back((node, Input::Timer(tag))),
                _ => {}
            }
        }
    }

    fn drain(&mut self) {
        while let Some((node, input)) = self.work.pop_front() {
            self.call(node, |replica, cx| match input {
                Input::Message(from, bytes, sidecar) => {
                    replica.receive(from, &bytes, &sidecar, cx).expect("an honest message");
                }
                Input::Timer(tag) => replica.timer(tag, cx),
            });
        }
    }

    fn run(mut self, operations: &[(OpId, Operation)]) -> Self {
        for (id, operation) in operations {
            self.call(id.client, |replica, cx| replica.submit(*id, operation, cx));
            self.drain();
        }
        self
    }
}

fn workloads(c: &mut Criterion) {
    for spec in WORKLOADS {
        // Built-in names have valid defaults.
        let (_, workload) = workloads::configure(&spec.name.parse().expect("a name")).expect("a workload");
        let genesis = workload.genesis(spec.default_size);
        let (operations, expected) = operations(&*workload, &genesis);
        let mut group = c.benchmark_group(spec.name);
        group.throughput(Throughput::Elements(operations.len() as u64));
        group.warm_up_time(Duration::from_millis(400)).measurement_time(Duration::from_secs(2)).sample_size(20);
        for strategy in STRATEGIES {
            let content = std::iter::once((strategy.content)(spec.content));
            let mut carries = content.chain(spec.edits.iter().map(|kind| (strategy.support)(*kind)));
            if carries.any(|support| matches!(support, Support::Unsupported(_))) {
                continue;
            }
            let configured = registry::configure(&strategy.name.parse().expect("a name")).expect("a strategy");
            let bytes: Arc<[u8]> = configured.strategy.genesis(&genesis).into();
            let fresh = || Group::new(&configured, &*workload, &bytes);
            for replica in fresh().run(&operations).replicas.iter().flatten() {
                assert_eq!(replica.view().document(), expected, "{} on {}", strategy.name, spec.name);
            }
            group.bench_function(strategy.name, |b| {
                b.iter_batched(fresh, |group| black_box(group.run(&operations)), BatchSize::LargeInput);
            });
        }
        group.finish();
    }
}

criterion_group!(benches, workloads);
criterion_main!(benches);
