//! Each flaw of results raises its caveat and no other.
use std::sync::Arc;

use std::time::Duration;

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{CENSORED, CONCURRENCY, OPS_PER_CPU_S};
use syncbench_harness::pace::Pace;
use syncbench_harness::results::{Cell, ClaimsKept, Environment, Metric, Outcome, Results};
use syncbench_reports::aggregate::Summary;
use syncbench_reports::caveat::{Caveat, caveats};

/// Results without a flaw: release, clean, many seeds, steady, native.
fn flawless() -> Results {
    let plan = crate::support::Plan {
        strategies: &["serial"],
        workloads: &["stack"],
        parts: &["rough"],
        sizes: &[],
        seeds: 10,
    };
    let mut results = plan.results();
    results.environment.dirty = false;
    for cell in &mut results.cells {
        cell.metrics.insert(OPS_PER_CPU_S.name, Metric::Number(1000.0));
    }
    results
}

#[test]
fn results_without_a_flaw_have_no_caveat() {
    assert_eq!(caveats(&Summary::new(&flawless())), []);
}

#[test]
fn each_flaw_raises_its_caveat_and_no_other() {
    type Flaw = (fn(&mut Results), fn(&Caveat) -> bool);
    let flaws: &[Flaw] = &[
        (|r| r.environment.profile = "debug".into(), |c| matches!(c, Caveat::DebugBuild)),
        (|r| r.environment.dirty = true, |c| matches!(c, Caveat::DirtyTree(_))),
        (|r| r.environment.cores = 1, |c| matches!(c, Caveat::FewCores(1))),
        (|r| first(r, 1), |c| matches!(c, Caveat::OneSeed)),
        (|r| first(r, 3), |c| matches!(c, Caveat::FewSeeds(3))),
        (|r| r.cells_planned += 2, |c| matches!(c, Caveat::NotRun(2))),
        (|r| r.cells.push(broken(r, Outcome::Failed)), |c| matches!(c, Caveat::Failed(1, _))),
        (|r| r.cells.push(broken(r, Outcome::NotRun)), |c| matches!(c, Caveat::NotRun(1))),
        (|r| each(r, &CONCURRENCY, 0.01), |c| matches!(c, Caveat::LowConcurrency(..))),
        (|r| r.cells[0].converged = Some(false), |c| matches!(c, Caveat::Censored(_, (1, 10), _))),
        (|r| each(r, &CENSORED, 2.0), |c| matches!(c, Caveat::Unseen(_, 20, _))),
        (
            |r| r.cells.iter_mut().for_each(|cell| cell.coverage[0].operations_overlapped = 0),
            |c| matches!(c, Caveat::IdleFault(..)),
        ),
        (
            |r| r.cells.iter_mut().for_each(|cell| cell.claims_kept = Some(ClaimsKept::Unknown)),
            |c| matches!(c, Caveat::ProvedNothing(..)),
        ),
        (
            |r| _ = r.cells[0].metrics.insert(OPS_PER_CPU_S.name, Metric::Number(3000.0)),
            |c| matches!(c, Caveat::NoisyCpu(..)),
        ),
        (
            |r| r.cells.iter_mut().for_each(|cell| cell.settings.sample_every = Some(Duration::from_millis(50))),
            |c| matches!(c, Caveat::Sampled(_)),
        ),
        (
            |r| r.cells.iter_mut().for_each(|cell| cell.settings.pace = Pace::Closed),
            |c| matches!(c, Caveat::ClosedLoop(_)),
        ),
        (another_strategy_without_the_last_seed, |c| matches!(c, Caveat::UnevenSeeds(_))),
        (|r| another_machine(r, |machine| machine.cpu = "Another".into()), |c| matches!(c, Caveat::Machines(_))),
        (|r| another_machine(r, |machine| machine.commit = "beef".into()), |c| matches!(c, Caveat::Builds(_))),
        (
            |r| _ = Arc::make_mut(&mut r.cells[0].support).insert("list_move".into(), "emulated: somehow".into()),
            |c| matches!(c, Caveat::Emulated(..)),
        ),
    ];
    for (index, (spoil, expected)) in flaws.iter().enumerate() {
        let mut results = flawless();
        spoil(&mut results);
        let found = caveats(&Summary::new(&results));
        assert!(found.len() == 1 && expected(&found[0]), "flaw {index}: {found:?}");
    }
}

/// A strategy beside the first one, which has one seed less.
fn another_strategy_without_the_last_seed(results: &mut Results) {
    let others = results.cells[1..].iter().cloned().map(|mut cell| {
        cell.strategy = "patches".into();
        cell
    });
    let others: Vec<_> = others.collect();
    results.cells.extend(others);
    results.cells_planned = results.cells.len();
}

/// All cells once more, measured by an environment that differs.
fn another_machine(results: &mut Results, change: fn(&mut Environment)) {
    let mut environment = results.environment.clone();
    change(&mut environment);
    let build = environment.build();
    results.other_machines.push(environment);
    let again: Vec<_> = results.cells.iter().cloned().map(|cell| Cell { machine: 1, build, ..cell }).collect();
    let build = results.environment.build();
    results.cells.iter_mut().for_each(|cell| cell.build = build);
    results.cells.extend(again);
    results.cells_planned = results.cells.len();
}

/// A plan of that many cells.
fn first(results: &mut Results, cells: usize) {
    results.cells.truncate(cells);
    results.cells_planned = cells;
}

fn each(results: &mut Results, metric: &MetricSpec, value: f64) {
    results.cells.iter_mut().for_each(|cell| _ = cell.metrics.insert(metric.name, Metric::Number(value)));
}

fn broken(results: &Results, outcome: Outcome) -> Cell {
    let mut cell = results.cells[0].clone();
    cell.settings.seed = 99;
    crate::support::drop_cell(&mut cell, outcome, "it broke");
    cell
}
