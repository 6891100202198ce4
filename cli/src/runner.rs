//! Runs a plan into a folder: every cell is on disk as soon as it is measured, and none of them stays in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use syncbench_harness::results::{self, Cell, Header, Outcome, Results, ResultsError, Writer};
use syncbench_harness::run::{self, Planned};
use syncbench_harness::scenario::Plan;

use crate::capsules::Capsules;
use crate::out::eprintln;
use crate::progress::Progress;

/// What a run left.
pub(crate) struct Ran {
    /// Everything that was measured, now or before the run was resumed.
    pub(crate) results: Results,
    /// Why the run was stopped, unless a user asked for it: its results could not be written.
    pub(crate) error: Option<ResultsError>,
    /// Capsules of cells that failed, and of findings that were asked for.
    pub(crate) capsules: Capsules,
}

struct Sink {
    writer: Writer,
    capsules: Capsules,
    /// Cells that could not be written, and those that were not run.
    kept: Vec<Cell>,
    error: Option<ResultsError>,
}

impl Sink {
    fn take(&mut self, mut cell: Cell, stop: &AtomicBool) {
        cell.machine = self.writer.machine();
        if cell.outcome != Outcome::NotRun {
            match self.writer.append(&cell) {
                Ok(()) => return,
                Err(error) => drop(self.error.get_or_insert(error)),
            }
            stop.store(true, Ordering::Relaxed);
        }
        self.kept.push(cell);
    }
}

/// Runs the cells of a plan that are not finished yet.
pub(crate) fn execute(
    plan: &mut Plan,
    header: &Header,
    writer: Writer,
    threads: usize,
    dir: &Path,
    capsules: Capsules,
) -> Ran {
    let finished = writer.finished();
    plan.cells.retain(|cell| !finished.contains(&cell.id(cell.build)));
    // Seed by seed: a slow moment of the machine falls on all strategies and not on all seeds of one, and a run that is
    // stopped has the same seeds of every strategy.
    plan.cells.sort_by_key(|cell| (cell.settings.seed, cell.index));
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    // Without a handler Ctrl-C ends the run at once; what was written stays.
    let _ = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping after the cells in progress; press Ctrl-C again to quit now. Finished cells are kept.");
    });
    let progress = Progress::new(plan.cells.len());
    let planned: BTreeMap<u64, &Planned> = plan.cells.iter().map(|planned| (planned.index as u64, planned)).collect();
    let sink = Mutex::new(Sink { writer, capsules, kept: Vec::new(), error: None });
    run::run(&plan.cells, threads, &stop, &|cell| {
        progress.finished(&cell);
        // A poisoned lock means that another thread panicked while writing: only its cell is lost.
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(planned) = planned.get(&cell.index) {
            sink.capsules.keep(planned, &cell);
        }
        sink.take(cell, &stop);
    });
    progress.clear();
    let Sink { mut writer, capsules, mut kept, mut error } = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    // There may be room by now.
    kept.retain(|cell| cell.outcome == Outcome::NotRun || writer.append(cell).is_err());
    if let Err(unordered) = writer.finish() {
        error.get_or_insert(unordered);
    }
    let mut results = results::read(dir).unwrap_or_else(|unread| {
        error.get_or_insert(unread);
        let empty = Results::new(header.environment.clone(), header.scenario.clone());
        Results { cells_planned: header.cells_planned, facts: header.facts.clone(), ..empty }
    });
    results.cells.append(&mut kept);
    results.cells.sort_by_key(|cell| cell.index);
    Ran { results, error, capsules }
}
