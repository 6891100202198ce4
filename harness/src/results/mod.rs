//! Results: data with their provenance. Measuring writes them, drawing reads them, and nothing else connects the two.
//!
//! A run's folder holds `run.json` (a [`Header`]), `cells.jsonl` (one [`Cell`] a line, written as soon as it is measured, so a
//! killed run keeps what it had) and `series.bin` (the [`Series`] of each cell, read when they are drawn).

mod cell;
mod environment;
mod error;
mod facts;
mod header;
mod identity;
mod join;
mod merge;
mod read;
mod series;
mod write;

use serde::{Deserialize, Serialize};

pub use crate::by_name::{ByName, Name};
pub use crate::faults::{Coverage, Messages, Spells};
pub use crate::finding::Finding;
pub use crate::metric::{Metric, Quantiles};
pub use cell::{Cell, ClaimsKept, Outcome};
pub use environment::{Environment, ProductBuild};
pub use error::ResultsError;
pub use facts::{Facts, KindFacts, StrategyFacts, WorkloadFacts};
pub use header::{Header, PlanMark, first_difference};
pub(crate) use identity::Condition;
pub use identity::TraceFile;
pub use join::join;
pub use merge::{MergeError, Part, PlannedCell, merge};
pub use read::{read, visit};
pub use series::{Curve, Histogram, LazySeries, Series, SeriesFile};
pub use write::{Sink, Writer};

/// The version of the schema of results.
pub const SCHEMA: u32 = 2;

/// A whole run: what `run --json` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results {
    /// [`SCHEMA`] of the version that wrote it.
    pub schema: u32,
    /// Where and with what it was measured: the first machine.
    pub environment: Environment,
    /// Further machines; [`Cell::machine`] says which cell is whose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_machines: Vec<Environment>,
    /// What was asked for: the parsed scenario, complete, ready to be run again.
    pub scenario: serde_json::Value,
    /// Which plan it is, and how many cells that has.
    #[serde(default)]
    pub plan: PlanMark,
    /// Which part of the plan it is, such as `2/4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// How many cells were asked for; a run that was killed has fewer.
    #[serde(default)]
    pub cells_planned: usize,
    /// What strategies and workloads say about themselves.
    #[serde(flatten)]
    pub facts: Facts,
    /// One entry for each combination that was asked for, in the order of the plan.
    pub cells: Vec<Cell>,
    /// The files that the cells read their series from.
    #[serde(skip)]
    pub files: Vec<std::sync::Arc<SeriesFile>>,
}

impl Results {
    /// Results without cells.
    pub fn new(environment: Environment, scenario: serde_json::Value) -> Self {
        Self {
            schema: SCHEMA,
            environment,
            other_machines: Vec::new(),
            scenario,
            plan: PlanMark::default(),
            partition: None,
            cells_planned: 0,
            facts: Facts::default(),
            cells: Vec::new(),
            files: Vec::new(),
        }
    }

    /// All machines, in the order of [`Cell::machine`].
    pub fn machines(&self) -> impl Iterator<Item = &Environment> {
        std::iter::once(&self.environment).chain(&self.other_machines)
    }

    /// What went wrong when series were read, if anything: what was drawn since then lacks them.
    pub fn series_error(&self) -> Option<String> {
        self.files.iter().find_map(|file| file.error())
    }
}
