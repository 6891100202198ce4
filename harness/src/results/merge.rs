//! The parts of one plan, measured on many machines, as one run. Nothing is measured, and nothing is taken twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use syncbench_strategies::document::Digest;
use thiserror::Error;

use super::header::difference_in_words;
use super::{Cell, Environment, Header, Results, SCHEMA};

/// A part of a run: where it came from, and what it holds.
pub struct Part {
    /// Its folder.
    pub dir: PathBuf,
    /// What it holds.
    pub results: Results,
}

/// A cell of the whole plan, by its id and the command that runs it.
pub type PlannedCell = (Digest, String);

/// How many cells an error names.
const NAMED: usize = 20;

/// Why parts are not one run.
#[derive(Debug, Error)]
pub enum MergeError {
    /// There is none.
    #[error("expected at least one folder")]
    Nothing,
    /// Parts that do not belong together.
    #[error("{} and {} cannot be merged: {reason}", one.display(), other.display())]
    Apart {
        /// A folder.
        one: PathBuf,
        /// Another folder.
        other: PathBuf,
        /// In what they differ.
        reason: String,
    },
    /// A cell that another build measured than its folder says.
    #[error("{}: another build than that of run.json measured a cell: {replay}; remove its line from cells.jsonl, and `run --resume` measures it again", dir.display())]
    Build {
        /// The folder.
        dir: PathBuf,
        /// The command that runs the cell.
        replay: String,
    },
    /// Cells that two folders have.
    #[error("{} in two folders; merge each folder once, or leave one out:{}", cells(.0.len()), listed(.0))]
    Duplicate(Vec<String>),
    /// Cells that no folder has.
    #[error("{count} of {of} cells missing: {}; run these with --resume and merge again{}", parts.join(", "), listed(.commands))]
    Missing {
        /// How many.
        count: usize,
        /// Of so many.
        of: usize,
        /// The folders that are not finished, and the parts of the plan that have no folder.
        parts: Vec<String>,
        /// The command for each, where the plan could be laid out again.
        commands: Vec<String>,
    },
}

/// Puts parts together: the header of the whole run, and its cells in the order of the plan. The order of the parts makes no
/// difference. `plan` lays out a plan again, to name what is missing; it may not be able to.
pub fn merge(
    mut parts: Vec<Part>,
    plan: impl FnOnce(&Results) -> Option<Vec<PlannedCell>>,
) -> Result<(Header, Vec<Cell>), MergeError> {
    parts.sort_by_key(|part| (place(&part.results), part.results.environment.started_at.clone()));
    let first = parts.first().ok_or(MergeError::Nothing)?;
    parts.iter().skip(1).try_for_each(|part| belongs(first, part))?;
    parts.iter().try_for_each(of_one_build)?;
    duplicates(&parts)?;
    missing(&parts, plan(&first.results))?;
    let mut parts = parts.into_iter().map(|part| part.results);
    let mut whole = parts.next().ok_or(MergeError::Nothing)?;
    for part in parts {
        let before = whole.machines().count();
        whole.other_machines.push(part.environment);
        whole.other_machines.extend(part.other_machines);
        whole.facts.extend(part.facts);
        whole.cells.extend(part.cells.into_iter().map(|cell| Cell { machine: cell.machine + before, ..cell }));
    }
    whole.cells.sort_by_key(|cell| cell.index);
    let header = Header {
        schema: SCHEMA,
        environment: whole.environment,
        other_machines: whole.other_machines,
        scenario: whole.scenario,
        plan: whole.plan,
        partition: None,
        cells_planned: whole.plan.cells,
        facts: whole.facts,
    };
    Ok((header, whole.cells))
}

/// Which part it is, of how many.
fn place(results: &Results) -> Option<(u64, u64)> {
    let (part, of) = results.partition.as_deref()?.split_once('/')?;
    Some((part.parse().ok()?, of.parse().ok()?))
}

/// Refuses a part of another build or plan.
fn belongs(first: &Part, part: &Part) -> Result<(), MergeError> {
    let apart = |reason| MergeError::Apart { one: first.dir.clone(), other: part.dir.clone(), reason };
    let (one, other) = (&first.results, &part.results);
    if let Some(build) = Environment::build_difference(&one.environment, &other.environment) {
        return Err(apart(format!("other builds: {build}")));
    }
    if one.plan == other.plan {
        return Ok(());
    }
    let differ = difference_in_words(&one.scenario, &other.scenario);
    let differ = differ.map(|(key, one, other)| format!("{key} is {one} and {other}"));
    Err(apart(format!("other plans: {}", differ.unwrap_or_else(|| "their cells differ".to_owned()))))
}

/// Refuses a cell of another build than its folder's.
fn of_one_build(part: &Part) -> Result<(), MergeError> {
    let build = part.results.environment.build();
    match part.results.cells.iter().find(|cell| cell.build != build) {
        Some(cell) => Err(MergeError::Build { dir: part.dir.clone(), replay: cell.replay.clone() }),
        None => Ok(()),
    }
}

fn duplicates(parts: &[Part]) -> Result<(), MergeError> {
    let mut met: BTreeMap<Digest, &PathBuf> = BTreeMap::new();
    let mut twice = Vec::new();
    for part in parts {
        for cell in &part.results.cells {
            if let Some(other) = met.insert(cell.id, &part.dir) {
                twice.push(format!("{} and {}: {}", other.display(), part.dir.display(), cell.replay));
            }
        }
    }
    if twice.is_empty() { Ok(()) } else { Err(MergeError::Duplicate(twice)) }
}

fn missing(parts: &[Part], plan: Option<Vec<PlannedCell>>) -> Result<(), MergeError> {
    let there: BTreeSet<Digest> = parts.iter().flat_map(|part| &part.results.cells).map(|cell| cell.id).collect();
    let of = parts.iter().map(|part| part.results.plan.cells).max().unwrap_or(0);
    if there.len() >= of {
        return Ok(());
    }
    let places: BTreeSet<_> = parts.iter().filter_map(|part| place(&part.results)).collect();
    let total = places.iter().map(|(_, of)| *of).max().unwrap_or(0);
    let unfinished = parts.iter().filter(|part| part.results.cells.len() < part.results.cells_planned);
    let unfinished = unfinished.map(|part| part.dir.display().to_string());
    let absent = (1..=total).filter(|part| !places.contains(&(*part, total)));
    let parts = unfinished.chain(absent.map(|part| format!("--partition {part}/{total}"))).collect();
    let commands =
        plan.unwrap_or_default().into_iter().filter(|(id, _)| !there.contains(id)).map(|(_, command)| command);
    Err(MergeError::Missing { count: of - there.len(), of, parts, commands: commands.collect() })
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// The first of them, a line each.
fn listed(lines: &[String]) -> String {
    let mut text: String = lines.iter().take(NAMED).map(|line| format!("\n  {line}")).collect();
    if lines.len() > NAMED {
        text += &format!("\n  and {} more", lines.len() - NAMED);
    }
    text
}
