//! Running cells: in parallel, each handed out as soon as it is measured. Cells in real time come after the others, one
//! after another, since they would compete for the processor.

mod claims;
mod estimate;
mod measure;
mod planned;
mod reference;
mod support;
mod throughput;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::selector::SelectorError;

use crate::engines::panic_text;
use crate::results::{Cell, Outcome, StrategyFacts};
use crate::settings::Engine;
pub use claims::Objection;
pub(crate) use claims::breaches;
pub use estimate::{Estimate, estimate};
pub use measure::{Examined, examine, observe};
pub use planned::{Planned, PlannedWorkload, Product, Reading, Recording};
pub use reference::reading_us as reference_us;
pub(crate) use support::{lacks, unsupported};

/// Runs all cells on at most `threads` threads and hands each to `done` when it is finished, in any order.
///
/// Once `stop` is set no further cell is begun; those are handed out as not run.
pub fn run(cells: &[Planned], threads: usize, stop: &AtomicBool, done: &(dyn Fn(Cell) + Sync)) {
    let one = |cell: &Planned| {
        if stop.load(Ordering::Relaxed) {
            done(Cell { reason: Some("the run was stopped before".into()), ..blank(cell) });
        } else {
            done(run_cell(cell));
        }
    };
    let (real, simulated): (Vec<_>, Vec<_>) = cells.iter().partition(|cell| cell.settings.engine != Engine::Sim);
    let work = || simulated.par_iter().with_max_len(1).for_each(|cell| one(cell));
    // No thread without a cell; none at all would mean as many as there are processors.
    let threads = threads.min(simulated.len()).max(1);
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        // No threads to be had: the caller's own will do.
        Err(_) => work(),
    }
    real.into_iter().for_each(one);
}

/// Runs one cell. A panic inside becomes a failed cell with its message.
pub fn run_cell(planned: &Planned) -> Cell {
    run_with(planned, measure::measure)
}

/// Runs a cell for its findings, broken claims and trace digest. It leaves out how fast the machine was,
/// which takes longer to measure than a run of a few operations.
pub fn find_in(planned: &Planned) -> Cell {
    run_with(planned, measure::find)
}

fn run_with(planned: &Planned, measure: fn(&Planned) -> Result<Cell, SelectorError>) -> Cell {
    let ended = |outcome, reason| Cell { outcome, reason: Some(reason), ..blank(planned) };
    let measured = catch_unwind(AssertUnwindSafe(|| match unsupported(planned)? {
        Some(reason) => Ok(ended(Outcome::Unsupported, reason)),
        None => measure(planned),
    }));
    match measured {
        Ok(Ok(cell)) => cell,
        Ok(Err(error)) => ended(Outcome::Failed, error.to_string()),
        Err(panic) => ended(Outcome::Failed, panic_text(&*panic).to_owned()),
    }
}

/// A cell with everything that is known before it runs.
fn blank(planned: &Planned) -> Cell {
    let spec = planned.strategy.spec;
    let facts = StrategyFacts::of(&planned.strategy);
    let carried = |kind: &EditKind| Some((kind.name().to_owned(), facts.support.get(kind.name())?.clone()));
    Cell {
        id: planned.id(planned.build),
        index: planned.index as u64,
        part: planned.part.clone(),
        strategy: planned.strategy.label.clone(),
        family: spec.family.to_owned(),
        topology: planned.strategy.topology(),
        window_ms: planned.strategy.strategy.send_window().as_secs_f64() * 1e3,
        workload: planned.workload.label.clone(),
        trace: planned.workload.trace.clone(),
        support: Arc::new(planned.workload.spec.edits.iter().filter_map(carried).collect()),
        params: Arc::new(facts.params),
        library: facts.library.map(Into::into),
        replay: planned.replay(),
        build: planned.build,
        ..Cell::new(planned.settings.clone())
    }
}
