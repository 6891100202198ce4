//! Scenarios from files, and what is wrong with them.

use std::fs;
use std::path::Path;

use syncbench_harness::scenario::{
    DEFAULT_PARTS, LONG_PARTS, OTHER_PARTS, Plan, Scenario, ScenarioError, built_in_replaying, line_of,
};
use syncbench_strategies::names;

use crate::catalog::Catalog;
use crate::failure::Failure;

/// The name of the long run, which has several parts.
const LONG: &str = "long";

/// Every built-in scenario: its name, and its first line without the sign of a comment.
pub(crate) fn built_in() -> impl Iterator<Item = (&'static str, &'static str)> {
    let first_line = |text: &'static str| text.lines().next().unwrap_or_default().trim_start_matches("# ");
    let parts = DEFAULT_PARTS.iter().chain(LONG_PARTS).chain(OTHER_PARTS);
    parts.map(move |(name, text)| (*name, first_line(text)))
}

/// The scenarios in a file, or the built-in ones of this name, with `trace` in place of their workloads.
pub(crate) fn named(written: &Path, trace: Option<&Path>) -> Result<Vec<Scenario>, Failure> {
    let built_in = written.to_str().filter(|_| !written.exists()).and_then(|name| built_in_replaying(name, trace));
    match built_in {
        Some(parts) => Ok(parts),
        None => Ok(vec![read(written, trace)?]),
    }
}

fn read(path: &Path, trace: Option<&Path>) -> Result<Scenario, Failure> {
    let wrong = |reason: String| Failure::usage(format!("{}: {reason}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| {
        let names = built_in().map(|(name, _)| name.to_owned()).chain([LONG.to_owned()]).chain(files_beside(path));
        let names: Vec<_> = names.collect();
        let meant = names::did_you_mean(&path.to_string_lossy(), names.iter().map(|name| (name.as_str(), "")));
        let meant = meant.map_or(String::new(), |meant| meant + " ");
        wrong(format!("{error}; {meant}expected a scenario in TOML, or the name of a built-in one"))
    })?;
    Scenario::replaying(&text, trace).map_err(|error| wrong(error.to_string()))
}

/// The files in TOML in the folder of a path, as they would be written.
fn files_beside(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten().flatten();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().ok().filter(|name| name.ends_with(".toml"));
    let written =
        |name: String| folder.map_or(name.clone(), |folder| folder.join(&name).to_string_lossy().into_owned());
    let mut files: Vec<_> = entries.filter_map(name).map(written).collect();
    files.sort();
    files
}

/// What is wrong with a plan; with file and line where it is the file that is wrong, and not a flag.
pub(crate) fn misplanned(error: &ScenarioError, file: Option<&Path>, catalog: &Catalog) -> Failure {
    let place = file.and_then(|path| {
        let text = fs::read_to_string(path).ok()?;
        // A file whose values a flag has replaced may be right.
        let alone = Plan::with(vec![Scenario::from_toml(&text).ok()?], &catalog.plans).err()?;
        let line = line_of(&text, error).filter(|_| alone.to_string() == error.to_string())?;
        Some(format!("{}: line {line}: ", path.display()))
    });
    Failure::usage(format!("{}{error}", place.unwrap_or_default()))
}
