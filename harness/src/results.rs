//! Results: data with their provenance. Measuring writes them, drawing reads them, and nothing else connects the two.
//!
//! A run's folder holds `run.json` (a [`Header`]) and `cells.jsonl` (one [`Cell`] a line, written as soon as it is
//! measured, so a killed run keeps what it had).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;
use thiserror::Error;

pub use crate::faults::Coverage;
pub use crate::finding::Finding;
use crate::metric::MetricSpec;
pub use crate::metric::{Metric, Quantiles};

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

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran and was measured.
    Measured,
    /// It broke; `reason` says how.
    Failed,
    /// The strategy does not carry what the workload needs; `reason` says why.
    Unsupported,
    /// It was not reached.
    NotRun,
}

/// Whether a strategy kept its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It kept them.
    Pass,
    /// It broke one.
    Fail,
    /// The run proves nothing: nothing was exercised, or the time was up before everything was told.
    Unknown,
}

/// A sparse histogram: (value, count) in ascending order of value. What quantiles over several seeds are made from.
pub type Histogram = Vec<(u64, u64)>;

/// One strategy under one condition with one seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Its place in the plan.
    pub index: u64,
    /// Which part of the plan it belongs to: `calm`, `rough`, `growth`, or the name of the scenario.
    pub part: String,
    /// Strategy with the parameters that were given.
    pub strategy: String,
    /// Workload with the parameters that were given.
    pub workload: String,
    /// Network profile with the parameters that were given.
    pub network: String,
    /// Faults, each as it was given.
    pub faults: Vec<String>,
    /// Which engine ran it: `sim` or `threads`.
    pub engine: String,
    /// How many clients.
    pub clients: u32,
    /// Operations asked for.
    pub ops: u64,
    /// Size of the initial document, in the workload's own unit (items, records, characters).
    pub size: u64,
    /// The seed.
    pub seed: u64,
    /// How often states were looked at, in milliseconds; absent when after every event.
    pub sample_ms: Option<f64>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, unless it was measured.
    pub reason: Option<String>,
    /// Whether the strategy kept its claims.
    pub verdict: Option<Verdict>,
    /// What the verdict rests on, a sentence each.
    pub verdict_reasons: Vec<String>,
    /// Whether all replicas ended in one state.
    pub converged: Option<bool>,
    /// That state; of the first client where they differ.
    pub digest: Option<Digest>,
    /// Everything that happened, in order.
    pub trace_digest: Option<Digest>,
    /// Whether the final state is the one that the trace's author recorded.
    pub matches_reference: Option<bool>,
    /// The strategy's parameters, defaults included.
    pub params: BTreeMap<String, String>,
    /// The library under test with its version.
    pub library: Option<String>,
    /// How the strategy carries each kind of edit that the workload makes.
    pub support: BTreeMap<String, String>,
    /// The figures by name. The glossary is in ARCHITECTURE.md.
    pub metrics: BTreeMap<String, Metric>,
    /// What the oracles found.
    pub findings: Vec<Finding>,
    /// Histograms behind the quantiles of latencies, in microseconds.
    pub histograms: BTreeMap<String, Histogram>,
    /// Curves: `divergence` over the run's time in milliseconds, `resident_bytes` and `server_resident_bytes` over the
    /// operations issued.
    pub curves: BTreeMap<String, Vec<(f64, f64)>>,
    /// What each fault touched.
    pub coverage: Vec<Coverage>,
    /// The command that runs this cell again.
    pub replay: String,
}

impl Cell {
    /// A single value of a metric: see [`Metric::get`].
    pub fn number(&self, metric: &MetricSpec, field: &str) -> Option<f64> {
        self.metrics.get(metric.name)?.get(field)
    }
}

/// Why results cannot be written or read.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// The operating system said no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The folder already holds a run.
    #[error("{}: holds a run already; choose another folder with --out", .0.display())]
    Exists(PathBuf),
    /// A file is not what it should be.
    #[error("{}: line {line}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// Writes a run's folder, cell by cell.
pub struct Writer {
    path: PathBuf,
    file: File,
}

impl Writer {
    /// Makes the folder and its header. Refuses a folder that holds a run already.
    pub fn create(dir: &Path, header: &Header) -> Result<Self, ResultsError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| ResultsError::Io { path, error }
        };
        fs::create_dir_all(dir).map_err(io(dir))?;
        let (head, path) = (dir.join("run.json"), dir.join("cells.jsonl"));
        if head.exists() || path.exists() {
            return Err(ResultsError::Exists(dir.to_owned()));
        }
        let text = serde_json::to_string_pretty(header).map_err(|error| io(&head)(error.into()))?;
        fs::write(&head, text + "\n").map_err(io(&head))?;
        let file = OpenOptions::new().create_new(true).append(true).open(&path).map_err(io(&path))?;
        Ok(Self { path, file })
    }

    /// Adds one cell; it is on disk when this returns.
    pub fn append(&mut self, cell: &Cell) -> Result<(), ResultsError> {
        let line = serde_json::to_string(cell).map_err(io::Error::from);
        line.and_then(|line| self.file.write_all((line + "\n").as_bytes()))
            .map_err(|error| ResultsError::Io { path: self.path.clone(), error })
    }
}

/// Reads a run's folder. A last line that a killed run left unfinished is passed over.
pub fn read(dir: &Path) -> Result<Results, ResultsError> {
    let head = dir.join("run.json");
    let text = fs::read_to_string(&head).map_err(|error| ResultsError::Io { path: head.clone(), error })?;
    let header: Header = serde_json::from_str(&text).map_err(|error| ResultsError::Format {
        path: head.clone(),
        line: error.line(),
        reason: error.to_string(),
    })?;
    if header.schema != SCHEMA {
        let reason = format!("schema {}, and this version reads schema {SCHEMA}: run it again", header.schema);
        return Err(ResultsError::Format { path: head, line: 1, reason });
    }
    let path = dir.join("cells.jsonl");
    let io = |error| ResultsError::Io { path: path.clone(), error };
    let lines = BufReader::new(File::open(&path).map_err(io)?).lines().collect::<Result<Vec<_>, _>>().map_err(io)?;
    let mut cells = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(cell) => cells.push(cell),
            Err(error) if error.is_eof() && index + 1 == lines.len() => {}
            Err(error) => {
                return Err(ResultsError::Format { path, line: index + 1, reason: error.to_string() });
            }
        }
    }
    cells.sort_by_key(|cell: &Cell| cell.index);
    Ok(Results {
        schema: header.schema,
        environment: header.environment,
        scenario: header.scenario,
        cells_planned: header.cells_planned,
        cells,
    })
}
