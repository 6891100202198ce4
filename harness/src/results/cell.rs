//! One cell: a strategy under one condition with one seed, and its results.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::Topology;

use crate::faults::Coverage;
use crate::finding::Finding;
use crate::metric::{Metric, MetricSpec};
use crate::settings::Settings;

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran and was measured.
    Measured,
    /// It broke; `reason` says how.
    Failed,
    /// The strategy does not carry what the workload needs; `reason` says why.
    Unsupported,
    /// It was not reached.
    NotRun,
}

/// Whether a strategy kept its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It kept them.
    Pass,
    /// It broke one.
    Fail,
    /// The run proves nothing: nothing was exercised, or the budget ran out before every fate was known.
    Unknown,
}

/// A sparse histogram: (value, count) in ascending order of value. What quantiles over several seeds are made from.
pub type Histogram = Vec<(u64, u64)>;

/// One strategy under one condition with one seed. Reads as its [`Settings`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Its place in the plan.
    pub index: u64,
    /// Which part of the plan it belongs to: `calm`, `rough`, `growth`, or the name of the scenario.
    pub part: String,
    /// Strategy with the parameters that were given.
    pub strategy: String,
    /// The folder of the strategy's sources.
    #[serde(default)]
    pub family: String,
    /// Who talks to whom.
    #[serde(default = "star")]
    pub topology: Topology,
    /// How long a client collects operations after one that it sent at once; 0 where each goes out at once.
    #[serde(default)]
    pub window_ms: f64,
    /// Workload with the parameters that were given.
    pub workload: String,
    /// The conditions.
    #[serde(flatten)]
    pub settings: Settings,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, unless it was measured.
    pub reason: Option<String>,
    /// Whether the strategy kept its claims.
    pub verdict: Option<Verdict>,
    /// What the verdict rests on, a sentence each.
    pub verdict_reasons: Vec<String>,
    /// Whether all replicas ended in one state.
    pub converged: Option<bool>,
    /// That state; of the first client where they differ.
    pub digest: Option<Digest>,
    /// Everything that happened, in order.
    pub trace_digest: Option<Digest>,
    /// Whether the final state is the one that was recorded with the trace.
    pub matches_reference: Option<bool>,
    /// The strategy's parameters, defaults included.
    pub params: BTreeMap<String, String>,
    /// The library under test with its version.
    pub library: Option<String>,
    /// How the strategy carries each kind of edit that the workload makes.
    pub support: BTreeMap<String, String>,
    /// The figures by name. The glossary is in ARCHITECTURE.md.
    pub metrics: BTreeMap<String, Metric>,
    /// What the oracles found.
    pub findings: Vec<Finding>,
    /// Samples behind the quantiles, in nanoseconds.
    pub histograms: BTreeMap<String, Histogram>,
    /// Curves: `divergence` over the run's time in milliseconds, `resident_bytes` and `server_resident_bytes` over the
    /// operations issued.
    pub curves: BTreeMap<String, Vec<(f64, f64)>>,
    /// What each fault touched.
    pub coverage: Vec<Coverage>,
    /// The command that runs this cell again.
    pub replay: String,
}

fn star() -> Topology {
    Topology::Star
}

impl Cell {
    /// A single value of a metric: see [`Metric::get`].
    pub fn number(&self, metric: &MetricSpec, field: &str) -> Option<f64> {
        self.metrics.get(metric.name)?.get(field)
    }
}

impl Deref for Cell {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}
