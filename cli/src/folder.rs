//! Folders of runs: names for new ones, and drawing what they hold.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use syncbench_harness::results::{self, Header, Results, ResultsError, Writer};
use syncbench_reports::anomalies::Maps;
use syncbench_reports::charts::Chart;
use syncbench_reports::criterion::CriterionEstimate;
use syncbench_reports::report;

use crate::date::Date;
use crate::failure::Failure;
use crate::written;

/// Begins a run in `bench-results/runs/<date>-<label>`, or in the next name that no other run has.
pub(crate) fn fresh(label: &str, header: &Header) -> Result<(PathBuf, Writer), ResultsError> {
    let date = Date::now().for_names();
    let clean: String = label.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let runs = Path::new("bench-results").join("runs");
    let names = std::iter::once(String::new()).chain((2..).map(|n| format!("-{n}")));
    for path in names.map(|suffix| runs.join(format!("{date}-{clean}{suffix}"))) {
        // Several runs may begin in one second: the first to create the header gets the name.
        match Writer::create(&path, header) {
            Err(ResultsError::Exists(_)) => {}
            made => return made.map(|writer| (path, writer)),
        }
    }
    unreachable!("there are more names than folders")
}

/// Reads the results in a folder.
pub(crate) fn read(dir: &Path) -> Result<Results, Failure> {
    results::read(dir).map_err(unreadable)
}

/// Reads what a folder says before any cell.
pub(crate) fn header(dir: &Path) -> Result<Header, Failure> {
    Header::read(dir).map_err(unreadable)
}

/// Wrong use: what was given is no folder of a run, or a damaged one.
pub(crate) fn unreadable(error: ResultsError) -> Failure {
    match error {
        ResultsError::Io { .. } => Failure::usage(format!("{error}; expected the folder of a run")),
        other => Failure::usage(other),
    }
}

/// Fails if series could not be read while results were drawn: what was drawn lacks them.
pub(crate) fn complete(results: &Results) -> Result<(), Failure> {
    results.series_error().map_or(Ok(()), |error| Err(anyhow::anyhow!(error).into()))
}

/// Draws every chart and the page into `dir`, and returns the page's path.
pub(crate) fn draw(
    dir: &Path,
    results: &Results,
    criterion: &[CriterionEstimate],
    charts: &[&Chart],
    maps: &Maps,
) -> anyhow::Result<PathBuf> {
    for file in report::files_with(results, criterion, charts, maps) {
        let path = dir.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&path, &file.bytes).with_context(|| path.display().to_string())?;
    }
    Ok(dir.join("report.html"))
}

/// Criterion's estimates below `dir`, by group and name. Other files are skipped.
pub(crate) fn estimates(dir: &Path) -> Vec<CriterionEstimate> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let (estimates, benchmark) = (folder.join("estimates.json"), folder.join("benchmark.json"));
        if folder.ends_with("new")
            && let (Ok(estimates), Ok(benchmark)) = (fs::read(estimates), fs::read(benchmark))
            && let Ok(estimate) = CriterionEstimate::parse(&estimates, &benchmark)
        {
            found.push(estimate);
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        folders.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir() && !path.is_symlink()));
    }
    found.sort_by(|a, b| (&a.group, &a.id).cmp(&(&b.group, &b.id)));
    found
}

/// A folder of results that cannot be written is wrong use, unless the disk is full.
pub(crate) fn unwritable(error: ResultsError) -> Failure {
    match error {
        ResultsError::Io { error: ref full, .. } if written::full(full) => Failure::Broken(error.into()),
        ResultsError::Io { .. } => Failure::usage(format!("--out {error}; expected a writable folder")),
        // These errors name a file of the folder and what to do about it.
        ResultsError::Header { .. } | ResultsError::Format { .. } => Failure::usage(error),
        other => Failure::usage(format!("--out {other}")),
    }
}
