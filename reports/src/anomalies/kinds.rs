//! The map by kind of anomaly: which strategies can come to it, and which cannot within the bound.

use std::collections::BTreeMap;
use std::fmt::Write;

use syncbench_harness::explore::Severity;
use syncbench_harness::workloads;

use super::{Found, Map};
use crate::format::plural;

/// What was found of one kind on one workload.
struct Kind<'m> {
    severity: Severity,
    /// Strategies that can come to it, each with the fewest operations.
    can: Vec<(&'m str, u64)>,
    /// Strategies that cannot within the whole bound of the map.
    cannot: Vec<&'m str>,
    /// Strategies of which fewer operations were explored without it.
    open: Vec<&'m str>,
}

/// A section for each workload on which something goes wrong.
pub(super) fn sections(map: &Map) -> String {
    let bound = plural(map.ops as usize, "operation");
    let mut text = format!(
        "\n## By kind of anomaly\n\nWhich strategies can come to it, each with the fewest operations that it takes, and which cannot in any schedule of \
         up to {bound}.\n"
    );
    for workload in &map.workloads {
        let kinds = kinds(map, workload);
        if kinds.is_empty() {
            continue;
        }
        let _ = write!(text, "\n### {workload}, by kind\n\n| kind | what it is | can | cannot |\n|---|---|---|---|\n");
        for (name, kind) in kinds {
            let can: Vec<String> = kind.can.iter().map(|(strategy, ops)| format!("{strategy} ({ops})")).collect();
            let mut cannot = kind.cannot.join(", ");
            if !kind.open.is_empty() {
                let _ = write!(cannot, "; not explored to the bound: {}", kind.open.join(", "));
            }
            let (name, meaning) = (shown(name, kind.severity), meaning(workload, name));
            let _ = writeln!(text, "| {name} | {meaning} | {} | {cannot} |", can.join(", "));
        }
    }
    text
}

/// All kinds that some strategy can come to, the worst first, then by name.
fn kinds<'m>(map: &'m Map, workload: &str) -> Vec<(&'m str, Kind<'m>)> {
    let pairs = || map.pairs.iter().filter(|pair| pair.workload == workload);
    let explored: Vec<(&str, &Found)> =
        pairs().filter_map(|pair| Some((pair.strategy.as_str(), pair.found.as_ref()?))).collect();
    let mut all: BTreeMap<&str, Severity> = BTreeMap::new();
    for anomaly in explored.iter().flat_map(|(_, found)| &found.anomalies) {
        // What breaks a claim of one strategy may be a note of another.
        let severity = all.entry(&anomaly.kind).or_insert(anomaly.severity);
        *severity = anomaly.severity.min(*severity);
    }
    let kind = |name: &str, severity| {
        let mut kind = Kind { severity, can: Vec::new(), cannot: Vec::new(), open: Vec::new() };
        for (strategy, found) in &explored {
            match found.anomalies.iter().find(|anomaly| anomaly.kind == name) {
                Some(anomaly) => kind.can.push((*strategy, anomaly.ops)),
                None if found.ops < map.ops => kind.open.push(*strategy),
                None => kind.cannot.push(*strategy),
            }
        }
        kind
    };
    let mut kinds: Vec<_> = all.into_iter().map(|(name, severity)| (name, kind(name, severity))).collect();
    kinds.sort_by_key(|(name, kind)| (kind.severity, *name));
    kinds
}

/// Bold where an operation is lost, or worse.
fn shown(name: &str, severity: Severity) -> String {
    if severity <= Severity::Lost { format!("**{name}**") } else { name.to_owned() }
}

/// What a kind of finding means; empty for a broken claim, and for a workload that is not built in.
fn meaning(workload: &str, name: &str) -> &'static str {
    workloads::kind(workload, name).map_or("", |kind| kind.meaning)
}
