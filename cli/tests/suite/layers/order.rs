//! The declared order: the crates, and the layers of each, from the lowest to the highest.
//!
//! A module may use those of lower layers, and nothing else of its crate.

/// Each crate's folder and its layers. A crate may use those before it.
pub(super) const CRATES: &[(&str, &[&[&str]])] =
    &[("strategies", STRATEGIES), ("harness", HARNESS), ("reports", REPORTS), ("cli", CLI)];

/// The name of a crate's library.
pub(super) fn library(folder: &str) -> String {
    format!("syncbench_{folder}")
}

const STRATEGIES: &[&[&str]] = &[
    &["document", "names", "node", "numbers", "time"],
    &["view", "sidecar"],
    &["model"],
    &["reducer", "change", "claims", "undo"],
    &["selector"],
    &["params"],
    &["replica"],
    &["spec", "prefix_set", "wire", "relay", "send_window"],
    &["requirements"],
    &["courier", "star"],
    &["crdt", "ephemeral", "escrow", "ids", "lww", "ot"],
    &["serial"],
    &["hybrid"],
    &["registry"],
];

const HARNESS: &[&[&str]] = &[
    &["by_name", "node_table", "op_set"],
    &["actions", "clock", "rng", "pace", "queue", "schedule", "event", "finding", "metric", "oracle"],
    &["contention", "times", "stopwatch", "tracer", "network", "ledger"],
    &["faults"],
    &["wire", "settings", "history"],
    &["findings", "sabotage", "sessions"],
    &["results"],
    &["workload", "probe"],
    &["lockstep", "task"],
    &["run_result"],
    &["typing"],
    &["oracles"],
    &["workloads", "trace"],
    &["engines"],
    &["probes"],
    &["metrics"],
    &["run"],
    &["scenario", "stories", "shrink", "mutants"],
    &["explore", "capsule", "predictions"],
    &["growth", "prelude", "speed"],
];

const REPORTS: &[&[&str]] = &[
    &["format", "stats", "criterion"],
    &["anomalies", "coverage", "exact", "export"],
    &["aggregate"],
    &["away", "caveat", "columns", "draw", "mapped", "overview", "scalability"],
    &["growth", "headline"],
    &["charts"],
    &["choose", "compare", "story"],
    &["explored", "screen"],
    &["table"],
    &["html"],
    &["report"],
    &["cost"],
];

const CLI: &[&[&str]] = &[
    &["date", "out", "product"],
    &["environment"],
    &["args"],
    &["failure"],
    &["catalog", "written"],
    &["curves", "folder", "maps", "open", "panics", "preview", "progress", "scenario"],
    &["capsules", "shrinking"],
    &["runner"],
    &["commands"],
    &["prelude"],
];
