//! One cell: a strategy under one condition with one seed, and its results.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::Topology;

use super::identity::{Condition, TraceFile};
use super::series::{Curve, Histogram, LazySeries, Series};
use crate::by_name::{ByName, Name};
use crate::faults::Coverage;
use crate::finding::Finding;
use crate::metric::{Metric, MetricSpec};
use crate::oracle::Oracle;
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
pub enum ClaimsKept {
    /// It kept them.
    Yes,
    /// It broke one.
    No,
    /// The run proves nothing: nothing was exercised, or the budget ran out before every fate was known.
    Unknown,
}

/// One strategy under one condition with one seed. Reads as its [`Settings`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// The digest of everything that it consists of: condition, seed, strategy with its parameters, and build. Two cells with
    /// one id are one measurement taken twice.
    pub id: Digest,
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
    /// The recorded trace that it replays, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceFile>,
    /// The conditions.
    #[serde(flatten)]
    pub settings: Settings,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, unless it was measured.
    pub reason: Option<String>,
    /// Whether the strategy kept its claims.
    pub claims_kept: Option<ClaimsKept>,
    /// What that rests on, a sentence each.
    pub claims_reasons: Vec<String>,
    /// Which oracle says so, one for each reason; known after a run, and empty in results.
    #[serde(skip)]
    pub objections: Vec<&'static Oracle>,
    /// Whether all replicas ended in one state.
    pub converged: Option<bool>,
    /// That state; of the first client where they differ.
    pub digest: Option<Digest>,
    /// Everything that happened, in order.
    pub trace_digest: Option<Digest>,
    /// Whether the final state is the one that was recorded with the trace.
    pub matches_reference: Option<bool>,
    /// The strategy's parameters, defaults included. In a run's folder they are in its header.
    #[serde(skip)]
    pub params: Arc<BTreeMap<String, String>>,
    /// The library under test with its version. In a run's folder it is in its header.
    #[serde(skip)]
    pub library: Option<Name>,
    /// How the strategy carries each kind of edit that the workload makes. In a run's folder it is in its header.
    #[serde(skip)]
    pub support: Arc<BTreeMap<String, String>>,
    /// The figures by name. The glossary is in ARCHITECTURE.md.
    pub metrics: ByName<Metric>,
    /// What the oracles found.
    pub findings: Vec<Finding>,
    /// What each fault touched.
    pub coverage: Vec<Coverage>,
    /// The command that runs this cell again.
    pub replay: String,
    /// The digest of the build that measured it: see [`Environment::build`](super::Environment::build).
    pub build: Digest,
    /// Which machine measured it: 0 for [`Results::environment`](super::Results::environment), then those of
    /// [`Results::other_machines`](super::Results::other_machines).
    #[serde(default)]
    pub machine: usize,
    /// Where its histograms and curves are: see [`Cell::series`].
    #[serde(skip)]
    pub series: LazySeries,
}

/// A cell with everything that lies outside its line in a run's folder.
#[derive(Serialize)]
struct Detailed<'a> {
    #[serde(flatten)]
    cell: &'a Cell,
    params: &'a BTreeMap<String, String>,
    library: &'a Option<Name>,
    support: &'a BTreeMap<String, String>,
    histograms: &'a BTreeMap<String, Histogram>,
    curves: &'a BTreeMap<String, Curve>,
}

fn star() -> Topology {
    Topology::Star
}

impl Cell {
    /// The claims that were broken, by the names of the breaches, each with its reason; known after a run only.
    pub fn breaches(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let broken = self.claims_kept == Some(ClaimsKept::No);
        let objections = self.objections.iter().zip(&self.claims_reasons).filter(move |_| broken);
        objections.map(|(oracle, reason)| (oracle.breach, reason.as_str()))
    }

    /// A cell that was not run, under these conditions; everything else is empty.
    pub fn new(settings: Settings) -> Self {
        Self {
            id: Digest(0),
            index: 0,
            part: String::new(),
            strategy: String::new(),
            family: String::new(),
            topology: Topology::Star,
            window_ms: 0.0,
            workload: String::new(),
            trace: None,
            settings,
            outcome: Outcome::NotRun,
            reason: None,
            claims_kept: None,
            claims_reasons: Vec::new(),
            objections: Vec::new(),
            converged: None,
            digest: None,
            trace_digest: None,
            matches_reference: None,
            params: Arc::default(),
            library: None,
            support: Arc::default(),
            metrics: ByName::new(),
            findings: Vec::new(),
            coverage: Vec::new(),
            replay: String::new(),
            build: Digest(0),
            machine: 0,
            series: LazySeries::default(),
        }
    }

    /// A single value of a metric: see [`Metric::get`].
    pub fn number(&self, metric: &MetricSpec, field: &str) -> Option<f64> {
        self.metrics.get(metric.name)?.get(field)
    }

    /// What cells that may stand side by side have in common: everything but seed and strategy. Two builds have two keys.
    pub fn key(&self) -> Digest {
        self.condition().key(self.build)
    }

    /// The same whatever the build: what cells of two builds that are compared have in common.
    pub fn condition_key(&self) -> Digest {
        self.condition().key(Digest(0))
    }

    /// Histograms and curves. In results that were read from a folder they are read from its file now.
    pub fn series(&self) -> Arc<Series> {
        self.series.get()
    }

    /// Histograms and curves, to be changed in memory.
    pub fn series_mut(&mut self) -> &mut Series {
        self.series.get_mut()
    }

    /// The cell as one JSON value, with its series and what the header of a folder says about its strategy.
    pub fn detailed(&self) -> serde_json::Result<serde_json::Value> {
        let series = self.series();
        serde_json::to_value(Detailed {
            cell: self,
            params: &self.params,
            library: &self.library,
            support: &self.support,
            histograms: &series.histograms,
            curves: &series.curves,
        })
    }

    fn condition(&self) -> Condition<'_> {
        let Self { part, workload, trace, settings, .. } = self;
        Condition { part, workload, trace: trace.as_ref(), settings }
    }
}

impl Deref for Cell {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}
