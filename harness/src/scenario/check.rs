//! Whether the numbers and faults of a scenario are possible.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::replica::Topology;
use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::{Configured, Support};

use super::error::{ScenarioError, at, value};
use super::{INSTANT, MAX_CLIENTS, MAX_OPS, Scenario};
use crate::faults::{self, Faults, Scope};
use crate::network::{self, Transport};
use crate::pace::{Pace, Timing};
use crate::settings::{Engine, Vocabulary};
use crate::trace::Units;

/// Checks everything that does not depend on strategies, workloads and networks.
pub(super) fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    if !(1..=MAX_CLIENTS).contains(&scenario.clients) {
        return Err(value("clients", scenario.clients, format!("expected 1 to {MAX_CLIENTS}")));
    }
    if !(1..=MAX_OPS).contains(&scenario.ops) {
        return Err(value("ops", scenario.ops, format!("expected 1 to {MAX_OPS}")));
    }
    if !(scenario.rate_per_s.is_finite() && (1e-6..=1e7).contains(&scenario.rate_per_s)) {
        return Err(value("rate", scenario.rate_per_s, "expected 0.000001 to 10000000 operations per second"));
    }
    if !(scenario.budget_s.is_finite() && (0.0..=86_400.0).contains(&scenario.budget_s)) {
        return Err(value("budget", scenario.budget_s, "expected 0 to 86400 seconds"));
    }
    if !(0.0..=1.0).contains(&scenario.undo) {
        return Err(value("undo", scenario.undo, "expected a share from 0 to 1"));
    }
    if let Some(ms) = scenario.sample_ms.filter(|ms| *ms != 0.0 && !(0.01..=86_400_000.0).contains(ms)) {
        return Err(value("sample", ms, "expected 0.01 to 86400000 milliseconds, or 0 for every event"));
    }
    if let Some(size) = scenario.sizes.iter().find(|size| **size > 1_000_000) {
        return Err(value("size", size, "expected at most 1000000"));
    }
    check_throughput(scenario)?;
    check_pace(scenario)?;
    if let (true, Some(workload)) = (scenario.trace.is_some(), scenario.workloads.first()) {
        return Err(value("workload", workload, "a trace is replayed instead of workloads; leave one of them out"));
    }
    if let (None, Some(clients)) = (&scenario.trace, scenario.trace_clients) {
        return Err(value("trace-clients", clients, "expected a trace, whose authors share clients"));
    }
    if scenario.trace.is_none() && scenario.units != Units::default() {
        return Err(value("units", "utf16", "expected a trace, whose positions are read so"));
    }
    if let (true, Some(size)) = (scenario.trace.is_some(), scenario.sizes.first()) {
        return Err(value("size", size, "a trace begins with its own document; leave the size out"));
    }
    Ok(())
}

/// Checks that the pace suits what is run, and that recorded times come from one place.
fn check_pace(scenario: &Scenario) -> Result<(), ScenarioError> {
    let wrong = |expected: &str| Err(value("pace", scenario.pace, expected));
    let times = scenario.times.as_ref().map(|path| path.display());
    match (scenario.pace, &scenario.trace, times) {
        (_, Some(_), Some(times)) => Err(value("times", times, "a trace has times of its own; leave one of them out")),
        (Pace::Recorded(Timing { content: Some(_), .. }), Some(_), _) => {
            wrong("`content` tells which file of --times is meant, and a trace has times of its own")
        }
        (Pace::Recorded(_) | Pace::Causal, Some(_), None) | (Pace::Recorded(_), None, Some(_)) => Ok(()),
        (_, Some(_), None) => wrong("a trace is replayed in its causal order (causal) or at its times (recorded)"),
        (Pace::Causal, None, _) => wrong("only a trace has a causal order; expected --trace FILE"),
        (Pace::Recorded(_), None, None) => wrong(
            "nothing was recorded; expected --trace FILE to replay a trace, or --times FILE for the times of workloads",
        ),
        (_, None, Some(times)) => Err(value("times", times, "expected --pace recorded beside recorded times")),
        (_, None, None) => Ok(()),
    }
}

/// Checks that what the throughput engine has not is not asked of it, and what it alone has of no other.
fn check_throughput(scenario: &Scenario) -> Result<(), ScenarioError> {
    if scenario.engine != Engine::Throughput {
        return match scenario.pace {
            Pace::Eager(_) => {
                Err(value("pace", scenario.pace, "only the throughput engine has it; expected --engine throughput"))
            }
            _ => Ok(()),
        };
    }
    if let Some(path) = &scenario.trace {
        let expected = "the throughput engine replays no trace; expected --engine sim";
        return Err(value("trace", path.display(), expected));
    }
    if !matches!(scenario.pace, Pace::Eager(_)) {
        let expected = "in the throughput engine users act as fast as they can; expected eager, or eager:inflight=8";
        return Err(value("pace", scenario.pace, expected));
    }
    if let Some(fault) = scenario.faults.first() {
        return Err(value("fault", fault, "the throughput engine has no faults; expected --engine sim or threads"));
    }
    if let Some(network) = scenario.networks.iter().find(|network| *network != INSTANT) {
        let expected = format!("the throughput engine has no network between its replicas; expected {INSTANT}");
        return Err(value("network", network, expected));
    }
    if scenario.transport != Scenario::default().transport {
        let expected = "the throughput engine loses and reorders nothing; expected stream";
        return Err(value("transport", &scenario.transport, expected));
    }
    if scenario.undo > 0.0 {
        return Err(value("undo", scenario.undo, "the throughput engine has no undo; expected 0"));
    }
    if let Some(ms) = scenario.sample_ms.filter(|ms| *ms > 0.0) {
        return Err(value("sample", ms, "the throughput engine looks at states at the end only; leave it out"));
    }
    Ok(())
}

/// Checks that every fault exists and that engine and links have it, and that some client takes part at the end, whatever the
/// seed draws. Gives the faults of the first seed.
pub(super) fn check_faults(
    scenario: &Scenario,
    known: &Vocabulary,
    transport: Transport,
    seeds: &[u64],
) -> Result<Faults, ScenarioError> {
    let mut first = None;
    let read = |written: &String| written.parse::<Selector>().map_err(at("fault"));
    let selectors = scenario.faults.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let acting = Duration::try_from_secs_f64(scenario.ops as f64 / scenario.rate_per_s).unwrap_or(Duration::MAX);
    for seed in seeds {
        let scope = Scope {
            seed: *seed,
            acting,
            datagrams: transport != Transport::Stream,
            real_time: scenario.engine != Engine::Sim,
            ..Scope::new(scenario.clients, &known.faults)
        };
        let mut armed = Vec::new();
        for (selector, written) in selectors.iter().zip(&scenario.faults) {
            for fault in faults::configure(selector, &scope).map_err(at("fault"))? {
                if let (true, Support::Unsupported(why)) = (scope.real_time, fault.spec.threads) {
                    return Err(value("fault", written, why));
                }
                if let (false, Some(why)) = (scope.datagrams, fault.fault.needs().datagrams) {
                    return Err(value("fault", written, format!("{why}; expected --transport datagram")));
                }
                armed.push(fault);
            }
        }
        let faults: Faults = armed.into_iter().collect();
        if faults.survivors(scenario.clients).next().is_none() {
            let faults = scenario.faults.join(" ");
            return Err(value("fault", faults, format!("seed {seed}: expected a client that takes part at the end")));
        }
        if let (changes, Some(armed)) = faults.changes(acting)
            && changes > MOST_CHANGES
        {
            let expected = format!(
                "about {changes:.0} changes until the last fault ends; expected at most {MOST_CHANGES}: make its states longer, \
                 or the run shorter"
            );
            return Err(value("fault", &armed.label, expected));
        }
        if let Some(armed) = faults.twin_again(scenario.clients) {
            return Err(value("fault", &armed.label, "expected a client in one twin at most"));
        }
        first.get_or_insert(faults);
    }
    Ok(first.unwrap_or_default())
}

/// Most changes of state that the faults of a run may go through: with 16 bytes each they take 32 MB. Three weeks of a
/// connection that flaps every 6 s have 600,000.
const MOST_CHANGES: f64 = 2e6;

/// Checks that no two networks have one name, by which tables and charts tell them apart.
pub(super) fn check_names(networks: &[String]) -> Result<(), ScenarioError> {
    let mut met = BTreeSet::new();
    let name = |network: &String| network::own_name(network).unwrap_or(network).to_owned();
    match networks.iter().find(|network| !met.insert(name(network))) {
        Some(twice) => {
            let expected = format!("another network is called `{}`, too; give each a name of its own", name(twice));
            Err(value("network", twice, expected))
        }
        None => Ok(()),
    }
}

/// Checks that some strategy runs in a topology that every fault has a meaning in. The others do not apply, and say so in
/// their cells.
pub(super) fn check_topology(faults: &Faults, strategies: &[Arc<Configured>]) -> Result<(), ScenarioError> {
    let star = strategies.iter().all(|strategy| strategy.topology() == Topology::Star);
    match faults.iter().find_map(|armed| Some((armed, armed.fault.needs().mesh?))) {
        Some((armed, why)) if star => {
            let labels: Vec<&str> = strategies.iter().map(|strategy| &*strategy.label).collect();
            let mesh = "a strategy whose clients connect to each other, such as crdt-yrs:topology=mesh";
            let run = if labels.len() == 1 { "runs" } else { "run" };
            Err(value("fault", &armed.label, format!("{why}; {} {run} as a star; expected {mesh}", labels.join(", "))))
        }
        _ => Ok(()),
    }
}
