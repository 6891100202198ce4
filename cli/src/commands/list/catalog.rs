//! Everything that `list` can show, collected from the registries.

use serde::Serialize;
use syncbench_harness::faults::FAULTS;
use syncbench_harness::metrics;
use syncbench_harness::network::NETWORKS;
use syncbench_harness::scenario::{DEFAULT_PARTS, LONG_PARTS, OTHER_PARTS};
use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::charts::CHARTS;
use syncbench_strategies::registry::{STRATEGIES, left_out};

use super::entry::{ChartEntry, Fault, Metric, Network, Scenario, Strategy, Workload};
use crate::args::Listed;

/// The chosen kinds of things; the others are absent.
#[derive(Serialize)]
pub(super) struct Catalog {
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) strategies: Option<Vec<Strategy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) workloads: Option<Vec<Workload>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) networks: Option<Vec<Network>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) faults: Option<Vec<Fault>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metrics: Option<Vec<Metric>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) charts: Option<Vec<ChartEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scenarios: Option<Vec<Scenario>>,
}

impl Catalog {
    /// One kind of things, or all kinds.
    pub(super) fn of(what: Option<Listed>) -> Self {
        let wanted = |kind: Listed| what.is_none_or(|what| what == kind);
        let strategies = || STRATEGIES.iter().map(|spec| Strategy::from(*spec)).chain(left_out().map(Strategy::from));
        let scenarios = || DEFAULT_PARTS.iter().chain(LONG_PARTS).chain(OTHER_PARTS).map(Scenario::from);
        Self {
            schema: 1,
            strategies: wanted(Listed::Strategies).then(|| strategies().collect()),
            workloads: wanted(Listed::Workloads).then(|| WORKLOADS.iter().map(|spec| Workload::from(*spec)).collect()),
            networks: wanted(Listed::Networks).then(|| NETWORKS.iter().map(|spec| Network::from(*spec)).collect()),
            faults: wanted(Listed::Faults).then(|| FAULTS.iter().map(|spec| Fault::from(*spec)).collect()),
            metrics: wanted(Listed::Metrics).then(|| metrics::all().map(Metric::from).collect()),
            charts: wanted(Listed::Charts).then(|| CHARTS.iter().map(|chart| ChartEntry::from(*chart)).collect()),
            scenarios: wanted(Listed::Scenarios).then(|| scenarios().collect()),
        }
    }
}
