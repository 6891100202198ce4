//! Scenarios: what to run, as plain data, from a TOML file or from flags.
//!
//! A [`Scenario`] is what was written; [`Plan::new`] checks all of it at once, and a plan that exists can be run.

pub mod advice;
mod built_in;
mod catalog;
mod cell;
mod check;
mod choose;
mod error;
mod file;
mod outline;
mod plan;
mod require;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::pace::{Inflight, Pace, Timing};
use crate::schedule;
use crate::settings::Engine;
use crate::trace::Units;
pub use built_in::{
    DEFAULT_PARTS, LONG_PARTS, OTHER_PARTS, TOGETHER, built_in, built_in_replaying, choose_workloads,
    default_comparison,
};
pub use catalog::Catalog;
pub use error::ScenarioError;
pub use file::{TomlError, key_names, line_of};
pub use outline::Outline;
pub use plan::{Plan, collect};
pub use require::LeftOut;

/// Most clients of a group.
pub const MAX_CLIENTS: u32 = schedule::MAX_CLIENTS as u32;
/// Most operations of one cell.
pub const MAX_OPS: u64 = 10_000_000;
/// Most cells of one run.
pub const MAX_CELLS: usize = 100_000;

/// The network without any delay, the only one that the throughput engine has.
pub const INSTANT: &str = "instant";

/// Why a rate of the throughput engine is refused.
pub const NO_RATE: &str = "in the throughput engine users act as fast as they can; expected no rate";

/// Why a rate beside recorded times is refused.
pub const OWN_RATE: &str = "recorded times have a rate of their own; expected no rate, and recorded:speed=10 for ten times as \
                            fast";

/// What to run. Lists are axes: every combination of strategy, workload, size, network and seed is a cell. The faults are
/// one set that holds for all cells.
///
/// The defaults are those of [`Scenario::default`], which says where each comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Its name in results.
    pub name: String,
    /// Strategies, or `all`.
    pub strategies: Vec<String>,
    /// Workloads, or `all`.
    pub workloads: Vec<String>,
    /// An editing trace to replay instead of workloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<PathBuf>,
    /// What the positions of the trace count.
    #[serde(skip_serializing_if = "is_default")]
    pub units: Units,
    /// A file with the times at which the users of workloads act, for the pace `recorded`: a time in each line, or a trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<PathBuf>,
    /// On how many clients the authors of the trace are replayed: those who were never active at the same time share one. By
    /// default each author has a client, as recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_clients: Option<u32>,
    /// Network profiles.
    pub networks: Vec<String>,
    /// Faults that all happen.
    pub faults: Vec<String>,
    /// `stream`, or `datagram:loss=0.01,duplicate=0.01`.
    pub transport: String,
    /// How many clients.
    pub clients: u32,
    /// Operations of a cell, all clients together.
    pub ops: u64,
    /// Operations per second, all clients together.
    pub rate_per_s: f64,
    /// How users come to act.
    pub pace: Pace,
    /// Share of actions that undo the user's latest confirmed operation, in workloads that have undo.
    pub undo: f64,
    /// Sizes of the initial document, in each workload's unit; empty for its default.
    pub sizes: Vec<u64>,
    /// Seeds, each a list entry: a number or a range such as `1..30`.
    pub seeds: Vec<String>,
    /// Which engine runs it.
    pub engine: Engine,
    /// How often states are looked at, in milliseconds; 0 for after every event. By default as often as the size allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_ms: Option<f64>,
    /// Seconds that the group may take to quiesce after the last operation or heal.
    pub budget_s: f64,
}

impl Default for Scenario {
    /// People around one document on an ordinary day.
    ///
    /// * `clients`: four, a small team; enough for a majority and a minority in a partition.
    /// * `rate_per_s`: five operations a second each, a fast hand in a shared board or text: the recorded traces type at 3
    ///   to 8 keys a second.
    /// * `ops`: at this rate twenty seconds, enough for a hundred operations of each client and a 99th percentile that is
    ///   not the largest sample.
    /// * `networks`: wireless networks, the commonest last hop.
    /// * `transport`: a WebSocket, as nearly all products have.
    /// * `pace`: people do not wait for each other, nor for a clock.
    /// * `seeds`: ten, the fewest with which an interval covers what it says; virtual time makes them cheap.
    /// * `budget_s`: longer than any backoff or retransmission, so that what has not quiesced by then never will.
    fn default() -> Self {
        Self {
            name: "custom".into(),
            strategies: vec!["all".into()],
            workloads: vec!["all".into()],
            trace: None,
            times: None,
            units: Units::default(),
            trace_clients: None,
            networks: vec!["wifi".into()],
            faults: Vec::new(),
            transport: "stream".into(),
            clients: 4,
            ops: 400,
            rate_per_s: 20.0,
            pace: Pace::Poisson,
            undo: 0.0,
            sizes: Vec::new(),
            seeds: vec!["1..10".into()],
            engine: Engine::Sim,
            sample_ms: None,
            budget_s: 60.0,
        }
    }
}

impl Scenario {
    /// A trace from its first operation to its last, replayed as fast as machines can and people cannot.
    ///
    /// Five hundred operations a second: a day's writing in minutes of virtual time. A local network, because whole
    /// documents at that rate would only queue up on a slower one. One seed, because nothing but the network's luck is
    /// random. A watcher beside a single writer, so that something is sent at all.
    pub fn of_trace(path: PathBuf) -> Self {
        Self {
            name: "trace".into(),
            workloads: Vec::new(),
            trace: Some(path),
            networks: vec!["lan".into()],
            clients: 2,
            ops: MAX_OPS,
            rate_per_s: 500.0,
            pace: Pace::Causal,
            seeds: vec!["1".into()],
            ..Self::default()
        }
    }

    /// The network and the pace that the throughput engine has, where none was asked for.
    pub fn suit_engine(&mut self, asked_network: bool, asked_pace: bool) {
        if self.engine != Engine::Throughput {
            return;
        }
        if !asked_network {
            self.networks = vec![INSTANT.into()];
        }
        if !asked_pace {
            self.pace = Pace::Eager(Inflight::USUAL);
        }
    }

    /// Reads a scenario from TOML. What it leaves out is as in [`Scenario::default`], or as in [`Scenario::of_trace`] where
    /// it names a trace. The error names the line, and what was expected there.
    ///
    /// A key may have the name of its flag, one value may stand for a list, numbers may be written as `"1k"`, spans as `"2m"`,
    /// and a name with its parameters as a table: `[[network]]`, `name = "field"`, `loss = "3%"`.
    pub fn from_toml(text: &str) -> Result<Self, TomlError> {
        Self::replaying(text, None)
    }

    /// The same, with `trace` in place of the trace or the workloads that it names.
    pub fn replaying(text: &str, trace: Option<&Path>) -> Result<Self, TomlError> {
        let mut written = file::read(text)?;
        let mut scenario: Self = written.clone().try_into().map_err(TomlError::somewhere)?;
        if scenario.times.is_some() && !written.contains_key("pace") {
            scenario.pace = Pace::Recorded(Timing::AS_RECORDED);
        }
        if matches!(scenario.pace, Pace::Recorded(_)) && written.contains_key("rate_per_s") {
            return Err(TomlError::somewhere(format!("rate_per_s: {OWN_RATE}")));
        }
        if scenario.engine == Engine::Throughput && written.contains_key("rate_per_s") {
            return Err(TomlError::somewhere(format!("rate_per_s: {NO_RATE}")));
        }
        scenario.suit_engine(written.contains_key("networks"), written.contains_key("pace"));
        let Some(path) = trace.map(Path::to_owned).or_else(|| scenario.trace.take()) else { return Ok(scenario) };
        written.remove("trace");
        if trace.is_some() {
            // It is replayed instead of workloads.
            written.remove("workloads");
        }
        let mut table = toml::Table::try_from(Self::of_trace(path)).map_err(TomlError::somewhere)?;
        table.extend(written);
        table.try_into().map_err(TomlError::somewhere)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
