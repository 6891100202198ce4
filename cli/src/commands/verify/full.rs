//! `verify --full`: every strategy on every workload under every set of faults; each finding must be predicted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use syncbench_harness::predictions::{FAULT_SETS, FaultSet, Map, Mishaps, Verdict, expected, verdict};
use syncbench_harness::results::Cell;
use syncbench_harness::run;
use syncbench_harness::scenario::{Plan, Scenario};
use syncbench_reports::anomalies::{self, Pair};
use syncbench_reports::format::wrap;

use super::split;
use crate::args::VerifyArgs;
use crate::catalog::Catalog;
use crate::commands::run::console_width;
use crate::environment;
use crate::failure::Failure;
use crate::out::{print, println};
use crate::panics;
use crate::progress::Progress;

/// Seeds of each cell.
const SEEDS: &str = "1..10";

/// The sum over all cells.
#[derive(Default)]
pub(super) struct Swept {
    seeds: String,
    /// By set of faults.
    sets: Vec<Counts>,
    /// By kind of finding and what predicts it: in how many cells.
    predicted: BTreeMap<(String, String), u64>,
    /// Cells that say nothing: the command, and why.
    open: Vec<(String, String)>,
    unexplained: Vec<Unexplained>,
}

/// How many cells of a set of faults there are, and of which kinds.
#[derive(Clone, Copy, Default)]
struct Counts {
    cells: u64,
    unsupported: u64,
    open: u64,
}

/// A cell with results that nothing predicts.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unexplained {
    replay: String,
    results: Vec<String>,
    expected: String,
}

impl Unexplained {
    /// What was found and what was expected, in lines of at most `width` characters, and the command, which a line break would
    /// spoil.
    fn text(&self, width: usize) -> String {
        let found = wrap(&format!("unexplained: {}", self.results.join("; ")), width, "");
        let expected = wrap(&format!("expected: {}", self.expected), width, "  ");
        format!("{found}{expected}    {}\n", self.replay)
    }
}

impl Swept {
    /// Whether every result is predicted.
    pub(super) fn passed(&self) -> bool {
        self.unexplained.is_empty()
    }

    fn add(&mut self, counts: &mut Counts, cell: &Cell, verdict: Verdict, expected: String) {
        counts.cells += 1;
        match verdict {
            Verdict::Unsupported => counts.unsupported += 1,
            Verdict::Predicted(why) => {
                for (kind, why) in why {
                    *self.predicted.entry((why.text(), kind)).or_default() += 1;
                }
            }
            Verdict::Open(why) => {
                counts.open += 1;
                self.open.push((cell.replay.clone(), why));
            }
            Verdict::Unexplained(results) => {
                self.unexplained.push(Unexplained { replay: cell.replay.clone(), results, expected });
            }
        }
    }
}

/// Runs all cells.
pub(super) fn run(catalog: &Catalog, args: &VerifyArgs) -> Result<Swept, Failure> {
    let (strategies, seeds) = (split(&args.strategy), args.seeds.as_deref().unwrap_or(SEEDS));
    let scenarios = |set: &FaultSet| -> Vec<Scenario> {
        set.parts.iter().filter_map(|part| part.scenario(&strategies, seeds, &catalog.plans)).collect()
    };
    // A plan has a largest size, and many seeds of all sets together are more.
    let plans = FAULT_SETS.iter().map(|set| Plan::with(scenarios(set), &catalog.plans));
    let plans = plans.collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
    let map = committed();
    let progress = Progress::new(plans.iter().map(|plan| plan.cells.len()).sum());
    let mut swept = Swept { seeds: seeds.to_owned(), ..Swept::default() };
    for plan in &plans {
        let counted = Mutex::new((&mut swept, Counts::default()));
        let finished = |cell: Cell| {
            progress.finished(&cell);
            let planned = &plan.cells[cell.index as usize];
            let claims = planned.strategy.guarantees();
            let judged = match Mishaps::of(&planned.settings, &planned.product.known) {
                Ok(mishaps) => verdict(&cell, &claims, mishaps, &map),
                Err(error) => Verdict::Unexplained(vec![error.to_string()]),
            };
            let mut counted = counted.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let (swept, counts) = &mut *counted;
            swept.add(counts, &cell, judged, expected(&cell, &claims));
        };
        panics::unprinted(|| run::run(&plan.cells, environment::cores(), &AtomicBool::new(false), &finished));
        let (_, counts) = counted.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        swept.sets.push(counts);
    }
    progress.clear();
    swept.open.sort();
    swept.unexplained.sort();
    Ok(swept)
}

/// The anomalies that `explore` has found in small cases.
fn committed() -> Map {
    let mut map = Map::default();
    for Pair { strategy, workload, found, .. } in &anomalies::Map::committed().pairs {
        let kinds = found.iter().flat_map(|found| &found.anomalies);
        kinds.for_each(|anomaly| map.insert(strategy, workload, &anomaly.kind));
    }
    map
}

/// What predicts the findings, and everything that nothing predicts.
pub(super) fn print(swept: &Swept) {
    let measured: u64 = swept.sets.iter().map(|counts| counts.cells - counts.unsupported).sum();
    println!("\n{measured} cells under eight sets of faults, seeds {}:", swept.seeds);
    for (set, counts) in FAULT_SETS.iter().zip(&swept.sets) {
        println!("  {:<10}  {:>6}  {}", set.name, counts.cells - counts.unsupported, set.reason);
    }
    let (mut last, width) = ("", usize::from(console_width()));
    for ((why, kind), cells) in &swept.predicted {
        if why != last {
            println!("predicted, {why}:");
        }
        println!("  {kind:<34}  in {cells:>5} cells");
        last = why;
    }
    if !swept.open.is_empty() {
        println!("{} cells say nothing, such as:", swept.open.len());
        swept.open.iter().take(3).for_each(|(replay, why)| print!("{}    {replay}\n", wrap(why, width, "  ")));
    }
    swept.unexplained.iter().for_each(|unexplained| print!("{}", unexplained.text(width)));
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
    let unexplained = swept.unexplained.iter().map(
        |Unexplained { replay, results, expected }| json!({"cell": replay, "results": results, "expected": expected}),
    );
    let sets = FAULT_SETS.iter().zip(&swept.sets).map(|(set, counts)| {
        let parts = set.parts.iter().map(|part| {
            json!({"name": part.name, "network": part.network, "transport": part.transport, "faults": part.faults})
        });
        json!({
            "name": set.name, "reason": set.reason, "parts": parts.collect::<Vec<_>>(),
            "cells": counts.cells, "unsupported": counts.unsupported, "open": counts.open,
        })
    });
    json!({
        "fault_sets": sets.collect::<Vec<_>>(),
        "seeds": swept.seeds,
        "cells": swept.sets.iter().map(|counts| counts.cells).sum::<u64>(),
        "unsupported": swept.sets.iter().map(|counts| counts.unsupported).sum::<u64>(),
        "predicted": predicted.collect::<Vec<_>>(),
        "open": open.collect::<Vec<_>>(),
        "unexplained": unexplained.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_and_commands_are_not() {
        let results = vec!["1 edit lost: c1.6, Set { record: \"r7\" }: the record is gone".repeat(3)];
        let replay = "syncbench run --strategy serial --network 4g:detection=10ms --workload json --size 8 --seeds 4";
        let expected = "every confirmed operation is kept or overwritten, and every claim too".repeat(2);
        let unexplained = Unexplained { replay: replay.into(), results, expected };
        let text = unexplained.text(60);
        let (command, sentences): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains("--strategy"));
        assert_eq!(command, [format!("    {replay}")]);
        assert!(sentences.len() > 4 && sentences.iter().all(|line| line.chars().count() <= 60), "{text}");
        assert!(text.starts_with("unexplained: 1 edit lost") && text.contains("\n  expected: every"), "{text}");
    }
}
