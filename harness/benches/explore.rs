//! Every schedule of a small case, run from the start and judged: schedules a second.
//!
//! Each schedule counts that was really run; those that it stands for do not. Two clients issue up to three operations on the
//! small case of `stack`, and up to two where every order of independent steps is run.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use syncbench_harness::explore::{Bounds, Case, explore};
use syncbench_harness::workloads;
use syncbench_strategies::registry;

/// Strategy, operations, whether independent steps are run in one order only, threads.
const CASES: &[(&str, u32, bool, usize)] = &[
    ("serial", 3, true, 1),
    ("serial", 3, true, 2),
    ("serial", 2, false, 1),
    ("serial", 2, false, 2),
    ("ot", 3, true, 2),
    ("lww-property", 3, true, 2),
];

fn schedules(c: &mut Criterion) {
    // Built-in names have valid defaults.
    let (spec, workload) = workloads::configure(&"stack".parse().expect("a name")).expect("a workload");
    let mut group = c.benchmark_group("explore");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3)).sample_size(10);
    for (name, ops, reduced, threads) in CASES {
        let strategy = registry::configure(&name.parse().expect("a name")).expect("a strategy");
        let case = Case::new(&strategy, spec, &*workload, 2).expect("it carries a stack");
        let budget = Duration::from_secs(3_600);
        let bounds = Bounds { clients: 2, ops: *ops, disturbance: None, reduced: *reduced, budget };
        let run = || explore(&case, &bounds, *threads, &|_| true).expect("an instant network");
        let found = run();
        assert!(found.complete);
        group.throughput(Throughput::Elements(found.schedules));
        let orders = if *reduced { "reduced" } else { "every order" };
        group.bench_function(format!("{name}, {ops} operations, {orders}, threads {threads}"), |b| {
            b.iter(|| black_box(run()));
        });
    }
    group.finish();
}

criterion_group!(benches, schedules);
criterion_main!(benches);
