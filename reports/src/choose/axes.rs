//! The figures by which candidates are compared, each of one kind and never blended.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use syncbench_harness::metric::{MetricSpec, TOTAL};
use syncbench_harness::metrics::{
    CONFIRMED_MS, ECHO_MS, LOST_INTENTS, OPS_ISSUED, REJECTED, RESIDENT_BYTES, RESYNC_BYTES, ROLLED_BACK,
    SERVER_RESIDENT_BYTES, VISIBLE_MS, WIRE_BYTES_PER_OP,
};

use super::answers::{Answers, Invariant};
use super::entry::{Entry, Measured};
use super::study::{AWAY, CONNECTED};
use crate::stats::{self, BEYOND, Estimate};

/// A figure by which candidates are compared.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// Its heading.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The part of the plan that it is read from.
    pub part: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// The least difference that counts.
    pub least: Least,
    /// Whether the front is drawn over it and the rule looks at it. All others are shown beside it.
    pub decides: bool,
}

/// Where a figure comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Operations of this kind for each 1,000, over all parts of the data that last together.
    Per1000(&'static MetricSpec),
    /// Operations lost or refused for each 1,000, over all parts of the data that last together.
    NotKept,
    /// A quantile, of the part of the data where it is worst.
    Quantile(&'static MetricSpec, f64),
    /// The mean for each operation, over all parts of the data together.
    PerOp(&'static MetricSpec),
    /// The mean of a field, of the part of the data where it is largest.
    Mean(&'static MetricSpec, &'static str),
}

/// The least difference that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Least {
    /// Any that the seeds tell.
    Any,
    /// So many milliseconds.
    Ms(f64),
    /// Such a share of the smaller figure.
    Share(f64),
}

/// A frame of a screen at 60 Hz: nobody sees less.
pub const FRAME_MS: f64 = 1000.0 / 60.0;
/// Less than a tenth of the traffic or of the memory changes no decision about servers.
pub const TENTH: f64 = 0.1;

impl Source {
    /// The metric.
    pub fn metric(&self) -> &'static MetricSpec {
        match self {
            Self::NotKept => &LOST_INTENTS,
            Self::Per1000(metric) | Self::Quantile(metric, _) | Self::PerOp(metric) | Self::Mean(metric, _) => metric,
        }
    }
}

/// A figure of one entry.
#[derive(Clone, Debug)]
pub struct Measure {
    /// With its interval.
    pub estimate: Estimate,
    /// For each seed, for comparisons.
    pub by_seed: BTreeMap<u64, f64>,
    /// The number of operations among which it was counted; `None` where it is no count.
    pub of: Option<u64>,
}

impl Measure {
    /// If nothing was counted: the upper bound with 95 % confidence, in the same unit.
    pub fn below(&self) -> Option<f64> {
        let of = self.of.filter(|of| *of > 0 && self.estimate.value == 0.0)?;
        Some(1000.0 * stats::none_of(of))
    }
}

/// The axes in the order of the rule: what is not kept, or, where refusals are wanted, what is lost and then what is refused;
/// what people feel; what is sent. Then the figures that
/// are shown beside them.
pub fn axes(answers: &Answers, measured: &Measured<'_>, entries: &[Entry]) -> Vec<Axis> {
    let away = !answers.time_offline().is_zero();
    // Where the server decides, people wait for its word; elsewhere for what others do.
    let word = answers.refuse || matches!(answers.invariant, Invariant::NoOversell | Invariant::EachItemOnce);
    // As in every table: the 90th percentile where too few samples lie beyond the 99th.
    let fewest = |metric| {
        let samples = |entry: &Entry| entry.rows(measured, CONNECTED).map(|row| row.samples(metric)).min();
        entries.iter().filter_map(samples).filter(|samples| *samples > 0).min().unwrap_or(0)
    };
    let tail = |metric, p99, p90| match fewest(metric) as f64 * 0.01 >= BEYOND {
        true => (p99, Source::Quantile(metric, 0.99)),
        false => (p90, Source::Quantile(metric, 0.9)),
    };
    let (echo, confirmed, visible) = (
        tail(&ECHO_MS, "echo p99", "echo p90"),
        tail(&CONFIRMED_MS, "confirmed p99", "confirmed p90"),
        tail(&VISIBLE_MS, "visible p99", "visible p90"),
    );
    let per_1000 = "per 1,000 ops";
    let axis = |name, unit, part, source, least| Axis { name, unit, part, source, least, decides: true };
    let frame = Least::Ms(FRAME_MS);
    let counted = |name, part, source, decides| Axis { decides, ..axis(name, per_1000, part, source, Least::Any) };
    // Where refusals are wanted they are better than losses. Where nobody asked for them, an operation that is refused is no
    // more kept than one that is lost.
    let mut axes = vec![
        counted("not kept", CONNECTED, Source::NotKept, !word),
        counted("not kept (away)", AWAY, Source::NotKept, !word),
        counted("lost", CONNECTED, Source::Per1000(&LOST_INTENTS), word),
        counted("lost (away)", AWAY, Source::Per1000(&LOST_INTENTS), word),
        counted("refused", CONNECTED, Source::Per1000(&REJECTED), word),
        counted("refused (away)", AWAY, Source::Per1000(&REJECTED), word),
        axis(echo.0, "ms", CONNECTED, echo.1, frame),
        counted("taken back", CONNECTED, Source::Per1000(&ROLLED_BACK), word),
        Axis { decides: word, ..axis(confirmed.0, "ms", CONNECTED, confirmed.1, frame) },
        Axis { decides: !word, ..axis(visible.0, "ms", CONNECTED, visible.1, frame) },
        axis("sent", "B/op", CONNECTED, Source::PerOp(&WIRE_BYTES_PER_OP), Least::Share(TENTH)),
    ];
    let shown = |name, part, metric, field| Axis {
        decides: false,
        ..axis(name, "B", part, Source::Mean(metric, field), Least::Share(TENTH))
    };
    axes.push(shown("catching up", AWAY, &RESYNC_BYTES, "total"));
    axes.push(shown("client memory", CONNECTED, &RESIDENT_BYTES, "steady"));
    axes.push(shown("server memory", CONNECTED, &SERVER_RESIDENT_BYTES, "steady"));
    axes.retain(|axis| away || axis.part != AWAY);
    if word {
        axes.retain(|axis| !matches!(axis.source, Source::NotKept));
    }
    axes
}

impl Axis {
    /// The figure of an entry; `None` where it does not apply.
    pub fn measure(&self, measured: &Measured<'_>, entry: &Entry) -> Option<Measure> {
        let rows: Vec<_> = entry.rows(measured, self.part).collect();
        let lasting: Vec<_> = entry.lasting(measured, self.part).collect();
        match self.source {
            Source::Per1000(metric) => {
                per_1000(lasting.iter().map(|row| row.by_seed(metric, TOTAL)).collect(), &lasting)
            }
            Source::NotKept => per_1000(lasting.iter().map(|row| row.not_kept_by_seed()).collect(), &lasting),
            Source::PerOp(metric) => {
                let weighed = |row: &&crate::aggregate::Row<'_>| {
                    let ops = row.by_seed(&OPS_ISSUED, "");
                    let bytes = row.by_seed(metric, "");
                    let all = bytes.iter().filter_map(|(seed, each)| Some((*seed, each * ops.get(seed)?)));
                    (all.collect::<BTreeMap<_, _>>(), 1.0)
                };
                ratio(&rows.iter().map(weighed).collect::<Vec<_>>(), &rows)
            }
            Source::Quantile(metric, q) => worst(rows.iter().filter_map(|row| {
                let by_seed = row.quantile_by_seed(metric, q);
                Some(Measure { estimate: row.quantile(metric, q)?, by_seed, of: None })
            })),
            Source::Mean(metric, field) => worst(rows.iter().filter_map(|row| {
                let by_seed = row.by_seed(metric, field);
                let values: Vec<f64> = by_seed.values().copied().collect();
                Some(Measure { estimate: stats::mean_estimate(&values)?, by_seed, of: None })
            })),
        }
    }

    /// Which of two figures is less, as far as seeds tell and the difference counts. `Equal` where they do not tell.
    pub fn told(&self, a: Option<&Measure>, b: Option<&Measure>) -> Ordering {
        let (Some(a), Some(b)) = (a, b) else { return Ordering::Equal };
        let Some(difference) = stats::paired_difference(&a.by_seed, &b.by_seed) else { return Ordering::Equal };
        let counts = match self.least {
            Least::Any => true,
            Least::Ms(least) => difference.value.abs() >= least,
            Least::Share(share) => difference.value.abs() >= share * a.estimate.value.min(b.estimate.value),
        };
        difference.side().filter(|_| counts).unwrap_or(Ordering::Equal)
    }
}

/// Counts for each 1,000 operations.
fn per_1000(counts: Vec<BTreeMap<u64, f64>>, rows: &[&crate::aggregate::Row<'_>]) -> Option<Measure> {
    let counts: Vec<_> = counts.into_iter().map(|by_seed| (by_seed, 1000.0)).collect();
    let of = rows.iter().flat_map(|row| row.by_seed(&OPS_ISSUED, "").into_values()).sum::<f64>();
    Some(Measure { of: Some(of as u64), ..ratio(&counts, rows)? })
}

/// What all rows have together for each operation, times a factor. `None` unless every row has it.
fn ratio(over: &[(BTreeMap<u64, f64>, f64)], rows: &[&crate::aggregate::Row<'_>]) -> Option<Measure> {
    let mut pairs: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for ((values, factor), row) in over.iter().zip(rows) {
        if values.is_empty() {
            return None;
        }
        let ops = row.by_seed(&OPS_ISSUED, "");
        for (seed, value) in values {
            let pair = pairs.entry(*seed).or_default();
            pair.0 += value * factor;
            pair.1 += ops.get(seed).copied().unwrap_or(0.0);
        }
    }
    pairs.retain(|_, (_, under)| *under > 0.0);
    let estimate = stats::ratio_estimate(&pairs.values().copied().collect::<Vec<_>>())?;
    let by_seed = pairs.into_iter().map(|(seed, (over, under))| (seed, over / under)).collect();
    Some(Measure { estimate, by_seed, of: None })
}

/// The largest of several, seed by seed, with the interval of the one that is largest over all.
fn worst(measures: impl Iterator<Item = Measure>) -> Option<Measure> {
    measures.reduce(|mut a, b| {
        for (seed, value) in &b.by_seed {
            let known = a.by_seed.entry(*seed).or_insert(*value);
            *known = known.max(*value);
        }
        if b.estimate.value > a.estimate.value {
            a.estimate = b.estimate;
        }
        a
    })
}
