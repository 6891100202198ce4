//! All metrics: those of the probes, and those that the run itself adds.

pub use crate::probes::{
    away::*, costs::*, divergence::*, latency::*, life::*, memory::*, resync::*, sessions::*, staleness::*, wire::*,
};

use crate::metric::{MetricSpec, metrics};
use crate::probes::PROBES;

metrics! {
    LOST_INTENTS = {
        name: "lost_intents",
        unit: "operations",
        better: Low,
        form: Tally,
        meaning: "Confirmed operations that were not kept and that no user who had seen them overwrote, each counted once, by \
                  kind of finding.",
    };
    SERIAL_ORDER = {
        name: "serial_order",
        unit: "share",
        better: High,
        form: Number,
        meaning: "1 where some serial order of the operations explains the final state and every outcome, 0 where \
                  none does; absent where a run is too long to search.",
    };
    REFERENCE_US = {
        name: "reference_us",
        unit: "µs",
        better: Neither,
        form: Number,
        meaning: "Processor time of a fixed piece of work before and after the run on the same thread: how fast the \
                  machine was then. A comparison of two runs divides processor times by it.",
        measured: Processor,
    };
    INEXACT_EDITS = {
        name: "inexact_edits",
        unit: "operations",
        better: Low,
        form: Number,
        meaning: "Replayed operations that were made on another version than the recorded one; absent where no trace \
                  is replayed.",
    };
    SATURATION_OPS_PER_S = {
        name: "saturation_ops_per_s",
        unit: "operations per second",
        better: High,
        form: Number,
        meaning: "Highest offered rate that the group sustains: the 99th percentile of visibility stays below the \
                  limit; threads engine only.",
        measured: Processor,
    };
    CARRIED_OPS_PER_S = {
        name: "carried_ops_per_s",
        unit: "operations per second",
        better: High,
        form: Number,
        meaning: "Operations that a group carried, from the first action until everybody had everything, while users acted as \
                  fast as backpressure let them.",
        measured: Processor,
    };
    CARRIED_DELIVERIES_PER_S = {
        name: "carried_deliveries_per_s",
        unit: "deliveries per second",
        better: High,
        form: Number,
        meaning: "The same in deliveries: each operation comes to each client, its issuer included.",
        measured: Processor,
    };
    OPS_PER_MESSAGE = {
        name: "ops_per_message",
        unit: "operations",
        better: Neither,
        form: Number,
        meaning: "Operations in a client's message, on average.",
        measured: Processor,
    };
    SATURATION_LIMIT_MS = {
        name: "saturation_limit_ms",
        unit: "ms",
        better: Neither,
        form: Number,
        meaning: "Limit for the 99th percentile of visibility in the search for the saturation rate.",
    };
}

/// Every metric, in the order of the probes.
pub fn all() -> impl Iterator<Item = &'static MetricSpec> {
    PROBES.iter().flat_map(|probe| probe.metrics).chain(DECLARED).copied()
}

/// The metric of this name.
pub fn find(name: &str) -> Option<&'static MetricSpec> {
    all().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::metric::Metric;
    use crate::scenario::{Catalog, Scenario, collect};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
    }

    #[test]
    fn names_are_unique_and_meanings_are_sentences() {
        let names: BTreeSet<_> = all().map(|metric| metric.name).collect();
        assert_eq!(names.len(), all().count());
        for metric in all() {
            assert!(!metric.unit.is_empty() && !metric.meaning.is_empty(), "{}", metric.name);
            assert!(metric.meaning.ends_with('.') && !metric.meaning.contains(['\n', '|']), "{}", metric.name);
            assert_eq!(find(metric.name), Some(metric));
        }
        assert_eq!(find("no-such"), None);
    }

    #[test]
    fn a_run_has_figures_of_listed_metrics_only() {
        let scenario = Scenario {
            strategies: vec!["serial-optimistic".into()],
            workloads: vec!["stack".into()],
            faults: vec!["partition:halves@500ms..1s".into()],
            seeds: vec!["1".into()],
            ops: 40,
            ..Scenario::default()
        };
        let cells = collect(vec![scenario], &Catalog::default()).unwrap();
        let figures = cells.iter().flat_map(|cell| &cell.metrics).filter(|(_, figure)| **figure != Metric::Absent);
        let names: BTreeSet<_> = figures.map(|(name, _)| name.as_str()).collect();
        assert!(names.len() > 20 && names.iter().all(|name| find(name).is_some()), "{names:?}");
    }

    #[test]
    fn the_glossary_in_the_architecture_is_that_of_the_specs() {
        let text = fs::read_to_string(root().join("../ARCHITECTURE.md")).unwrap();
        let rows: Vec<_> =
            text.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 5).collect();
        let wanted: Vec<_> = all().map(MetricSpec::glossary_row).collect();
        assert!(rows == wanted, "put this table below \"### Metrics\" in ARCHITECTURE.md:\n{}", wanted.join("\n"));
    }
}
