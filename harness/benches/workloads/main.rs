//! A hundred operations through a group of three, by workload and strategy.
//!
//! Group = workload, id = strategy, so that criterion's own charts compare strategies. The operations are made beforehand
//! from the reducer, one at a time, so every strategy gets the same ones and passes through the same states; every
//! iteration begins with a fresh group, so no document grows from one to the next; the final state is compared with the
//! reducer's outside the timed part. There is no network here: messages are handed over at once, and what is measured is
//! the strategies' own work for the issuer, the server and the receivers together. `WORKLOAD/PART` has the parts of that work,
//! each alone.

mod group;
mod parts;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use syncbench_harness::rng::stream;
use syncbench_harness::workload::{Workload, WorkloadSpec};
use syncbench_harness::workloads::{self, WORKLOADS};
use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, reduce};
use syncbench_strategies::registry::{self, STRATEGIES};
use syncbench_strategies::replica::{NodeId, OpId};
use syncbench_strategies::spec::{Configured, Support};

use group::{CLIENTS, Group};

const OPS: u64 = 100;

/// Operations of users who take turns, and the document that they result in.
fn operations(workload: &dyn Workload, genesis: &Document, users: &[NodeId]) -> (Vec<(OpId, Operation)>, Document) {
    let model = workload.model();
    let mut document = genesis.clone();
    let mut authors: Vec<_> = users.iter().map(|client| workload.user(*client, CLIENTS)).collect();
    let mut operations = Vec::new();
    let mut counts = vec![0; users.len()];
    for turn in 0..OPS {
        let slot = (turn % users.len() as u64) as usize;
        let mut rng = stream(1, "bench", u64::from(users[slot].0) - 1, turn);
        let Some(intent) = authors[slot].next(&document, &mut rng) else { continue };
        // Rejected operations are not part of this comparison.
        if reduce(&*model, &mut document, &intent.operation).is_ok() {
            counts[slot] += 1;
            operations.push((OpId { client: users[slot], n: counts[slot] }, intent.operation));
        }
    }
    (operations, document)
}

/// The strategies of this build that carry a workload without exception.
fn carrying(spec: &WorkloadSpec) -> impl Iterator<Item = (&'static str, Configured)> {
    STRATEGIES.iter().filter_map(|strategy| {
        let content = std::iter::once((strategy.content)(spec.content));
        let mut carries = content.chain(spec.edits.iter().map(|kind| (strategy.support)(*kind)));
        if carries.any(|support| matches!(support, Support::Unsupported(_))) {
            return None;
        }
        Some((strategy.name, registry::configure(&strategy.name.parse().expect("a name")).expect("a strategy")))
    })
}

fn workloads(c: &mut Criterion) {
    for spec in WORKLOADS {
        // Built-in names have valid defaults.
        let (_, workload) = workloads::configure(&spec.name.parse().expect("a name")).expect("a workload");
        let genesis = workload.genesis(spec.default_size);
        let users: Vec<NodeId> = (1..=CLIENTS).map(NodeId).collect();
        let (operations, expected) = operations(&*workload, &genesis, &users);
        let mut group = c.benchmark_group(spec.name);
        group.throughput(Throughput::Elements(operations.len() as u64));
        group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1)).sample_size(20);
        for (strategy, configured) in carrying(spec) {
            let bytes: Arc<[u8]> = configured.strategy.genesis(&genesis).into();
            let fresh = || Group::new(&configured, &*workload, &bytes);
            for replica in fresh().run(&operations).replicas.iter().flatten() {
                assert_eq!(replica.view().document(), expected, "{} on {}", strategy, spec.name);
            }
            group.bench_function(strategy, |b| {
                b.iter_batched(fresh, |group| black_box(group.run(&operations)), BatchSize::LargeInput);
            });
        }
        group.finish();
    }
}

criterion_group!(benches, workloads, parts::parts);
criterion_main!(benches);
