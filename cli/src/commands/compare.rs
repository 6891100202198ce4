//! `syncbench compare`: two runs, and what became worse. Nothing is measured.

use std::path::Path;
use std::process::ExitCode;

use syncbench_reports::compare::{self, Comparison, Incomparable, Least};
use syncbench_reports::format::{list, plural};

use super::run::console_width;
use crate::args::CompareArgs;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::out::{print, println};
use crate::progress::Rows;
use crate::written;

/// The last line of every file written here; a file without it is not overwritten.
const MARK: &str = "<!-- a comparison of syncbench compare -->\n";
/// What such a file is.
const WHAT: &str = "a comparison";
/// Most rows of a run that an error names.
const NAMED: usize = 10;

pub(crate) fn compare(_: &Catalog, args: &CompareArgs) -> Done {
    untaken(args)?;
    let (baseline, candidate) = (folder::read(&args.baseline)?, folder::read(&args.candidate)?);
    for rule in &args.fail_on {
        rule.check([&baseline, &candidate]).map_err(wrong_rule)?;
    }
    let least = args.min_effect.map_or_else(Least::default, Least::all);
    let (was, is) = (args.baseline.display().to_string(), args.candidate.display().to_string());
    let mut progress = Rows::new("rows");
    let compared = compare::compare([(&was, &baseline), (&is, &candidate)], least, &args.fail_on, &mut |done, all| {
        progress.at(done, all)
    });
    progress.clear();
    let mut comparison = compared.map_err(|error: Incomparable| Failure::usage(format!("{was} and {is}: {error}")))?;
    folder::complete(&baseline)?;
    folder::complete(&candidate)?;
    for (rule, judged) in args.fail_on.iter().zip(&comparison.rules) {
        if let Some(error) = rule.unchecked(judged, &comparison.notices) {
            return Err(wrong_rule(error));
        }
    }
    if same_folder(&args.baseline, &args.candidate) {
        comparison.notices.insert(0, "baseline and candidate are the same folder".to_owned());
    }
    show(args, &comparison)?;
    let failed = comparison.rules.iter().filter(|judged| !judged.failed.is_empty());
    let failed: Vec<_> =
        failed.map(|judged| format!("{} in {}", judged.rule, plural(judged.failed.len(), "row"))).collect();
    let mut no = Vec::new();
    if !failed.is_empty() {
        no.push(format!("passed thresholds: {}", failed.join(", ")));
    }
    if !args.fail_on.is_empty() && !args.allow_missing {
        no.extend(missing(&comparison));
    }
    if no.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::No(no.join("; "))) }
}

fn same_folder(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The rows that only one run has, by name: no threshold was held against them.
fn missing(comparison: &Comparison) -> Option<String> {
    let runs = [(&comparison.only_baseline, "baseline"), (&comparison.only_candidate, "candidate")];
    let named = runs.into_iter().filter(|(rows, _)| !rows.is_empty());
    let named: Vec<_> = named
        .map(|(rows, run)| format!("{} only in the {run}: {}", plural(rows.len(), "row"), list(rows, NAMED)))
        .collect();
    (!named.is_empty()).then(|| format!("{}; --allow-missing accepts them", named.join("; ")))
}

fn wrong_rule(error: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("--fail-on {error}"))
}

fn show(args: &CompareArgs, comparison: &Comparison) -> Result<(), Failure> {
    let on_stdout = args.markdown.as_deref() == Some(Path::new("-"));
    if on_stdout && args.json {
        return Err(Failure::usage("--markdown -: stdout has the JSON document; give a file, or leave --json out"));
    }
    if args.json {
        println!("{}", serde_json::to_string(comparison)?);
    } else if on_stdout {
        print!("{}", compare::markdown(comparison));
    } else {
        print!("{}", compare::text(comparison, usize::from(console_width()), args.details));
    }
    if let Some(path) = args.markdown.as_ref().filter(|_| !on_stdout) {
        write(path, "--markdown", &compare::markdown(comparison))?;
    }
    if let Some(path) = &args.svg {
        write(path, "--svg", &compare::picture(comparison).svg())?;
    }
    Ok(())
}

/// Refuses a file that is something else before anything is compared.
fn untaken(args: &CompareArgs) -> Result<(), Failure> {
    let markdown = args.markdown.as_ref().filter(|path| *path != Path::new("-"));
    for (path, flag) in [(markdown, "--markdown"), (args.svg.as_ref(), "--svg")] {
        if let Some(path) = path {
            written::free(path, MARK, WHAT).map_err(|failure| failure.at(named(flag, path)))?;
        }
    }
    Ok(())
}

fn write(path: &Path, flag: &str, text: &str) -> Result<(), Failure> {
    written::write(path, text, MARK, WHAT).map_err(|failure| failure.at(named(flag, path)))
}

fn named(flag: &str, path: &Path) -> String {
    format!("{flag} {}", path.display())
}
