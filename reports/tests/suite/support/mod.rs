//! Plausible synthetic results, the same on every machine: no logarithms, no clock, one generator.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod decisions;
pub mod pictures;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::*;
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::results::*;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_reports::charts::spacetime::{Diagram, DiagramEvent, DiagramMessage, EventKind, Lane};
use syncbench_reports::criterion::CriterionEstimate;
use syncbench_strategies::document::Digest;

pub const TWELVE: &[&str] = &[
    "serial",
    "optimistic",
    "patches",
    "ot",
    "crdt-automerge",
    "crdt-automerge:batch=50ms",
    "crdt-yrs",
    "crdt-loro",
    "lww-document",
    "lww-fields",
    "event-log",
    "causal-mesh",
];
pub const THREE: &[&str] = &["serial", "crdt-automerge", "lww-document"];
pub const EIGHT: &[&str] = &["stack", "text", "board", "booking", "counter", "form", "list", "sketch"];

/// What to synthesize.
pub struct Plan<'a> {
    pub strategies: &'a [&'a str],
    pub workloads: &'a [&'a str],
    pub parts: &'a [&'a str],
    pub sizes: &'a [u64],
    pub seeds: u64,
}

impl Plan<'_> {
    pub fn results(&self) -> Results {
        let mut cells = Vec::new();
        for part in self.parts {
            for workload in self.workloads {
                for strategy in self.strategies {
                    cells.extend((1..=self.seeds).map(|seed| cell(part, workload, strategy, 1000, seed)));
                }
            }
        }
        for workload in ["text", "stack"] {
            for size in self.sizes {
                for strategy in self.strategies {
                    cells.extend((1..=self.seeds).map(|seed| cell("growth", workload, strategy, *size, seed)));
                }
            }
        }
        results(cells)
    }
}

pub fn small() -> Results {
    Plan { strategies: THREE, workloads: &["stack"], parts: &["calm", "rough"], sizes: &[], seeds: 3 }.results()
}

pub fn large() -> Results {
    let sizes = [10, 100, 1000, 10_000, 100_000];
    let mut results =
        Plan { strategies: TWELVE, workloads: EIGHT, parts: &["calm", "rough"], sizes: &sizes, seeds: 5 }.results();
    for cell in &mut results.cells {
        match (cell.strategy.as_str(), cell.workload.as_str()) {
            ("event-log", "sketch") => {
                drop_cell(cell, Outcome::Failed, "receive: 17 bytes left over after the last change")
            }
            ("patches", "text") => drop_cell(cell, Outcome::Unsupported, "text has no patch: a splice is not a path"),
            ("causal-mesh", "form") => drop_cell(cell, Outcome::NotRun, "stopped by the time limit"),
            _ => {}
        }
    }
    results
}

pub fn drop_cell(cell: &mut Cell, outcome: Outcome, reason: &str) {
    cell.outcome = outcome;
    cell.reason = Some(reason.to_owned());
    cell.claims_kept = None;
    cell.converged = None;
    cell.digest = None;
    cell.metrics.clear();
    cell.series = LazySeries::default();
    cell.findings.clear();
    cell.coverage.clear();
}

pub fn results(cells: Vec<Cell>) -> Results {
    let environment = Environment {
        product: None,
        version: "0.1.0".into(),
        commit: "c8314c2f00d1e5".into(),
        dirty: true,
        rustc: "rustc 1.95.0".into(),
        profile: "release".into(),
        features: vec!["automerge".into()],
        libraries: BTreeMap::from([("automerge".into(), "0.12.0".into())]),
        cpu: "A processor with a name".into(),
        cores: 2,
        os: "linux x86_64".into(),
        started_at: "2026-01-01T00:00:00Z".into(),
    };
    let scenario = serde_json::json!({"label": "default", "seeds": "1..3", "parts": ["calm", "rough", "growth"]});
    Results { cells_planned: cells.len(), cells, ..Results::new(environment, scenario) }
}

struct Draws(Xoshiro256PlusPlus);

impl Draws {
    fn new(key: &str, seed: u64) -> Self {
        let key = key.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self(Xoshiro256PlusPlus::seed_from_u64(key))
    }

    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Around `base`, with a long tail.
    fn skewed(&mut self, base: f64, tail: f64) -> f64 {
        let x = self.unit();
        base * (0.8 + 0.4 * self.unit() + tail * x * x * x * x * x * x)
    }

    /// Latencies, in nanoseconds.
    fn latency(&mut self, samples: u64, base_us: f64, tail: f64) -> Histogram {
        self.histogram(samples, base_us, tail).into_iter().map(|(us, count)| (us * 1000, count)).collect()
    }

    fn histogram(&mut self, samples: u64, base: f64, tail: f64) -> Histogram {
        let mut counts = BTreeMap::new();
        for _ in 0..samples {
            let value = self.skewed(base, tail) as u64;
            let step = (value / 64).max(1);
            *counts.entry(value / step * step).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }
}

fn quantiles(metric: &MetricSpec, histogram: &Histogram) -> Metric {
    Metric::Quantiles(Quantiles::of(histogram, metric.ns_per_unit()).unwrap_or_default())
}

/// One cell, synthesized from its names.
pub fn cell(part: &str, workload: &str, strategy: &str, size: u64, seed: u64) -> Cell {
    let mut draws = Draws::new(&format!("{part}{workload}{strategy}{size}"), seed);
    let rough = part == "rough";
    let kind = strategy.split(['-', ':']).next().unwrap_or(strategy);
    let (hops, merges) = match kind {
        "serial" | "optimistic" | "event" => (2.0, false),
        "ot" | "patches" => (2.0, true),
        _ => (1.2, true),
    };
    let net = if rough { 60_000.0 } else { 12_000.0 };
    let tail = if rough { 60.0 } else { 2.0 };
    let visible = draws.latency(400, net * hops, tail);
    let confirmed = draws.latency(400, if merges { 90.0 } else { net * 2.0 }, if merges { 3.0 } else { tail });
    let echo =
        draws.latency(400, if kind == "serial" { net * 2.0 } else { 85.0 }, if kind == "serial" { tail } else { 2.0 });
    let cpu_base = if kind == "crdt" { 18_000.0 } else { 2_500.0 };
    let grows = if kind == "patches" { size as f64 / 40.0 } else { (size as f64).sqrt() / 30.0 };
    let local = draws.histogram(200, cpu_base * (1.0 + grows), 3.0);
    let remote = draws.histogram(200, cpu_base * 0.6 * (1.0 + grows), 3.0);
    let mut histograms = BTreeMap::new();
    let mut metrics = ByName::new();
    let half = draws.latency(400, net * hops * 0.9, tail);
    let replicated = draws.latency(400, net, tail);
    for (metric, histogram) in [
        (&VISIBLE_MS, visible),
        (&VISIBLE_HALF_MS, half),
        (&CONFIRMED_MS, confirmed),
        (&REPLICATED_MS, replicated),
        (&ECHO_MS, echo),
        (&CPU_US_LOCAL, local),
        (&CPU_US_REMOTE, remote),
    ] {
        metrics.insert(metric.name.to_owned(), quantiles(metric, &histogram));
        histograms.insert(metric.name.to_owned(), histogram);
    }
    let losses = if merges { lost(&mut draws, workload, rough, kind) } else { BTreeMap::new() };
    let rejected = if merges { 0 } else { draws.skewed(if rough { 20.0 } else { 3.0 }, 1.0) as u64 };
    let mut add = |metric: &MetricSpec, value: Metric| drop(metrics.insert(metric.name.to_owned(), value));
    let counts = |counts: &[(&str, u64)]| Metric::Counts(counts.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect());
    let numbers = |values: &[(&str, f64)]| Metric::Numbers(values.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect());
    add(&OPS_PER_CPU_S, Metric::Number(draws.skewed(4e8 / cpu_base / 6.0, 0.1)));
    add(&DIVERGED_SHARE, Metric::Number(if rough { 0.4 } else { 0.15 } * draws.skewed(1.0, 0.2) / hops));
    add(&DIVERGENCE, numbers(&[("mean", if rough { 0.2 } else { 0.07 }), ("peak", 0.83)]));
    add(&CONVERGENCE_MS, Metric::Number(draws.skewed(net * 3.0 / 1000.0, 1.0)));
    add(&SEC_VIOLATIONS, Metric::Number(0.0));
    let sent = draws.skewed(if kind == "lww" { 9000.0 } else { 140.0 }, 0.3);
    add(&WIRE_BYTES_PER_OP, Metric::Number(sent));
    add(&PAYLOAD_BYTES_PER_OP, Metric::Number(sent * 0.6));
    add(&MESSAGES_PER_OP, Metric::Number(draws.skewed(4.0, 0.0)));
    add(&TRAFFIC, counts(&[("sent", 1600), ("delivered", 1590), ("dropped", 10), ("duplicated", 0)]));
    add(&CONCURRENCY, Metric::Number(if workload == "form" { 0.02 } else { 0.4 }));
    add(&OPS_ISSUED, Metric::Number(400.0));
    let unseen = if kind == "causal" && rough { 9 } else { 0 };
    add(&CENSORED, counts(&[("confirmed", 0), ("replicated", 0), ("visible", unseen)]));
    add(&REJECTED, counts(&[("empty", rejected)]));
    add(&ROLLED_BACK, Metric::Number(if kind == "optimistic" { rejected as f64 } else { 0.0 }));
    add(&COUNTERS, if merges { counts(&[]) } else { counts(&[("retries", 31)]) });
    add(&PROTOCOL_ERRORS, Metric::Number(0.0));
    add(&LOST_INTENTS, Metric::Counts(losses.clone().into_iter().collect()));
    add(&STALENESS_OPS, numbers(&[("mean", draws.skewed(if rough { 6.0 } else { 1.0 }, 0.4) * hops), ("max", 40.0)]));
    add(&RESIDENT_BYTES, numbers(&[("steady", draws.skewed(6_000.0, 0.1)), ("peak", 9_000.0)]));
    if hops > 1.5 {
        add(&SERVER_RESIDENT_BYTES, numbers(&[("steady", draws.skewed(20_000.0, 0.1)), ("peak", 31_000.0)]));
    }
    add(&STORED_BYTES, Metric::Number(draws.skewed(2_000.0, 0.1)));
    if rough {
        let bytes = draws.skewed(3_000.0, 0.5);
        let resync = [("total", bytes), ("missed_ops", 60.0), ("per_missed_op", bytes / 60.0), ("episodes", 1.0)];
        add(&RESYNC_BYTES, numbers(&resync));
    }
    let findings = losses.iter().map(|(kind, count)| finding(kind, *count)).collect();
    let converged = !(kind == "causal" && rough && seed == 2);
    Cell {
        part: part.into(),
        strategy: strategy.into(),
        workload: workload.into(),
        outcome: Outcome::Measured,
        claims_kept: Some(if converged { ClaimsKept::Yes } else { ClaimsKept::No }),
        claims_reasons: if converged {
            vec![]
        } else {
            vec!["claims to converge, but 2 states were left after heal".into()]
        },
        converged: Some(converged),
        digest: Some(Digest(u128::from(seed))),
        trace_digest: Some(Digest(u128::from(seed) + 7)),
        library: (kind == "crdt")
            .then(|| format!("{} 0.12.0", &strategy.split(':').next().unwrap_or(strategy)[5..]).into()),
        support: Arc::new(BTreeMap::from([
            ("list_insert".to_owned(), "native".to_owned()),
            (
                "list_move".to_owned(),
                if kind == "crdt" { "emulated: removed and inserted again" } else { "native" }.to_owned(),
            ),
        ])),
        metrics,
        findings,
        series: Series { histograms, curves: curves(&mut draws, rough, hops, kind) }.into(),
        coverage: if rough {
            vec![Coverage {
                fault: "partition:halves@2s..5s".into(),
                effect: "clients 1 and 2 were cut off from clients 3 and 4".into(),
                start_ms: 2000.0,
                end_ms: 5000.0,
                reopened_ms: None,
                operations_meanwhile: 118,
                operations_issued: 400,
                operations_overlapped: 121,
                messages_touched: 480,
                drawn_by: None,
                spells: None,
                messages: None,
                touched: true,
            }]
        } else {
            Vec::new()
        },
        replay: format!("syncbench run --strategy {strategy} --workload {workload} --seeds {seed}..{seed}"),
        ..Cell::new(Settings {
            network: if rough { "4g" } else { "wifi" }.into(),
            faults: if rough { vec!["partition:halves@2s..5s".into()] } else { Vec::new() },
            transport: Transport::Stream,
            engine: Engine::Sim,
            clients: 4,
            ops: 400,
            rate_per_s: 20.0,
            pace: Pace::Poisson,
            undo: 0.0,
            size,
            seed,
            sample_every: None,
            budget: Duration::from_secs(60),
        })
    }
}

fn lost(draws: &mut Draws, workload: &str, rough: bool, kind: &str) -> BTreeMap<String, u64> {
    let scale = if rough { 9.0 } else { 0.9 } * if kind == "lww" { 6.0 } else { 1.0 };
    let kinds: &[&str] = match workload {
        "stack" => &["item delivered twice", "overwritten"],
        "text" | "sketch" => &["interleaved", "torn save"],
        "booking" => &["oversold"],
        "counter" => &[],
        _ => &["overwritten", "resurrected", "duplicated"],
    };
    let counts = kinds.iter().map(|kind| ((*kind).to_owned(), draws.skewed(scale, 1.0) as u64));
    counts.filter(|(_, count)| *count > 0).collect()
}

fn finding(kind: &str, count: u64) -> Finding {
    let example = format!("client 2 and client 3 at 2.310 s: {kind}, \"item-17\"");
    Finding { kind: kind.to_owned(), count, example, lost: true, ops: Vec::new() }
}

fn curves(draws: &mut Draws, rough: bool, hops: f64, kind: &str) -> BTreeMap<String, Vec<(f64, f64)>> {
    let mut curves = BTreeMap::from([(DIVERGENCE.name.to_owned(), divergence(draws, rough, hops))]);
    let grows = if kind == "crdt" { 180.0 } else { 0.0 };
    curves.insert(RESIDENT_BYTES.name.to_owned(), memory(draws, 6_000.0, grows));
    if hops > 1.5 {
        curves.insert(SERVER_RESIDENT_BYTES.name.to_owned(), memory(draws, 20_000.0, 40.0));
    }
    curves
}

/// Bytes over 400 operations.
fn memory(draws: &mut Draws, begun: f64, per_op: f64) -> Vec<(f64, f64)> {
    (0..=50).map(|n| f64::from(n * 8)).map(|ops| (ops, draws.skewed(begun, 0.1) + per_op * ops)).collect()
}

/// A step curve over eight seconds; up while the partition lasts.
fn divergence(draws: &mut Draws, rough: bool, hops: f64) -> Vec<(f64, f64)> {
    let mut curve = vec![(0.0, 0.0)];
    let mut at = 0.0;
    while at < 8000.0 {
        at += draws.skewed(30.0, 2.0);
        let cut = rough && (2000.0..5400.0).contains(&at);
        let level = if cut {
            0.66
        } else if draws.unit() < 0.5 / hops {
            0.5
        } else {
            0.0
        };
        curve.push((at, level));
    }
    curve.push((8400.0, 0.0));
    curve
}

/// Estimates as `cargo bench` could give for these results.
pub fn criterion(results: &Results) -> Vec<CriterionEstimate> {
    let mut draws = Draws::new("criterion", 1);
    let mut estimates = Vec::new();
    for cell in results.cells.iter().filter(|cell| cell.part == "calm" && cell.seed == 1) {
        let Some(rate) = cell.number(&OPS_PER_CPU_S, "") else { continue };
        let mean_ns = draws.skewed(4e8 / rate, 0.5);
        let (group, id) = (cell.workload.clone(), cell.strategy.clone());
        estimates.push(CriterionEstimate { group, id, mean_ns, low_ns: mean_ns * 0.9, high_ns: mean_ns * 1.15 });
    }
    estimates
}

/// Two users pop the same item.
pub fn story() -> Diagram {
    use EventKind::{Action, Note, Rejected, State};
    let lane = |label: &str| Lane { label: label.into(), color: None };
    let event = |at_ms, lane, kind, label: &str| DiagramEvent { at_ms, lane, label: label.into(), kind };
    let message = |from_lane, to_lane, sent_ms, arrived_ms, label: &str| DiagramMessage {
        from_lane,
        to_lane,
        sent_ms,
        arrived_ms,
        label: label.into(),
    };
    Diagram {
        title: "Two users pop at the same time: crdt-automerge".into(),
        lanes: vec![lane("server"), lane("Ann"), lane("Ben")],
        events: vec![
            event(0.0, 0, State, "a b c"),
            event(0.0, 1, State, "a b c"),
            event(0.0, 2, State, "a b c"),
            event(20.0, 1, Action, "pop"),
            event(20.0, 1, State, "got c, sees a b"),
            event(31.0, 2, Action, "pop"),
            event(31.0, 2, State, "got c, sees a b"),
            event(60.0, 0, State, "a b"),
            event(75.0, 0, Note, "c is gone: nothing to do"),
            event(110.0, 2, Rejected, "push d rejected: the stack is closed for the day"),
            event(140.0, 1, State, "a b"),
        ],
        messages: vec![
            message(1, 0, 20.0, Some(60.0), "remove c"),
            message(2, 0, 31.0, Some(75.0), "remove c"),
            message(0, 2, 60.0, None, "changes of Ann"),
            message(0, 2, 75.0, Some(110.0), "changes of Ann, again"),
            message(0, 1, 75.0, Some(140.0), "changes of Ben"),
        ],
        findings: Vec::new(),
        by_step: false,
    }
}
