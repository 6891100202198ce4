//! One figure in two runs, and what its change is.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use syncbench_harness::metric::{Better, Form, Measured, Metric, MetricSpec};
use syncbench_harness::results::{Cell, Histogram, Series};
use syncbench_harness::settings::Engine;

use super::bootstrap::{Draws, told};
use super::figure::{Figure, Reading};
use super::pairing::{Machines, Pair};
use super::samples::{Pool, Samples};
use super::speed::slower;
use super::{Least, SIGNIFICANT};
use crate::stats::BEYOND;

/// What became of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Further from the better end.
    Worse,
    /// Nearer to it.
    Better,
    /// Another value, where neither end is better, or where the seeds do not tell the direction.
    Changed,
    /// No change beyond the luck of the runs.
    Same,
    /// Equal in every seed.
    Identical,
}

/// One figure of one row in two runs.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// Strategy with its parameters.
    pub strategy: String,
    /// Workload with its parameters.
    pub workload: String,
    /// Part of the plan.
    pub part: String,
    /// The whole condition as a title.
    pub condition: String,
    /// The figure, as it is written in `--fail-on`.
    pub figure: String,
    /// Its unit.
    pub unit: &'static str,
    /// Which end is better: `lower`, `higher` or `neither`.
    pub better: &'static str,
    /// Whether the same seeds give the same figure, so that any difference is one of behaviour.
    pub exact: bool,
    /// How many seeds both runs have.
    pub seeds: usize,
    /// In the baseline.
    pub baseline: Option<f64>,
    /// In the candidate; processor times at the speed that the machine had for the baseline.
    pub candidate: Option<f64>,
    /// Candidate by baseline; absent where one of them is not positive.
    pub ratio: Option<f64>,
    /// Where the ratio lies with a probability of 95 %.
    pub interval: Option<[f64; 2]>,
    /// The probability of such a change by luck alone, before the correction for many comparisons.
    pub p: Option<f64>,
    /// The same after the correction.
    pub p_corrected: Option<f64>,
    /// What it is.
    pub verdict: Verdict,
    /// Why it is no more than changed, if so.
    pub why: Option<&'static str>,
    /// The command that runs the candidate's first cell that differs.
    pub replay: String,
    /// How it counts.
    #[serde(skip)]
    pub(super) counts: bool,
    #[serde(skip)]
    pub(super) of_cells: bool,
    #[serde(skip)]
    pub(super) least: f64,
}

impl Change {
    /// By how much it changed, as a share of the baseline; without end from nothing.
    pub fn effect(&self) -> f64 {
        match (self.baseline, self.candidate) {
            (Some(was), Some(is)) if was == is => 0.0,
            (Some(was), Some(is)) if was != 0.0 => (is - was) / was.abs(),
            (Some(_), Some(is)) => f64::INFINITY.copysign(is),
            _ => f64::NAN,
        }
    }

    /// Whether there was nothing before, or is nothing now: no share says how much that is.
    pub(super) fn is_new_or_gone(&self) -> bool {
        matches!((self.baseline, self.candidate), (Some(was), Some(is)) if (was == 0.0) != (is == 0.0))
    }

    /// Whether the change is more than luck.
    pub fn significant(&self) -> bool {
        let exact = self.exact && (self.of_cells || self.is_new_or_gone());
        self.verdict != Verdict::Identical && (exact || self.p_corrected.is_some_and(|p| p <= SIGNIFICANT))
    }

    /// Judges it, once its probability is corrected.
    pub(super) fn judge(&mut self) {
        if self.verdict == Verdict::Identical {
            return;
        }
        let effect = self.effect();
        let large = self.of_cells || effect.abs() >= self.least;
        let rises = match self.better {
            "higher" => Some(Verdict::Better),
            "lower" => Some(Verdict::Worse),
            _ => None,
        };
        let falls = match self.better {
            "higher" => Some(Verdict::Worse),
            "lower" => Some(Verdict::Better),
            _ => None,
        };
        let direction = if effect > 0.0 { rises } else { falls };
        (self.verdict, self.why) = match direction {
            _ if effect.is_nan() => (Verdict::Changed, Some("one run only has it")),
            _ if !(self.exact || large && self.significant()) => (Verdict::Same, None),
            _ if effect == 0.0 => (Verdict::Changed, Some("other seeds have it")),
            None => (Verdict::Changed, None),
            Some(_) if !large => (Verdict::Changed, Some("less than the least effect")),
            Some(_) if !self.significant() => (Verdict::Changed, Some("the seeds do not tell the direction")),
            Some(direction) => (direction, None),
        };
    }
}

/// Cells of both runs with their series, read once for all figures of a row.
pub(super) struct Row<'a> {
    pair: &'a Pair<'a>,
    machines: Machines,
    series: Vec<(Arc<Series>, Arc<Series>)>,
    draws: Draws,
    /// How much longer the reference took in the candidate, seed by seed.
    slower: Option<Vec<f64>>,
    drift: f64,
}

impl<'a> Row<'a> {
    pub(super) fn new(pair: &'a Pair<'a>, machines: Machines, drift: f64) -> Self {
        let series = pair.cells.iter().map(|(was, is)| (was.series(), is.series())).collect();
        let first = pair.all[0].1;
        let draws = Draws::new(pair.key, &first.strategy, pair.cells.len());
        Self { pair, machines, series, draws, slower: slower(pair), drift }
    }

    /// What is compared here: of distributions the highest tail that both runs have enough samples for.
    pub(super) fn figure(&self, figure: &Figure) -> Option<Figure> {
        if let Reading::Quantile(spec, q) = figure.reading
            && q == 0.99
        {
            let samples = |side: fn(&(Arc<Series>, Arc<Series>)) -> &Arc<Series>| -> f64 {
                self.histograms(spec, side).map(|histogram| Pool::new([(histogram, 1.0)].into_iter()).len()).sum()
            };
            let fewest = samples(|both| &both.0).min(samples(|both| &both.1));
            if fewest * (1.0 - q) + 1e-9 < BEYOND {
                return Figure::find(&figure.name.replace("p99", "p90")).ok();
            }
        }
        Some(figure.clone())
    }

    fn histograms(
        &self,
        spec: &MetricSpec,
        side: fn(&(Arc<Series>, Arc<Series>)) -> &Arc<Series>,
    ) -> impl Iterator<Item = &Histogram> {
        self.series.iter().filter_map(move |both| side(both).histograms.get(spec.name))
    }

    /// Whether processor time may be compared.
    pub(super) fn same_processor(&self) -> bool {
        self.machines.same && self.machines.profile
    }

    /// Why a figure is left out, if it is.
    pub(super) fn left_out(&self, figure: &Figure) -> Option<LeftOut> {
        match figure.measured {
            Measured::Processor if !self.machines.profile => Some(LeftOut::Profile),
            Measured::Processor | Measured::Allocator if !self.machines.same => Some(LeftOut::Machine),
            _ => None,
        }
    }

    /// A figure in both runs; `None` where neither has it.
    pub(super) fn change(&self, figure: &Figure, least: &Least) -> Option<Change> {
        let first = self.pair.all[0].1;
        let exact = figure.measured == Measured::Events && first.engine == Engine::Sim;
        let mut change = Change {
            strategy: first.strategy.clone(),
            workload: first.workload.clone(),
            part: first.part.clone(),
            condition: self.pair.title.clone(),
            figure: figure.name.clone(),
            unit: figure.unit,
            better: figure.better.word(),
            exact,
            seeds: 0,
            baseline: None,
            candidate: None,
            ratio: None,
            interval: None,
            p: None,
            p_corrected: None,
            verdict: Verdict::Same,
            why: None,
            replay: String::new(),
            counts: figure.counts(),
            of_cells: figure.of_cells(),
            least: least.of(if exact { Measured::Events } else { figure.measured }),
        };
        let sides = self.sides(figure);
        (change.baseline, change.candidate) = (sides.was.whole(), sides.is.whole());
        if change.baseline.is_none() && change.candidate.is_none() {
            return None;
        }
        change.seeds = sides.was.seeds().min(sides.is.seeds());
        change.replay = sides.typical.map_or(String::new(), |cell| cell.replay.clone());
        // Noise has no first seed, and a figure that luck may take away is no difference.
        let Some(differing) = sides.differs.or(sides.one_sided.filter(|_| exact || change.baseline.is_none())) else {
            change.verdict = Verdict::Identical;
            return Some(change);
        };
        change.replay.clone_from(&differing.replay);
        if sides.was.seeds() == sides.is.seeds()
            && let Some(told) = told(&sides.was, &sides.is, &self.draws_of(change.seeds), self.drift_of(figure, exact))
        {
            change.p = Some(told.probability);
            change.interval = told.ratio.map(|interval| [interval.low, interval.high]);
        }
        if let (Some(was), Some(is)) = (change.baseline, change.candidate) {
            change.ratio = (was > 0.0 && is > 0.0).then(|| is / was);
        }
        Some(change)
    }

    /// Draws of as many seeds as have the figure.
    fn draws_of(&self, seeds: usize) -> Cow<'_, Draws> {
        if seeds == self.pair.cells.len() {
            Cow::Borrowed(&self.draws)
        } else {
            Cow::Owned(Draws::new(self.pair.key, &self.pair.all[0].1.strategy, seeds))
        }
    }

    /// What all seeds of a run share without being the strategy's.
    fn drift_of(&self, figure: &Figure, exact: bool) -> f64 {
        if exact || figure.measured == Measured::Allocator { 0.0 } else { self.drift }
    }

    fn sides(&self, figure: &Figure) -> Sides<'a> {
        match figure.reading {
            Reading::Cells(count) => {
                let cells = if figure.name == "failed" { &self.pair.all } else { &self.pair.cells };
                numbers(cells, Samples::Sum, count, |_, value| value)
            }
            Reading::Sum(spec, field) => {
                numbers(&self.pair.cells, Samples::Sum, |cell| cell.number(spec, field), |_, value| value)
            }
            Reading::Mean(spec, field) => {
                let convert = |seed: usize, value: f64| value / self.slower_by(spec, seed);
                numbers(&self.pair.cells, Samples::Mean, |cell| cell.number(spec, field), convert)
            }
            Reading::Quantile(spec, q) => {
                let (was, is, sides) = self.pools(spec);
                Sides { was: Samples::Quantile(was, q), is: Samples::Quantile(is, q), ..sides }
            }
            Reading::PooledMean(spec) => {
                let (was, is, sides) = self.pools(spec);
                Sides { was: Samples::PooledMean(was), is: Samples::PooledMean(is), ..sides }
            }
        }
    }

    /// What a figure of the candidate is divided by.
    fn slower_by(&self, spec: &MetricSpec, seed: usize) -> f64 {
        match &self.slower {
            Some(slower) if spec.measured == Measured::Processor => {
                // Of a slow machine times are longer and rates are lower.
                if spec.better == Better::High { 1.0 / slower[seed] } else { slower[seed] }
            }
            _ => 1.0,
        }
    }

    fn pools(&self, spec: &'static MetricSpec) -> (Pool, Pool, Sides<'a>) {
        debug_assert!(spec.form == Form::Distribution, "{} has no samples", spec.name);
        let unit = 1.0 / spec.ns_per_unit();
        let of = |series: &'_ Arc<Series>| series.histograms.get(spec.name).cloned().unwrap_or_default();
        let both: Vec<_> = self.series.iter().map(|(was, is)| (of(was), of(is))).collect();
        let was = Pool::new(both.iter().map(|(was, _)| (was, unit)));
        let is = Pool::new(both.iter().enumerate().map(|(seed, (_, is))| (is, unit / self.slower_by(spec, seed))));
        // What is written beside the samples counts too: a folder may have been changed by hand.
        let figure = |cell: &Cell| cell.metrics.get(spec.name).cloned().unwrap_or(Metric::Absent);
        let cells = &self.pair.cells;
        let differs = both.iter().zip(cells).find(|((a, b), (was, is))| a != b || figure(was) != figure(is));
        let differs = differs.map(|(_, (_, is))| *is);
        let typical = cells.first().map(|(_, is)| *is);
        let none = Samples::Sum(Vec::new());
        (was, is, Sides { was: none.clone(), is: none, typical, differs, one_sided: None })
    }
}

/// Both runs' samples of one figure, over the same seeds.
struct Sides<'a> {
    was: Samples,
    is: Samples,
    /// The candidate's first cell that has some of what is counted, or its first cell.
    typical: Option<&'a Cell>,
    /// The candidate's first cell whose figure differs.
    differs: Option<&'a Cell>,
    /// The candidate's first cell of which one run only has the figure.
    one_sided: Option<&'a Cell>,
}

fn numbers<'a>(
    cells: &[(&'a Cell, &'a Cell)],
    samples: fn(Vec<f64>) -> Samples,
    number: impl Fn(&Cell) -> Option<f64>,
    convert: impl Fn(usize, f64) -> f64,
) -> Sides<'a> {
    let finite = |cell: &Cell| number(cell).filter(|value| value.is_finite());
    let read: Vec<_> = cells.iter().map(|(was, is)| (finite(was), finite(is), *is)).collect();
    let both: Vec<_> = read
        .iter()
        .enumerate()
        .filter_map(|(seed, (was, is, cell))| Some(((*was)?, convert(seed, (*is)?), *cell, was == is)))
        .collect();
    let one_sided = read.iter().find(|(was, is, _)| was.is_some() != is.is_some()).map(|(.., cell)| *cell);
    if both.is_empty() {
        // Where no seed has both, each side as far as it has it.
        let side = |side: fn(&(Option<f64>, Option<f64>, &Cell)) -> Option<f64>| read.iter().filter_map(side).collect();
        let (was, is) = (samples(side(|all| all.0)), samples(side(|all| all.1)));
        return Sides { was, is, typical: one_sided, differs: one_sided, one_sided };
    }
    let differs = both.iter().find(|(.., equal)| !equal).map(|(_, _, cell, _)| *cell);
    let typical = both.iter().find(|(_, is, ..)| *is != 0.0).or(both.first()).map(|(_, _, cell, _)| *cell);
    Sides {
        was: samples(both.iter().map(|(was, ..)| *was).collect()),
        is: samples(both.iter().map(|(_, is, ..)| *is).collect()),
        typical,
        differs,
        one_sided,
    }
}

/// Why a figure of a row is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    /// Two machines.
    Machine,
    /// A debug and a release build.
    Profile,
}
