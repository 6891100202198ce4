//! How well the seeds pin a change down: whole seeds are drawn again, the same ones of both runs.
//!
//! A ratio is judged by its logarithm, since half and double are equally far from one. The spread of the logarithms over the
//! draws is its standard error (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 6), widened by
//! n/(n-1) because n seeds drawn again spread too little, and Student's distribution makes an interval and a probability of
//! it. `tests/suite/compare/cover.rs` has the measured cover.

use syncbench_harness::rng::{below, stream};
use syncbench_strategies::document::Digest;

use super::samples::Samples;
use super::significance::{quantile, two_sided};
use crate::stats::{CONFIDENCE, Interval};

/// How often seeds are drawn: Efron and Tibshirani find 200 enough for a standard error.
const DRAWS: usize = 400;

/// Seeds drawn again, so many times: for each, how often each seed came.
#[derive(Clone, Debug)]
pub(super) struct Draws(Vec<Vec<f64>>);

impl Draws {
    /// The draws of a row, the same whenever it is compared.
    pub(super) fn new(key: Digest, strategy: &str, seeds: usize) -> Self {
        let label = Digest::of(strategy.as_bytes());
        let key = key.0 ^ label.0;
        let mut rng = stream(key as u64, "compare", (key >> 64) as u64, seeds as u64);
        let mut draw = || {
            let mut weights = vec![0.0; seeds];
            (0..seeds).for_each(|_| weights[below(&mut rng, seeds)] += 1.0);
            weights
        };
        Self((0..DRAWS).map(|_| draw()).collect())
    }
}

/// A change, and what the seeds say about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    /// Where the ratio lies with the probability [`CONFIDENCE`]; absent where one of the figures is not positive.
    pub(super) ratio: Option<Interval>,
    /// The probability of such a change by the luck of the seeds alone.
    pub(super) probability: f64,
}

/// What the seeds say about the change from `a` to `b`, whose seeds are the same in the same order; `None` with one seed.
/// `drift` is the standard error of what all seeds of a run share, as a share of the figure: seeds cannot tell it.
pub(super) fn told(a: &Samples, b: &Samples, draws: &Draws, drift: f64) -> Option<Told> {
    let seeds = a.seeds();
    let (before, after) = (a.whole()?, b.whole()?);
    if seeds < 2 {
        return None;
    }
    let logarithm = |a: f64, b: f64| (a > 0.0 && b > 0.0).then(|| libm::log(b / a));
    let drawn: Vec<(f64, f64)> =
        draws.0.iter().filter_map(|weights| Some((a.figure(weights)?, b.figure(weights)?))).collect();
    // A draw without any of a rare event has no ratio: then the difference is judged.
    let logarithms: Option<Vec<f64>> = drawn.iter().map(|(a, b)| logarithm(*a, *b)).collect();
    let (change, error) = match (logarithm(before, after), logarithms) {
        (Some(change), Some(drawn)) => (change, libm::hypot(error(&drawn, seeds), drift)),
        _ => {
            let differences: Vec<_> = drawn.iter().map(|(a, b)| b - a).collect();
            let t = (after - before) / libm::hypot(error(&differences, seeds), drift * before.max(after));
            return Some(Told { ratio: None, probability: probability(after - before, t, seeds) });
        }
    };
    let reach = quantile(1.0 - CONFIDENCE, seeds - 1) * error;
    let ratio = Interval { low: libm::exp(change - reach), high: libm::exp(change + reach) };
    Some(Told { ratio: Some(ratio), probability: probability(change, change / error, seeds) })
}

fn probability(change: f64, t: f64, seeds: usize) -> f64 {
    if change == 0.0 { 1.0 } else { two_sided(t, seeds - 1) }
}

/// The standard error of what was drawn.
fn error(drawn: &[f64], seeds: usize) -> f64 {
    let n = drawn.len() as f64;
    let mean = drawn.iter().sum::<f64>() / n;
    let variance = drawn.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    (variance * seeds as f64 / (seeds as f64 - 1.0)).sqrt()
}
