//! How long a plan will take: a few of its cells are timed, and the rest is reckoned from them.
//!
//! Cells of one class differ in nothing but their seed. A class that was not timed takes what its strategy and its workload
//! take beyond the others. Of a cell with many operations a short one and one four times as long are timed, and their ratio
//! is carried on.

use std::collections::BTreeMap;
use std::time::Duration;

use rayon::prelude::*;
use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::Time;

use super::{Planned, run_cell};
use crate::clock::Moment;
use crate::engines::saturation::Search;
use crate::settings::Engine;

/// Cells of up to so many operations are timed whole: most of them take a few milliseconds.
const WHOLE: u64 = 150;

/// The longest time for timing cells: beyond it, starting the run is better.
const LONGEST: Duration = Duration::from_millis(1_500);

/// The share of the run that timing may take, once something is known of it.
const SHARE: f64 = 0.04;

/// How long a plan will take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// All cells together.
    pub total: Duration,
    /// How many cells were timed for it.
    pub timed: usize,
}

/// A kind of cells: everything but the seed is the same.
struct Class<'p> {
    cell: &'p Planned,
    count: usize,
    /// Seconds for one cell, once timed.
    seconds: Option<f64>,
}

/// Estimates how long these cells take on so many threads. Cells in real time take as long as they say; where users act as
/// fast as they can, one cell after another as long as timing says.
pub fn estimate(cells: &[Planned], threads: usize) -> Estimate {
    let of = |engine: Engine| cells.iter().filter(move |cell| cell.settings.engine == engine);
    let in_real_time: f64 = of(Engine::Threads).map(real_seconds).sum();
    let (simulated, timed) = timed_seconds(&of(Engine::Sim).collect::<Vec<_>>(), threads);
    let (carried, also_timed) = timed_seconds(&of(Engine::Throughput).collect::<Vec<_>>(), 1);
    let total = Duration::from_secs_f64((simulated + carried + in_real_time).min(FOREVER));
    Estimate { total, timed: timed + also_timed }
}

/// Seconds for cells of which so many run at once, and how many were timed for that.
fn timed_seconds(cells: &[&Planned], threads: usize) -> (f64, usize) {
    let mut classes = classes(cells);
    let threads = threads.min(cells.len()).max(1);
    // Without threads of its own the caller's will do.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok();
    let begun = Moment::now();
    let mut timed = 0;
    let mut total = 0.0;
    for start in (0..classes.len()).step_by(threads * 2) {
        let end = (start + threads * 2).min(classes.len());
        let batch = &mut classes[start..end];
        let time = |class: &mut Class<'_>| class.seconds = Some(seconds(class.cell));
        match &pool {
            Some(pool) => pool.install(|| batch.par_iter_mut().with_max_len(1).for_each(time)),
            None => batch.iter_mut().for_each(time),
        }
        timed = end;
        total = simulated_seconds(&classes, threads);
        let spent = begun.elapsed();
        if spent >= LONGEST || (spent.as_secs_f64() > SHARE * total && timed * 4 >= classes.len().min(FEW * 4)) {
            break;
        }
    }
    (total, timed)
}

/// Fewest classes that are timed before a small share of the run ends the timing.
const FEW: usize = 16;

/// Spans beyond this are no spans any more: three hundred years.
const FOREVER: f64 = 1e10;

/// The classes in an order that has nothing to do with the plan's: by the digests of their first cells.
fn classes<'p>(cells: &[&'p Planned]) -> Vec<Class<'p>> {
    let mut classes: Vec<Class<'p>> = Vec::new();
    for cell in cells {
        // Seeds are the innermost axis.
        match classes.last_mut().filter(|last| alike(last.cell, cell)) {
            Some(last) => last.count += 1,
            None => classes.push(Class { cell, count: 1, seconds: None }),
        }
    }
    classes.sort_by_cached_key(|class| class.cell.id(Digest(0)).0);
    classes
}

fn alike(a: &Planned, b: &Planned) -> bool {
    let seedless = |cell: &Planned| crate::settings::Settings { seed: 0, ..cell.settings.clone() };
    a.part == b.part
        && a.strategy.label == b.strategy.label
        && a.workload.label == b.workload.label
        && seedless(a) == seedless(b)
}

/// Seconds for one cell, from runs that are short.
fn seconds(cell: &Planned) -> f64 {
    let time = |ops: u64| {
        let mut cell = cell.clone();
        cell.settings.ops = ops;
        let begun = Moment::now();
        drop(run_cell(&cell));
        begun.elapsed().as_secs_f64()
    };
    let ops = cell.settings.ops;
    if ops <= WHOLE {
        return time(ops);
    }
    let (few, many) = (WHOLE / 4, WHOLE);
    let (short, long) = (time(few), time(many));
    // What grows with the operations; setting up does not.
    let each = ((long - short) / (many - few) as f64).max(0.0);
    long + each * (ops - many) as f64
}

/// Seconds for all classes on so many threads; those that were not timed are reckoned from the others.
fn simulated_seconds(classes: &[Class<'_>], threads: usize) -> f64 {
    type Sums<'a> = BTreeMap<&'a str, (f64, f64)>;
    let (mut strategies, mut workloads): (Sums<'_>, Sums<'_>) = (BTreeMap::new(), BTreeMap::new());
    let (mut all, mut number) = (0.0, 0.0);
    for class in classes {
        let Some(seconds) = class.seconds else { continue };
        for sums in [
            strategies.entry(class.cell.strategy.label.as_str()).or_default(),
            workloads.entry(class.cell.workload.label.as_str()).or_default(),
        ] {
            sums.0 += seconds;
            sums.1 += 1.0;
        }
        all += seconds;
        number += 1.0;
    }
    let mean = if number > 0.0 { all / number } else { 0.0 };
    let beyond = |sums: &Sums<'_>, name: &str| match sums.get(name) {
        Some((sum, n)) if mean > 0.0 => sum / n / mean,
        _ => 1.0,
    };
    let one = |class: &Class<'_>| {
        let (strategy, workload) = (class.cell.strategy.label.as_str(), class.cell.workload.label.as_str());
        class.seconds.unwrap_or_else(|| mean * beyond(&strategies, strategy) * beyond(&workloads, workload))
    };
    let longest = classes.iter().map(one).fold(0.0, f64::max);
    let sum: f64 = classes.iter().map(|class| one(class) * class.count as f64).sum();
    (sum / threads as f64).max(longest)
}

/// A cell in real time lasts as long as its users act and its faults last, and then its rate is searched.
fn real_seconds(cell: &Planned) -> f64 {
    let settings = &cell.settings;
    let acting = settings.ops as f64 / settings.rate_per_s;
    let faults =
        settings.armed(&cell.product.known).map_or(0.0, |faults| faults.last_end().since(Time::ZERO).as_secs_f64());
    acting.max(faults) + Search::default().usual().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Plan, Scenario, default_comparison};

    fn plan(change: impl FnOnce(&mut Scenario)) -> Plan {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (strategies, workloads) = (names(&["serial", "ot"]), names(&["stack", "text"]));
        let mut scenario = Scenario { strategies, workloads, seeds: names(&["1..6"]), ops: 20, ..Scenario::default() };
        change(&mut scenario);
        Plan::new(vec![scenario]).unwrap()
    }

    #[test]
    fn cells_that_differ_in_their_seed_are_of_one_class() {
        let plan = plan(|_| ());
        let cells: Vec<_> = plan.cells.iter().collect();
        let classes = classes(&cells);
        assert_eq!(classes.iter().map(|class| class.count).collect::<Vec<_>>(), [6; 4]);
    }

    #[test]
    fn a_class_that_was_not_timed_takes_what_its_strategy_and_its_workload_take() {
        let plan = plan(|_| ());
        let cells: Vec<_> = plan.cells.iter().collect();
        let mut classes = classes(&cells);
        // A text takes three times as long as a stack, and `ot` twice as long as `serial`.
        for class in &mut classes {
            let strategy = if class.cell.strategy.label == "ot" { 2.0 } else { 1.0 };
            let workload = if class.cell.workload.label == "text" { 3.0 } else { 1.0 };
            class.seconds = Some(strategy * workload);
        }
        let all = simulated_seconds(&classes, 2);
        assert_eq!(all, 6.0 * (1.0 + 2.0 + 3.0 + 6.0) / 2.0);
        let last = classes.iter_mut().find(|class| class.seconds == Some(6.0)).unwrap();
        last.seconds = None;
        let guessed = simulated_seconds(&classes, 2);
        assert!(guessed > 0.6 * all && guessed < all * 1.1, "{guessed} of {all}");
        classes.iter_mut().for_each(|class| class.seconds = None);
        assert_eq!(simulated_seconds(&classes, 2), 0.0);
    }

    #[test]
    fn no_run_is_shorter_than_its_longest_cell_and_real_time_takes_its_time() {
        let real = plan(|s| {
            (s.engine, s.rate_per_s, s.ops) = (Engine::Threads, 10.0, 100);
            s.seeds = vec!["1".into()];
        });
        let each = 10.0 + Search::default().usual().as_secs_f64();
        let told = estimate(&real.cells, 2);
        assert!((told.total.as_secs_f64() - 4.0 * each).abs() < 1e-6 && told.timed == 0, "{told:?}");
        assert_eq!(estimate(&[], 2), Estimate { total: Duration::ZERO, timed: 0 });
    }

    #[test]
    fn timing_a_plan_is_short_whatever_the_plan() {
        // A million operations each, and thousands of cells.
        let long = plan(|s| s.ops = 1_000_000);
        for (plan, least) in [(long, 10.0), (Plan::new(default_comparison()).unwrap(), 0.0)] {
            let begun = Moment::now();
            let told = estimate(&plan.cells, 2);
            assert!(told.total.as_secs_f64() > least && told.timed > 0, "{told:?}");
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        }
    }
}
