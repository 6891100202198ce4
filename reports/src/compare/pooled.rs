//! A strategy over all of its conditions: a slowdown that is in all of them is found where the luck of one hides it.
//!
//! Operations per second of processor time only, as the geometric mean over conditions seed by seed: a ratio of such means is
//! the mean ratio, in which every condition weighs the same.

use std::collections::BTreeMap;

use syncbench_harness::metric::Measured;
use syncbench_harness::metrics::OPS_PER_CPU_S;
use syncbench_harness::results::Cell;
use syncbench_harness::settings::Engine;
use syncbench_strategies::document::Digest;

use super::Least;
use super::bootstrap::{Draws, told};
use super::change::{Change, Verdict};
use super::figure::Figure;
use super::pairing::Pair;
use super::samples::Samples;
use super::speed::slower;

/// What its rows are called.
pub(super) const ALL: &str = "all conditions";

/// The logarithms of a seed's figures in both runs.
#[derive(Default)]
struct Sums {
    was: f64,
    is: f64,
    rows: usize,
}

/// A change for each strategy with several conditions in virtual time.
pub(super) fn changes(pairs: &[&Pair<'_>], least: &Least, drift: f64) -> Vec<Change> {
    let Ok(figure) = Figure::find(OPS_PER_CPU_S.name) else { return Vec::new() };
    let mut strategies: BTreeMap<&str, Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| pair.cells.first().is_some_and(|(_, is)| is.engine == Engine::Sim)) {
        strategies.entry(&pair.cells[0].1.strategy).or_default().push(pair);
    }
    let several = strategies.into_iter().filter(|(_, pairs)| pairs.len() > 1);
    several.filter_map(|(strategy, pairs)| change(strategy, &pairs, &figure, least, drift)).collect()
}

fn change(strategy: &str, pairs: &[&Pair<'_>], figure: &Figure, least: &Least, drift: f64) -> Option<Change> {
    let mut seeds: BTreeMap<u64, Sums> = BTreeMap::new();
    let mut identical = true;
    let rate = |cell: &Cell| cell.number(&OPS_PER_CPU_S, "").filter(|rate| *rate > 0.0);
    for pair in pairs {
        let slower = slower(pair);
        for (index, (was, is)) in pair.cells.iter().enumerate() {
            let (Some(before), Some(after)) = (rate(was), rate(is)) else { continue };
            identical &= before == after;
            let sums = seeds.entry(is.seed).or_default();
            sums.was += libm::log(before);
            sums.is += libm::log(after * slower.as_ref().map_or(1.0, |slower| slower[index]));
            sums.rows += 1;
        }
    }
    let mean = |of: fn(&Sums) -> f64| {
        Samples::Mean(seeds.values().map(|sums| libm::exp(of(sums) / sums.rows as f64)).collect())
    };
    let (was, is) = (mean(|sums| sums.was), mean(|sums| sums.is));
    let (baseline, candidate) = (was.whole()?, is.whole()?);
    let key = Digest::of(strategy.as_bytes());
    let told = told(&was, &is, &Draws::new(key, ALL, seeds.len()), drift).filter(|_| !identical);
    let first = pairs[0].cells[0].1;
    Some(Change {
        strategy: strategy.to_owned(),
        workload: String::new(),
        part: String::new(),
        condition: ALL.to_owned(),
        figure: figure.name.clone(),
        unit: figure.unit,
        better: figure.better.word(),
        exact: false,
        seeds: seeds.len(),
        baseline: Some(baseline),
        candidate: Some(candidate),
        ratio: Some(candidate / baseline),
        interval: told.and_then(|told| told.ratio).map(|ratio| [ratio.low, ratio.high]),
        p: told.map(|told| told.probability),
        p_corrected: None,
        verdict: if identical { Verdict::Identical } else { Verdict::Same },
        why: None,
        replay: first.replay.clone(),
        counts: false,
        of_cells: false,
        least: least.of(Measured::Processor),
    })
}
