//! The parts of what an operation costs, each alone: local, remote, merging, loading, encoding.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput};
use syncbench_harness::workload::Workload;
use syncbench_harness::workloads;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{LinkState, NodeId, OpId};
use syncbench_strategies::spec::Configured;

use crate::group::{Group, setup};
use crate::{carrying, operations};

/// Data of three kinds: fields, a running text, and a list that everybody changes at one end. All workloads would take an hour.
const WORKLOADS: [&str; 3] = ["record", "text", "stack"];

const ONE: NodeId = NodeId(1);
const OTHER: NodeId = NodeId(2);

/// A strategy on a workload, with what two users do there, each alone.
struct Case<'a> {
    configured: &'a Configured,
    workload: &'a dyn Workload,
    genesis: Arc<[u8]>,
    mine: Vec<(OpId, Operation)>,
    theirs: Vec<(OpId, Operation)>,
    /// After `mine`.
    expected: Document,
}

impl Case<'_> {
    fn fresh(&self) -> Group {
        Group::new(self.configured, self.workload, &self.genesis)
    }

    fn peers(&self, node: NodeId) -> Vec<NodeId> {
        setup(self.configured, self.workload, &self.genesis, node).peers
    }

    /// Two clients without a connection, after all that their users do.
    fn apart(&self) -> Group {
        let mut group = self.fresh();
        for node in [ONE, OTHER] {
            group.connect(node, &self.peers(node), LinkState::Down);
        }
        group.alone(&self.mine).alone(&self.theirs)
    }

    fn merged(&self, mut group: Group) -> Group {
        for node in [ONE, OTHER] {
            group.connect(node, &self.peers(node), LinkState::Up);
        }
        group
    }
}

/// What a replica shows.
fn shown(group: &Group, node: NodeId) -> Document {
    group.replicas[node.0 as usize].as_ref().expect("a client").view().document()
}

type Timed = fn(&mut BenchmarkGroup<'_, WallTime>, &str, &Case<'_>);

/// One line for each part: the name of its group, and how it is timed.
const PARTS: [(&str, Timed); 5] =
    [("local", local), ("remote", remote), ("merge", merge), ("load", load), ("encode", encode)];

/// A user acts, and no answer comes.
fn local(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, case: &Case<'_>) {
    group.bench_function(name, |b| {
        b.iter_batched(|| case.fresh(), |group| black_box(group.alone(&case.mine)), BatchSize::LargeInput);
    });
}

/// A client receives what another user did.
fn remote(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, case: &Case<'_>) {
    let begin = || case.fresh().keeping(&case.mine, OTHER);
    assert_eq!(shown(&begin().receive_kept(), OTHER), case.expected, "{name}");
    group.bench_function(name, |b| {
        b.iter_batched(begin, |group| black_box(group.receive_kept()), BatchSize::LargeInput);
    });
}

/// Two clients connect that were apart while both users acted.
fn merge(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, case: &Case<'_>) {
    let merged = case.merged(case.apart());
    assert_eq!(shown(&merged, ONE), shown(&merged, OTHER), "{name}");
    group.bench_function(name, |b| {
        b.iter_batched(|| case.apart(), |group| black_box(case.merged(group)), BatchSize::LargeInput);
    });
}

/// A client restarts from what it has saved, and reads the whole document.
fn load(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, case: &Case<'_>) {
    let ran = case.fresh().run(&case.mine);
    let durable = ran.replicas[OTHER.0 as usize].as_ref().expect("a client").durable();
    let setup = setup(case.configured, case.workload, &case.genesis, OTHER);
    let strategy = &case.configured.strategy;
    group.bench_function(name, |b| {
        b.iter(|| strategy.restore(&setup, black_box(&durable)).expect("its own bytes").view().document());
    });
}

/// A client writes what it saves.
fn encode(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, case: &Case<'_>) {
    let ran = case.fresh().run(&case.mine);
    let replica = ran.replicas[OTHER.0 as usize].as_ref().expect("a client");
    group.bench_function(name, |b| b.iter(|| black_box(replica.durable())));
}

pub(crate) fn parts(c: &mut Criterion) {
    for name in WORKLOADS {
        // Built-in names have valid defaults.
        let (spec, workload) = workloads::configure(&name.parse().expect("a name")).expect("a workload");
        let document = workload.genesis(spec.default_size);
        let (mine, expected) = operations(&*workload, &document, &[ONE]);
        let (theirs, _) = operations(&*workload, &document, &[OTHER]);
        for (part, timed) in PARTS {
            let mut group = c.benchmark_group(format!("{name}/{part}"));
            group.throughput(Throughput::Elements(mine.len() as u64));
            group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(500)).sample_size(10);
            for (strategy, configured) in carrying(spec) {
                let genesis = configured.strategy.genesis(&document).into();
                let (mine, theirs, expected) = (mine.clone(), theirs.clone(), expected.clone());
                let (configured, workload) = (&configured, &*workload);
                timed(&mut group, strategy, &Case { configured, workload, genesis, mine, theirs, expected });
            }
            group.finish();
        }
    }
}
