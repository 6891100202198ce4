//! Every schedule of a small case: what a strategy can do to a few operations, and what it cannot.
//!
//! A case is a strategy on a workload's [`Small`](crate::workload::Small) document and alphabet. A schedule is a script, which
//! says who issues which operations, and an order of actions and deliveries: each link keeps its order, and otherwise any
//! step may come next. Every schedule within the bounds is run with real replicas from the start, and judged as a run is: by the
//! workload's oracle, the generic oracles, session guarantees and the strategy's claims. So an exploration that finds nothing
//! is a proof within the bounds.
//!
//! Not tried: messages that a link loses or copies without breaking, timers that fire while a message is under way, wrong
//! clocks, and other orders of the greetings at the start than the order of their links.
//!
//! Sources: stateless search as in VeriSoft (Godefroid 1997), with persistent sets; schedules that differ only in the order
//! of independent steps are one trace (Mazurkiewicz 1977).

mod case;
mod choice;
mod group;
mod judge;
mod named;
mod order;
mod result;
mod screens;
mod scripts;
mod search;
mod step;
mod story;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rayon::prelude::*;
use syncbench_strategies::selector::SelectorError;

use crate::clock::Moment;
pub use case::{Bounds, Case, Disturbance, Refused};
pub use judge::{End, Severity};
pub use named::{NAMED, Named};
pub use result::{Anomaly, Ended, Explored};
pub use scripts::count;
use scripts::{Unit, disturbed, units};
use search::{Search, Tally};
pub use step::{Schedule, Script, Step};
pub use story::tell;

/// The progress of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The share of the work that is done, estimated from scripts.
    pub share: f64,
    /// Schedules run.
    pub schedules: u64,
    /// How much of the budget is left.
    pub budget_left: Duration,
}

/// Schedules between two reports of progress: a few milliseconds of a fast strategy.
const REPORT_EVERY: u64 = 64;

/// Runs every schedule within the bounds on this many threads, and reports progress from time to time. Stops once `progress`
/// returns `false`.
pub fn explore(
    case: &Case<'_>,
    bounds: &Bounds,
    threads: usize,
    progress: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Explored, SelectorError> {
    within(case, bounds, &units(case.letters().len(), bounds), threads, progress)
}

/// Runs every schedule of one script, with the disturbance of the bounds.
pub fn explore_script(case: &Case<'_>, bounds: &Bounds, script: Script) -> Result<Explored, SelectorError> {
    let units: Vec<Unit> = disturbed(&script, bounds).collect();
    within(case, bounds, &units, 1, &|_| true)
}

fn within(
    case: &Case<'_>,
    bounds: &Bounds,
    units: &[Unit],
    threads: usize,
    progress: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Explored, SelectorError> {
    let task = case.task(case.strategy)?;
    let begun = Moment::now();
    let (run, weighed) = (AtomicU64::new(0), AtomicU64::new(0));
    let all: u64 = units.iter().map(weight).sum();
    let stopped = AtomicBool::new(false);
    let report = || {
        let share = weighed.load(Ordering::Relaxed) as f64 / all.max(1) as f64;
        let budget_left = bounds.budget.saturating_sub(begun.elapsed());
        if !progress(Progress { share, schedules: run.load(Ordering::Relaxed), budget_left }) {
            stopped.store(true, Ordering::Relaxed);
        }
    };
    let over = || stopped.load(Ordering::Relaxed) || begun.elapsed() >= bounds.budget;
    let go_on = || {
        if (run.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(REPORT_EVERY) {
            report();
        }
        !over()
    };
    let one = |unit: &Unit| {
        if over() {
            return Tally { stopped: true, ..Tally::default() };
        }
        let search = Search {
            task: &task,
            letters: case.letters(),
            script: &unit.script,
            disturbance: unit.disturbance,
            reduced: bounds.reduced,
            go_on: &go_on,
            seen: BTreeSet::new(),
            before_panic: Vec::new(),
            tally: Tally::default(),
        };
        let tally = search.run();
        weighed.fetch_add(weight(unit), Ordering::Relaxed);
        report();
        tally
    };
    let work = || units.par_iter().with_max_len(1).map(one).collect::<Vec<Tally>>();
    // More threads than scripts have nothing to do, and each takes a stack.
    let threads = threads.clamp(1, units.len().max(1));
    let tallies = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        // If no thread can be started, the caller's own does the work.
        Err(_) => work(),
    };
    Ok(Explored::of(case, bounds, units.iter().zip(tallies)))
}

/// A script's share of the work: the number of orders grows by about this factor with each operation of two clients.
fn weight(unit: &Unit) -> u64 {
    12u64.saturating_pow(unit.ops as u32).min(1 << 40)
}
