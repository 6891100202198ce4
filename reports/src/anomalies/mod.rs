//! The anomaly map: for each strategy and workload the worst that a few operations can come to, with its shortest story, or
//! the bound within which nothing is wrong.
//!
//! `explore --all` makes it, and `bench-results/anomalies/map.json` is the committed one.

mod kinds;
mod page;
mod quote;
mod read;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use syncbench_harness::explore::{Anomaly, Severity};
use syncbench_harness::results::Environment;

pub use page::{MARK, markdown};
pub use quote::{Maps, Quote, bound, with};
pub use read::{MOST_BYTES, read};

/// The form of the map.
pub const SCHEMA: u32 = 1;

/// What exploring every pair found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// The form of this document.
    pub schema: u32,
    /// Versions of what was explored, by [`versions`]; absent in maps that were made before this was written down.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub made_by: Option<String>,
    /// How many clients.
    pub clients: u32,
    /// At most so many operations of all clients together; a pair that takes too long has a bound of its own.
    pub ops: u32,
    /// Strategies, in the order of the table.
    pub strategies: Vec<String>,
    /// Workloads, in the order of the table.
    pub workloads: Vec<String>,
    /// Every pair, by strategy.
    pub pairs: Vec<Pair>,
    /// Cases beyond the bound or the defaults of the table.
    pub cases: Vec<Named>,
}

/// One script under one strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// What users do.
    pub name: String,
    /// Under which strategy, and what came of it.
    #[serde(flatten)]
    pub pair: Pair,
}

/// One strategy on one workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The strategy.
    pub strategy: String,
    /// The workload.
    pub workload: String,
    /// What was found; absent where the strategy does not carry the workload.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<Found>,
    /// Why nothing was looked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unsupported: Option<String>,
}

/// What exploring one pair found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Every schedule of up to so many operations was run.
    pub ops: u32,
    /// Schedules run.
    pub schedules: u64,
    /// All schedules, those included that differ in the order of independent steps only; absent where they are too many.
    pub stand_for: Option<u64>,
    /// Every kind of anomaly, the worst first.
    pub anomalies: Vec<Anomaly>,
    /// The worst, with its story; absent where nothing is wrong within the bound.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worst: Option<Worst>,
}

/// The worst anomaly of a pair: by severity, then the one that takes the fewest operations, then the one that more schedules
/// show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worst {
    /// What it is.
    #[serde(flatten)]
    pub anomaly: Anomaly,
    /// Its shortest story, a line for each step.
    pub story: Vec<String>,
    /// The command that tells it again.
    pub command: String,
}

/// What a map was made of: the product, syncbench and its libraries, each with its version. Commits are left out: a map that is
/// made of other sources and finds the same is the same.
pub fn versions(environment: &Environment) -> String {
    let Environment { product, version, libraries, .. } = environment;
    let product = product.iter().map(|product| format!("{} {}", product.name, product.version).trim().to_owned());
    let libraries = libraries.iter().map(|(name, version)| format!("{name} {version}"));
    product.chain([format!("syncbench {version}")]).chain(libraries).collect::<Vec<_>>().join(", ")
}

impl Map {
    /// The committed map, which every build carries: it is compiled in from `bench-results/anomalies` beside the crates, so a
    /// crate that is packaged alone does not build. It is parsed once, and quotes borrow from it.
    ///
    /// That it fits the build is tested: some of its pairs are explored again. The nightly run explores all of them.
    pub fn committed() -> &'static Self {
        static MAP: OnceLock<Map> = OnceLock::new();
        MAP.get_or_init(|| {
            let text = include_str!("../../../bench-results/anomalies/map.json");
            // A test reads the file, so a build with a broken one does not pass.
            serde_json::from_str(text).expect("the committed map is one that `explore --all` wrote")
        })
    }

    /// A pair.
    pub fn pair(&self, strategy: &str, workload: &str) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.strategy == strategy && pair.workload == workload)
    }

    /// The worst anomaly of a pair; `None` where nothing is wrong within the bound, and for a pair that is not in the map.
    pub fn worst(&self, strategy: &str, workload: &str) -> Option<&Worst> {
        self.pair(strategy, workload)?.found.as_ref()?.worst.as_ref()
    }

    /// The bound of a pair in which nothing is wrong: so many operations, and so many schedules.
    pub fn proof(&self, strategy: &str, workload: &str) -> Option<(u32, u64)> {
        let found = self.pair(strategy, workload)?.found.as_ref()?;
        found.anomalies.is_empty().then_some((found.ops, found.schedules))
    }
}

impl Worst {
    /// Whether an operation that was confirmed does not have its effect, or worse.
    pub fn loses(&self) -> bool {
        self.anomaly.severity <= Severity::Lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_map_is_whole_and_has_each_story() {
        let map = Map::committed();
        assert_eq!(map.schema, SCHEMA);
        assert_eq!(map.pairs.len(), map.strategies.len() * map.workloads.len());
        for pair in map.pairs.iter().chain(map.cases.iter().map(|case| &case.pair)) {
            assert!(pair.found.is_some() != pair.unsupported.is_some(), "{} on {}", pair.strategy, pair.workload);
            let Some(found) = &pair.found else { continue };
            assert!(found.ops > 0 && found.schedules > 0);
            assert_eq!(found.worst.as_ref().map(|worst| &worst.anomaly), found.anomalies.first());
            assert!(found.worst.iter().all(|worst| !worst.story.is_empty() && worst.command.contains("--schedule")));
        }
    }

    #[test]
    fn a_pair_has_a_worst_anomaly_or_a_proof() {
        let map = Map::committed();
        assert!(map.worst("ot", "stack").is_some_and(Worst::loses) && map.proof("ot", "stack").is_none());
        assert!(map.worst("serial", "stack").is_none() && map.proof("serial", "stack").is_some());
        assert!(map.worst("no-such", "stack").is_none() && map.proof("no-such", "stack").is_none());
    }
}
