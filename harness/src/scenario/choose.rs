//! What a scenario names: strategies, workloads or a trace, networks, seeds.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use syncbench_strategies::document::Digest;
use syncbench_strategies::registry;
use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::Configured;

use super::catalog::Catalog;
use super::error::{ScenarioError, at, value};
use super::{MAX_CELLS, Scenario};
use crate::network::{self, Transport};
use crate::pace::{Pace, Timing};
use crate::results::TraceFile;
use crate::run::{PlannedWorkload, Reading, Recording};
use crate::settings::Vocabulary;
use crate::times::{self, Arrivals, Times};
use crate::trace::{self, Replay, Trace};
use crate::workloads;

fn selector(field: &'static str, written: &str) -> Result<Selector, ScenarioError> {
    written.parse().map_err(at(field))
}

/// The names that were written, each once; `all` stands for those of the catalog.
fn named(
    (field, plural): (&'static str, &str),
    written: &[String],
    all: impl Iterator<Item = &'static str> + Clone,
) -> Result<Vec<String>, ScenarioError> {
    let expand = |written: &String| match written.as_str() {
        "all" => all.clone().map(str::to_owned).collect(),
        _ => vec![written.clone()],
    };
    let mut met = BTreeSet::new();
    let chosen: Vec<String> = written.iter().flat_map(expand).filter(|name| met.insert(name.clone())).collect();
    if chosen.is_empty() {
        let expected = format!("expected at least one; `list {plural}` shows them");
        return Err(value(field, "", expected));
    }
    Ok(chosen)
}

/// The strategies, with the parameters that a trace of so many writers asks for.
pub(super) fn strategies(
    scenario: &Scenario,
    catalog: &Catalog,
    writers: Option<u32>,
) -> Result<Vec<Arc<Configured>>, ScenarioError> {
    let configure = |written: &String| {
        let mut selector = selector("strategy", written)?;
        if let Some(writers) = writers {
            suit_trace(&mut selector, writers, catalog);
        }
        let configured = registry::configure_from(&catalog.strategies, &selector);
        configured.map(Arc::new).map_err(at("strategy"))
    };
    let all = catalog.strategies.iter().map(|spec| spec.name);
    named(("strategy", "strategies"), &scenario.strategies, all)?.iter().map(configure).collect()
}

/// A trace of several writers is replayed on the exact versions that they saw, so every operation has to arrive by itself:
/// strategies that would put several into one change queue them, where nothing else is written. It becomes part of the label
/// and so of every result. No strategy gets a send window that the others have not.
fn suit_trace(selector: &mut Selector, writers: u32, catalog: &Catalog) {
    const NAME: &str = "buffer";
    let spec = catalog.strategies.iter().find(|spec| spec.name == selector.name);
    let takes = spec.is_some_and(|spec| spec.params.iter().any(|param| param.name == NAME));
    if writers > 1 && takes && selector.values.is_empty() && !selector.named.contains_key(NAME) {
        selector.named.insert(NAME.into(), "queued".into());
    }
}

/// The networks, each of which exists.
pub(super) fn networks(scenario: &Scenario, known: &Vocabulary) -> Result<Vec<String>, ScenarioError> {
    if scenario.networks.is_empty() {
        return Err(value("network", "", "expected at least one; `list networks` shows them"));
    }
    for written in &scenario.networks {
        network::configure_from(&known.networks, &selector("network", written)?).map_err(at("network"))?;
    }
    Ok(scenario.networks.clone())
}

/// The workloads by name, whose users act as in the recording.
pub(super) fn workloads(
    scenario: &Scenario,
    catalog: &Catalog,
    recording: Option<&Recording>,
) -> Result<Vec<Arc<PlannedWorkload>>, ScenarioError> {
    let configure = |written: &String| {
        let (spec, workload) =
            workloads::configure_from(&catalog.workloads, &selector("workload", written)?).map_err(at("workload"))?;
        let recording = recording.cloned();
        Ok(Arc::new(PlannedWorkload { recording, ..PlannedWorkload::new(written, spec, workload) }))
    };
    let all = catalog.workloads.iter().map(|spec| spec.name);
    named(("workload", "workloads"), &scenario.workloads, all)?.iter().map(configure).collect()
}

/// Recorded times from a file.
pub(super) struct Timed {
    pub(super) recording: Recording,
    /// How they are taken, and from which file.
    pub(super) timing: Timing,
    /// What their reader should know.
    pub(super) notes: Vec<String>,
}

/// The times in this file, dealt to the clients: a time in each line, or a trace.
pub(super) fn timed(path: &Path, timing: Timing, scenario: &Scenario) -> Result<Timed, ScenarioError> {
    let fail = |reason: String| value("times", path.display(), reason);
    let file = File::open(path).map_err(|error| fail(format!("cannot be opened: {error}")))?;
    let bytes = trace::unpack(file).map_err(fail)?;
    let content = Digest::of(&bytes);
    if let Some(meant) = timing.content.filter(|meant| *meant != content) {
        return Err(fail(format!(
            "its content is {content}, expected {meant}: the file has changed; leave `content` out"
        )));
    }
    let timing = Timing { content: Some(content), ..timing };
    let is_text = |byte: &&u8| !byte.is_ascii_whitespace();
    let arrivals = match bytes.iter().find(is_text) {
        Some(b'{' | b'[') => {
            let trace = Trace::from_reader(path, &*bytes, scenario.units)?;
            let users = trace.schedule.authors().into_iter().map(|author| author as u32).collect();
            let moments = trace.moments().ok_or_else(|| fail(NO_TIMES.to_owned()))?;
            Arrivals { moments, users: (trace.schedule.clients() > 1).then_some(users) }
        }
        _ => times::read(&bytes).map_err(fail)?,
    };
    let moments = arrivals.moments.taken(timing);
    let times = Times::dealt(&moments, arrivals.users.as_deref(), scenario.clients, scenario.ops);
    let label = format!("times {}", path.file_name().unwrap_or_default().to_string_lossy());
    let mut notes = arrivals.moments.notes(timing);
    if times.ops() < scenario.ops {
        notes.push(format!("{} operations, as many as there are times", times.ops()));
    }
    if times.acting() < scenario.clients as usize {
        notes.push(format!("{} of {} clients act, the others watch", times.acting(), scenario.clients));
    }
    let notes = notes.into_iter().map(|note| format!("{label}: {note}")).collect();
    let recording = Recording { file: Some(path.to_owned()), times: Arc::new(times) };
    Ok(Timed { recording, timing, notes })
}

const NO_TIMES: &str = "has no times: expected a `\"time\"` after 1970 in its txns, such as \"2026-11-27T12:38:00Z\"; \
                        --pace causal replays a trace without";

/// A trace that is replayed in place of workloads.
pub(super) struct Recorded {
    pub(super) workload: Arc<PlannedWorkload>,
    /// How many clients it takes.
    pub(super) writers: u32,
    /// How many operations are replayed.
    pub(super) ops: u64,
    /// What its reader should know.
    pub(super) notes: Vec<String>,
}

/// The first operations of the trace in this file.
pub(super) fn recorded(path: &Path, scenario: &Scenario) -> Result<Recorded, ScenarioError> {
    let trace = Trace::read(path, scenario.units)?;
    let ops = usize::try_from(scenario.ops).unwrap_or(usize::MAX);
    let trace = if ops < trace.txns.len() { trace.first(ops) } else { trace };
    let stem = path.file_name().unwrap_or_default().to_string_lossy();
    let mut label = format!("trace {}", stem.split('.').next().unwrap_or_default());
    let mut notes = Vec::new();
    if trace.lone_surrogates > 0 {
        let count = trace.lone_surrogates;
        let s = if count == 1 { "" } else { "s" };
        notes.push(format!("{label}: {count} lone surrogate{s}, read as U+FFFD"));
    }
    let (authors, active) = (trace.schedule.clients(), trace.schedule.fewest_clients());
    let trace = match scenario.trace_clients {
        None => {
            if authors > MANY && active <= authors / 2 {
                notes.push(format!(
                    "{label}: {authors} clients, and at most {active} authors were active at the same time; \
                     --trace-clients {active} lets the others share a client"
                ));
            }
            trace
        }
        Some(clients) => {
            label += &format!(":clients={clients}");
            let expected = format!("expected at least {active}: so many authors were active at the same time");
            trace.on_clients(clients).ok_or_else(|| value("trace-clients", clients, expected))?
        }
    };
    let recording = match scenario.pace {
        Pace::Recorded(timing) => {
            let moments = trace.moments().ok_or_else(|| value("trace", path.display(), NO_TIMES))?;
            notes.extend(moments.notes(timing).into_iter().map(|note| format!("{label}: {note}")));
            let times = Times::of_trace(&moments.taken(timing), &trace.schedule);
            Some(Recording { file: None, times: Arc::new(times) })
        }
        _ => None,
    };
    let replay = Replay::new(trace);
    let (writers, ops, digest) = (replay.clients(), replay.ops(), replay.trace().digest);
    let trace = Some(TraceFile { path: path.to_owned(), digest });
    let reading = Reading { units: scenario.units, clients: scenario.trace_clients };
    let workload = PlannedWorkload { label, trace, reading, recording, spec: &trace::SPEC, workload: Box::new(replay) };
    Ok(Recorded { workload: Arc::new(workload), writers, ops, notes })
}

/// Above so many clients it is said how many would do: at fewer the links of a mesh cost little.
const MANY: u32 = 8;

/// The seeds, ascending.
pub(super) fn seeds(scenario: &Scenario) -> Result<Vec<u64>, ScenarioError> {
    let mut seeds = BTreeSet::new();
    for written in scenario.seeds.iter().flat_map(|written| written.split(',')) {
        let expected = "expected numbers or ranges such as 7 or 1..30 (both ends included)";
        let fail = || value("seeds", written, expected);
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

/// What links promise.
pub(super) fn transport(scenario: &Scenario) -> Result<Transport, ScenarioError> {
    Transport::configure(&selector("transport", &scenario.transport)?).map_err(at("transport"))
}
