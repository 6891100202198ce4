//! `syncbench replay`: runs a capsule again and says whether it is the same run.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use syncbench_harness::capsule::{Build, Capsule};
use syncbench_harness::results::Cell;
use syncbench_harness::run::{Planned, run_cell};
use syncbench_harness::shrink::FAILED;
use syncbench_harness::stories::Told;
use syncbench_harness::stories::cell::first_loss;
use syncbench_reports::story;

use super::demo::draw_into;
use crate::args::ReplayArgs;
use crate::capsules;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::{eprintln, print, println};
use crate::progress;

pub(crate) fn replay(catalog: &Catalog, args: &ReplayArgs) -> Done {
    let (capsule, planned) = run_of(catalog, &args.capsule)?;
    let cell = progress::waiting("replaying", || run_cell(&planned));
    let told = tell(&planned, &cell, &capsule.kind);
    let differences = capsule.differences(&cell);
    let other = capsule.other_build(&Build::of(&catalog.environment()));
    if let (Some(path), Ok(told)) = (&args.svg, &told) {
        draw_into(path, told)?;
    }
    if args.json {
        let told = told.as_ref();
        println!(
            "{}",
            json!({
                "schema": 1,
                "capsule": args.capsule,
                "same": differences.is_empty(),
                "differences": differences,
                "other_build": other,
                "kind": capsule.kind,
                "findings": cell.findings,
                "claims": cell.claims_reasons,
                "trace_digest": cell.trace_digest,
                "story": told.ok(),
                "no_story": told.err(),
                "diagram": args.svg,
            })
        );
    } else {
        show(&told);
        println!();
        match differences.is_empty() {
            true => println!("The same run as in the capsule: its trace digest, findings and claims."),
            false => println!("Another run than in the capsule."),
        }
    }
    for line in &differences {
        eprintln!("differs: {line}");
    }
    if let Some(other) = other.filter(|_| !differences.is_empty()) {
        eprintln!("another build wrote the capsule: {other}");
    }
    Ok(ExitCode::from(u8::from(!differences.is_empty())))
}

/// A capsule and its run.
pub(super) fn run_of(catalog: &Catalog, path: &Path) -> Result<(Capsule, Planned), Failure> {
    let capsule = capsules::read(path)?;
    let planned = capsule.planned(&catalog.plans).map_err(|error| Failure::usage(error).at(path.display()))?;
    Ok((capsule, planned))
}

/// The run as a story, or why there is none.
pub(super) fn tell(planned: &Planned, cell: &Cell, kind: &str) -> Result<Told, String> {
    if kind == FAILED {
        return Err(cell.reason.clone().unwrap_or_else(|| "the run came to its end".to_owned()));
    }
    // Where this run has no such finding, the story is that of its first loss.
    first_loss(planned, Some(kind)).or_else(|_| first_loss(planned, None))
}

/// Prints a story, or why there is none.
pub(super) fn show(told: &Result<Told, String>) {
    match told {
        Ok(told) => story::parts(told, true, true).iter().for_each(|part| print!("{part}")),
        Err(reason) => println!("{reason}"),
    }
}
