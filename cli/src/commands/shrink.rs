//! `syncbench shrink`: the smallest run that still has the finding of a capsule.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use syncbench_harness::capsule::Capsule;
use syncbench_harness::run::{Planned, run_cell};
use syncbench_harness::shrink::{self, Budget, Shrunk, Target};
use syncbench_reports::format::{count, plural, wrap};

use super::demo::draw_into;
use super::replay;
use super::run::console_width;
use crate::args::ShrinkArgs;
use crate::capsules;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::{eprintln, print, println};
use crate::progress::Shrinking;
use crate::written::quoted;

pub(crate) fn shrink(catalog: &Catalog, args: &ShrinkArgs) -> Done {
    let (capsule, planned) = replay::run_of(catalog, &args.capsule)?;
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
    let told = replay::tell(&shrunk.planned, &shrunk.cell, kind);
    if let (Some(path), Ok(told)) = (&args.svg, &told) {
        draw_into(path, told)?;
    }
    let command = format!("{} replay {}", catalog.plans.program_name(), quoted(&out));
    if args.json {
        let told = told.as_ref();
        println!(
            "{}",
            json!({
                "schema": 1,
                "kind": kind,
                "before": extent(&planned),
                "after": extent(&shrunk.planned),
                "runs": shrunk.runs,
                "complete": shrunk.complete,
                "capsule": out,
                "replay": command,
                "story": told.ok(),
                "no_story": told.err(),
                "diagram": args.svg,
            })
        );
    } else {
        replay::show(&told);
        println!();
        print!("{}", wrap(&summary(&planned, &shrunk), usize::from(console_width()).min(80), ""));
        println!("Capsule: {}\nReplay:  {command}", out.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Shrinks a run, with progress on stderr. Ctrl-C ends the search with what was found so far.
pub(crate) fn smallest(planned: &Planned, kind: &str, budget: Budget) -> Result<(Shrunk, Target), String> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    // Without a handler Ctrl-C ends the program: nothing is written before the end.
    let _ = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping with the smallest run so far; press Ctrl-C again to quit now");
    });
    let progress = Shrinking::new();
    // A run that fails says so in its results; hundreds of them need not say it on the terminal, too.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let shrunk = Target::of(&run_cell(planned), kind).and_then(|target| {
        let watch = |state: &shrink::Progress| {
            progress.at(state);
            !stop.load(Ordering::Relaxed)
        };
        Ok((shrink::shrink(planned, &target, budget, &watch)?, target))
    });
    std::panic::set_hook(hook);
    progress.clear();
    shrunk
}

/// Beside a capsule: `NAME.small.json`.
fn beside(capsule: &Path) -> PathBuf {
    let stem = capsule.file_stem().unwrap_or_default().to_string_lossy();
    capsule.with_file_name(format!("{}.small.json", stem.trim_end_matches(".small")))
}

/// How large a run is.
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

/// What became smaller, and whether it could be smaller still.
pub(crate) fn summary(planned: &Planned, shrunk: &Shrunk) -> String {
    let (was, is) = (&planned.settings, &shrunk.planned.settings);
    let unit = planned.workload.spec.size_unit;
    let traced = planned.workload.trace.is_some();
    let mut parts = vec![
        (count(was.ops), plural(is.ops as usize, "operation")),
        (was.clients.to_string(), plural(is.clients as usize, "client")),
    ];
    if !traced && was.size != is.size {
        parts.push((count(was.size), format!("{} {unit} at first", is.size)));
    }
    if !was.faults.is_empty() {
        parts.push((was.faults.len().to_string(), plural(is.faults.len(), "fault")));
    }
    if was.network != is.network {
        parts.push((was.network.clone(), is.network.clone()));
    }
    let parts: Vec<String> = parts.into_iter().map(|(was, is)| format!("{was} to {is}")).collect();
    let end = match (shrunk.complete, traced) {
        (false, _) => "The search ended before everything smaller was tried; raise --budget.",
        (true, false) => "No action can be left out.",
        (true, true) => "A trace is cut at its end only: each operation stands at positions that earlier ones made.",
    };
    format!("{} in {}. {end}\n", parts.join(", "), plural(shrunk.runs as usize, "run"))
}
