//! `syncbench shrink`: the smallest run that still has the finding of a capsule.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use syncbench_harness::capsule::Capsule;
use syncbench_harness::run::Planned;
use syncbench_harness::shrink::{Budget, Ending};
use syncbench_reports::format::wrap;

use super::replay::run_of;
use super::run::console_width;
use super::told;
use crate::args::ShrinkArgs;
use crate::capsules;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::{print, println};
use crate::shrinking::{smallest, summary};
use crate::written::quoted;

pub(crate) fn shrink(catalog: &Catalog, args: &ShrinkArgs) -> Done {
    let (capsule, planned) = run_of(catalog, &args.capsule)?;
    let out = args.out.clone().unwrap_or_else(|| beside(&args.capsule));
    let flag = |failure: Failure| failure.at(format!("--out {}", out.display()));
    capsules::free(&out).map_err(flag)?;
    let kind = args.kind.as_deref().unwrap_or(&capsule.kind);
    let time = Duration::try_from_secs_f64(args.budget)
        .map_err(|_| Failure::usage(format!("--budget {}: expected a span such as 60s or 5m", args.budget)))?;
    let budget = Budget { time, ..Budget::default() };
    let (shrunk, target) =
        smallest(&planned, kind, budget).map_err(|reason| Failure::usage(reason).at(args.capsule.display()))?;
    let small = Capsule::of(&shrunk.planned, &shrunk.cell, &target, &catalog.environment());
    capsules::write(&out, &small).map_err(flag)?;
    let story = told::tell(&shrunk.planned, &shrunk.cell, kind);
    if let (Some(path), Ok(told)) = (&args.svg, &story) {
        told::draw_into(path, told)?;
    }
    let command = format!("{} replay {}", catalog.plans.program_name(), quoted(&out));
    if args.json {
        let told = story.as_ref();
        println!(
            "{}",
            json!({
                "schema": 1,
                "kind": kind,
                "before": extent(&planned),
                "after": extent(&shrunk.planned),
                "runs": shrunk.runs,
                "complete": shrunk.end == Ending::Complete,
                "capsule": out,
                "replay": command,
                "story": told.ok(),
                "no_story": told.err(),
                "diagram": args.svg,
            })
        );
    } else {
        told::show(&story);
        println!();
        print!("{}", wrap(&summary(&planned, &shrunk), usize::from(console_width()).min(80), ""));
        println!("Capsule: {}\nReplay:  {command}", out.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// The default file of the result, beside the capsule: `NAME.small.json`.
fn beside(capsule: &Path) -> PathBuf {
    let stem = capsule.file_stem().unwrap_or_default().to_string_lossy();
    capsule.with_file_name(format!("{}.small.json", stem.trim_end_matches(".small")))
}

/// The size of a run.
fn extent(planned: &Planned) -> Value {
    let settings = &planned.settings;
    json!({
        "operations": settings.ops,
        "clients": settings.clients,
        "size": settings.size,
        "faults": settings.faults,
        "network": settings.network,
        "workload": planned.workload.label,
    })
}
