//! How long users wait for their own changes in a mode, and what was not kept on the worst workload.

use std::collections::BTreeMap;

use syncbench_harness::metrics::ECHO_MS;
use syncbench_harness::results::Histogram;

use crate::aggregate::Row;
use crate::overview::{Mode, Overview};
use crate::stats::{BEYOND, Estimate, merge, quantile_estimate};

/// The tail that is shown, and the one where too few samples lie beyond it.
const TAILS: [(f64, &str); 2] = [(0.99, "p99"), (0.9, "p90")];

/// The figures of one strategy in one mode.
#[derive(Clone, Debug)]
pub(super) struct Bars<'o> {
    /// The mode that they are of.
    pub(super) mode: &'o str,
    /// A tail of [`ECHO_MS`] over all workloads of the mode, and which tail.
    pub(super) echo: Option<(Estimate, &'static str)>,
    /// Where the fewest operations were kept; absent where losses were not judged.
    pub(super) least_kept: Option<LeastKept<'o>>,
}

/// What was not kept on one workload, of each 1,000 operations.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeastKept<'o> {
    pub(super) workload: &'o str,
    pub(super) lost: Estimate,
    pub(super) refused: Option<Estimate>,
}

/// Those of all strategies in every mode: by mode and strategy, in the order of the overview.
pub(super) struct AllBars<'o>(pub(super) Vec<Vec<Bars<'o>>>);

impl<'o> AllBars<'o> {
    /// Those of an overview.
    pub(super) fn of(overview: &'o Overview<'o, 'o>) -> Self {
        let bars = |mode: &'o Mode<'o, 'o>, strategy: &'o str| {
            let rows = overview.rows(mode, strategy).filter(|row| row.measured().next().is_some());
            let rows: Vec<&Row<'_>> = rows.collect();
            let kept = mode.groups.iter().filter_map(|group| {
                let row = group.rows.iter().find(|row| row.strategy == strategy)?;
                let (lost, refused) = (row.lost_per_1000()?, row.rejected_per_1000());
                Some(LeastKept { workload: group.condition.workload, lost, refused })
            });
            let least_kept = kept.reduce(|least, one| if one.sum() > least.sum() { one } else { least });
            Bars { mode: &mode.name, echo: tail(&echo_by_seed(&rows)), least_kept }
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

    /// Lost and refused; below everything where losses were not judged.
    pub(super) fn not_kept(&self) -> f64 {
        self.least_kept.map_or(-1.0, |kept| kept.sum())
    }
}

impl LeastKept<'_> {
    fn sum(&self) -> f64 {
        self.lost.value + self.refused.map_or(0.0, |refused| refused.value)
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
