//! `syncbench report`: redraws results. Nothing is measured.

use std::path::Path;
use std::process::ExitCode;

use syncbench_harness::results;

use super::run::shown;
use crate::args::ReportArgs;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::out::{eprintln, print, println};

pub(crate) fn report(args: &ReportArgs) -> Done {
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
    let page = folder::draw(out, &results, &criterion)
        .map_err(|error| Failure::usage(format!("{error:#}; expected a writable folder")))?;
    print!("{}", shown(&results));
    if !criterion.is_empty() {
        eprintln!("with {} estimates of criterion", criterion.len());
    }
    folder::complete(&results)?;
    println!("\nReport:  {}", page.display());
    Ok(ExitCode::SUCCESS)
}
