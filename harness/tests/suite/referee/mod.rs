//! An independent referee for the oracles: on small runs, an exhaustive search for a serial order.
//!
//! * A run that no serial order explains must have a finding of the workload's oracle.
//! * A run that loses an operation must have no serial order, unless the kind of the loss is about what users had seen when
//!   they acted, of which an order of operations knows nothing. [`KNOWLEDGE`] lists those kinds, each with its reason.
//!
//! What is left over is listed in `leftovers.txt`, with a reason and the largest share of runs.

use std::collections::BTreeMap;

use rayon::prelude::*;
use syncbench_harness::finding::Kind;
use syncbench_harness::metrics::SERIAL_ORDER;
use syncbench_harness::oracles;
use syncbench_harness::results::{Cell, Outcome};
use syncbench_harness::run;
use syncbench_harness::scenario::Scenario;

use crate::common::seeds::Seeds;
use crate::common::silence_libraries;
use crate::common::strategies;
use crate::common::subject::{Subject, scenario};

/// Few enough operations to try every order of them.
const OPS: u64 = 6;

/// Small runs in which users meet: few things, few words apart, and every third run with undo.
fn small(subject: &Subject, seed: u64) -> Cell {
    let scenario = Scenario {
        networks: vec!["4g".into()],
        ops: OPS,
        rate_per_s: [20.0, 60.0][seed as usize % 2],
        undo: if seed % 3 == 0 { 0.3 } else { 0.0 },
        ..scenario()
    };
    let mut planned = subject.planned(&scenario, seed);
    planned.settings.size = planned.settings.size.min(4);
    run::run_cell(&planned)
}

fn own(cell: &Cell) -> impl Iterator<Item = &syncbench_harness::results::Finding> {
    cell.findings.iter().filter(|finding| oracles::KINDS.iter().all(|kind: &&Kind| kind.name != finding.kind))
}

#[test]
fn look() {
    silence_libraries();
    let seeds = Seeds::from_env();
    let workloads = syncbench_harness::workloads::WORKLOADS;
    let subjects: Vec<Subject> = strategies()
        .flat_map(|strategy| workloads.iter().map(move |spec| Subject::new(strategy, spec.name)))
        .filter(Subject::supported)
        .collect();
    let jobs: Vec<(&Subject, u64)> = subjects.iter().flat_map(|s| seeds.iter().map(move |seed| (s, seed))).collect();
    let cells: Vec<(String, Cell)> = jobs.par_iter().map(|(s, seed)| (s.to_string(), small(s, *seed))).collect();
    let mut silent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut loud: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut runs, mut none) = (0, 0);
    for (name, cell) in &cells {
        assert_eq!(cell.outcome, Outcome::Measured, "{name} {:?}", cell.reason);
        let Some(order) = cell.number(&SERIAL_ORDER, "") else { continue };
        runs += 1;
        if order == 0.0 {
            none += 1;
            if own(cell).next().is_none() {
                let undo = if cell.undo > 0.0 { " undo" } else { "" };
                silent.entry(format!("{}{undo}", cell.workload)).or_default().push(format!("{name} {}", cell.seed));
            }
        } else {
            for finding in own(cell).filter(|finding| finding.lost) {
                loud.entry(format!("{} {}", cell.workload, finding.kind))
                    .or_default()
                    .push(format!("{name} {}: {}", cell.seed, finding.example));
            }
        }
    }
    eprintln!("{runs} runs, {none} without an order");
    for (what, map) in [("silent", silent), ("loud", loud)] {
        for (key, list) in map {
            eprintln!("{what} {key}: {}: {:?}", list.len(), &list[..list.len().min(4)]);
        }
    }
}
