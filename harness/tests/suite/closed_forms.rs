//! Results that are known in advance and must come out exactly.

use crate::common::subject::{Subject, case, scenario};
use crate::common::{Case, strategies};
use serde_json::Value;
use std::collections::BTreeMap;
use syncbench_harness::ledger::{Entry, Fate};
use syncbench_harness::metrics::REPLICATED_MS;
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::scenario::Scenario;
use syncbench_harness::workloads::WORKLOADS;
use syncbench_strategies::registry::STRATEGIES;
use syncbench_strategies::replica::{Time, Topology};
use syncbench_strategies::spec::Spec;

const D: u64 = 40;

#[test]
fn serial_confirms_after_two_delays_and_is_visible_by_then() {
    for seed in 1..=3 {
        let done = Case { network: format!("constant:{D}ms"), seed, ..Case::new("serial", "stack") }.run();
        for entry in done.ran.ledger.entries() {
            assert_eq!(entry.resolved, Some(Time(entry.issued.0 + 2 * D * 1_000_000)), "{}", entry.id);
            assert!(entry.visible <= entry.resolved, "{}", entry.id);
            if entry.shown.is_some() {
                assert_eq!(entry.visible, entry.resolved, "{}", entry.id);
            }
        }
    }
}

#[test]
fn what_clients_merge_is_visible_after_two_delays_through_a_relay_and_after_one_in_a_mesh() {
    let with_a_choice = |spec: &&&Spec| spec.params.iter().any(|param| param.name == "topology");
    for spec in STRATEGIES.iter().filter(with_a_choice) {
        for (topology, delays) in [("star", 2), ("mesh", 1)] {
            let strategy = format!("{}:topology={topology}", spec.name);
            for workload in ["stack", "text"].into_iter().filter(|on| Subject::new(&strategy, on).supported()) {
                let done = Case { network: format!("constant:{D}ms"), ..Case::new(&strategy, workload) }.run();
                let mut visible = 0;
                for entry in done.ran.ledger.entries().filter(|entry| entry.shown.is_some()) {
                    assert_eq!(entry.resolved, Some(entry.issued), "{strategy} on {workload}: {}", entry.id);
                    // A change waits for those it depends on, which never arrive later on links of equal delay.
                    let at = Time(entry.issued.0 + delays * D * 1_000_000);
                    assert_eq!(entry.visible, Some(at), "{strategy} on {workload}: {}", entry.id);
                    visible += 1;
                }
                assert!(visible > 30, "{strategy} on {workload}: {visible}");
            }
        }
    }
}

#[test]
fn an_entry_and_what_own_rights_pay_for_are_visible_after_two_delays_through_a_relay_and_after_one_in_a_mesh() {
    for (topology, delays) in [("star", 2), ("mesh", 1)] {
        for (strategy, workload) in [("presence", "presence"), ("escrow", "booking:cancel=0,tickets=100")] {
            let strategy = format!("{strategy}:topology={topology}");
            let done = Case { network: format!("constant:{D}ms"), ..Case::new(&strategy, workload) }.run();
            // What had to ask for rights waits for them.
            let alone = done.ran.ledger.entries().filter(|entry| entry.resolved == Some(entry.issued));
            let spans: Vec<u64> = alone
                .filter(|entry| entry.shown.is_some())
                .filter_map(|entry| Some(entry.visible?.since(entry.issued)).filter(|span| !span.is_zero()))
                .map(|span| span.as_millis() as u64)
                .collect();
            assert!(spans.len() > 20, "{strategy}: {}", spans.len());
            assert!(spans.iter().all(|span| *span == delays * D), "{strategy}: {spans:?}");
        }
    }
}

#[test]
fn an_operation_is_visible_after_one_delay_in_a_mesh_and_two_in_a_star() {
    // A right may have to be asked for first.
    for strategy in strategies().filter(|strategy| *strategy != "escrow") {
        // In turn, so that nothing waits for an answer to what was sent before.
        let network = format!("constant:{D}ms");
        // The first one comes after the first exchange of the connection.
        let case = Case { network, pace: Pace::Turns, rate_per_s: 5.0, ..Case::at_home(strategy, "stack") };
        let topology = case.configured().topology();
        let hops = if topology == Topology::Star { 2 } else { 1 };
        let done = case.run();
        let shown = done.ran.ledger.entries().filter(|entry| entry.shown.is_some());
        // An operation that changes nothing does not travel.
        let travelled = |entry: &Entry| Some(entry.visible?.since(entry.issued)).filter(|span| !span.is_zero());
        let visible: Vec<_> = shown.filter_map(travelled).collect();
        assert!(visible.len() > 20, "{strategy}");
        assert!(visible.iter().all(|span| span.as_millis() as u64 == hops * D), "{strategy} {topology}: {visible:?}");
    }
}

#[test]
fn what_a_server_orders_is_visible_after_exactly_two_delays() {
    let at_once = [
        "serial",
        "serial-optimistic",
        "serial-optimistic:text=embedded",
        "serial-patches",
        "text-ids",
        "lww-property",
    ];
    for strategy in at_once.into_iter().chain(["ot", "hybrid"]) {
        for workload in ["stack", "text"] {
            let done = Case { network: format!("constant:{D}ms"), ..Case::new(strategy, workload) }.run();
            let round_trip = |time: Time| Time(time.0 + 2 * D * 1_000_000);
            let (mut visible, mut queued) = (0, BTreeMap::new());
            for entry in done.ran.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Confirmed(_))) {
                // Only one change of a client may be inflight where changes are transformed.
                let waits = queued.insert(entry.id.client, entry.resolved) > Some(Some(entry.issued));
                if at_once.contains(&strategy) || !waits {
                    assert_eq!(entry.visible, Some(round_trip(entry.issued)), "{strategy} on {workload}: {}", entry.id);
                    assert_eq!(entry.resolved, entry.visible, "{strategy} on {workload}: {}", entry.id);
                    visible += 1;
                }
            }
            assert!(visible > 15, "{strategy} on {workload}: {visible}");
        }
    }
}

/// Every strategy on every workload that it supports.
fn all() -> impl Iterator<Item = Subject> {
    let on = |strategy: &'static str| WORKLOADS.iter().map(move |spec| Subject::new(strategy, spec.name));
    strategies().flat_map(on).filter(Subject::supported)
}

#[test]
fn without_delay_there_is_no_divergence() {
    for subject in all() {
        let done = Case { network: "instant".into(), ..case(&subject) }.run_with(&subject.strategy);
        assert!(done.ran.converged(), "{subject}");
        assert_eq!(done.number("diverged_share"), 0.0, "{subject}");
        assert_eq!(done.numbers("divergence", "peak"), 0.0, "{subject}");
        assert_eq!(done.number("concurrency"), 0.0, "{subject}");
    }
}

/// A second machine has an operation after one delay. A strategy that says "saved" before that claims to.
#[test]
fn a_second_machine_has_an_operation_after_one_delay() {
    for subject in all() {
        let claims = subject.strategy.guarantees();
        let done = Case { network: format!("constant:{D}ms"), ..case(&subject) }.run_with(&subject.strategy);
        let accepted = done.ran.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Confirmed(_)));
        let mut alone = false;
        for entry in accepted {
            // A void operation has no effect that anybody could wait for.
            if entry.visible > Some(entry.issued) {
                let replicated = entry.replicated.expect("visible, so another machine has it");
                assert!(replicated >= Time(entry.issued.0 + D * 1_000_000), "{subject}: {}", entry.id);
                assert!(entry.visible >= Some(replicated), "{subject}: {}", entry.id);
                alone |= entry.resolved < Some(replicated);
            }
        }
        assert_eq!(alone, claims.confirms_alone, "{subject}: confirmed before another machine had it");
        // Retries and queues come later, and the first of all meets neither.
        let first = done.figures.histograms[REPLICATED_MS.name].first().map(|(ns, _)| *ns);
        assert_eq!(first, Some(D * 1_000_000), "{subject}");
    }
}

/// Figures that depend on the processor and its caches, and differ from run to run.
const MEASURED: &[&str] = &["cpu_us_local", "cpu_us_remote", "ops_per_cpu_s", "reference_us"];

/// What the allocator counts.
const MEMORY: [&str; 2] = ["resident_bytes", "server_resident_bytes"];

/// Whether two counts of memory are the same. Libraries get a hundredth and a kilobyte of slack: their hash maps are seeded
/// by each process, and all their documents share tables of strings.
fn the_same_memory(family: &str, one: &Value, other: &Value) -> bool {
    let slack = if family == "crdt" { (0.01, 1024.0) } else { (0.0, 0.0) };
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| the_same_memory(family, one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(key, one)| the_same_memory(family, one, &other[key]))
        }
        _ => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= slack.0 * one + slack.1
        }
    }
}

#[test]
fn equal_scenarios_give_equal_results() {
    for subject in all() {
        let report = || {
            let scenario = Scenario { networks: vec!["4g".into()], ..scenario() };
            let mut cell = subject.cell(&scenario, 1).detailed().unwrap();
            for group in ["metrics", "histograms"] {
                MEASURED.iter().for_each(|name| drop(cell[group].as_object_mut().unwrap().remove(*name)));
            }
            cell
        };
        let (mut one, mut other) = (report(), report());
        let family = subject.strategy.spec.family;
        for (group, name) in ["metrics", "curves"].iter().flat_map(|group| MEMORY.map(|name| (*group, name))) {
            let [mine, theirs] = [&mut one, &mut other].map(|cell| cell[group].as_object_mut().unwrap().remove(name));
            if let (Some(mine), Some(theirs)) = (&mine, &theirs) {
                assert!(the_same_memory(family, mine, theirs), "{subject}: {group}.{name}: {mine} and {theirs}");
            }
            assert_eq!(mine.is_some(), theirs.is_some(), "{subject}: {group}.{name}");
        }
        for (name, value) in one.as_object().unwrap() {
            assert_eq!(*value, other[name], "{subject}: {name}");
        }
    }
}

#[test]
fn without_concurrency_nothing_is_lost() {
    for strategy in strategies() {
        let case = Case { pace: Pace::Turns, network: "constant:40ms".into(), ..Case::at_home(strategy, "stack") };
        let done = case.run();
        assert_eq!(done.number("concurrency"), 0.0, "{strategy}");
        let history = syncbench_harness::workload::History {
            genesis: &done.genesis,
            last: done.ran.last(),
            ledger: &done.ran.ledger,
        };
        assert_eq!(case.workload.judge(&history), [], "{strategy}");
        assert!(done.ran.converged());
    }
}

#[test]
fn messages_are_conserved() {
    let streams = ["partition:halves@300ms..900ms", "partition:one-way,client=2@200ms..1500ms", "late:2@1s"];
    let (mut dropped, mut in_flights) = (0.0, 0.0);
    for strategy in strategies() {
        for budget_ms in [0, 60_000] {
            let case = Case {
                faults: streams.map(String::from).to_vec(),
                budget: std::time::Duration::from_millis(budget_ms),
                network: "4g".into(),
                ..Case::at_home(strategy, "stack")
            };
            let done = case.run();
            let traffic = |key| done.numbers("traffic", key);
            let in_flight = done.ran.messages_in_flight as f64;
            assert_eq!(
                traffic("sent") + traffic("duplicated"),
                traffic("delivered") + traffic("dropped") + in_flight,
                "{strategy}"
            );
            // A heartbeat may be in flight at any time.
            if budget_ms > 0 || case.configured().strategy.settling().is_zero() {
                assert!(done.ran.quiescent() || budget_ms == 0, "{strategy}: {}", done.ran.pending());
                in_flights += in_flight;
            }
            dropped += traffic("dropped");
        }
    }
    assert!(dropped > 0.0 && in_flights > 0.0);
}

#[test]
fn datagrams_are_conserved_too() {
    for strategy in strategies() {
        let case =
            Case { transport: Transport::Datagram { loss: 0.1, duplicate: 0.2 }, ..Case::at_home(strategy, "stack") };
        let done = case.run();
        let traffic = |key| done.numbers("traffic", key);
        assert_eq!(traffic("sent") + traffic("duplicated"), traffic("delivered") + traffic("dropped"), "{strategy}");
        assert!(traffic("duplicated") > 0.0 && traffic("dropped") > 0.0, "{strategy}");
    }
}

#[test]
fn equal_seeds_give_equal_traces() {
    for strategy in strategies() {
        let run = |seed| Case { seed, network: "4g".into(), ..Case::at_home(strategy, "stack") }.run().ran.trace_digest;
        assert_eq!(run(5), run(5), "{strategy}");
        assert_ne!(run(5), run(6), "{strategy}");
    }
}

#[test]
fn users_act_alike_whatever_the_strategy() {
    let actions = |strategy| {
        let done = Case { network: "4g".into(), ..Case::new(strategy, "stack") }.run();
        done.ran.ledger.entries().map(|e| (e.id, e.intended, e.operation.clone())).collect::<Vec<_>>()
    };
    let first = actions("serial");
    for strategy in strategies().filter(|strategy| Subject::new(strategy, "stack").supported()) {
        assert_eq!(actions(strategy), first, "{strategy}");
    }
}

#[test]
fn resync_costs_what_was_missed_or_a_snapshot() {
    let resync = |strategy: &str, size: u64| {
        let faults = vec!["partition:isolate,client=1@500ms..1500ms".into()];
        Case { faults, size, ..Case::new(strategy, "stack") }.run().numbers("resync_bytes", "total")
    };
    assert!(!Case::new("serial", "stack").run().figures.metrics.contains_key("resync_bytes"));
    // The same operations are missed, but for pops of an empty stack.
    assert!(resync("serial", 10_000) < 1.2 * resync("serial", 100));
    // An item of the snapshot takes two bytes or more.
    assert!(resync("serial:history=0", 10_000) > resync("serial:history=0", 100) + 2.0 * 9_900.0);
}
