//! What the simulator itself costs: pending events, link draws, and whole runs by deliveries.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand::RngExt;
use syncbench_harness::engines;
use syncbench_harness::network::{self, Access, Impairment, Link, Size, Terms, Transport};
use syncbench_harness::pace::Pace;
use syncbench_harness::queue::Queue;
use syncbench_harness::rng::stream;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_harness::task::Task;
use syncbench_harness::workloads;
use syncbench_strategies::registry;
use syncbench_strategies::replica::{NodeId, Time};

fn queue(c: &mut Criterion) {
    let mut group = c.benchmark_group("simulator/queue");
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1)).sample_size(20);
    const MOVES: u64 = 1_000;
    for pending in [1_000u64, 10_000, 100_000] {
        let mut rng = stream(1, "bench", 0, 0);
        let mut queue = Queue::default();
        for _ in 0..pending {
            queue.push(Time(rng.random_range(0..1_000_000)), 0u64);
        }
        group.throughput(Throughput::Elements(MOVES));
        group.bench_function(BenchmarkId::from_parameter(pending), |b| {
            b.iter(|| {
                for _ in 0..MOVES {
                    // The hold model: each event that is taken is put back a little later, so the size stays the same.
                    if let Some((at, work)) = queue.pop() {
                        queue.push(Time(at.0 + rng.random_range(0..1_000_000)), work);
                    }
                }
            });
        });
        assert_eq!(queue.len() as u64, pending);
    }
    group.finish();
}

fn link(c: &mut Criterion) {
    let mut group = c.benchmark_group("simulator/link");
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1)).sample_size(20);
    // A built-in profile.
    let profile = network::configure(&"4g".parse().expect("a name")).expect("a profile");
    let legs = [NodeId(1), NodeId(2)].map(|node| Access::new(&profile, 1, node));
    let [mut from, mut to] = legs;
    let terms = Terms::new(&profile, Transport::Stream, 1);
    let mut sender = Link::new(&terms, &profile, NodeId(1), NodeId(2));
    let mut receiver = Link::new(&terms, &profile, NodeId(2), NodeId(1));
    let size = Size { wire_bytes: 100, packets: 1 };
    let mut now = 0;
    group.bench_function("one message", |b| {
        b.iter(|| {
            now += 1_000_000;
            let (transit, _) = sender.send(&mut from, Time(now), size, Impairment::NONE);
            black_box(transit.map(|transit| receiver.receive(&mut to, transit, size, Impairment::NONE)))
        });
    });
    group.finish();
}

fn runs(c: &mut Criterion) {
    let mut group = c.benchmark_group("simulator/run");
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2)).sample_size(10);
    // Built-in names with valid defaults.
    let (spec, workload) = workloads::configure(&"stack".parse().expect("a name")).expect("a workload");
    let configured = registry::configure(&"serial".parse().expect("a name")).expect("a strategy");
    const OPS: u64 = 1_000;
    for clients in [2u32, 32] {
        let settings = || Settings {
            network: "wifi".into(),
            faults: Vec::new(),
            transport: Transport::Stream,
            engine: Engine::Sim,
            clients,
            ops: OPS,
            rate_per_s: 100.0,
            pace: Pace::Poisson,
            undo: 0.0,
            size: spec.default_size,
            seed: 1,
            sample_every: Some(Duration::from_secs(1)),
            budget: Duration::from_secs(60),
        };
        let task = || Task::new(&configured, &*workload, settings()).expect("a built-in profile");
        // Every operation goes up once and down to everybody.
        group.throughput(Throughput::Elements(OPS * (1 + u64::from(clients))));
        group.bench_function(BenchmarkId::new("serial", clients), |b| {
            b.iter_batched(task, |task| black_box(engines::run(&task, &mut [])), BatchSize::LargeInput);
        });
        assert!(engines::run(&task(), &mut []).converged());
    }
    group.finish();
}

criterion_group!(benches, queue, link, runs);
criterion_main!(benches);
