//! What limits the figures of a run: printed in the terminal and on the page alike.

mod brief;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use syncbench_harness::metrics::{CENSORED, CONCURRENCY, OPS_PER_CPU_S};
use syncbench_harness::pace::Pace;
use syncbench_harness::results::{Environment, Outcome};

use crate::aggregate::{Group, Row, Summary};
use crate::coverage::Met;
use crate::format::{figure, list, percent, plural, span};
use crate::stats::FEWEST;

/// Below this share of concurrent operations, conflicts are too rare for a comparison of how they are handled.
pub const LOW_CONCURRENCY: f64 = 0.05;

/// Spread between seeds (standard deviation over mean) above which processor figures are called noisy.
pub const NOISY: f64 = 0.15;

/// How many names a caveat lists before it counts the rest.
const NAMES: usize = 6;

/// Something that limits what the figures say.
#[derive(Clone, Debug, PartialEq)]
pub enum Caveat {
    /// Built without optimisation.
    DebugBuild,
    /// The build had changes on top of its commit.
    DirtyTree(String),
    /// Results of several builds, each in a line.
    Builds(Vec<String>),
    /// Cells of several machines.
    Machines(Vec<String>),
    /// Users who wait for an answer do not act, and where.
    ClosedLoop(Vec<String>),
    /// Rows of other seeds than their neighbours', and where.
    UnevenSeeds(Vec<String>),
    /// No seed was repeated.
    OneSeed,
    /// Too few seeds for an interval.
    FewSeeds(usize),
    /// Cells that failed, with the first reason.
    Failed(usize, String),
    /// Cells that were not reached.
    NotRun(usize),
    /// The highest share of concurrent operations, and the groups with few.
    LowConcurrency(f64, Vec<String>),
    /// Strategies that emulate edits, and how.
    Emulated(Vec<String>, BTreeMap<String, String>),
    /// A fault that touched nothing while an operation was under way, and where.
    IdleFault(String, Vec<String>),
    /// A strategy that did not converge within the budget: (runs, out of), and where.
    Censored(String, (usize, usize), Vec<String>),
    /// Operations of a strategy that were not visible everywhere when their run ended, and where.
    Unseen(String, u64, Vec<String>),
    /// Runs that prove nothing: strategies, and where.
    ProvedNothing(Vec<String>, Vec<String>),
    /// Processor figures that vary between seeds, and the worst.
    NoisyCpu(f64, String),
    /// States were sampled, at most this many milliseconds apart.
    Sampled(f64),
    /// Few processors: processor figures share them with everything else.
    FewCores(usize),
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DebugBuild => f.write_str("Debug build: processor figures mean nothing. Run with --release."),
            Self::DirtyTree(commit) => write!(f, "The build had changes on top of commit {commit}."),
            Self::Builds(builds) => write!(
                f,
                "{} are here, and their figures never share a row: {}.",
                plural(builds.len(), "build"),
                builds.join("; ")
            ),
            Self::Machines(machines) => write!(
                f,
                "Measured on {}: compare processor time and memory within one machine only ({}).",
                plural(machines.len(), "machine"),
                list(machines, NAMES)
            ),
            Self::ClosedLoop(groups) => write!(
                f,
                "Closed loop: users who wait do not act, so quantiles leave stalls out: {}.",
                list(groups, NAMES)
            ),
            Self::UnevenSeeds(groups) => write!(
                f,
                "Not every strategy has the same seeds, so counts are means for each seed and nothing is ranked: {}.",
                list(groups, NAMES)
            ),
            Self::OneSeed => f.write_str("One seed only: nothing says how far its luck carries."),
            Self::FewSeeds(n) => write!(
                f,
                "{}, fewer than {FEWEST}: figures have a range from seed to seed, and no confidence interval.",
                plural(*n, "seed")
            ),
            Self::Failed(n, reason) => write!(f, "{} failed, the first with: {reason}", plural(*n, "cell")),
            Self::NotRun(n) => write!(f, "The run was stopped: {} of its plan not run.", plural(*n, "cell")),
            Self::LowConcurrency(share, groups) => write!(
                f,
                "Low concurrency (at most {} of operations were issued before another client's operation had arrived), so \
                 these conditions say little about conflicts: {}.",
                percent(*share),
                list(groups, NAMES)
            ),
            Self::Emulated(strategies, edits) => {
                let edits: Vec<_> = edits.iter().map(|(edit, how)| format!("{edit} ({how})")).collect();
                let (strategies, edits) = (list(strategies, usize::MAX), edits.join(", "));
                write!(
                    f,
                    "Some edits are emulated; an anomaly may come from the encoding, not the model. {strategies}: {edits}."
                )
            }
            Self::IdleFault(fault, groups) => {
                write!(f, "The fault {fault} touched nothing, so it proves nothing: {}.", list(groups, NAMES))
            }
            Self::Censored(strategy, (runs, of), groups) => write!(
                f,
                "{strategy} had not converged when {runs} of {} ended; their convergence time is unknown, not short: {}.",
                plural(*of, "run"),
                list(groups, NAMES)
            ),
            Self::Unseen(strategy, n, groups) => write!(
                f,
                "{strategy} left {} not visible everywhere by the end of a run; its visibility leaves them out: {}.",
                plural(*n as usize, "operation"),
                list(groups, NAMES)
            ),
            Self::ProvedNothing(strategies, groups) => write!(
                f,
                "Whether claims were kept is unknown, because the runs prove nothing: {} in {}.",
                list(strategies, NAMES),
                list(groups, NAMES)
            ),
            Self::NoisyCpu(spread, worst) => write!(
                f,
                "Processor figures vary by up to {} between seeds ({worst}): read them by their intervals.",
                percent(*spread)
            ),
            Self::Sampled(ms) => {
                let apart = if *ms < 10_000.0 { format!("{} ms", figure(*ms)) } else { span(ms / 1e3) };
                write!(
                    f,
                    "States were sampled up to {apart} apart: shorter divergence is missed, and the time of convergence is unknown."
                )
            }
            Self::FewCores(n) => {
                write!(f, "Measured on {}, which the runs share with the rest of the machine.", plural(*n, "core"))
            }
        }
    }
}

/// Every caveat of these results, the most severe first.
pub fn caveats(summary: &Summary<'_>) -> Vec<Caveat> {
    let mut all = outcomes(summary);
    all.extend(environment(&measured_by(summary)));
    all.extend(origins(summary));
    all.extend(uneven(summary));
    all.extend(seeds(summary));
    all.extend(closed_loop(summary));
    all.extend(concurrency(summary));
    all.extend(idle_faults(summary));
    all.extend(censored(summary));
    all.extend(unseen(summary));
    all.extend(proved_nothing(summary));
    all.extend(noise(summary));
    all.extend(sampled(summary));
    all.extend(emulated(summary));
    all
}

fn outcomes(summary: &Summary<'_>) -> Vec<Caveat> {
    let cells = &summary.results.cells;
    let failed: Vec<_> = cells.iter().filter(|cell| cell.outcome == Outcome::Failed).collect();
    let not_run = cells.iter().filter(|cell| cell.outcome == Outcome::NotRun).count();
    let first = failed.first().map(|cell| {
        let reason = cell.reason.as_deref().unwrap_or("no reason given");
        Caveat::Failed(failed.len(), format!("{} in {} ({}): {reason}", cell.strategy, cell.workload, cell.part))
    });
    // A killed run has no lines for the cells that it did not reach.
    let not_run = not_run + summary.results.cells_planned.saturating_sub(cells.len());
    first.into_iter().chain((not_run > 0).then_some(Caveat::NotRun(not_run))).collect()
}

/// Where and with what cells were measured.
fn measured_by<'a>(summary: &Summary<'a>) -> Vec<&'a Environment> {
    let used: BTreeSet<_> = summary.results.cells.iter().map(|cell| cell.machine).collect();
    let machines = summary.results.machines().enumerate();
    machines.filter(|(at, _)| *at == 0 || used.contains(at)).map(|(_, machine)| machine).collect()
}

fn environment(machines: &[&Environment]) -> Vec<Caveat> {
    let debug = machines.iter().any(|machine| machine.profile == "debug");
    let few = machines.iter().any(|machine| machine.cores == 1);
    let dirty = machines.iter().find(|machine| machine.dirty);
    let dirty = dirty.map(|machine| Caveat::DirtyTree(machine.commit.chars().take(12).collect()));
    [debug.then_some(Caveat::DebugBuild), dirty, few.then_some(Caveat::FewCores(1))].into_iter().flatten().collect()
}

/// Several builds, several machines.
fn origins(summary: &Summary<'_>) -> Vec<Caveat> {
    let (mut builds, mut places): (Vec<&Environment>, Vec<&Environment>) = (Vec::new(), Vec::new());
    for machine in measured_by(summary) {
        if !builds.iter().any(|known| known.build() == machine.build()) {
            builds.push(machine);
        }
        if !places.iter().any(|known| known.same_machine(machine)) {
            places.push(machine);
        }
    }
    let builds: Vec<_> = builds.into_iter().map(Environment::describe_build).collect();
    let place = |one: &Environment| format!("{}, {}, {}", one.cpu, plural(one.cores, "core"), one.os);
    let places: Vec<_> = places.into_iter().map(place).collect();
    let builds = (builds.len() > 1).then_some(Caveat::Builds(builds));
    let places = (places.len() > 1).then_some(Caveat::Machines(places));
    builds.into_iter().chain(places).collect()
}

fn uneven(summary: &Summary<'_>) -> Option<Caveat> {
    let uneven = summary.all_groups().filter(|group| group.uneven_seeds().is_some());
    let uneven: Vec<_> = uneven.map(|group| group.title.clone()).collect();
    (!uneven.is_empty()).then_some(Caveat::UnevenSeeds(uneven))
}

fn closed_loop(summary: &Summary<'_>) -> Option<Caveat> {
    let waits = |group: &&Group<'_>| matches!(group.condition.settings.pace, Pace::Closed | Pace::Turns);
    let closed: Vec<_> = summary.all_groups().filter(waits).map(|group| group.title.clone()).collect();
    (!closed.is_empty()).then_some(Caveat::ClosedLoop(closed))
}

fn seeds(summary: &Summary<'_>) -> Option<Caveat> {
    match summary.groups.iter().map(Group::seeds).filter(|seeds| *seeds > 0).min()? {
        1 => Some(Caveat::OneSeed),
        n => (n < FEWEST).then_some(Caveat::FewSeeds(n)),
    }
}

fn concurrency(summary: &Summary<'_>) -> Option<Caveat> {
    let share = |group: &Group<'_>| {
        let shares = group.measured().filter_map(|row| Some(row.mean(&CONCURRENCY, "")?.value));
        shares.reduce(f64::max).filter(|share| *share < LOW_CONCURRENCY)
    };
    let low: Vec<_> = summary.groups.iter().filter_map(|group| Some((share(group)?, group.title.clone()))).collect();
    let most = low.iter().map(|(share, _)| *share).reduce(f64::max)?;
    Some(Caveat::LowConcurrency(most, low.into_iter().map(|(_, title)| title).collect()))
}

fn idle_faults(summary: &Summary<'_>) -> Vec<Caveat> {
    let mut idle: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for group in &summary.groups {
        let idle_here = |met: &Met| met.operations_overlapped == 0 || !met.touched;
        for coverage in group.coverage().into_iter().filter(idle_here) {
            idle.entry(coverage.fault).or_default().push(group.title.clone());
        }
    }
    idle.into_iter().map(|(fault, groups)| Caveat::IdleFault(fault, groups)).collect()
}

fn censored(summary: &Summary<'_>) -> Vec<Caveat> {
    let of_strategy = |strategy: &&str| {
        let (mut runs, mut of, mut groups) = (0, 0, Vec::new());
        for (group, row) in rows(summary, strategy) {
            let open = row.measured().filter(|cell| cell.converged == Some(false)).count();
            of += row.measured().count();
            runs += open;
            if open > 0 {
                groups.push(group.title.clone());
            }
        }
        (runs > 0).then(|| Caveat::Censored((*strategy).to_owned(), (runs, of), groups))
    };
    summary.strategies.iter().filter_map(of_strategy).collect()
}

fn unseen(summary: &Summary<'_>) -> Vec<Caveat> {
    let of_strategy = |strategy: &&str| {
        let open = rows(summary, strategy).map(|(group, row)| (group, row.total(&CENSORED, "visible").unwrap_or(0.0)));
        let open: Vec<_> = open.filter(|(_, n)| *n > 0.0).collect();
        let groups = open.iter().map(|(group, _)| group.title.clone()).collect();
        let n = open.iter().map(|(_, n)| *n as u64).sum();
        (n > 0).then(|| Caveat::Unseen((*strategy).to_owned(), n, groups))
    };
    summary.strategies.iter().filter_map(of_strategy).collect()
}

fn proved_nothing(summary: &Summary<'_>) -> Option<Caveat> {
    let (mut strategies, mut groups) = (Vec::new(), Vec::new());
    for group in summary.all_groups() {
        for row in group.measured().filter(|row| row.claims()[2] == row.measured().count()) {
            if !strategies.iter().any(|known| known == row.strategy) {
                strategies.push(row.strategy.to_owned());
            }
            if groups.last() != Some(&group.title) {
                groups.push(group.title.clone());
            }
        }
    }
    (!groups.is_empty()).then_some(Caveat::ProvedNothing(strategies, groups))
}

fn noise(summary: &Summary<'_>) -> Option<Caveat> {
    let spread = |row: &Row<'_>| {
        let values: Vec<_> = row.by_seed(&OPS_PER_CPU_S, "").into_values().collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (values.len() > 1 && mean > 0.0).then(|| variance.sqrt() / mean)
    };
    let all = summary.groups.iter().flat_map(|group| group.measured().map(move |row| (group, row)));
    let spreads = all.filter_map(|(group, row)| Some((spread(row)?, format!("{} in {}", row.strategy, group.title))));
    let (worst, place) = spreads.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (worst > NOISY).then_some(Caveat::NoisyCpu(worst, place))
}

fn sampled(summary: &Summary<'_>) -> Option<Caveat> {
    let measured = summary.results.cells.iter().filter(|cell| cell.outcome == Outcome::Measured);
    let longest = measured.filter_map(|cell| cell.sample_every).max()?;
    Some(Caveat::Sampled(longest.as_secs_f64() * 1e3))
}

fn emulated(summary: &Summary<'_>) -> Vec<Caveat> {
    let mut alike: BTreeMap<BTreeMap<String, String>, Vec<String>> = BTreeMap::new();
    for strategy in &summary.strategies {
        let mut edits = BTreeMap::new();
        for (_, row) in rows(summary, strategy).filter(|(_, row)| row.measured().next().is_some()) {
            edits.extend(row.emulated().into_iter().map(|(edit, how)| (edit.to_owned(), how.to_owned())));
        }
        alike.entry(edits).or_default().push((*strategy).to_owned());
    }
    let some = alike.into_iter().filter(|(edits, _)| !edits.is_empty());
    some.map(|(edits, strategies)| Caveat::Emulated(strategies, edits)).collect()
}

fn rows<'s, 'a>(
    summary: &'s Summary<'a>,
    strategy: &'s str,
) -> impl Iterator<Item = (&'s Group<'a>, &'s Row<'a>)> + use<'s, 'a> {
    let rows = summary.all_groups().flat_map(|group| group.rows.iter().map(move |row| (group, row)));
    rows.filter(move |(_, row)| row.strategy == strategy)
}
