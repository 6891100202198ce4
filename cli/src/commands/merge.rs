//! `syncbench merge`: the parts of one plan as one run. Nothing is measured.

use std::process::ExitCode;

use syncbench_harness::results::{self, Part, PlannedCell, Results, Writer};
use syncbench_harness::scenario::{Plan, Scenario};
use syncbench_reports::format::plural;

use crate::args::MergeArgs;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::out::println;

pub(crate) fn merge(catalog: &Catalog, args: &MergeArgs) -> Done {
    let mut parts = Vec::new();
    for dir in &args.dirs {
        parts.push(Part { dir: dir.clone(), results: folder::read(dir)? });
    }
    let files: Vec<_> = parts.iter().flat_map(|part| part.results.files.clone()).collect();
    let (header, cells) = results::merge(parts, |results| planned(results, catalog)).map_err(Failure::usage)?;
    let mut writer = Writer::create(&args.out, &header).map_err(folder::unwritable)?;
    for cell in &cells {
        writer.append(cell)?;
    }
    writer.finish()?;
    if let Some(error) = files.iter().find_map(|file| file.error()) {
        return Err(anyhow::anyhow!(error).into());
    }
    let (cells, folders) = (plural(cells.len(), "cell"), plural(args.dirs.len(), "folder"));
    println!("{cells} of {folders}: {}", args.out.display());
    Ok(ExitCode::SUCCESS)
}

/// The cells of the plan with the commands that run them; `None` where this build lays it out otherwise.
fn planned(results: &Results, catalog: &Catalog) -> Option<Vec<PlannedCell>> {
    let scenarios: Vec<Scenario> = serde_json::from_value(results.scenario.clone()).ok()?;
    let plan = Plan::with(scenarios, &catalog.plans).ok().filter(|plan| plan.mark() == results.plan)?;
    let build = results.environment.build();
    Some(plan.cells.iter().map(|cell| (cell.id(build), cell.replay())).collect())
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use syncbench_harness::results::ResultsError;

    use super::*;

    #[test]
    fn no_room_for_a_merged_run_is_no_wrong_use() {
        let of = |kind: ErrorKind| folder::unwritable(ResultsError::Io { path: "out".into(), error: kind.into() });
        assert!(matches!(of(ErrorKind::StorageFull), Failure::Broken(_)));
        assert!(matches!(of(ErrorKind::PermissionDenied), Failure::Usage(_)));
    }
}
