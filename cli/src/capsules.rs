//! The files of capsules: those that a run writes, and those that are read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use syncbench_harness::capsule::{Capsule, MAX_BYTES};
use syncbench_harness::oracle::CLAIMS;
use syncbench_harness::oracles::KINDS;
use syncbench_harness::results::{Cell, ClaimsKept, Environment, Outcome};
use syncbench_harness::run::Planned;
use syncbench_harness::scenario::Plan;
use syncbench_harness::shrink::{Target, targets};
use syncbench_strategies::names;

use crate::failure::Failure;
use crate::written;

/// The folder of capsules in the folder of a run.
const FOLDER: &str = "capsules";

/// Reads a capsule from a file.
pub(crate) fn read(path: &Path) -> Result<Capsule, Failure> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large, or endless.
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    let read = read.map_err(|error| Failure::usage(format!("{error}; expected a capsule")));
    let capsule = read.and_then(|_| Capsule::read(&bytes).map_err(Failure::usage));
    capsule.map_err(|failure| failure.at(path.display()))
}

/// Writes a capsule into a new file, or over an earlier capsule.
pub(crate) fn write(path: &Path, capsule: &Capsule) -> Result<(), Failure> {
    free(path)?;
    written::folder_of(path)?;
    fs::write(path, capsule.to_json()).map_err(|error| written::failed(error, "a writable file"))
}

/// Refuses to write over a file that is no capsule.
pub(crate) fn free(path: &Path) -> Result<(), Failure> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(written::failed(error, "a writable file")),
        Ok(there) if !there.is_file() => Err(Failure::usage("is not a regular file; expected a writable file")),
        Ok(there) if there.len() == 0 || read(path).is_ok() => Ok(()),
        Ok(_) => Err(Failure::usage("exists already and is no capsule; expected another path")),
    }
}

/// The capsules of a run: for each strategy, workload and kind, that of the first cell of the plan.
pub(crate) struct Capsules {
    folder: PathBuf,
    environment: Environment,
    /// Kinds of findings that were asked for, beside those that make a cell fail.
    asked: Vec<String>,
    /// For each file that this run has written, the place of its cell in the plan.
    kept: BTreeMap<PathBuf, usize>,
    error: Option<io::Error>,
}

impl Capsules {
    pub(crate) fn new(dir: &Path, environment: &Environment, asked: &[String]) -> Self {
        Self {
            folder: dir.join(FOLDER),
            environment: environment.clone(),
            asked: asked.to_vec(),
            kept: BTreeMap::new(),
            error: None,
        }
    }

    /// Keeps the capsules of a finished cell: of what made it fail, and of findings that were asked for.
    pub(crate) fn keep(&mut self, planned: &Planned, cell: &Cell) {
        let failed = cell.outcome == Outcome::Failed || cell.claims_kept == Some(ClaimsKept::No);
        let there = targets(cell);
        let why = there.first().filter(|_| failed).copied();
        let asked = self.asked.iter().map(String::as_str).filter(|kind| there.contains(kind));
        let kinds: BTreeSet<String> = why.into_iter().chain(asked).map(str::to_owned).collect();
        for kind in kinds {
            let path = self.folder.join(name(planned, &kind));
            let first = self.kept.get(&path).is_none_or(|index| planned.index < *index);
            // A capsule of an earlier part of the run stays.
            let ours = self.kept.contains_key(&path) || !path.exists();
            if let (true, true, Ok(target)) = (first, ours, Target::of(cell, &kind)) {
                let capsule = Capsule::of(planned, cell, &target, &self.environment);
                match fs::create_dir_all(&self.folder).and_then(|()| fs::write(&path, capsule.to_json())) {
                    Ok(()) => drop(self.kept.insert(path, planned.index)),
                    Err(error) => drop(self.error.get_or_insert(error)),
                }
            }
        }
    }

    /// The files that were written, and the errors of those that were not.
    pub(crate) fn end(self) -> (Vec<PathBuf>, Option<anyhow::Error>) {
        let context = |error| anyhow::Error::new(error).context(self.folder.display().to_string());
        (self.kept.into_keys().collect(), self.error.map(context))
    }
}

/// The name of the file of a strategy, a workload and a kind.
fn name(planned: &Planned, kind: &str) -> String {
    let whole = format!("{}-{}-{kind}", planned.strategy.label, planned.workload.label);
    let clean = whole.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '=') { c } else { '-' });
    // File systems take 255 bytes.
    let clean: String = clean.take(200).collect();
    format!("{clean}.json")
}

/// Checks the kinds given to `--capsule`.
pub(crate) fn check(asked: &[String], plan: &Plan) -> Result<(), Failure> {
    let of_workloads = plan.cells.iter().flat_map(|cell| cell.workload.spec.kinds.iter().copied());
    let known: BTreeMap<&str, &str> =
        of_workloads.chain(KINDS.iter().copied()).map(|kind| (kind.name, kind.meaning)).collect();
    let breaches = CLAIMS.iter().map(|oracle| (oracle.breach, "a broken claim"));
    let is_breach = |kind: &str| CLAIMS.iter().any(|oracle| oracle.breach == kind);
    let unknown = asked.iter().find(|kind| !known.contains_key(kind.as_str()) && !is_breach(kind));
    let Some(kind) = unknown else { return Ok(()) };
    let known = known.iter().map(|(name, meaning)| (*name, *meaning)).chain(breaches);
    Err(Failure::usage(format!("--capsule {kind}: {}", names::unknown("kind of finding", kind, "", known))))
}
