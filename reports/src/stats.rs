//! Statistics over seeds: merged histograms, quantiles, and percentile-bootstrap intervals.
//!
//! Quantiles are never averaged: the histograms of all seeds are added up and the quantile is read from the sum. An
//! interval resamples whole seeds, because operations of one run are not independent. The generator and its seed are
//! fixed, so the same results give the same intervals on every machine.

use std::collections::BTreeMap;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
pub use syncbench_harness::metric::quantile;
use syncbench_harness::results::Histogram;

/// Resamples behind an interval: the 2.5 % tails then rest on 25 resamples each (Efron and Tibshirani advise 1000).
pub const RESAMPLES: usize = 1000;

/// The share of resamples that an interval covers.
pub const CONFIDENCE: f64 = 0.95;

/// The seed of the resampling; any constant does.
const BOOTSTRAP_SEED: u64 = 0x5359_4e43;

/// A range that holds the true value with a probability of about [`CONFIDENCE`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A figure over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The figure itself.
    pub value: f64,
    /// How well the seeds pin it down; absent with a single seed.
    pub interval: Option<Interval>,
    /// How many seeds it rests on.
    pub seeds: usize,
}

/// Adds up histograms: one (value, count) pair for each value, in ascending order.
pub fn merge<'a>(histograms: impl IntoIterator<Item = &'a Histogram>) -> Histogram {
    let mut sum = BTreeMap::new();
    for (value, count) in histograms.into_iter().flatten() {
        *sum.entry(*value).or_insert(0u64) += count;
    }
    sum.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// The quantile `q` of the merged histograms (one for each seed), with its interval if `interval` is set.
pub fn quantile_estimate(histograms: &[&Histogram], q: f64, unit: f64, interval: bool) -> Option<Estimate> {
    let merged = merge(histograms.iter().copied());
    let value = quantile(&merged, q)? as f64 / unit;
    if !interval {
        return Some(Estimate { value, interval: None, seeds: histograms.len() });
    }
    let columns: Vec<Vec<u64>> = histograms.iter().map(|one| cumulative(&merged, one)).collect();
    let interval = bootstrap(histograms.len(), |weights| {
        let below = |index: usize| -> u64 { columns.iter().zip(weights).map(|(column, w)| column[index] * w).sum() };
        let rank = rank(below(merged.len() - 1), q)?;
        let (mut low, mut high) = (0, merged.len() - 1);
        while low < high {
            let middle = (low + high) / 2;
            if below(middle) >= rank { high = middle } else { low = middle + 1 }
        }
        Some(merged[low].0 as f64 / unit)
    });
    Some(Estimate { value, interval, seeds: histograms.len() })
}

/// The mean of one figure for each seed, with its interval.
pub fn mean_estimate(values: &[f64]) -> Option<Estimate> {
    let pairs: Vec<_> = values.iter().map(|value| (*value, 1.0)).collect();
    ratio_estimate(&pairs)
}

/// The sum of all numerators over the sum of all denominators, a pair for each seed, with its interval.
pub fn ratio_estimate(pairs: &[(f64, f64)]) -> Option<Estimate> {
    let ratio = |weight: &dyn Fn(usize) -> f64| {
        let (mut over, mut under) = (0.0, 0.0);
        for (index, (numerator, denominator)) in pairs.iter().enumerate() {
            over += numerator * weight(index);
            under += denominator * weight(index);
        }
        Some(over / under).filter(|ratio| ratio.is_finite())
    };
    let value = ratio(&|_| 1.0)?;
    let interval = bootstrap(pairs.len(), |weights| ratio(&|index| weights[index] as f64));
    Some(Estimate { value, interval, seeds: pairs.len() })
}

/// The mean difference `a - b` over the seeds that both have, paired by seed. `None` when they share none.
pub fn paired_difference(a: &BTreeMap<u64, f64>, b: &BTreeMap<u64, f64>) -> Option<Estimate> {
    let differences: Vec<_> = a.iter().filter_map(|(seed, value)| Some(value - b.get(seed)?)).collect();
    mean_estimate(&differences)
}

/// Nearest rank: from 1 to `total`.
fn rank(total: u64, q: f64) -> Option<u64> {
    (total > 0).then(|| ((q * total as f64).ceil() as u64).clamp(1, total))
}

/// How many samples of `one` do not exceed each value of `merged`.
fn cumulative(merged: &Histogram, one: &Histogram) -> Vec<u64> {
    let (mut index, mut seen) = (0, 0);
    let column = merged.iter().map(|(value, _)| {
        while one.get(index).is_some_and(|(at, _)| at <= value) {
            seen += one[index].1;
            index += 1;
        }
        seen
    });
    column.collect()
}

/// Draws `seeds` seeds with replacement, [`RESAMPLES`] times. `statistic` gets how often each seed was drawn; the interval
/// is its values without the tails.
fn bootstrap(seeds: usize, statistic: impl Fn(&[u64]) -> Option<f64>) -> Option<Interval> {
    if seeds < 2 {
        return None;
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(BOOTSTRAP_SEED);
    let mut weights = vec![0; seeds];
    let mut drawn = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        weights.fill(0);
        for _ in 0..seeds {
            weights[below(&mut rng, seeds)] += 1;
        }
        drawn.extend(statistic(&weights));
    }
    drawn.sort_by(f64::total_cmp);
    let cut = (drawn.len() as f64 * (1.0 - CONFIDENCE) / 2.0).floor() as usize;
    Some(Interval { low: *drawn.get(cut)?, high: *drawn.get(drawn.len() - 1 - cut)? })
}

/// A number below `bound`, the same on every platform. The bias of at most bound / 2^64 is far below a resample.
fn below(rng: &mut Xoshiro256PlusPlus, bound: usize) -> usize {
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use syncbench_harness::results::Quantiles;

    use super::*;

    #[test]
    fn merging_adds_counts() {
        let (a, b) = (vec![(1, 2), (5, 1)], vec![(0, 1), (5, 3)]);
        assert_eq!(merge([&a, &b]), vec![(0, 1), (1, 2), (5, 4)]);
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let histogram: Histogram = (1..=100).map(|value| (value, 1)).collect();
        assert_eq!(quantile(&histogram, 0.5), Some(50));
        assert_eq!(quantile(&histogram, 0.99), Some(99));
        assert_eq!(quantile(&histogram, 0.999), Some(100));
        assert_eq!(quantile(&histogram, 0.0), Some(1));
        assert_eq!(quantile(&Vec::new(), 0.5), None);
        let all = Quantiles::of(&histogram, 10.0).expect("not empty");
        assert_eq!((all.p50, all.max, all.mean, all.count), (5.0, 10.0, 5.05, 100));
    }

    #[test]
    fn a_quantile_of_merged_seeds_is_not_the_mean_of_their_quantiles() {
        let (slow, fast) = (vec![(100, 10)], vec![(1, 90)]);
        let estimate = quantile_estimate(&[&slow, &fast], 0.5, 1.0, true).expect("not empty");
        assert_eq!(estimate.value, 1.0, "the mean of the medians would be 50.5");
        assert_eq!(estimate.interval, Some(Interval { low: 1.0, high: 100.0 }));
    }

    #[test]
    fn one_seed_has_no_interval_and_equal_seeds_a_point() {
        assert_eq!(mean_estimate(&[7.0]), Some(Estimate { value: 7.0, interval: None, seeds: 1 }));
        let equal = mean_estimate(&[7.0; 5]).expect("not empty");
        assert_eq!(equal.interval, Some(Interval { low: 7.0, high: 7.0 }));
        assert_eq!(mean_estimate(&[]), None);
    }

    #[test]
    fn two_seeds_span_their_whole_range() {
        // The resampled mean is 0, 1/2 or 1 with probabilities 1/4, 1/2, 1/4: both tails are hit.
        let estimate = mean_estimate(&[0.0, 1.0]).expect("not empty");
        assert_eq!(estimate.interval, Some(Interval { low: 0.0, high: 1.0 }));
    }

    #[test]
    fn the_interval_comes_near_the_normal_one() {
        // 100 values spread evenly over 0..99: the mean is 49.5, its standard error 28.866 / 10.
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let interval = mean_estimate(&values).expect("not empty").interval.expect("many seeds");
        assert!((interval.low - (49.5 - 1.96 * 2.887)).abs() < 0.6, "{interval:?}");
        assert!((interval.high - (49.5 + 1.96 * 2.887)).abs() < 0.6, "{interval:?}");
    }

    #[test]
    fn pairing_removes_what_seeds_share() {
        let a: BTreeMap<u64, f64> = [(1, 10.0), (2, 1000.0), (3, 50.0), (9, 1.0)].into();
        let b: BTreeMap<u64, f64> = [(1, 8.0), (2, 998.0), (3, 48.0), (7, 1.0)].into();
        let estimate = paired_difference(&a, &b).expect("three shared seeds");
        assert_eq!((estimate.value, estimate.seeds), (2.0, 3));
        assert_eq!(estimate.interval, Some(Interval { low: 2.0, high: 2.0 }));
        assert_eq!(paired_difference(&a, &BTreeMap::new()), None);
    }

    #[test]
    fn a_ratio_weighs_seeds_by_their_denominator() {
        let estimate = ratio_estimate(&[(1.0, 10.0), (0.0, 90.0)]).expect("not empty");
        assert_eq!(estimate.value, 0.01);
        assert_eq!(ratio_estimate(&[(0.0, 0.0)]), None);
    }

    #[test]
    fn the_generator_is_pinned() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(BOOTSTRAP_SEED);
        let drawn: Vec<_> = (0..8).map(|_| below(&mut rng, 10)).collect();
        // Computed apart from this crate: SplitMix64 seeding, then xoshiro256++.
        assert_eq!(drawn, [1, 6, 1, 5, 7, 8, 2, 9], "a different generator would change every interval");
    }
}
