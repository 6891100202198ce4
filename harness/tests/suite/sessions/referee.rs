//! adya, an independent checker after Elle, judges exported histories.

use adya::{History, Opts, Valid, Workload};
use rayon::prelude::*;
use serde_json::Value;
use syncbench_strategies::replica::{NodeId, OpId};

use super::*;

/// Whether the referee finds a history to be causally consistent. It does not judge a history without any dependency.
pub(super) fn is_causal(history: &[String]) -> bool {
    let parsed = History::parse(&history.join("\n")).expect("a history that the referee reads");
    let opts = Opts {
        models: vec!["consistent-view".into()],
        anomalies: vec!["G-single-item-process".into()],
        timeout: std::time::Duration::from_secs(60),
        ..Opts::default()
    };
    let report = adya::check(&parsed, Workload::RwRegister, &opts);
    let undecided = report.anomaly_types.iter().any(|kind| kind == "cycle-search-timeout");
    assert!(!undecided && (report.valid != Valid::Unknown || history.len() < 20), "{:?}", report.anomaly_types);
    report.valid != Valid::False
}

/// What is left of a history of these registers and processes.
fn projected(history: &[String], registers: &[OpId], processes: &[NodeId]) -> Vec<String> {
    let registers: Vec<String> = registers.iter().map(ToString::to_string).collect();
    let lines = history.iter().filter_map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let process = line["process"].as_u64().unwrap();
        let accesses = line["value"].as_array_mut().unwrap();
        accesses.retain(|access| registers.iter().any(|register| access[1] == **register));
        let kept = !accesses.is_empty() && processes.iter().any(|id| u64::from(id.0) == process);
        kept.then(|| line.to_string())
    });
    lines.collect()
}

/// Holds every break against the part of the history that it names.
pub(super) fn check_each(seen: &Seen, label: &str) {
    for broken in &seen.broken {
        let here = broken.client;
        let (registers, processes) = match &broken.why {
            Why::OwnGone(op) | Why::OwnUnseen(op) => (vec![*op], vec![here]),
            Why::Gone(op) => (vec![*op], vec![op.client, here]),
            Why::Earlier(op, missing) => (vec![*op, missing[0]], vec![op.client, here]),
            Why::Seen(op, missing) => (vec![*op, missing[0]], vec![op.client, missing[0].client, here]),
            Why::Changed => continue,
        };
        let part = projected(&seen.history, &registers, &processes);
        assert!(!is_causal(&part), "{label}: {broken}: not in\n{}", part.join("\n"));
    }
}

/// What reports say is what documents show, and the referee agrees, with both.
fn agree(observed: &Observed, label: &str) {
    let Observed { reported, read } = observed;
    // What a newer document replaces is gone from it with all its operations, and counts as shown. Where links reorder, a
    // relay of Yjs names what it has by the last operation of each client, and lacks some before it.
    let datagrams = label.starts_with("crdt-yrs") && label.contains("Datagram");
    let as_read = !(label.starts_with("lww-document") || datagrams);
    assert!(
        !as_read || reported.how() == read.how(),
        "{label}: {:#?}",
        reported.how().symmetric_difference(&read.how())
    );
    assert!(!as_read || reported.count(Guarantee::MonotonicReads) == 0, "{label}: {:?}", reported.how());
    for seen in [reported, read] {
        let named = seen.broken.iter().any(|broken| broken.why != Why::Changed);
        assert_eq!(is_causal(&seen.history), !named, "{label}: {:?}", seen.how());
        check_each(seen, label);
    }
}

#[test]
fn the_referee_agrees_on_every_strategy() {
    let labels = carriers();
    assert!(labels.len() > 15, "{labels:?}");
    let broken: Vec<(String, usize)> = labels
        .into_par_iter()
        .map(|label| {
            let strategy = registry::configure(&label.parse().unwrap()).unwrap();
            let cases = (1..=2).flat_map(|seed| conditions(&strategy, seed));
            let runs = cases.map(|case| {
                let conditions =
                    format!("{label} {} {:?} {:?} {}", case.network, case.faults, case.transport, case.seed);
                let observed = observe(case, &strategy);
                agree(&observed, &conditions);
                observed.read.broken.len()
            });
            let broken = runs.sum();
            (label, broken)
        })
        .collect();
    // Agreement about nothing would prove nothing.
    assert!(broken.iter().filter(|(_, broken)| *broken > 0).count() > 1, "{broken:?}");
    for (label, broken) in broken {
        let claims = registry::configure(&label.parse().unwrap()).unwrap().guarantees().sessions;
        assert!(broken == 0 || claims == Default::default(), "{label}: {broken}");
    }
}
