//! Metrics as data: what is measured, in which unit, which end is better, and what it means.
//!
//! A probe declares its metrics as statics beside the code that measures them. Figures are taken by the static, and tables,
//! charts, the page and `list metrics` refer to it, so a misspelt metric does not compile.

use serde::{Deserialize, Serialize};

use crate::by_name::ByName;

/// What a metric says about itself.
#[derive(Debug, PartialEq, Eq)]
pub struct MetricSpec {
    /// Its name in results.
    pub name: &'static str,
    /// The unit of its values, in the plural; `share` for values from 0 to 1.
    pub unit: &'static str,
    /// Which end is better.
    pub better: Better,
    /// The form in which results carry it.
    pub form: Form,
    /// What it measures, in a sentence for readers of a report.
    pub meaning: &'static str,
    /// What its figures follow from.
    pub measured: Measured,
}

/// What a figure follows from: whether two runs of one scenario and build have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measured {
    /// The events of the run. In virtual time the same scenario, seed and build give the same figure on every machine, so any
    /// difference is one of behaviour.
    #[default]
    Events,
    /// What handlers allocate: the same but for a few bytes of hash maps, which are seeded at random.
    Allocator,
    /// The processor's time: different in every run.
    Processor,
}

/// Which end of a metric is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Low,
    /// More is better.
    High,
    /// Neither: it describes the run, or a higher value may be right.
    Neither,
}

/// The form of a metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One number.
    Number,
    /// Several numbers, by these names.
    Numbers(&'static [&'static str]),
    /// Counts, by these names.
    Counts(&'static [&'static str]),
    /// Counts by names that only the run knows, such as codes of rejections.
    Tally,
    /// A distribution: quantiles, and a histogram behind them.
    Distribution,
}

impl Better {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "lower",
            Self::High => "higher",
            Self::Neither => "neither",
        }
    }
}

impl MetricSpec {
    /// The names of its single values. A number alone has none, and the names of a tally are not known beforehand.
    pub fn fields(&self) -> &'static [&'static str] {
        match self.form {
            Form::Number | Form::Tally => &[],
            Form::Numbers(fields) | Form::Counts(fields) => fields,
            Form::Distribution => Quantiles::FIELDS,
        }
    }

    /// How many nanoseconds make one unit, for distributions: their samples are kept in nanoseconds.
    pub fn ns_per_unit(&self) -> f64 {
        match self.unit {
            "ms" => 1e6,
            "µs" => 1e3,
            _ => 1.0,
        }
    }

    /// Its row in the glossary of ARCHITECTURE.md.
    pub fn glossary_row(&self) -> String {
        let fields = match self.form {
            Form::Number | Form::Distribution => String::new(),
            Form::Numbers(fields) | Form::Counts(fields) => format!(": {}", fields.join(", ")),
            Form::Tally => ", by name".to_owned(),
        };
        let Self { name, unit, better, meaning, .. } = self;
        format!("| `{name}` | {unit}{fields} | {} | {meaning} |", better.word())
    }
}

/// Declares metrics, each documented by its meaning, and lists them in `DECLARED`. Without `measured`, its figures follow from
/// events.
macro_rules! metrics {
    (@measured) => {
        $crate::metric::Measured::Events
    };
    (@measured $measured:ident) => {
        $crate::metric::Measured::$measured
    };
    ($($spec:ident = {
        name: $name:literal,
        unit: $unit:literal,
        better: $better:ident,
        form: $form:ident $(($fields:expr))?,
        meaning: $meaning:literal,
        $(measured: $measured:ident,)?
    };)+) => {
        $(
            #[doc = $meaning]
            pub static $spec: $crate::metric::MetricSpec = $crate::metric::MetricSpec {
                name: $name,
                unit: $unit,
                better: $crate::metric::Better::$better,
                form: $crate::metric::Form::$form $(($fields))?,
                meaning: $meaning,
                measured: $crate::metric::metrics!(@measured $($measured)?),
            };
        )+

        pub(super) static DECLARED: &[&$crate::metric::MetricSpec] = &[$(&$spec),+];
    };
}
pub(crate) use metrics;

/// A measured figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Metric {
    /// One number.
    Number(f64),
    /// A distribution, in the metric's unit.
    Quantiles(Quantiles),
    /// Counts by name.
    Counts(ByName<u64>),
    /// Several numbers by name, such as `mean` and `peak`.
    Numbers(ByName<f64>),
    /// Not defined for this run.
    Absent,
}

/// Quantiles of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiles {
    /// How many samples.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Largest.
    pub max: f64,
}

impl Quantiles {
    /// The quantiles of (value, count) pairs in ascending order of value, each value divided by `per_unit`. `None` without
    /// samples.
    pub fn of(samples: &[(u64, u64)], per_unit: f64) -> Option<Self> {
        let at = |q| quantile(samples, q).map(|value| value as f64 / per_unit);
        let count: u64 = samples.iter().map(|(_, count)| count).sum();
        let sum: u128 = samples.iter().map(|(value, count)| u128::from(*value) * u128::from(*count)).sum();
        let mean = sum as f64 / count as f64 / per_unit;
        Some(Self { count, mean, p50: at(0.5)?, p90: at(0.9)?, p99: at(0.99)?, p999: at(0.999)?, max: at(1.0)? })
    }

    const FIELDS: &'static [&'static str] = &["count", "mean", "p50", "p90", "p99", "p999", "max"];

    fn get(&self, field: &str) -> Option<f64> {
        let values = [self.count as f64, self.mean, self.p50, self.p90, self.p99, self.p999, self.max];
        Self::FIELDS.iter().position(|name| *name == field).map(|index| values[index])
    }
}

/// The smallest value that at least a share `q` of the samples does not exceed (nearest rank), of (value, count) pairs in
/// ascending order of value. `None` without samples.
pub fn quantile(samples: &[(u64, u64)], q: f64) -> Option<u64> {
    let total: u64 = samples.iter().map(|(_, count)| count).sum();
    let rank = ((q * total as f64).ceil() as u64).clamp(1, total.max(1));
    let mut seen = 0;
    samples.iter().find_map(|(value, count)| {
        seen += count;
        (seen >= rank).then_some(*value)
    })
}

impl Metric {
    /// The number itself, or the value of `field`; `total` adds up counts.
    pub fn get(&self, field: &str) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Quantiles(quantiles) => quantiles.get(field),
            Self::Counts(counts) if field == TOTAL => Some(counts.values().sum::<u64>() as f64),
            Self::Counts(counts) => counts.get(field).map(|count| *count as f64),
            Self::Numbers(numbers) => numbers.get(field).copied(),
            Self::Absent => None,
        }
    }
}

/// The field of counts that adds them up.
pub const TOTAL: &str = "total";
