//! Cells grouped: one [`Group`] for each condition, one [`Row`] for each strategy in it, with all its seeds.

use std::collections::BTreeMap;

use syncbench_harness::metric::{MetricSpec, TOTAL};
use syncbench_harness::metrics::{LOST_INTENTS, OPS_ISSUED};
use syncbench_harness::results::{Cell, Histogram, Metric, Outcome, Quantiles, Results, Verdict};

use crate::coverage::{self, Met};
use crate::stats::{self, Estimate};

/// What the cells of a group share; they differ in strategy and seed only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition<'a> {
    /// Part of the plan.
    pub part: &'a str,
    /// Workload with its parameters.
    pub workload: &'a str,
    /// Network profile with its parameters.
    pub network: &'a str,
    /// Faults, as written.
    pub faults: &'a [String],
    /// Engine.
    pub engine: &'a str,
    /// How many clients.
    pub clients: u32,
    /// Operations, as configured.
    pub ops: u64,
    /// Size of the initial document, in the workload's unit.
    pub size: u64,
}

impl<'a> Condition<'a> {
    fn of(cell: &'a Cell) -> Self {
        Self {
            part: &cell.part,
            workload: &cell.workload,
            network: &cell.network,
            faults: &cell.faults,
            engine: cell.engine.name(),
            clients: cell.clients,
            ops: cell.ops,
            size: cell.size,
        }
    }

    /// Network, faults and load in one line of words.
    pub fn describe(&self) -> String {
        let faults = if self.faults.is_empty() { "no faults".to_owned() } else { self.faults.join(" and ") };
        let Self { network, engine, clients, ops, size, .. } = self;
        format!("{network}, {faults}; {clients} clients, {ops} operations, initial size {size}; {engine} engine")
    }
}

/// All strategies under one condition.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// What the cells share.
    pub condition: Condition<'a>,
    /// A unique name: workload (part), and what differs from other groups with these two.
    pub title: String,
    /// One for each strategy, in the order of the plan.
    pub rows: Vec<Row<'a>>,
}

/// Conditions that differ in nothing but the size of the initial document.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    /// One for each size, ascending; two or more.
    pub groups: Vec<Group<'a>>,
}

/// One strategy under one condition: all its seeds.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Strategy with its parameters.
    pub strategy: &'a str,
    /// Every cell, by seed.
    pub cells: Vec<&'a Cell>,
}

/// Whether a row has figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status<'a> {
    /// At least one seed was measured.
    Measured,
    /// No seed was: the worst outcome, and its reason.
    Missing(Outcome, &'a str),
}

/// All results, grouped: the source of tables, charts and the page.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    /// The results themselves.
    pub results: &'a Results,
    /// Conditions in the order of the plan, without those of `sweeps`.
    pub groups: Vec<Group<'a>>,
    /// Conditions over several sizes.
    pub sweeps: Vec<Sweep<'a>>,
    /// Every strategy, in the order of the plan.
    pub strategies: Vec<&'a str>,
}

impl<'a> Summary<'a> {
    /// Groups results.
    pub fn new(results: &'a Results) -> Self {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut strategies = Vec::new();
        let mut places = BTreeMap::new();
        for cell in &results.cells {
            if !strategies.contains(&cell.strategy.as_str()) {
                strategies.push(&cell.strategy);
            }
            let condition = Condition::of(cell);
            let place = *places.entry(condition.clone()).or_insert_with(|| {
                groups.push(Group { condition, title: String::new(), rows: Vec::new() });
                groups.len() - 1
            });
            groups[place].add(cell);
        }
        for group in &mut groups {
            group.rows.iter_mut().for_each(|row| row.cells.sort_by_key(|cell| cell.seed));
        }
        let (sweeps, mut groups) = split_sweeps(groups);
        name(&mut groups);
        Self { results, groups, sweeps, strategies }
    }

    /// Groups ordered by workload, so that the parts of one workload are neighbours.
    pub fn by_workload(&self) -> Vec<&Group<'a>> {
        let first = |group: &&Group<'a>| {
            self.groups.iter().position(|other| other.condition.workload == group.condition.workload)
        };
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(first);
        groups
    }

    /// Every group, those of sweeps included.
    pub fn all_groups(&self) -> impl Iterator<Item = &Group<'a>> {
        self.groups.iter().chain(self.sweeps.iter().flat_map(|sweep| &sweep.groups))
    }
}

/// Separates the groups that differ only in size.
fn split_sweeps(groups: Vec<Group<'_>>) -> (Vec<Sweep<'_>>, Vec<Group<'_>>) {
    let mut by_rest: Vec<Vec<Group<'_>>> = Vec::new();
    for group in groups {
        let rest = Condition { size: 0, ..group.condition.clone() };
        let same = |others: &Vec<Group<'_>>| Condition { size: 0, ..others[0].condition.clone() } == rest;
        match by_rest.iter_mut().find(|others| same(others)) {
            Some(others) => others.push(group),
            None => by_rest.push(vec![group]),
        }
    }
    let (mut sweeps, mut singles) = (Vec::new(), Vec::new());
    for mut groups in by_rest {
        if groups.len() == 1 {
            singles.append(&mut groups);
            continue;
        }
        groups.sort_by_key(|group| group.condition.size);
        for group in &mut groups {
            let Condition { workload, part, size, .. } = &group.condition;
            group.title = format!("{workload} ({part}, size {size})");
        }
        sweeps.push(Sweep { groups });
    }
    (sweeps, singles)
}

/// Gives each group a title; groups of one part and workload add what differs.
fn name(groups: &mut [Group<'_>]) {
    let conditions: Vec<_> = groups.iter().map(|group| group.condition.clone()).collect();
    for group in groups {
        let own = &group.condition;
        let like: Vec<_> = conditions.iter().filter(|c| c.part == own.part && c.workload == own.workload).collect();
        let mut title = format!("{} ({}", own.workload, own.part);
        let mut add = |differs: fn(&Condition<'_>, &Condition<'_>) -> bool, what: String| {
            if like.iter().any(|other| differs(own, other)) {
                title.push_str(", ");
                title.push_str(&what);
            }
        };
        add(|a, b| a.network != b.network, own.network.to_owned());
        let faults = if own.faults.is_empty() { "no faults".to_owned() } else { own.faults.join(" + ") };
        add(|a, b| a.faults != b.faults, faults);
        add(|a, b| a.engine != b.engine, own.engine.to_owned());
        add(|a, b| a.clients != b.clients, format!("{} clients", own.clients));
        add(|a, b| a.ops != b.ops, format!("{} operations", own.ops));
        add(|a, b| a.size != b.size, format!("size {}", own.size));
        group.title = title + ")";
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, cell: &'a Cell) {
        match self.rows.iter_mut().find(|row| row.strategy == cell.strategy) {
            Some(row) => row.cells.push(cell),
            None => self.rows.push(Row { strategy: &cell.strategy, cells: vec![cell] }),
        }
    }

    /// Rows with at least one measured seed.
    pub fn measured(&self) -> impl Iterator<Item = &Row<'a>> {
        self.rows.iter().filter(|row| row.status() == Status::Measured)
    }

    /// The most seeds that any strategy was measured with.
    pub fn seeds(&self) -> usize {
        self.rows.iter().map(|row| row.measured().count()).max().unwrap_or(0)
    }

    /// What each fault met, over all strategies and seeds.
    pub fn coverage(&self) -> Vec<Met> {
        coverage::of_cells(self.rows.iter().flat_map(Row::measured))
    }
}

impl<'a> Row<'a> {
    /// Measured cells.
    pub fn measured(&self) -> impl Iterator<Item = &'a Cell> + '_ {
        self.cells.iter().copied().filter(|cell| cell.outcome == Outcome::Measured)
    }

    /// Whether anything was measured, and if not, why.
    pub fn status(&self) -> Status<'a> {
        if self.measured().next().is_some() {
            return Status::Measured;
        }
        let rank = |cell: &&&Cell| match cell.outcome {
            Outcome::Failed => 0,
            Outcome::Unsupported => 1,
            _ => 2,
        };
        match self.cells.iter().min_by_key(rank) {
            Some(cell) => Status::Missing(cell.outcome, cell.reason.as_deref().unwrap_or("no reason given")),
            None => Status::Missing(Outcome::NotRun, "no cell"),
        }
    }

    /// How many seeds passed, failed, and proved nothing.
    pub fn verdicts(&self) -> [usize; 3] {
        let count = |wanted| self.measured().filter(|cell| cell.verdict == Some(wanted)).count();
        [count(Verdict::Pass), count(Verdict::Fail), count(Verdict::Unknown)]
    }

    /// A metric's histograms, one for each seed that has any samples.
    pub fn histograms(&self, metric: &MetricSpec) -> Vec<&'a Histogram> {
        self.measured().filter_map(|cell| cell.histograms.get(metric.name)).filter(|one| !one.is_empty()).collect()
    }

    /// The quantile `q` of a metric over all seeds, in the metric's unit.
    pub fn quantile(&self, metric: &MetricSpec, q: f64) -> Option<Estimate> {
        stats::quantile_estimate(&self.histograms(metric), q, metric.ns_per_unit(), true)
    }

    /// The value of [`Row::quantile`] without the work for its interval.
    pub fn quantile_value(&self, metric: &MetricSpec, q: f64) -> Option<f64> {
        stats::quantile_estimate(&self.histograms(metric), q, metric.ns_per_unit(), false)
            .map(|estimate| estimate.value)
    }

    /// All quantiles of a metric over all seeds, in the unit of [`Row::quantile`].
    pub fn quantiles(&self, metric: &MetricSpec) -> Option<Quantiles> {
        Quantiles::of(&stats::merge(self.histograms(metric)), metric.ns_per_unit())
    }

    /// The mean over seeds of a number (see [`Cell::number`]).
    pub fn mean(&self, metric: &MetricSpec, field: &str) -> Option<Estimate> {
        let values: Vec<_> = self.measured().filter_map(|cell| finite(cell.number(metric, field))).collect();
        stats::mean_estimate(&values)
    }

    /// A number for each seed, for comparisons paired by seed.
    pub fn by_seed(&self, metric: &MetricSpec, field: &str) -> BTreeMap<u64, f64> {
        self.measured().filter_map(|cell| Some((cell.seed, finite(cell.number(metric, field))?))).collect()
    }

    /// A number added up over seeds. `None` when no seed has it.
    pub fn total(&self, metric: &MetricSpec, field: &str) -> Option<f64> {
        self.measured().filter_map(|cell| finite(cell.number(metric, field))).reduce(|a, b| a + b)
    }

    /// Counts by name, added up over seeds, zeros left out. `None` when no seed has them.
    pub fn counts(&self, metric: &MetricSpec) -> Option<BTreeMap<&'a str, u64>> {
        let mut known = false;
        let mut sum = BTreeMap::new();
        for cell in self.measured() {
            if let Some(Metric::Counts(counts)) = cell.metrics.get(metric.name) {
                known = true;
                counts.iter().for_each(|(name, count)| *sum.entry(name.as_str()).or_insert(0) += count);
            }
        }
        sum.retain(|_, count| *count > 0);
        known.then_some(sum)
    }

    /// Lost intents per 1,000 operations issued.
    pub fn lost_per_1000(&self) -> Option<Estimate> {
        let pair = |cell: &Cell| {
            let ops = cell.number(&OPS_ISSUED, "").filter(|ops| *ops > 0.0).unwrap_or(cell.ops as f64);
            Some((finite(cell.number(&LOST_INTENTS, TOTAL))? * 1000.0, ops))
        };
        stats::ratio_estimate(&self.measured().filter_map(pair).collect::<Vec<_>>())
    }

    /// Kinds of edits that are not native here, and how the strategy carries them.
    pub fn emulated(&self) -> BTreeMap<&'a str, &'a str> {
        let support = self.cells.iter().flat_map(|cell| &cell.support);
        support.filter(|(_, how)| how.as_str() != "native").map(|(edit, how)| (edit.as_str(), how.as_str())).collect()
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}
