//! What one figure rests on, seed by seed, and what it is for any weights of the seeds.

use syncbench_harness::results::Histogram;

/// One figure of one run: an observation for each seed.
#[derive(Clone, Debug)]
pub(super) enum Samples {
    /// A number for each seed; the figure is their mean.
    Mean(Vec<f64>),
    /// A number for each seed; the figure is their sum.
    Sum(Vec<f64>),
    /// Samples of each seed; the figure is a quantile of all together.
    Quantile(Pool, f64),
    /// Samples of each seed; the figure is the mean of all together.
    PooledMean(Pool),
}

/// The samples of all seeds, in ascending order of value.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// Value in the metric's unit, seed, count.
    samples: Vec<(f64, usize, f64)>,
    seeds: usize,
}

impl Pool {
    /// Of a histogram and a factor to the metric's unit for each seed.
    pub(super) fn new<'h>(seeds: impl Iterator<Item = (&'h Histogram, f64)>) -> Self {
        let (mut samples, mut count) = (Vec::new(), 0);
        for (seed, (histogram, factor)) in seeds.enumerate() {
            samples.extend(histogram.iter().map(|(value, count)| (*value as f64 * factor, seed, *count as f64)));
            count = seed + 1;
        }
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { samples, seeds: count }
    }

    /// How many samples it has.
    pub(super) fn len(&self) -> f64 {
        self.samples.iter().map(|(_, _, count)| count).sum()
    }

    fn weighted(&self, weights: &[f64]) -> f64 {
        self.samples.iter().map(|(_, seed, count)| count * weights[*seed]).sum()
    }
}

impl Samples {
    /// How many seeds it rests on.
    pub(super) fn seeds(&self) -> usize {
        match self {
            Self::Mean(values) | Self::Sum(values) => values.len(),
            Self::Quantile(pool, _) | Self::PooledMean(pool) => pool.seeds,
        }
    }

    /// The figure with each seed as often as its weight says. `None` without samples.
    pub(super) fn figure(&self, weights: &[f64]) -> Option<f64> {
        if self.seeds() == 0 {
            return None;
        }
        let sum = |values: &[f64]| values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
        let figure = match self {
            Self::Sum(values) => sum(values),
            Self::Mean(values) => sum(values) / weights.iter().sum::<f64>(),
            Self::PooledMean(pool) => {
                let all = pool.samples.iter().map(|(value, seed, count)| value * count * weights[*seed]);
                all.sum::<f64>() / pool.weighted(weights)
            }
            Self::Quantile(pool, q) => {
                // Nearest rank, as in `metric::quantile`.
                let rank = (q * pool.weighted(weights) - 1e-9).ceil().max(1.0);
                let mut below = 0.0;
                let reaches = |(value, seed, count): &(f64, usize, f64)| {
                    below += count * weights[*seed];
                    (below >= rank).then_some(*value)
                };
                return pool.samples.iter().find_map(reaches);
            }
        };
        Some(figure).filter(|figure| figure.is_finite())
    }

    /// The figure as it is.
    pub(super) fn whole(&self) -> Option<f64> {
        self.figure(&vec![1.0; self.seeds()])
    }
}
