//! What a strategy did over all workloads of a mode: how long users wait for their own changes, and what was not kept.

use std::collections::BTreeMap;

use syncbench_harness::metric::{MetricSpec, TOTAL};
use syncbench_harness::metrics::{ECHO_MS, LOST_INTENTS, OPS_ISSUED, REJECTED};
use syncbench_harness::results::{Cell, Histogram};

use crate::aggregate::Row;
use crate::overview::{Mode, Overview};
use crate::stats::{BEYOND, Estimate, merge, quantile_estimate, ratio_estimate};

/// The tail that is shown, and the one where too few samples lie beyond it.
const TAILS: [(f64, &str); 2] = [(0.99, "p99"), (0.9, "p90")];

/// The figures of one strategy in one mode.
#[derive(Clone, Debug)]
pub(super) struct Bars<'o> {
    /// The mode that they are of.
    pub(super) mode: &'o str,
    /// How many workloads they are over.
    pub(super) workloads: usize,
    /// Lost operations for each 1,000; absent where nothing was judged.
    pub(super) lost: Option<Estimate>,
    /// Rejected operations for each 1,000.
    pub(super) rejected: Option<Estimate>,
    /// A tail of [`ECHO_MS`], and which.
    pub(super) echo: Option<(Estimate, &'static str)>,
}

/// Those of all strategies in every mode: by mode and strategy, in the order of the overview.
pub(super) struct AllBars<'o>(pub(super) Vec<Vec<Bars<'o>>>);

impl<'o> AllBars<'o> {
    /// Those of an overview.
    pub(super) fn of(overview: &'o Overview<'o, 'o>) -> Self {
        let bars = |mode: &'o Mode<'o, 'o>, strategy: &'o str| {
            let rows = overview.rows(mode, strategy).filter(|row| row.measured().next().is_some());
            let rows: Vec<&Row<'_>> = rows.collect();
            Bars {
                mode: &mode.name,
                workloads: rows.len(),
                lost: per_1000(&rows, &LOST_INTENTS),
                rejected: per_1000(&rows, &REJECTED),
                echo: tail(&echo_by_seed(&rows)),
            }
        };
        let of = |mode| overview.strategies.iter().map(|strategy| bars(mode, strategy.label)).collect();
        Self(overview.modes.iter().map(of).collect())
    }

    /// The worst of all modes for each strategy, figure by figure.
    pub(super) fn worst(&self) -> Vec<[&Bars<'o>; 2]> {
        let strategies = self.0.first().map_or(0, Vec::len);
        let worst = |index: usize, of: fn(&Bars<'_>) -> f64| {
            let bars = self.0.iter().map(move |mode| &mode[index]);
            bars.reduce(|worst, one| if of(one) > of(worst) { one } else { worst })
        };
        (0..strategies)
            .filter_map(|index| Some([worst(index, |bars| bars.echo_ms())?, worst(index, |bars| bars.not_kept())?]))
            .collect()
    }

    /// The largest of a figure, for one scale in all modes.
    pub(super) fn most(&self, of: fn(&Bars<'_>) -> f64) -> f64 {
        self.0.iter().flatten().map(of).filter(|value| value.is_finite()).fold(0.0, f64::max)
    }
}

impl Bars<'_> {
    /// The echo; below everything where there is none.
    pub(super) fn echo_ms(&self) -> f64 {
        self.echo.map_or(-1.0, |(echo, _)| echo.value)
    }

    /// Lost and rejected; below everything where losses were not judged.
    pub(super) fn not_kept(&self) -> f64 {
        self.lost.map_or(-1.0, |lost| lost.value + self.rejected.map_or(0.0, |rejected| rejected.value))
    }
}

/// The farthest tail that enough samples lie beyond.
fn tail(seeds: &[Histogram]) -> Option<(Estimate, &'static str)> {
    let samples: u64 = seeds.iter().flatten().map(|(_, count)| count).sum();
    let enough = |(tail, _): &&(f64, &str)| samples as f64 * (1.0 - tail) + 1e-9 >= BEYOND;
    let (tail, name) = TAILS.iter().find(enough).unwrap_or(&TAILS[1]);
    let seeds: Vec<_> = seeds.iter().collect();
    Some((quantile_estimate(&seeds, *tail, ECHO_MS.ns_per_unit(), true)?, name))
}

/// Samples of the echo over all rows, one histogram for each seed.
fn echo_by_seed(rows: &[&Row<'_>]) -> Vec<Histogram> {
    let mut seeds: BTreeMap<u64, Vec<Histogram>> = BTreeMap::new();
    for cell in rows.iter().flat_map(|row| row.measured()) {
        let samples = cell.series().histograms.get(ECHO_MS.name).cloned();
        seeds.entry(cell.seed).or_default().extend(samples.filter(|samples| !samples.is_empty()));
    }
    seeds.into_values().filter(|seed| !seed.is_empty()).map(|seed| merge(&seed)).collect()
}

/// A count for each 1,000 operations of the runs that have it.
fn per_1000(rows: &[&Row<'_>], metric: &MetricSpec) -> Option<Estimate> {
    let mut seeds: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let judged = |cell: &&Cell| finite(cell.number(&LOST_INTENTS, TOTAL)).is_some();
    for cell in rows.iter().flat_map(|row| row.measured()).filter(judged) {
        let Some(count) = finite(cell.number(metric, TOTAL)) else { continue };
        let issued = finite(cell.number(&OPS_ISSUED, "")).filter(|ops| *ops > 0.0).unwrap_or(cell.ops as f64);
        let (counts, ops) = seeds.entry(cell.seed).or_default();
        (*counts, *ops) = (*counts + count * 1000.0, *ops + issued);
    }
    ratio_estimate(&seeds.into_values().collect::<Vec<_>>())
}
