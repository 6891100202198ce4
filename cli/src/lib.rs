//! `syncbench`: which sync model should this product use, and what will it cost?
//!
//! Parses the command line, calls the crates that do the work, shows progress, and turns errors into exit codes:
//! 0 fine, 1 failed, 2 wrong use, 3 a threshold or a choice says no.
//!
//! A product's own crate gets all of it with [`main_with`] and a [`Catalog`] of what it brings.

mod args;
mod catalog;
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
pub use catalog::Catalog;
use failure::{Done, Failure};

/// Runs the command line of this process with what is in `catalog`.
pub fn main_with(catalog: &Catalog) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return printed(Failure::parsing(&error)),
    };
    printed(match command(catalog, cli.command) {
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

fn command(catalog: &Catalog, command: Command) -> Done {
    match command {
        Command::Run(args) => commands::run::run(catalog, &args),
        Command::List(args) => commands::list::list(catalog, &args),
        Command::Demo(args) => commands::demo::demo(catalog, &args),
        Command::Report(args) => commands::report::report(catalog, &args),
        Command::Merge(args) => commands::merge::merge(catalog, &args),
        Command::Compare(args) => commands::compare::compare(catalog, &args),
        Command::Export(args) => commands::export::export(catalog, &args),
        Command::Verify(args) => commands::verify::verify(catalog, &args),
        Command::Completions { shell } => commands::completions::completions(shell),
    }
}
