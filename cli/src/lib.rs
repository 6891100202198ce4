//! `syncbench`: which sync model should this product use, and what will it cost?
//!
//! Parses the command line, calls the crates that do the work, shows progress, and turns errors into exit codes:
//! 0 fine, 1 failed, 2 wrong use, 3 a threshold or a choice says no.
//!
//! A product's own crate gets all of it with [`main_with`] and a [`Catalog`] of what it brings.

mod args;
mod capsules;
mod catalog;
mod commands;
mod curves;
mod date;
mod environment;
mod failure;
mod folder;
mod maps;
mod open;
mod out;
mod panics;
pub mod prelude;
mod preview;
mod product;
mod progress;
mod runner;
mod scenario;
mod shrinking;
mod written;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use clap::FromArgMatches;

use args::{Cli, Command};
pub use catalog::Catalog;
use failure::{Done, Failure};
pub use product::Product;

/// The name of a program that was started without one.
const USUAL_NAME: &str = "syncbench";

/// Runs the command line of this process with what is in `catalog`. Its help and the commands that replay cells name the
/// program as it was started.
pub fn main_with(catalog: &Catalog) -> ExitCode {
    let program = program();
    let catalog = catalog.clone().program(&program);
    let parsed = args::command(&program, catalog.build().as_ref())
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return printed(Failure::parsing(&error)),
    };
    let done = catalog.check().and_then(|()| command(&catalog, cli.command));
    printed(done.unwrap_or_else(Failure::report))
}

/// The file name of this program, as it was started, if it can be written on a command line.
fn program() -> String {
    let started = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&started).file_stem().and_then(OsStr::to_str).unwrap_or_default();
    let usual = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(usual) { USUAL_NAME.to_owned() } else { name.to_owned() }
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
        Command::Explore(args) => commands::explore::explore(catalog, &args),
        Command::Report(args) => commands::report::report(catalog, &args),
        Command::Merge(args) => commands::merge::merge(catalog, &args),
        Command::Choose(args) => commands::choose::choose(catalog, &args),
        Command::Compare(args) => commands::compare::compare(catalog, &args),
        Command::Export(args) => commands::export::export(catalog, &args),
        Command::Replay(args) => commands::replay::replay(catalog, &args),
        Command::Shrink(args) => commands::shrink::shrink(catalog, &args),
        Command::Verify(args) => commands::verify::verify(catalog, &args),
        Command::Growth(args) => commands::growth::growth(catalog, &args),
        Command::Speed(args) => commands::speed::speed(catalog, &args),
        Command::Cost(args) => commands::cost::cost(catalog, &args),
        Command::Completions { shell } => commands::completions::completions(catalog, shell),
    }
}
