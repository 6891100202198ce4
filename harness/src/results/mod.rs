//! Results: data with their provenance. Measuring writes them, drawing reads them, and nothing else connects the two.
//!
//! A run's folder holds `run.json` (a [`Header`]) and `cells.jsonl` (one [`Cell`] a line, written as soon as it is
//! measured, so a killed run keeps what it had).

mod cell;
mod folder;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::faults::Coverage;
pub use crate::finding::Finding;
pub use crate::metric::{Metric, Quantiles};
pub use cell::{Cell, Histogram, Outcome, Verdict};
pub use folder::{ResultsError, Writer, read};

/// The version of the schema of results.
pub const SCHEMA: u32 = 2;

/// A whole run: what `run --json` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results {
    /// [`SCHEMA`] of the version that wrote it.
    pub schema: u32,
    /// Where and with what it was measured.
    pub environment: Environment,
    /// What was asked for: the parsed scenario, complete, ready to be run again.
    pub scenario: serde_json::Value,
    /// How many cells were asked for; a run that was killed has fewer.
    #[serde(default)]
    pub cells_planned: usize,
    /// One entry for each combination that was asked for, in the order of the plan.
    pub cells: Vec<Cell>,
}

/// The first file of a run's folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`] of the version that wrote it.
    pub schema: u32,
    /// Where and with what it was measured.
    pub environment: Environment,
    /// See [`Results::scenario`].
    pub scenario: serde_json::Value,
    /// How many cells the plan has.
    pub cells_planned: usize,
}

/// Where and with what a run was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of syncbench.
    pub version: String,
    /// Commit of the sources, empty when unknown.
    pub commit: String,
    /// Whether the sources differed from the commit.
    pub dirty: bool,
    /// Compiler.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
    /// Features that were compiled in.
    pub features: Vec<String>,
    /// Libraries under test and their versions.
    pub libraries: BTreeMap<String, String>,
    /// Processor.
    pub cpu: String,
    /// Processors that the run could use.
    pub cores: usize,
    /// Operating system and architecture.
    pub os: String,
    /// Start of the run, RFC 3339, UTC.
    pub started_at: String,
}
