//! How often intervals hold the true value: over simulated figures, whose true value is known, and over seeds of real runs,
//! of which 200 stand for all that there are. What was measured is printed: `cargo test --test suite cover -- --nocapture`.
#![allow(clippy::print_stdout, reason = "a measurement to be read")]

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{DIVERGED_SHARE, REPLICATED_MS, STALENESS_OPS, VISIBLE_MS, WIRE_BYTES_PER_OP};
use syncbench_harness::results::{Cell, Histogram};
use syncbench_harness::scenario::{Catalog, Scenario, collect};
use syncbench_reports::stats::{Interval, Spread, mean_interval, merge, quantile, quantile_estimate};

/// Numbers of seeds.
const SEEDS: [usize; 2] = [10, 30];
/// 95 %, give or take what a person would call 95 %, to the full percent.
const COVER: RangeInclusive<f64> = 0.925..=0.975;
/// Counts have few possible means, so their intervals cover in steps.
const COVER_OF_COUNTS: RangeInclusive<f64> = 0.925..=0.99;

struct Draws(Xoshiro256PlusPlus);

impl Draws {
    fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    fn exponential(&mut self) -> f64 {
        -libm::log(self.unit())
    }

    fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * libm::cos(std::f64::consts::TAU * self.unit())
    }

    fn poisson(&mut self, mean: f64) -> f64 {
        let (mut left, mut count) = (mean - self.exponential(), 0.0);
        while left > 0.0 {
            left -= self.exponential();
            count += 1.0;
        }
        count
    }

    /// A run of 200 operations: a base delay of its own, jitter, and now and then a lost packet that delays several of them.
    fn latencies(&mut self) -> Histogram {
        let (base, mut held) = (20.0 * libm::exp(0.1 * self.normal()), 0);
        let mut samples = Vec::new();
        for _ in 0..200 {
            held = if held == 0 && self.unit() < 0.005 { 1 + self.below(8) } else { held };
            let wait = if held > 0 { 50.0 + 200.0 * self.unit() } else { 0.0 };
            held = usize::saturating_sub(held, 1);
            samples.push(((base + 5.0 * self.exponential() + wait) * 1e6) as u64);
        }
        samples.sort_unstable();
        samples.into_iter().map(|ns| (ns, 1)).collect()
    }
}

fn draws() -> Draws {
    Draws(Xoshiro256PlusPlus::seed_from_u64(1))
}

/// The share of trials whose interval holds `truth`. Where all seeds are alike there is none, and nothing to hold it.
fn cover(trials: usize, truth: f64, mut trial: impl FnMut() -> Option<Interval>) -> f64 {
    let holds = |interval: Interval| interval.low <= truth && truth <= interval.high;
    (0..trials).filter(|_| trial().is_some_and(holds)).count() as f64 / trials as f64
}

#[test]
fn intervals_of_simulated_means_cover_what_they_say() {
    type Shape = (&'static str, f64, RangeInclusive<f64>, fn(&mut Draws) -> f64);
    let shapes: [Shape; 9] = [
        ("normal", 0.0, COVER, Draws::normal),
        ("even", 0.5, COVER, Draws::unit),
        ("a sum of four waits", 4.0, COVER, |draws| (0..4).map(|_| draws.exponential()).sum()),
        ("exponential", 1.0, COVER, Draws::exponential),
        ("log-normal", libm::exp(0.125), COVER, |draws| libm::exp(0.5 * draws.normal())),
        ("three on average", 3.0, COVER, |draws| draws.poisson(3.0)),
        ("mostly zero", 0.3, COVER_OF_COUNTS, |draws| draws.poisson(0.3)),
        ("clustered", 1.0, COVER_OF_COUNTS, |draws| {
            let mean = draws.exponential();
            draws.poisson(mean)
        }),
        ("half of them zero", 1.5, COVER_OF_COUNTS, |draws| if draws.unit() < 0.5 { 0.0 } else { draws.poisson(3.0) }),
    ];
    for (name, truth, right, draw) in shapes {
        for n in SEEDS {
            let mut draws = draws();
            let trial = || mean_interval(&(0..n).map(|_| draw(&mut draws)).collect::<Vec<_>>());
            let cover = cover(20_000, truth, trial);
            println!("mean of {name}, {n} seeds: {:.1} %", cover * 100.0);
            assert!(right.contains(&cover), "{name}, {n} seeds: {cover}");
        }
    }
}

#[test]
fn intervals_of_simulated_quantiles_cover_what_they_say() {
    let mut draws = draws();
    let population: Vec<_> = (0..2000).map(|_| draws.latencies()).collect();
    let all = merge(&population);
    for q in [0.5, 0.9, 0.99] {
        let truth = quantile(&all, q).expect("not empty") as f64;
        for n in SEEDS {
            let cover = cover(500, truth, || {
                let seeds: Vec<_> = (0..n).map(|_| &population[draws.below(population.len())]).collect();
                interval(&seeds, q)
            });
            println!("quantile {q} of simulated latencies, {n} seeds: {:.1} %", cover * 100.0);
            assert!(COVER.contains(&cover), "quantile {q}, {n} seeds: {cover}");
        }
    }
}

fn interval(seeds: &[&Histogram], q: f64) -> Option<Interval> {
    match quantile_estimate(seeds, q, 1.0, true)?.spread {
        Some(Spread::Interval(interval)) => Some(interval),
        _ => None,
    }
}

/// 200 seeds of a strategy on the calm network.
fn real(strategy: &str) -> Vec<Cell> {
    let scenario = Scenario {
        strategies: vec![strategy.into()],
        workloads: vec!["stack".into()],
        seeds: vec!["1..200".into()],
        ops: 100,
        ..Scenario::default()
    };
    collect(vec![scenario], &Catalog::default()).expect("a right scenario")
}

#[test]
fn intervals_over_real_seeds_cover_what_they_say() {
    let mut covers = BTreeMap::new();
    for strategy in ["serial", "ot"] {
        let cells = real(strategy);
        let mut draws = draws();
        let means: [(&MetricSpec, &str); 3] =
            [(&WIRE_BYTES_PER_OP, ""), (&DIVERGED_SHARE, ""), (&STALENESS_OPS, "mean")];
        for (metric, field) in means {
            let values: Vec<f64> = cells.iter().filter_map(|cell| cell.number(metric, field)).collect();
            let truth = values.iter().sum::<f64>() / values.len() as f64;
            for n in SEEDS {
                let trial = || mean_interval(&(0..n).map(|_| values[draws.below(values.len())]).collect::<Vec<_>>());
                covers.insert((strategy, metric.name.to_owned(), n), cover(2000, truth, trial));
            }
        }
        for metric in [&VISIBLE_MS, &REPLICATED_MS] {
            let all: Vec<_> = cells.iter().map(|cell| cell.series().histograms[metric.name].clone()).collect();
            let histograms: Vec<&Histogram> = all.iter().collect();
            for q in [0.5, 0.9] {
                let truth = quantile(&merge(histograms.iter().copied()), q).expect("not empty") as f64;
                for n in SEEDS {
                    let mut trial = || (0..n).map(|_| histograms[draws.below(histograms.len())]).collect::<Vec<_>>();
                    let cover = cover(2000, truth, || interval(&trial(), q));
                    covers.insert((strategy, format!("{} {q}", metric.name), n), cover);
                }
            }
        }
    }
    for ((strategy, metric, n), cover) in &covers {
        println!("{metric} of {strategy} over real seeds, {n} seeds: {:.1} %", cover * 100.0);
    }
    let wrong: Vec<_> = covers.iter().filter(|(_, cover)| !COVER.contains(cover)).collect();
    assert!(wrong.is_empty(), "{wrong:?} of {covers:#?}");
}

/// What the intervals replaced, on the same figures: the check notices an interval that is too narrow.
#[test]
fn an_interval_that_is_too_narrow_is_noticed() {
    let mut draws = draws();
    let cover = cover(2000, 1.0, || {
        let Interval { low, high } = mean_interval(&(0..10).map(|_| draws.exponential()).collect::<Vec<_>>())?;
        let (middle, half) = ((low + high) / 2.0, (high - low) / 3.0);
        Some(Interval { low: middle - half, high: middle + half })
    });
    assert!(!COVER.contains(&cover), "{cover}");
}
