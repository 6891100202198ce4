//! `syncbench report`: redraws results. Nothing is measured.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use syncbench_harness::results;
use syncbench_reports::format::plural;

use super::run::shown;
use crate::args::ReportArgs;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::maps;
use crate::open;
use crate::out::{eprintln, print, println};
use crate::progress;
use crate::written;

pub(crate) fn report(catalog: &Catalog, args: &ReportArgs) -> Done {
    let maps = maps::quoted(catalog, args.map.as_deref())?;
    let mut parts = Vec::new();
    for dir in &args.dirs {
        parts.push(folder::read(dir)?);
    }
    let results = results::join(parts).ok_or_else(|| Failure::usage("expected at least one folder"))?;
    let criterion = match &args.criterion {
        Some(dir) if !dir.is_dir() => {
            return Err(Failure::usage(format!("--criterion {}: expected criterion's folder", dir.display())));
        }
        Some(dir) => folder::estimates(dir),
        None => folder::estimates(Path::new("target/criterion")),
    };
    let out = args.out.as_ref().unwrap_or(&args.dirs[0]);
    let unwritable = |error: anyhow::Error| match error.downcast_ref::<io::Error>().is_some_and(written::full) {
        true => Failure::Broken(error),
        false => Failure::usage(format!("{error:#}; expected a writable folder")),
    };
    let made = fs::create_dir_all(out).with_context(|| out.display().to_string());
    made.map_err(unwritable)?;
    // The table needs no room.
    print!("{}", shown(&results, &maps, args.details));
    let drawn =
        progress::waiting("drawing the report", || folder::draw(out, &results, &criterion, &catalog.charts, &maps));
    if !criterion.is_empty() {
        eprintln!("with {} of criterion", plural(criterion.len(), "estimate"));
    }
    let page = drawn.map_err(unwritable)?;
    folder::complete(&results)?;
    println!("Report: {}", page.display());
    if args.open {
        open::page(&page);
    }
    Ok(ExitCode::SUCCESS)
}
