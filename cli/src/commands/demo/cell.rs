//! `syncbench demo --cell`: the first loss of the cell that a command runs again.

use clap::Parser;
use syncbench_harness::scenario::Plan;
use syncbench_harness::stories::Told;
use syncbench_harness::stories::cell::first_loss;

use crate::args::{Cli, Command, RunArgs};
use crate::catalog::Catalog;
use crate::commands::run;
use crate::failure::{Failure, one_line};

/// Runs the cell of a replay command and tells its first loss.
pub(super) fn tell(catalog: &Catalog, replay: &str) -> Result<Told, Failure> {
    let wrong = |reason: String| Failure::usage(format!("--cell: {reason}"));
    let args = parse(replay, catalog.plans.program_name()).map_err(wrong)?;
    let plan =
        run::scenarios(&args).and_then(|scenarios| Plan::with(scenarios, &catalog.plans).map_err(Failure::usage));
    let plan = plan.map_err(|failure| match failure {
        Failure::Usage(reason) => wrong(reason),
        other => other,
    })?;
    let [planned] = &plan.cells[..] else {
        return Err(wrong(format!(
            "this command runs {} cells: expected one strategy, workload, network, size and seed, as in the command \
             printed beside a finding",
            plan.cells.len()
        )));
    };
    first_loss(planned, None).map_err(wrong)
}

/// The flags of a command of this program such as `syncbench run --strategy ot ...`, with or without its first two words.
fn parse(replay: &str, program: &str) -> Result<RunArgs, String> {
    let words = shlex::split(replay).ok_or("a quote is not closed: expected the command as it was printed")?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let flags = match words[..] {
        [called, "run", ref flags @ ..] if is(called, program) => flags,
        ["run", ref flags @ ..] => flags,
        ref flags => flags,
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

/// Whether a command runs this program, wherever it lies.
fn is(called: &str, program: &str) -> bool {
    std::path::Path::new(called).file_stem().is_some_and(|stem| stem == program)
}
