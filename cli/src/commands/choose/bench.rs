//! Runs what a choice needs, in memory, under one progress bar.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use syncbench_harness::results::{Cell, Environment, Facts, Outcome, Results};
use syncbench_harness::run::{self, Planned};
use syncbench_harness::scenario::{Plan, Scenario};
use syncbench_harness::workload::WorkloadSpec;
use syncbench_strategies::spec::Spec;

use crate::catalog::Catalog;
use crate::failure::Failure;
use crate::out::eprintln;
use crate::preview::about;
use crate::progress::Progress;

/// Runs what a choice needs.
pub(super) struct Bench<'c> {
    catalog: &'c Catalog,
    threads: usize,
    environment: Environment,
    stop: Arc<AtomicBool>,
    progress: Progress,
    expected: usize,
}

impl<'c> Bench<'c> {
    /// With what is in the catalog, on so many threads; the command with the answers that a user gave just now, or nothing.
    pub(super) fn new(catalog: &'c Catalog, threads: usize, again: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let kept =
            if again.is_empty() { "Nothing is written.".into() } else { format!("The answers are kept: {again}") };
        // Without a handler Ctrl-C ends the run at once: only the answers are written before the decision.
        let _ = ctrlc::set_handler(move || {
            if asked.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            eprintln!("stopping after the runs in progress; press Ctrl-C again to quit now. {kept}");
        });
        Self { catalog, threads, environment: catalog.environment(), stop, progress: Progress::new(0), expected: 0 }
    }

    /// The strategies to choose from.
    pub(super) fn specs(&self) -> &'c [&'static Spec] {
        self.catalog.plans.strategies()
    }

    /// The workloads that stand for kinds of data.
    pub(super) fn workloads(&self) -> &'c [&'static WorkloadSpec] {
        self.catalog.plans.workloads()
    }

    /// The name of the program.
    pub(super) fn program(&self) -> &'c str {
        self.catalog.plans.program_name()
    }

    /// Whether a user has asked to stop.
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Removes the progress bar.
    pub(super) fn finish(&self) {
        self.progress.clear();
    }

    /// A checked plan, for this build.
    pub(super) fn plan(&self, scenarios: Vec<Scenario>) -> Result<Plan, Failure> {
        let mut plan = Plan::with(scenarios, &self.catalog.plans).map_err(Failure::usage)?;
        plan.stamp(self.environment.build());
        Ok(plan)
    }

    /// What the strategies and workloads of some scenarios say about themselves.
    pub(super) fn facts(&self, scenarios: Vec<Scenario>) -> Result<Facts, Failure> {
        Ok(self.plan(scenarios)?.facts())
    }

    /// Says how much is to come: the measurement, and a search of so many steps that ends after some time.
    pub(super) fn expect(
        &mut self,
        all: &[Scenario],
        step: &[Scenario],
        steps: usize,
        limit: Duration,
    ) -> Result<(), Failure> {
        let [all, step] = [all, step].map(|scenarios| -> Result<Vec<Planned>, Failure> {
            let strategies = scenarios.iter().any(|scenario| !scenario.strategies.is_empty());
            Ok(if strategies { self.plan(scenarios.to_vec())?.cells } else { Vec::new() })
        });
        let (all, step) = (all?, step?);
        self.expected = all.len() + steps * step.len();
        let total = run::estimate(&all, self.threads).total;
        // A run of the search has half of the operations.
        let share = (steps * step.len()) as f64 / (2 * all.len().max(1)) as f64;
        let total = total + total.mul_f64(share).min(limit);
        eprintln!(
            "measuring {} runs for the answers{}, {}",
            self.expected,
            if steps > 0 { " and for what would change them" } else { "" },
            about(total)
        );
        self.progress.expect(self.expected);
        Ok(())
    }

    /// Results of this build without a cell.
    pub(super) fn empty(&self) -> Results {
        Results::new(self.environment.clone(), serde_json::Value::Null)
    }

    /// Runs all cells; `None` after Ctrl-C.
    pub(super) fn run(&mut self, scenarios: Vec<Scenario>) -> Result<Option<Results>, Failure> {
        let mut plan = self.plan(scenarios)?;
        // Seed by seed, so that the bar does not stop at the slowest strategy.
        plan.cells.sort_by_key(|cell| (cell.settings.seed, cell.index));
        let count = plan.cells.len();
        if self.progress.count() + count > self.expected {
            self.expected = self.progress.count() + count;
            self.progress.expect(self.expected);
        }
        let mut results = Results { facts: plan.facts(), cells_planned: count, ..self.empty() };
        results.scenario = serde_json::to_value(&plan.scenarios)?;
        let cells: Mutex<Vec<Cell>> = Mutex::default();
        run::run(&plan.cells, self.threads, &self.stop, &|cell| {
            self.progress.finished(&cell);
            // A poisoned lock means that another thread panicked while it kept its cell: the others are good.
            cells.lock().unwrap_or_else(PoisonError::into_inner).push(cell);
        });
        results.cells = cells.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.cells.sort_by_key(|cell| cell.index);
        let all = results.cells.iter().all(|cell| cell.outcome != Outcome::NotRun);
        Ok(all.then_some(results))
    }
}
