//! One strategy under one condition: all its seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use syncbench_harness::metric::{Form, Metric, MetricSpec, TOTAL};
use syncbench_harness::metrics::{self, LOST_INTENTS, OPS_ISSUED, REJECTED};
use syncbench_harness::results::{Cell, ClaimsKept, Curve, Histogram, Outcome};

use crate::stats::{self, Estimate};

/// The quantiles that are shown.
pub const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// One strategy under one condition: all its seeds.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Strategy with its parameters.
    pub strategy: &'a str,
    /// Every cell, by seed.
    pub cells: Vec<&'a Cell>,
    /// The quantiles of its distributions, once somebody has asked: the samples behind them lie in a file and are many.
    pooled: Arc<OnceLock<BTreeMap<&'static str, Pooled>>>,
}

/// A distribution over all seeds of a row.
#[derive(Clone, Debug)]
struct Pooled {
    samples: u64,
    quantiles: [Quantile; QUANTILES.len()],
}

/// A quantile of all seeds together, and of each alone.
#[derive(Clone, Debug)]
struct Quantile {
    estimate: Estimate,
    by_seed: BTreeMap<u64, f64>,
}

/// Whether a row has figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status<'a> {
    /// At least one seed was measured.
    Measured,
    /// No seed was: the worst outcome, and its reason.
    Missing(Outcome, &'a str),
}

impl<'a> Row<'a> {
    /// A row of one cell.
    pub(super) fn new(cell: &'a Cell) -> Self {
        Self { strategy: &cell.strategy, cells: vec![cell], pooled: Arc::default() }
    }

    /// Measured cells.
    pub fn measured(&self) -> impl Iterator<Item = &'a Cell> + '_ {
        self.cells.iter().copied().filter(|cell| cell.outcome == Outcome::Measured)
    }

    /// The seeds that were measured.
    pub fn seeds(&self) -> BTreeSet<u64> {
        self.measured().map(|cell| cell.seed).collect()
    }

    /// How long its clients collect operations, where its label does not say so.
    pub fn window_ms(&self) -> Option<f64> {
        let window = self.cells.iter().map(|cell| cell.window_ms).fold(0.0, f64::max);
        (window > 0.0 && !self.strategy.contains("window=")).then_some(window)
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
    pub fn claims(&self) -> [usize; 3] {
        let count = |wanted| self.measured().filter(|cell| cell.claims_kept == Some(wanted)).count();
        [count(ClaimsKept::Yes), count(ClaimsKept::No), count(ClaimsKept::Unknown)]
    }

    /// A metric's histograms, one for each seed that has any samples.
    pub fn histograms(&self, metric: &MetricSpec) -> Vec<Histogram> {
        let of = |cell: &Cell| cell.series().histograms.get(metric.name).cloned();
        self.measured().filter_map(of).filter(|one| !one.is_empty()).collect()
    }

    /// A metric's curves, one for each seed that has any points.
    pub fn curves(&self, metric: &MetricSpec) -> Vec<Curve> {
        let of = |cell: &Cell| cell.series().curves.get(metric.name).cloned();
        self.measured().filter_map(of).filter(|one| !one.is_empty()).collect()
    }

    /// One of [`QUANTILES`] of a metric over all seeds, in the metric's unit.
    pub fn quantile(&self, metric: &MetricSpec, q: f64) -> Option<Estimate> {
        self.pooled(metric, q).map(|quantile| quantile.estimate)
    }

    /// One of [`QUANTILES`] of a metric for each seed, for comparisons paired by seed.
    pub fn quantile_by_seed(&self, metric: &MetricSpec, q: f64) -> BTreeMap<u64, f64> {
        self.pooled(metric, q).map(|quantile| quantile.by_seed.clone()).unwrap_or_default()
    }

    /// How many samples of a metric all seeds have together.
    pub fn samples(&self, metric: &MetricSpec) -> u64 {
        self.all_pooled().get(metric.name).map_or(0, |pooled| pooled.samples)
    }

    fn pooled(&self, metric: &MetricSpec, q: f64) -> Option<&Quantile> {
        let index = QUANTILES.iter().position(|shown| *shown == q)?;
        Some(&self.all_pooled().get(metric.name)?.quantiles[index])
    }

    fn all_pooled(&self) -> &BTreeMap<&'static str, Pooled> {
        self.pooled.get_or_init(|| {
            let series: Vec<_> = self.measured().map(|cell| (cell.seed, cell.series())).collect();
            let distributions = metrics::all().filter(|metric| metric.form == Form::Distribution);
            let pooled = distributions.filter_map(|metric| {
                let seeds = series.iter().filter_map(|(seed, series)| Some((*seed, samples(series, metric)?)));
                Some((metric.name, Pooled::of(&seeds.collect::<Vec<_>>(), metric)?))
            });
            pooled.collect()
        })
    }

    /// The mean over seeds of a number (see [`Cell::number`]).
    pub fn mean(&self, metric: &MetricSpec, field: &str) -> Option<Estimate> {
        let values: Vec<_> = self.by_seed(metric, field).into_values().collect();
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
        self.per_1000(|cell| cell.number(&LOST_INTENTS, TOTAL))
    }

    /// Operations rejected per 1,000 issued.
    pub fn rejected_per_1000(&self) -> Option<Estimate> {
        self.per_1000(|cell| cell.number(&REJECTED, TOTAL))
    }

    /// Operations lost or rejected per 1,000 issued. `None` where losses were not judged.
    pub fn not_kept_per_1000(&self) -> Option<Estimate> {
        self.per_1000(not_kept)
    }

    fn per_1000(&self, what: impl Fn(&Cell) -> Option<f64>) -> Option<Estimate> {
        let pair = |cell: &Cell| {
            let ops = cell.number(&OPS_ISSUED, "").filter(|ops| *ops > 0.0).unwrap_or(cell.ops as f64);
            Some((finite(what(cell))? * 1000.0, ops))
        };
        stats::ratio_estimate(&self.measured().filter_map(pair).collect::<Vec<_>>())
    }

    /// Operations lost or rejected, for each seed in which losses were judged.
    pub fn not_kept_by_seed(&self) -> BTreeMap<u64, f64> {
        self.measured().filter_map(|cell| Some((cell.seed, finite(not_kept(cell))?))).collect()
    }

    /// Kinds of edits that are not native here, and how the strategy carries them.
    pub fn emulated(&self) -> BTreeMap<&'a str, &'a str> {
        let support = self.cells.iter().flat_map(|cell| cell.support.iter());
        support.filter(|(_, how)| how.as_str() != "native").map(|(edit, how)| (edit.as_str(), how.as_str())).collect()
    }
}

impl Pooled {
    /// Of (seed, samples) pairs.
    fn of(seeds: &[(u64, &Histogram)], metric: &MetricSpec) -> Option<Self> {
        let unit = metric.ns_per_unit();
        let all: Vec<_> = seeds.iter().map(|(_, samples)| *samples).collect();
        let quantile = |q: f64| {
            let alone = |(seed, samples): &(u64, &Histogram)| Some((*seed, stats::quantile(samples, q)? as f64 / unit));
            let by_seed = seeds.iter().filter_map(alone).collect();
            Some(Quantile { estimate: stats::quantile_estimate(&all, q, unit, true)?, by_seed })
        };
        let samples = all.iter().flat_map(|one| one.iter()).map(|(_, count)| count).sum();
        let [half, most, nearly_all] = QUANTILES.map(quantile);
        Some(Self { samples, quantiles: [half?, most?, nearly_all?] })
    }
}

fn samples<'s>(series: &'s syncbench_harness::results::Series, metric: &MetricSpec) -> Option<&'s Histogram> {
    series.histograms.get(metric.name).filter(|samples| !samples.is_empty())
}

fn not_kept(cell: &Cell) -> Option<f64> {
    Some(cell.number(&LOST_INTENTS, TOTAL)? + cell.number(&REJECTED, TOTAL).unwrap_or(0.0))
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}
