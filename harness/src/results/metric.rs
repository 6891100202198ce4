//! Measured figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A measured figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Metric {
    /// One number.
    Number(f64),
    /// A distribution; milliseconds or whatever the name ends in.
    Quantiles(Quantiles),
    /// Counts by name.
    Counts(BTreeMap<String, u64>),
    /// Several numbers by name, such as `mean` and `peak`.
    Numbers(BTreeMap<String, f64>),
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

/// A sparse histogram: (value, count) in ascending order of value. What quantiles over several seeds are made from.
pub type Histogram = Vec<(u64, u64)>;
