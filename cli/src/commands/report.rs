//! `syncbench report`: redraws results. Nothing is measured.

use std::path::Path;
use std::process::ExitCode;

use anstream::{eprintln, print, println};
use syncbench_harness::results::{self, Results};

use super::run::shown;
use crate::args::ReportArgs;
use crate::failure::{Done, Failure};
use crate::folder;

pub(crate) fn report(args: &ReportArgs) -> Done {
    let mut parts = Vec::new();
    for dir in &args.dirs {
        parts.push(
            results::read(dir).map_err(|error| Failure::usage(format!("{error}; expected the folder of a run")))?,
        );
    }
    let results = join(parts)?;
    let criterion = match &args.criterion {
        Some(dir) if !dir.is_dir() => {
            return Err(Failure::usage(format!("--criterion {}: expected criterion's folder", dir.display())));
        }
        Some(dir) => folder::estimates(dir),
        None => folder::estimates(Path::new("target/criterion")),
    };
    let out = args.out.as_ref().unwrap_or(&args.dirs[0]);
    let page = folder::draw(out, &results, &criterion)
        .map_err(|error| Failure::usage(format!("{error:#}; expected a writable folder")))?;
    print!("{}", shown(&results));
    if !criterion.is_empty() {
        eprintln!("with {} estimates of criterion", criterion.len());
    }
    println!("\nReport:  {}", page.display());
    Ok(ExitCode::SUCCESS)
}

/// Joins several folders: parts of one plan, or runs of several plans.
fn join(parts: Vec<Results>) -> Result<Results, Failure> {
    let mut parts = parts.into_iter();
    let mut joined = parts.next().ok_or_else(|| Failure::usage("expected at least one folder"))?;
    for part in parts {
        let same_plan = part.scenario == joined.scenario;
        let next = joined.cells.len() as u64;
        joined.cells_planned += part.cells_planned;
        joined.cells.extend(part.cells.into_iter().enumerate().map(|(index, mut cell)| {
            cell.index = if same_plan { cell.index } else { next + index as u64 };
            cell
        }));
    }
    joined.cells.sort_by_key(|cell| cell.index);
    Ok(joined)
}
