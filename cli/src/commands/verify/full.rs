//! `verify --full`: every strategy on every workload under every set of faults; each finding must be predicted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use syncbench_harness::predictions::{FAULT_SETS, Map, Verdict, verdict};
use syncbench_harness::results::Cell;
use syncbench_harness::run;
use syncbench_harness::scenario::Plan;
use syncbench_reports::anomalies::{self, Pair};

use crate::catalog::Catalog;
use crate::environment;
use crate::failure::Failure;
use crate::out::println;
use crate::progress::Progress;

/// Seeds of each cell.
const SEEDS: &str = "1..10";

/// The sum over all cells.
#[derive(Default)]
pub(super) struct Swept {
    cells: u64,
    unsupported: u64,
    /// By kind of finding and what predicts it: the number of cells.
    predicted: BTreeMap<(String, String), u64>,
    /// Cells that say nothing: the command, and why.
    open: Vec<(String, String)>,
    /// Cells with results that nothing predicts: the command, and the results.
    unexplained: Vec<(String, Vec<String>)>,
}

impl Swept {
    /// Whether every result is predicted.
    pub(super) fn passed(&self) -> bool {
        self.unexplained.is_empty()
    }

    fn add(&mut self, cell: &Cell, verdict: Verdict) {
        self.cells += 1;
        match verdict {
            Verdict::Unsupported => self.unsupported += 1,
            Verdict::Predicted(why) => {
                for (kind, why) in why {
                    *self.predicted.entry((why.text(), kind)).or_default() += 1;
                }
            }
            Verdict::Open(why) => self.open.push((cell.replay.clone(), why)),
            Verdict::Unexplained(what) => self.unexplained.push((cell.replay.clone(), what)),
        }
    }
}

/// Runs all cells.
pub(super) fn run(catalog: &Catalog) -> Result<Swept, Failure> {
    let scenarios = FAULT_SETS.iter().map(|set| set.scenario(SEEDS)).collect();
    let plan = Plan::with(scenarios, &catalog.plans).map_err(Failure::usage)?;
    let claims: BTreeMap<&str, _> =
        plan.cells.iter().map(|cell| (cell.strategy.label.as_str(), cell.strategy.guarantees())).collect();
    let mut map = Map::default();
    for Pair { strategy, workload, found, .. } in &anomalies::Map::committed().pairs {
        let kinds = found.iter().flat_map(|found| &found.anomalies);
        kinds.for_each(|anomaly| map.insert(strategy, workload, &anomaly.kind));
    }
    let swept = Mutex::new(Swept::default());
    let progress = Progress::new(plan.cells.len());
    run::run(&plan.cells, environment::cores(), &AtomicBool::new(false), &|cell| {
        progress.finished(&cell);
        if let Some(claims) = claims.get(cell.strategy.as_str()) {
            let verdict = verdict(&cell, claims, &map);
            swept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).add(&cell, verdict);
        }
    });
    progress.clear();
    let mut swept = swept.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    swept.open.sort();
    swept.unexplained.sort();
    Ok(swept)
}

/// Prints what predicts the findings, and every result that nothing predicts.
pub(super) fn print(swept: &Swept) {
    println!();
    let measured = swept.cells - swept.unsupported;
    println!("{measured} cells in {} sets of faults, {SEEDS} seeds each:", FAULT_SETS.len());
    for set in FAULT_SETS {
        println!("  {:<10}{}", set.name, set.reason);
    }
    let mut last = "";
    for ((why, kind), cells) in &swept.predicted {
        if why != last {
            println!("predicted, {why}:");
        }
        println!("  {kind:<34}  in {cells:>5} cells");
        last = why;
    }
    if !swept.open.is_empty() {
        println!("{} cells say nothing, such as:", swept.open.len());
        swept.open.iter().take(3).for_each(|(replay, why)| println!("  {why}\n    {replay}"));
    }
    for (replay, what) in &swept.unexplained {
        println!("unexplained: {}\n    {replay}", what.join("; "));
    }
    match swept.unexplained.len() {
        0 => println!("every result is predicted"),
        1 => println!("1 cell has results that nothing predicts"),
        count => println!("{count} cells have results that nothing predicts"),
    }
}

/// Everything about the sweep.
pub(super) fn json(swept: &Swept) -> Value {
    let predicted =
        swept.predicted.iter().map(|((why, kind), cells)| json!({"kind": kind, "why": why, "cells": cells}));
    let open = swept.open.iter().map(|(replay, why)| json!({"cell": replay, "why": why}));
    let unexplained = swept.unexplained.iter().map(|(replay, what)| json!({"cell": replay, "results": what}));
    json!({
        "fault_sets": FAULT_SETS.iter().map(|set| json!({
            "name": set.name, "network": set.network, "faults": set.faults, "reason": set.reason,
        })).collect::<Vec<_>>(),
        "cells": swept.cells,
        "unsupported": swept.unsupported,
        "predicted": predicted.collect::<Vec<_>>(),
        "open": open.collect::<Vec<_>>(),
        "unexplained": unexplained.collect::<Vec<_>>(),
    })
}
