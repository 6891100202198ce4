//! `syncbench verify`: the same scenario and seed give the same run, on several threads and in another process.

mod bisect;
mod full;
mod mutants;

use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use serde_json::json;
use syncbench_harness::mutants::trial::Trial;
use syncbench_harness::oracle::DETERMINISM;
use syncbench_harness::results::{Cell, Results};
use syncbench_harness::run;
use syncbench_harness::scenario::{Plan, Scenario};

use self::full::Swept;
use super::run::split;
use crate::args::VerifyArgs;
use crate::catalog::Catalog;
use crate::environment;
use crate::failure::{Done, Failure};
use crate::out::{eprintln, println};

pub(crate) fn verify(catalog: &Catalog, args: &VerifyArgs) -> Done {
    if let Some(replay) = &args.cell {
        return bisect::cell(catalog, replay, args);
    }
    let only = args.only.as_deref();
    let plan_alone = only == Some(DETERMINISM.name) || args.strategy != ["all"];
    let repeated = if only.is_none() || plan_alone { Some(repeat(catalog, args)?) } else { None };
    let trials = if plan_alone { Vec::new() } else { mutants::run(only, catalog.plans.program_name())? };
    let same = repeated.as_ref().is_none_or(|repeated| repeated.differing.is_empty());
    let swept = if args.full { Some(full::run(catalog, args)?) } else { None };
    let predicted = swept.as_ref().is_none_or(Swept::passed);
    let verified = same && predicted && trials.iter().all(Trial::passed);
    let first = repeated.as_ref().and_then(|repeated| repeated.differing.first());
    let (first, explained) = first.map(|cell| bisect::explain(catalog, cell)).unwrap_or_default();
    if args.json {
        let cells = repeated.iter().flat_map(|repeated| &repeated.cells);
        let cells: Vec<_> = cells.map(|cell| json!({"cell": cell.replay, "trace_digest": cell.trace_digest})).collect();
        let differing = repeated.as_ref().map_or(&[][..], |repeated| &repeated.differing);
        let bugs: Vec<_> = trials.iter().map(mutants::json).collect();
        println!(
            "{}",
            json!({
                "schema": 1,
                "verified": verified,
                "differing": differing,
                "first_difference": first,
                "cells": cells,
                "planted_bugs": bugs,
                "sweep": swept.as_ref().map(full::json),
            })
        );
    } else {
        if let Some(Repeated { cells, differing }) = &repeated {
            differing.iter().for_each(|line| eprintln!("differs: {line}"));
            explained.iter().for_each(|line| eprintln!("  {line}"));
            match differing.len() {
                0 => println!(
                    "{} cells gave the same trace digest on several threads and in another process",
                    cells.len()
                ),
                n => println!("{n} of {} cells differ", cells.len()),
            }
        }
        if !trials.is_empty() {
            repeated.iter().for_each(|_| println!());
            mutants::print(&trials);
        }
        swept.iter().for_each(full::print);
    }
    Ok(ExitCode::from(u8::from(!verified)))
}

/// A plan that was run twice.
struct Repeated {
    /// The outcomes in this process.
    cells: Vec<Cell>,
    /// The commands of the cells that differ.
    differing: Vec<String>,
}

/// Runs a plan here on several threads, and in another process on one.
fn repeat(catalog: &Catalog, args: &VerifyArgs) -> Result<Repeated, Failure> {
    let scenario = scenario(args);
    let plan = Plan::with(vec![scenario.clone()], &catalog.plans).map_err(Failure::usage)?;
    let here = Mutex::new(Vec::new());
    run::run(&plan.cells, environment::cores().max(2), &AtomicBool::new(false), &|cell| {
        here.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(cell);
    });
    let mut here = here.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    here.sort_by_key(|cell: &Cell| cell.index);
    let there = elsewhere(&scenario)?;
    let differing = differences(&here, &there);
    Ok(Repeated { cells: here, differing })
}

/// Seeds of the plan: two runs of each cell are enough to differ.
const SEEDS: &str = "1..2";

/// Small, with everything that could differ: all workloads, jitter, loss, skewed clocks, a partition, a late joiner.
fn scenario(args: &VerifyArgs) -> Scenario {
    Scenario {
        name: "verify".into(),
        strategies: split(&args.strategy),
        networks: vec!["4g".into()],
        faults: ["partition:halves@500ms..1500ms", "skew:by=300ms,client=2", "late:3@1s"].map(String::from).to_vec(),
        ops: 60,
        rate_per_s: 30.0,
        seeds: vec![args.seeds.clone().unwrap_or_else(|| SEEDS.to_owned())],
        ..Scenario::default()
    }
}

/// The same plan in another process, on one thread.
fn elsewhere(scenario: &Scenario) -> anyhow::Result<Vec<Cell>> {
    let dir = tempfile::tempdir().context("making a folder for the other process")?;
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    command.args(["run", "--json", "--threads", "1", "--out"]).arg(dir.path().join("run"));
    command.args(["--strategy", &scenario.strategies.join(","), "--network", &scenario.networks.join(",")]);
    for fault in &scenario.faults {
        command.args(["--fault", fault]);
    }
    command.args(["--ops", &scenario.ops.to_string(), "--rate", &scenario.rate_per_s.to_string()]);
    command.args(["--seeds", &scenario.seeds.join(",")]);
    let output = command.stderr(Stdio::inherit()).output().context("starting another process")?;
    let results: Results =
        serde_json::from_slice(&output.stdout).context("reading the results of the other process")?;
    Ok(results.cells)
}

/// Cells whose digests differ, or that one side lacks.
fn differences(here: &[Cell], there: &[Cell]) -> Vec<String> {
    let mut differing = Vec::new();
    for index in 0..here.len().max(there.len()) {
        let (a, b) = (here.get(index), there.get(index));
        let same = a.zip(b).is_some_and(|(a, b)| {
            a.strategy == b.strategy
                && a.outcome == b.outcome
                && a.trace_digest == b.trace_digest
                && a.digest == b.digest
        });
        if !same {
            differing.extend(a.or(b).map(|cell| cell.replay.clone()));
        }
    }
    differing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_different_digest_is_noticed() {
        let args = VerifyArgs {
            strategy: vec!["serial".into()],
            seeds: Some("1".into()),
            only: None,
            full: false,
            cell: None,
            against: None,
            print_events: false,
            json: false,
        };
        let plan = Plan::new(vec![scenario(&args)]).unwrap();
        let here: Vec<Cell> = plan.cells.iter().take(2).map(run::run_cell).collect();
        assert_eq!(differences(&here, &here), [""; 0]);
        let mut there = here.clone();
        there[1].trace_digest = there[0].digest;
        assert_eq!(differences(&here, &there), [here[1].replay.as_str()]);
        assert_eq!(differences(&here, &here[..1]), [here[1].replay.as_str()]);
    }
}
