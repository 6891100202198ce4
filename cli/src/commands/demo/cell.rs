//! `syncbench demo --cell`: the first loss of the cell that a command runs again.

use clap::Parser;
use syncbench_harness::capsule::Capsule;
use syncbench_harness::run::{Planned, run_cell};
use syncbench_harness::scenario::Plan;
use syncbench_harness::shrink::{Budget, Target, targets};
use syncbench_harness::stories::Told;
use syncbench_harness::stories::cell::first_loss;
use syncbench_reports::format::wrap;

use crate::args::{Cli, Command, DemoArgs, RunArgs};
use crate::capsules;
use crate::catalog::Catalog;
use crate::commands::run;
use crate::failure::{Failure, one_line};
use crate::out::{eprint, eprintln};
use crate::shrinking::{smallest, summary};

/// Runs the cell of a replay command and tells its first loss, in the smallest run if `--shrink` is given.
pub(super) fn tell(catalog: &Catalog, replay: &str, asked: &DemoArgs) -> Result<Told, Failure> {
    let wrong = |reason: String| Failure::usage(format!("--cell: {reason}"));
    let flag = |failure: Failure| match &asked.capsule {
        Some(path) => failure.at(format!("--capsule {}", path.display())),
        None => failure,
    };
    asked.capsule.as_deref().map_or(Ok(()), capsules::free).map_err(flag)?;
    let planned = planned(catalog, replay)?;
    if !asked.shrink && asked.capsule.is_none() {
        return first_loss(&planned, asked.kind.as_deref()).map_err(wrong);
    }
    let cell = run_cell(&planned);
    let kind = match &asked.kind {
        Some(kind) => kind.clone(),
        None => (targets(&cell).first())
            .map(|kind| (*kind).to_owned())
            .ok_or_else(|| wrong("this run has no finding and no broken claim".into()))?,
    };
    let (planned, cell, target) = if asked.shrink {
        let (shrunk, target) = smallest(&planned, &kind, Budget::default()).map_err(wrong)?;
        eprint!("{}", wrap(&summary(&planned, &shrunk), 80, ""));
        (shrunk.planned, shrunk.cell, target)
    } else {
        let target = Target::of(&cell, &kind).map_err(wrong)?;
        (planned, cell, target)
    };
    if let Some(path) = &asked.capsule {
        let capsule = Capsule::of(&planned, &cell, &target, &catalog.environment());
        capsules::write(path, &capsule).map_err(flag)?;
        eprintln!("capsule: {}", path.display());
    }
    first_loss(&planned, Some(&kind)).map_err(wrong)
}

/// The one cell of a replay command.
pub(crate) fn planned(catalog: &Catalog, replay: &str) -> Result<Planned, Failure> {
    let wrong = |reason: String| Failure::usage(format!("--cell: {reason}"));
    let args = parse(replay, catalog.plans.program_name()).map_err(wrong)?;
    ignored(&args);
    let plan =
        run::scenarios(&args).and_then(|scenarios| Plan::with(scenarios, &catalog.plans).map_err(Failure::usage));
    let plan = plan.map_err(|failure| match failure {
        Failure::Usage(reason) => wrong(reason),
        other => other,
    })?;
    let count = plan.cells.len();
    let Ok([planned]) = <[Planned; 1]>::try_from(plan.cells) else {
        return Err(wrong(format!(
            "this command runs {count} cells: expected one strategy, workload, network, size and seed, as in the command \
             printed beside a finding"
        )));
    };
    Ok(planned)
}

/// The flags of a command of this program such as `syncbench run --strategy ot ...`, with or without what is before its
/// flags, as it is copied from a terminal or a page: with a prompt, backticks, broken lines, or cargo in front.
fn parse(replay: &str, program: &str) -> Result<RunArgs, String> {
    let copied = replay.replace("\\\r\n", " ").replace("\\\n", " ");
    let copied = copied.trim().trim_matches('`').trim();
    let prompted = copied.strip_prefix('$').filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
    let copied = prompted.unwrap_or(copied);
    let words = shlex::split(copied).ok_or("a quote is not closed: expected the command as it was printed")?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words = match words[..] {
        ["cargo", "run", ..] => words.iter().position(|word| *word == "--").map_or(&[][..], |at| &words[at + 1..]),
        _ => &words[..],
    };
    let flags = match words {
        [called, "run", flags @ ..] if is(called, program) => flags,
        ["run", flags @ ..] => flags,
        [called] if is(called, program) => &[],
        flags => flags,
    };
    if flags.is_empty() {
        return Err("nothing to run: expected a command such as `run --strategy ot --workload text ...`".into());
    }
    match Cli::try_parse_from(["syncbench", "run"].iter().chain(flags)) {
        Ok(Cli { command: Command::Run(args) }) => Ok(*args),
        Ok(_) => Err(format!("expected a `{program} run` command")),
        Err(error) => Err(one_line(&error, "run")),
    }
}

/// Says which flags have no meaning where nothing is measured.
fn ignored(args: &RunArgs) {
    let flags = [
        ("--out", args.out.is_some()),
        ("--resume", args.resume),
        ("--json", args.json),
        ("--dry-run", args.dry_run),
        ("--open", args.open),
    ];
    let given: Vec<_> = flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect();
    if !given.is_empty() {
        eprintln!("--cell: ignored, since nothing is measured: {}", given.join(", "));
    }
}

/// Whether a command runs this program, wherever it lies.
fn is(called: &str, program: &str) -> bool {
    std::path::Path::new(called).file_stem().is_some_and(|stem| stem == program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_taken_as_it_was_copied() {
        for copied in [
            "$ syncbench run -s ot \\\n  -w stack",
            "`syncbench run -s ot -w stack`",
            "cargo run --release -- run -s ot -w stack",
            "$ cargo run --release --features full -- run -s ot \\\r\n-w stack",
            "run -s ot -w stack --out there --json --dry-run",
        ] {
            let args = parse(copied, "syncbench").unwrap_or_else(|error| panic!("{copied}: {error}"));
            assert_eq!(args.strategy, ["ot"], "{copied}");
        }
        for nothing in ["", " ` ` ", "$ ", "syncbench", "syncbench run", "cargo run --release --", "cargo run"] {
            let error = parse(nothing, "syncbench").err().expect(nothing);
            assert!(error.starts_with("nothing to run"), "{nothing}: {error}");
        }
    }
}
