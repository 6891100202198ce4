//! `syncbench`: which sync model should this product use, and what will it cost?
//!
//! Parses the command line, calls the crates that do the work, shows progress, and turns errors into exit codes:
//! 0 fine, 1 failed, 2 wrong use, 3 a threshold or a choice says no.

mod args;
mod commands;
mod date;
mod environment;
mod failure;
mod folder;
mod out;
mod progress;
mod runner;
mod story;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use failure::{Done, Failure};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return printed(Failure::parsing(&error)),
    };
    printed(match command(cli.command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    })
}

/// The exit code, unless what was printed did not reach stdout.
fn printed(code: ExitCode) -> ExitCode {
    match out::finish() {
        Some(error) => Failure::Broken(anyhow::anyhow!("stdout: {error}")).report(),
        None => code,
    }
}

fn command(command: Command) -> Done {
    match command {
        Command::Run(args) => commands::run::run(&args),
        Command::List(args) => commands::list::list(&args),
        Command::Demo(args) => commands::demo::demo(&args),
        Command::Report(args) => commands::report::report(&args),
        Command::Merge(args) => commands::merge::merge(&args),
        Command::Verify(args) => commands::verify::verify(&args),
        Command::Completions { shell } => commands::completions::completions(shell),
    }
}
