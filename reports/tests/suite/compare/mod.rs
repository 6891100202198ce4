//! Two runs compared: what is found, what is refused, and what is luck.

mod findings;
mod luck;
mod refusals;
mod rules;
mod shown;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use syncbench_harness::metric::{Metric, Quantiles};
use syncbench_harness::metrics::*;
use syncbench_harness::results::{Cell, Results, Series};
use syncbench_harness::rng::{self, stream};
use syncbench_reports::compare::{Change, Comparison, Incomparable, Least, Rule, Verdict, compare};
use syncbench_strategies::document::Digest;

use crate::support;

pub(crate) const STRATEGIES: [&str; 3] = ["serial", "ot", "lww-document"];

/// What a run is synthesized from; equal runs with other `luck` are re-runs of one build.
pub(crate) struct Run {
    pub(crate) strategies: Vec<String>,
    pub(crate) seeds: u64,
    pub(crate) luck: u64,
    /// What the processor time of the first strategy is multiplied by.
    pub(crate) slower: f64,
    /// How far processor times of one seed lie apart, as a share.
    pub(crate) noise: f64,
    /// How fast the machine is for the whole run: what processor times and the reference are multiplied by.
    pub(crate) machine: f64,
}

impl Default for Run {
    fn default() -> Self {
        let strategies = STRATEGIES.map(str::to_owned).into();
        Self { strategies, seeds: 10, luck: 1, slower: 1.0, noise: 0.04, machine: 1.0 }
    }
}

impl Run {
    pub(crate) fn results(&self) -> Results {
        let mut cells = Vec::new();
        for part in ["calm", "rough"] {
            for strategy in &self.strategies {
                cells.extend((1..=self.seeds).map(|seed| self.cell(part, strategy, seed)));
            }
        }
        support::results(cells)
    }

    fn cell(&self, part: &str, strategy: &str, seed: u64) -> Cell {
        static TEMPLATE: LazyLock<Cell> = LazyLock::new(|| support::cell("calm", "stack", "serial", 10, 1));
        let mut cell = Cell { part: part.into(), strategy: strategy.into(), ..TEMPLATE.clone() };
        cell.settings.seed = seed;
        cell.replay = format!("syncbench run --strategy {strategy} --workload stack --seeds {seed}..{seed}");
        let samples = vec![(20_000_000 + 100_000 * seed, 200), (30_000_000 + 300_000 * seed, 3)];
        let visible = Quantiles::of(&samples, 1e6).expect("samples");
        let mut draws = stream(self.luck ^ (seed << 8), part, strategy.len() as u64, 0);
        // About normal: the sum of twelve.
        let mut normal = || (0..12).map(|_| rng::unit(&mut draws)).sum::<f64>() - 6.0;
        let of_seed = 1.0 + 0.2 * (seed % 5) as f64;
        let slower = if *strategy == self.strategies[0] { self.slower } else { 1.0 };
        let time = of_seed * self.machine * slower * libm::exp(self.noise * normal());
        let reference = 60.0 * self.machine * libm::exp(0.01 * normal());
        cell.metrics.clear();
        let metrics = [
            (&VISIBLE_MS, Metric::Quantiles(visible)),
            (&OPS_PER_CPU_S, Metric::Number(90_000.0 / time)),
            (&REFERENCE_US, Metric::Number(reference)),
            (&WIRE_BYTES_PER_OP, Metric::Number(300.0 + seed as f64)),
            (
                &LOST_INTENTS,
                Metric::Counts([("torn save", if strategy == "serial" { 0 } else { 3 + seed })].into_iter().collect()),
            ),
            (&REJECTED, Metric::Counts([("empty", 2u64)].into_iter().collect())),
        ];
        cell.metrics.extend(metrics.map(|(spec, figure)| (spec.name, figure)));
        cell.series =
            Series { histograms: BTreeMap::from([(VISIBLE_MS.name.to_owned(), samples)]), ..Series::default() }.into();
        cell.trace_digest = Some(Digest(u128::from(seed)));
        cell.converged = Some(true);
        cell
    }
}

pub(crate) fn compared(baseline: &Results, candidate: &Results, rules: &[&str]) -> Result<Comparison, Incomparable> {
    let rules: Vec<Rule> = rules.iter().map(|rule| rule.parse().expect("a threshold")).collect();
    compare([("before", baseline), ("after", candidate)], Least::default(), &rules, &mut |_, _| {})
}

pub(crate) fn of<'c>(comparison: &'c Comparison, strategy: &str, part: &str, figure: &str) -> &'c Change {
    let is = |change: &&Change| {
        (change.strategy.as_str(), change.part.as_str(), change.figure.as_str()) == (strategy, part, figure)
    };
    comparison.changes.iter().find(is).unwrap_or_else(|| panic!("no {figure} of {strategy} in {part}"))
}

pub(crate) fn count(comparison: &Comparison, verdict: Verdict) -> usize {
    comparison.counts.get(&verdict).copied().unwrap_or(0)
}

/// The cells of a strategy in a part, to be changed.
pub(crate) fn cells<'r>(results: &'r mut Results, strategy: &str, part: &str) -> impl Iterator<Item = &'r mut Cell> {
    let is = move |cell: &&mut Cell| cell.strategy == strategy && cell.part == part;
    results.cells.iter_mut().filter(is).collect::<Vec<_>>().into_iter()
}
