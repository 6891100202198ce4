//! `syncbench replay`: runs a capsule again and says whether the run is the same.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use syncbench_harness::capsule::{Build, Capsule};
use syncbench_harness::run::{Planned, run_cell};

use super::told;
use crate::args::ReplayArgs;
use crate::capsules;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::{eprintln, println};
use crate::progress;

pub(crate) fn replay(catalog: &Catalog, args: &ReplayArgs) -> Done {
    let (capsule, planned) = run_of(catalog, &args.capsule)?;
    let cell = progress::waiting("replaying", || run_cell(&planned));
    let story = told::tell(&planned, &cell, &capsule.kind);
    let differences = capsule.differences(&cell);
    let other = capsule.other_build(&Build::of(&catalog.environment()));
    if let (Some(path), Ok(told)) = (&args.svg, &story) {
        told::draw_into(path, told)?;
    }
    if args.json {
        let told = story.as_ref();
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
        told::show(&story);
        println!();
        match differences.is_empty() {
            true => println!("The same run as in the capsule: its trace digest, findings and claims."),
            false => println!("The run differs from the capsule."),
        }
    }
    for line in &differences {
        eprintln!("differs: {line}");
    }
    if let Some(other) = other.filter(|_| !differences.is_empty()) {
        eprintln!("a different build wrote the capsule: {other}");
    }
    Ok(ExitCode::from(u8::from(!differences.is_empty())))
}

/// A capsule and its run.
pub(super) fn run_of(catalog: &Catalog, path: &Path) -> Result<(Capsule, Planned), Failure> {
    let capsule = capsules::read(path)?;
    let planned = capsule.planned(&catalog.plans).map_err(|error| Failure::usage(error).at(path.display()))?;
    Ok((capsule, planned))
}
