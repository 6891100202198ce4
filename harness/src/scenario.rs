//! Scenarios: what to run, as plain data, from a TOML file or from flags.
//!
//! A [`Scenario`] is what somebody wrote; [`Plan::new`] checks all of it at once, and a plan that exists can be run.
//!
//! Longer than most files: each word that may be written stands beside what is checked about it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::registry::{self, STRATEGIES};
use syncbench_strategies::selector::{Selector, SelectorError};
use syncbench_strategies::spec::{Configured, Spec, Support};
use thiserror::Error;

use crate::engines::load::Pace;
use crate::faults::{self, Faults};
use crate::network::{self, Profile, Transport};
use crate::trace::{Replay, Trace, TraceError};
use crate::workload::{self, Workload, WorkloadSpec};
use crate::workloads::WORKLOADS;

/// Most clients of a group: a mesh of this size has half a million links.
pub const MAX_CLIENTS: u32 = 1_000;
/// Most operations of one cell.
pub const MAX_OPS: u64 = 10_000_000;
/// Most cells of one run.
pub const MAX_CELLS: usize = 100_000;

/// Which engine runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Virtual time.
    Sim,
    /// Real time, a thread per replica.
    Threads,
}

/// What to run. Lists are axes: every combination of strategy, workload, size, network and seed is a cell. The faults are
/// one set that holds for all cells.
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
    /// Share of acts that take back the user's own latest operation that stands, in workloads that have undo.
    pub undo: f64,
    /// Sizes of the initial document, in each workload's unit; empty for its default.
    pub sizes: Vec<u64>,
    /// Seeds, each a list entry: a number or a range such as `1..30`.
    pub seeds: Vec<String>,
    /// Which engine.
    pub engine: Engine,
    /// How often states are looked at, in milliseconds; 0 for after every event. By default as often as the size allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_ms: Option<f64>,
    /// Seconds that the group may take to become quiet after the last operation or heal.
    pub budget_s: f64,
}

impl Default for Scenario {
    /// Four people at five operations a second each, a fast hand in a shared board or text (the recorded traces type at 3
    /// to 8 keys a second), on one wireless network.
    fn default() -> Self {
        Self {
            name: "custom".into(),
            strategies: vec!["all".into()],
            workloads: vec!["all".into()],
            trace: None,
            networks: vec!["wifi".into()],
            faults: Vec::new(),
            transport: "stream".into(),
            clients: 4,
            ops: 400,
            rate_per_s: 20.0,
            pace: Pace::Poisson,
            undo: 0.0,
            sizes: Vec::new(),
            seeds: vec!["1..5".into()],
            engine: Engine::Sim,
            sample_ms: None,
            budget_s: 60.0,
        }
    }
}

/// What is wrong with a scenario.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// A selector names or says something unknown.
    #[error("{field}: {error}")]
    Selector {
        /// The scenario's key, which is also the flag.
        field: &'static str,
        /// What is wrong.
        error: SelectorError,
    },
    /// A value lies outside its bounds.
    #[error("{field}: `{written}`: {expected}")]
    Value {
        /// The scenario's key, which is also the flag.
        field: &'static str,
        /// The value as it was written.
        written: String,
        /// What would have been right.
        expected: String,
    },
    /// The trace cannot be read.
    #[error("trace: {0}")]
    Trace(#[from] TraceError),
}

fn value(field: &'static str, written: impl ToString, expected: impl Into<String>) -> ScenarioError {
    ScenarioError::Value { field, written: written.to_string(), expected: expected.into() }
}

/// The conditions that cells of one scenario share.
pub struct Condition {
    /// The scenario as it was written.
    pub scenario: Scenario,
    /// What links promise.
    pub transport: Transport,
}

/// A workload of a plan.
pub struct PlannedWorkload {
    /// As it was written.
    pub label: String,
    /// Its card.
    pub spec: &'static WorkloadSpec,
    /// The workload.
    pub workload: Box<dyn Workload>,
}

/// One cell to run.
#[derive(Clone)]
pub struct Planned {
    /// Its place in the plan.
    pub index: usize,
    /// Its scenario.
    pub condition: Arc<Condition>,
    /// Its strategy.
    pub strategy: Arc<Configured>,
    /// Its workload.
    pub workload: Arc<PlannedWorkload>,
    /// Its network, as it was written.
    pub network: String,
    /// Its network.
    pub profile: Profile,
    /// Size of the initial document.
    pub size: u64,
    /// Its seed.
    pub seed: u64,
    /// How often states are looked at; `None` for after every event.
    pub sample_every: Option<Duration>,
}

/// Checked scenarios, as a list of cells.
pub struct Plan {
    /// The scenarios as they were written.
    pub scenarios: Vec<Scenario>,
    /// The cells, in order.
    pub cells: Vec<Planned>,
}

/// What a plan chooses from: what is built in, and what a product brings.
#[derive(Clone)]
pub struct Catalog {
    strategies: Vec<&'static Spec>,
    workloads: Vec<&'static WorkloadSpec>,
}

impl Default for Catalog {
    /// Everything that is compiled in.
    fn default() -> Self {
        Self { strategies: STRATEGIES.to_vec(), workloads: WORKLOADS.to_vec() }
    }
}

impl Catalog {
    /// Adds a strategy of one's own; one that is built in and has its name goes.
    #[must_use]
    pub fn strategy(mut self, spec: &'static Spec) -> Self {
        self.strategies.retain(|other| other.name != spec.name);
        self.strategies.push(spec);
        self
    }

    /// Adds a workload of one's own; one that is built in and has its name goes.
    #[must_use]
    pub fn workload(mut self, spec: &'static WorkloadSpec) -> Self {
        self.workloads.retain(|other| other.name != spec.name);
        self.workloads.push(spec);
        self
    }
}

impl Plan {
    /// Checks scenarios and lays out their cells.
    pub fn new(scenarios: Vec<Scenario>) -> Result<Self, ScenarioError> {
        Self::with(scenarios, &Catalog::default())
    }

    /// The same with strategies and workloads of one's own.
    pub fn with(scenarios: Vec<Scenario>, catalog: &Catalog) -> Result<Self, ScenarioError> {
        let mut cells = Vec::new();
        for scenario in &scenarios {
            lay_out(scenario, catalog, &mut cells)?;
            if cells.len() > MAX_CELLS {
                return Err(value("seeds", scenario.seeds.join(","), format!("at most {MAX_CELLS} cells in one run")));
            }
        }
        cells.iter_mut().enumerate().for_each(|(index, cell)| cell.index = index);
        Ok(Self { scenarios, cells })
    }

    /// Keeps the i-th of n parts, so that a run can be spread over machines.
    pub fn partition(&mut self, part: usize, of: usize) {
        self.cells.retain(|cell| cell.index % of == part);
    }
}

fn lay_out(scenario: &Scenario, catalog: &Catalog, cells: &mut Vec<Planned>) -> Result<(), ScenarioError> {
    check_numbers(scenario)?;
    let mut scenario = scenario.clone();
    let (workloads, writers) = match &scenario.trace {
        Some(path) => {
            let trace = Trace::read(path)?;
            let replay = Replay::new(if scenario.ops < trace.txns.len() as u64 {
                trace.first(scenario.ops as usize)
            } else {
                trace
            });
            let writers = replay.clients();
            scenario.clients = scenario.clients.max(writers);
            scenario.ops = replay.ops();
            let stem = path.file_name().unwrap_or_default().to_string_lossy();
            let label = format!("trace {}", stem.split('.').next().unwrap_or_default());
            let planned = PlannedWorkload { label, spec: &crate::trace::SPEC, workload: Box::new(replay) };
            (vec![Arc::new(planned)], Some(writers))
        }
        None => (planned_workloads(&scenario, catalog)?, None),
    };
    let strategies = strategies(&scenario, catalog, writers)?;
    let networks = networks(&scenario)?;
    check_faults(&scenario)?;
    let seeds = seeds(&scenario)?;
    let transport = transport(&scenario.transport)?;
    let condition = Arc::new(Condition { transport, scenario });
    let scenario = &condition.scenario;
    for (network, profile) in &networks {
        for workload in &workloads {
            let sizes =
                if scenario.sizes.is_empty() { vec![workload.spec.default_size] } else { scenario.sizes.clone() };
            for size in sizes {
                for strategy in &strategies {
                    for seed in &seeds {
                        cells.push(Planned {
                            index: 0,
                            condition: condition.clone(),
                            strategy: strategy.clone(),
                            workload: workload.clone(),
                            network: network.clone(),
                            profile: *profile,
                            size,
                            seed: *seed,
                            sample_every: sampling(scenario, size),
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

fn check_numbers(scenario: &Scenario) -> Result<(), ScenarioError> {
    if !(1..=MAX_CLIENTS).contains(&scenario.clients) {
        return Err(value("clients", scenario.clients, format!("expected 1 to {MAX_CLIENTS}")));
    }
    if !(1..=MAX_OPS).contains(&scenario.ops) {
        return Err(value("ops", scenario.ops, format!("expected 1 to {MAX_OPS}")));
    }
    if !(scenario.rate_per_s.is_finite() && (0.001..=1e7).contains(&scenario.rate_per_s)) {
        return Err(value("rate", scenario.rate_per_s, "expected 0.001 to 10000000 operations per second"));
    }
    if !(scenario.budget_s.is_finite() && (0.0..=86_400.0).contains(&scenario.budget_s)) {
        return Err(value("budget", scenario.budget_s, "expected 0 to 86400 seconds"));
    }
    if !(0.0..=1.0).contains(&scenario.undo) {
        return Err(value("undo", scenario.undo, "expected a share from 0 to 1"));
    }
    if scenario.sample_ms.is_some_and(|ms| !(ms.is_finite() && (0.0..=86_400_000.0).contains(&ms))) {
        return Err(value("sample", scenario.sample_ms.unwrap_or(0.0), "expected 0 to 86400000 milliseconds"));
    }
    if let Some(size) = scenario.sizes.iter().find(|size| **size > 1_000_000) {
        return Err(value("size", size, "expected at most 1000000"));
    }
    if (scenario.pace == Pace::Recorded) != scenario.trace.is_some() {
        let written = format!("{:?}", scenario.pace).to_lowercase();
        return Err(value("pace", written, "a trace is replayed at its recorded pace, and nothing else has one"));
    }
    if scenario.trace.is_some() && !scenario.sizes.is_empty() {
        return Err(value("size", scenario.sizes[0], "a trace begins with its own document; leave the size out"));
    }
    Ok(())
}

fn check_faults(scenario: &Scenario) -> Result<(), ScenarioError> {
    let mut armed = Vec::new();
    for written in &scenario.faults {
        let configured = faults::configure(&selector("fault", written)?, scenario.clients);
        let fault = configured.map_err(|error| ScenarioError::Selector { field: "fault", error })?;
        if let (Engine::Threads, Support::Unsupported(why)) = (scenario.engine, fault.spec.threads) {
            return Err(value("fault", written, why));
        }
        armed.push(fault);
    }
    let faults: Faults = armed.into_iter().collect();
    if faults.survivors(scenario.clients).next().is_none() {
        return Err(value("fault", scenario.faults.join(" "), "expected a client that is there at the end"));
    }
    Ok(())
}

/// Above this many operations, or a document of this many units, states are looked at on a grid and not after every
/// event: a look costs time in proportion to the document.
const LOOK_ALWAYS: u64 = 3_000;

fn sampling(scenario: &Scenario, size: u64) -> Option<Duration> {
    match scenario.sample_ms {
        Some(0.0) => None,
        Some(ms) => Some(Duration::from_secs_f64(ms / 1e3)),
        None if scenario.engine == Engine::Sim && scenario.ops <= LOOK_ALWAYS && size <= LOOK_ALWAYS => None,
        // Two hundred looks over the run, and never more than a thousand a second.
        None => Some(Duration::from_secs_f64((scenario.ops as f64 / scenario.rate_per_s / 200.0).max(0.001))),
    }
}

fn selector(field: &'static str, written: &str) -> Result<Selector, ScenarioError> {
    written.parse().map_err(|error| ScenarioError::Selector { field, error })
}

fn strategies(
    scenario: &Scenario,
    catalog: &Catalog,
    writers: Option<u32>,
) -> Result<Vec<Arc<Configured>>, ScenarioError> {
    let mut chosen = Vec::new();
    for written in &scenario.strategies {
        if written == "all" {
            chosen.extend(catalog.strategies.iter().map(|spec| spec.name.to_owned()));
        } else {
            chosen.push(written.clone());
        }
    }
    let mut seen = BTreeSet::new();
    chosen.retain(|written| seen.insert(written.clone()));
    if chosen.is_empty() {
        return Err(value("strategy", "", "expected at least one; `syncbench list strategies` shows them"));
    }
    let configure = |written: &String| {
        let mut selector = selector("strategy", written)?;
        if let Some(writers) = writers {
            suit_trace(&mut selector, writers, catalog);
        }
        registry::configure_from(&catalog.strategies, &selector)
            .map(Arc::new)
            .map_err(|error| ScenarioError::Selector { field: "strategy", error })
    };
    chosen.iter().map(configure).collect()
}

/// Parameters that a replayed trace asks for, where they are not given. They become part of the label and so of every
/// result.
///
/// A long trace of one writer issues hundreds of operations a second, far more than a person types, and a strategy that
/// can collect changes before it sends them gets to do so. Without this a library whose cost per received message grows
/// with the document would need hours. Traces of several writers are replayed on the exact versions that they saw, which
/// leaves nothing to collect: every operation has to arrive by itself.
fn suit_trace(selector: &mut Selector, writers: u32, catalog: &Catalog) {
    let (name, value) = if writers == 1 { ("batch", TRACE_BATCH) } else { ("buffer", "queued") };
    let spec = catalog.strategies.iter().find(|spec| spec.name == selector.name);
    let takes = spec.is_some_and(|spec| spec.params.iter().any(|param| param.name == name));
    if takes && selector.values.is_empty() && !selector.named.contains_key(name) {
        selector.named.insert(name.into(), value.into());
    }
}

/// At the replay's rate about a thousand changes in a message.
const TRACE_BATCH: &str = "2s";

fn networks(scenario: &Scenario) -> Result<Vec<(String, Profile)>, ScenarioError> {
    if scenario.networks.is_empty() {
        return Err(value("network", "", "expected at least one; `syncbench list networks` shows them"));
    }
    let configure = |written: &String| {
        let selector = selector("network", written)?;
        let profile = network::configure(&selector);
        profile
            .map(|profile| (written.clone(), profile))
            .map_err(|error| ScenarioError::Selector { field: "network", error })
    };
    scenario.networks.iter().map(configure).collect()
}

fn planned_workloads(scenario: &Scenario, catalog: &Catalog) -> Result<Vec<Arc<PlannedWorkload>>, ScenarioError> {
    let mut chosen: Vec<String> = Vec::new();
    for written in &scenario.workloads {
        if written == "all" {
            chosen.extend(catalog.workloads.iter().map(|spec| spec.name.to_owned()));
        } else if !chosen.contains(written) {
            chosen.push(written.clone());
        }
    }
    if chosen.is_empty() {
        return Err(value("workload", "", "expected at least one; `syncbench list workloads` shows them"));
    }
    let configure = |written: &String| {
        let (spec, workload) = workload::configure_from(&catalog.workloads, &selector("workload", written)?)
            .map_err(|error| ScenarioError::Selector { field: "workload", error })?;
        Ok(Arc::new(PlannedWorkload { label: written.clone(), spec, workload }))
    };
    chosen.iter().map(configure).collect()
}

fn seeds(scenario: &Scenario) -> Result<Vec<u64>, ScenarioError> {
    let mut seeds = BTreeSet::new();
    for written in scenario.seeds.iter().flat_map(|written| written.split(',')) {
        let fail = || value("seeds", written, "expected numbers or ranges such as 7 or 1..30 (both ends included)");
        let (first, last) = match written.split_once("..") {
            Some((first, last)) => (first, last),
            None => (written, written),
        };
        let first: u64 = first.trim().parse().map_err(|_| fail())?;
        let last: u64 = last.trim().parse().map_err(|_| fail())?;
        if first > last || last - first >= MAX_CELLS as u64 {
            return Err(fail());
        }
        seeds.extend(first..=last);
    }
    if seeds.is_empty() {
        return Err(value("seeds", "", "expected at least one"));
    }
    Ok(seeds.into_iter().collect())
}

fn transport(written: &str) -> Result<Transport, ScenarioError> {
    use syncbench_strategies::spec::{Param, ParamKind, Params};
    const PARAMS: &[Param] = &[
        Param { name: "loss", kind: ParamKind::Share, default: "0", help: "share lost, on top of the profile's own" },
        Param { name: "duplicate", kind: ParamKind::Share, default: "0", help: "share that arrives twice" },
    ];
    let parsed = selector("transport", written)?;
    let fail = |error| ScenarioError::Selector { field: "transport", error };
    match parsed.name.as_str() {
        "stream" => Params::check(&parsed, &[]).map(|_| Transport::Stream).map_err(fail),
        "datagram" => {
            let params = Params::check(&parsed, PARAMS).map_err(fail)?;
            Ok(Transport::Datagram { loss: params.share("loss"), duplicate: params.share("duplicate") })
        }
        _ => Err(value("transport", written, "expected stream or datagram")),
    }
}

/// The default comparison, part by part: name and TOML text.
pub static DEFAULT_PARTS: &[(&str, &str)] = &[
    ("calm", include_str!("../scenarios/calm.toml")),
    ("rough", include_str!("../scenarios/rough.toml")),
    ("growth", include_str!("../scenarios/growth.toml")),
];

/// The long run, part by part: a million operations through each strategy, on what it carries and what keeps its size.
pub static LONG_PARTS: &[(&str, &str)] = &[
    ("long-stack", include_str!("../scenarios/long-stack.toml")),
    ("long-text", include_str!("../scenarios/long-text.toml")),
    ("long-record", include_str!("../scenarios/long-record.toml")),
    ("long-booking", include_str!("../scenarios/long-booking.toml")),
    ("long-presence", include_str!("../scenarios/long-presence.toml")),
];

/// The scenarios of the default comparison.
pub fn default_comparison() -> Vec<Scenario> {
    DEFAULT_PARTS.iter().map(part).collect()
}

/// The scenarios that are built in under this name: a part, or `long` for all parts of the long run.
pub fn built_in(name: &str) -> Option<Vec<Scenario>> {
    if name == "long" {
        return Some(LONG_PARTS.iter().map(part).collect());
    }
    let found = DEFAULT_PARTS.iter().chain(LONG_PARTS).find(|(part, _)| *part == name);
    found.map(|found| vec![part(found)])
}

/// A built-in scenario, without the strategies that this build leaves out.
fn part((_, text): &(&str, &str)) -> Scenario {
    // A test parses every part.
    let mut scenario: Scenario = toml::from_str(text).expect("a built-in scenario");
    let name = |written: &str| written.split(':').next().unwrap_or_default().to_owned();
    scenario.strategies.retain(|written| !registry::left_out().any(|absent| absent.name == name(written)));
    scenario
}

pub use toml::de::Error as TomlError;

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
            pace: Pace::Recorded,
            seeds: vec!["1".into()],
            ..Self::default()
        }
    }

    /// Reads a scenario from TOML. What it leaves out is as in [`Scenario::default`], or as in [`Scenario::of_trace`] where
    /// it names a trace. The error names line and column, and what was expected there.
    pub fn from_toml(text: &str) -> Result<Self, TomlError> {
        let scenario: Self = toml::from_str(text)?;
        let Some(trace) = scenario.trace else { return Ok(scenario) };
        let mut table =
            toml::Table::try_from(Self::of_trace(trace)).map_err(<TomlError as serde::de::Error>::custom)?;
        table.extend(toml::from_str::<toml::Table>(text)?);
        table.try_into()
    }
}

#[cfg(test)]
mod tests;
