//! An operation that lost to a newer one is reflected wherever the newer one is, whatever became of its message.

use crate::common::subject::variants;
use crate::common::{Case, strategies};
use rayon::prelude::*;
use syncbench_harness::ledger::Fate;
use syncbench_harness::settings::Engine;
use syncbench_strategies::registry;

/// Networks with broken links, wrong clocks, a late client and a crash. The slow ones lose what is on its way at the end.
const FAULTS: &[(&str, &[&str])] = &[
    ("lan", &["partition:halves@20ms..60ms", "skew:1s"]),
    ("lan", &["partition:isolate,client=2@30ms..900ms", "skew:1s", "late:3@500ms"]),
    ("lan", &["partition:one-way,client=1@40ms..90ms", "late:2@50ms", "skew:1s"]),
    ("lan", &["partition:halves@100ms..400ms", "crash:client=2@50ms..600ms", "skew:500ms"]),
    ("lan", &["crash:client=1@60ms", "partition:isolate,client=3@20ms..300ms", "skew:1s"]),
    ("constant:40ms", &["partition:isolate,client=2@310ms..600ms", "skew:1s"]),
    ("constant:40ms", &["partition:halves@300ms..600ms", "partition:isolate,client=3@320ms..700ms", "skew:200ms"]),
];

/// Every strategy with its defaults and as a mesh, where it has a choice.
fn labels() -> impl Iterator<Item = String> {
    let meshes = variants().into_iter().filter(|label| label.ends_with("topology=mesh"));
    strategies().map(str::to_owned).chain(meshes)
}

/// Complains about each operation that was confirmed and that a live client does not reflect at the end.
fn unreflected(
    label: &str,
    engine: Engine,
    (network, faults): (&str, &[&str]),
    seed: u64,
    workload: &str,
) -> Vec<String> {
    let faults: Vec<String> = faults.iter().map(|fault| (*fault).to_owned()).collect();
    let base = Case::at_home(label.split(':').next().unwrap_or(label), workload);
    let strategy = if label.contains(':') { label.to_owned() } else { base.strategy.clone() };
    let case = Case { strategy, engine, seed, faults, network: network.into(), ops: 30, rate_per_s: 100.0, ..base };
    let done = case.run();
    let name = format!("{label} on {workload} {:?} seed {seed}", case.faults);
    let ledger = &done.ran.ledger;
    // What a client that never returns had not sent is lost with it.
    let lasting = ledger.entries().filter(|entry| !ledger.crashed_for_good(entry.id.client));
    let absent = lasting.filter(|entry| {
        let everywhere = ledger.live().all(|(_, replica)| replica.reflected().contains(entry.id));
        (matches!(entry.fate, Fate::Confirmed(_)) && !everywhere) || entry.visible.is_none() || entry.censored
    });
    let mut complaints: Vec<String> = absent.map(|entry| format!("{name}: {}", entry.id)).collect();
    if !done.ran.converged() {
        complaints.push(format!("{name}: no agreement"));
    }
    // What is ephemeral expires at one replica sooner than at another.
    let lasts = !registry::configure(&case.strategy.parse().unwrap()).unwrap().guarantees().ephemeral;
    if lasts && engine == Engine::Sim && done.number("sec_violations") > 0.0 {
        complaints.push(format!("{name}: the same operations, and different states"));
    }
    complaints
}

/// Real time has no crashes.
fn possible(engine: Engine, faults: &[&str]) -> bool {
    engine == Engine::Sim || !faults.iter().any(|fault| fault.starts_with("crash"))
}

fn hold(engine: Engine, seeds: std::ops::RangeInclusive<u64>) {
    let cells: Vec<_> = labels()
        .flat_map(|label| {
            FAULTS.iter().filter(|(_, faults)| possible(engine, faults)).map(move |faults| (label.clone(), faults))
        })
        .flat_map(|(label, faults)| ["stack", "text"].map(|workload| (label.clone(), faults, workload)))
        .flat_map(|(label, faults, workload)| seeds.clone().map(move |seed| (label.clone(), faults, workload, seed)))
        .collect();
    let complaints: Vec<String> = cells
        .par_iter()
        .with_max_len(1)
        .flat_map_iter(|(label, faults, workload, seed)| unreflected(label, engine, **faults, *seed, workload))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_confirmed_operation_is_reflected_at_every_live_client() {
    hold(Engine::Sim, 1..=3);
}

#[test]
fn every_confirmed_operation_is_reflected_in_real_time_too() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(16).build().unwrap();
    pool.install(|| hold(Engine::Threads, 1..=1));
}
