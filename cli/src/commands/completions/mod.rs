//! `syncbench completions`: a script for a shell, which knows the names of this build.

mod lists;

use std::process::ExitCode;

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::{Shell, generate};
use syncbench_harness::network::TRANSPORTS;
use syncbench_harness::stories::STORIES;

use super::{list, speed};
use crate::args::{self, Listed};
use crate::catalog::Catalog;
use crate::failure::Done;
use crate::out::print;
use crate::scenario::built_in;

pub(crate) fn completions(catalog: &Catalog, shell: Shell) -> Done {
    let program = catalog.plans.program_name();
    let mut command = with_names(args::command(program, catalog.build().as_ref()), catalog);
    // In memory first: what it is given must not fail.
    let mut script = Vec::new();
    generate(shell, &mut command, program, &mut script);
    let script = String::from_utf8_lossy(&script);
    let all = list::names_by_kind(catalog);
    let kinds: Vec<_> = all.iter().map(|(kind, names)| (*kind, names.iter().map(String::as_str).collect())).collect();
    match shell {
        Shell::Bash => print!("{script}{}", lists::bash(program, &kinds)),
        Shell::Zsh => print!("{}", lists::zsh(&script, program, &kinds)),
        Shell::Fish => print!("{script}{}", lists::fish(&command, program, &kinds)),
        _ => print!("{script}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The same command line with the names that its values may have.
fn with_names(command: Command, catalog: &Catalog) -> Command {
    let plans = &catalog.plans;
    let strategies = names(plans.strategies().iter().map(|spec| spec.name).chain(["all"]));
    let workloads = names(plans.workloads().iter().map(|spec| spec.name).chain(["all"]));
    let networks = names(plans.networks().iter().map(|spec| spec.name));
    let faults = names(plans.faults().iter().map(|spec| spec.name));
    let stories = names(STORIES.iter().map(|story| story.name));
    let measurements = names(speed::measurements().map(|measurement| measurement.name));
    let scenarios = names(built_in().map(|(name, _)| name).chain(["long"]));
    let kinds = Listed::ALL.iter().map(|(_, plural, _)| *plural);
    let everything = list::names_by_kind(catalog);
    let listed = names(kinds.chain(everything.iter().flat_map(|(_, names)| names.iter().map(String::as_str))));
    let values = [
        ("strategy", strategies),
        ("workload", workloads),
        ("network", networks),
        ("fault", faults),
        ("transport", names(TRANSPORTS.iter().copied())),
        ("scenario", scenarios),
        ("measurements", measurements),
        ("what", listed),
    ];
    let command = command.mut_subcommand("demo", |demo| with_values(demo, "name", &stories));
    let command = command.mut_subcommands(|mut subcommand| {
        for (arg, values) in &values {
            subcommand = with_values(subcommand, arg, values);
        }
        subcommand
    });
    // An argument that is changed moves to the end: the name follows its kind again.
    command.mut_subcommand("list", |list| list.mut_arg("name", |arg| arg))
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.iter().any(|other| other == name) {
            once.push(name.to_owned());
        }
    }
    once
}

fn with_values(command: Command, arg: &str, values: &[String]) -> Command {
    if command.get_arguments().all(|other| other.get_id() != arg) {
        return command;
    }
    command.mut_arg(arg, |arg| arg.value_parser(PossibleValuesParser::new(values.to_vec())))
}
