//! `syncbench completions`: a script for a shell, which knows the names of this build.

use std::process::ExitCode;

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::{Shell, generate};
use syncbench_harness::network::TRANSPORTS;
use syncbench_harness::stories::STORIES;

use super::list;
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
    print!("{}", String::from_utf8_lossy(&script));
    match shell {
        Shell::Bash => {
            print!("{}", BASH_LISTS.replace("PROGRAM", program).replace("KINDS\n", &bash_kinds(catalog)));
        }
        Shell::Fish => print!("{}", fish_positions(&command, program)),
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Completes the last name of a list that is separated by commas, the names of a kind, and files where names stand for one.
const BASH_LISTS: &str = r#"
_PROGRAM_lists() {
    local word="${COMP_WORDS[COMP_CWORD]}" before=""
    if [[ "${COMP_WORDS[1]}" == list && "$COMP_CWORD" -eq 3 && "$word" != -* ]]; then
        case "${COMP_WORDS[2]}" in
KINDS
        esac
        return
    fi
    if [[ "$word" == *,* ]]; then
        before="${word%,*},"
        COMP_WORDS[COMP_CWORD]="${word##*,}"
    fi
    _PROGRAM "$1" "${COMP_WORDS[COMP_CWORD]}" "$3"
    if [[ -n "$before" ]]; then
        compopt -o nospace 2>/dev/null
        COMPREPLY=("${COMPREPLY[@]/#/$before}")
    fi
}

complete -F _PROGRAM_lists -o bashdefault -o default PROGRAM
"#;

/// For bash, the names of each kind.
fn bash_kinds(catalog: &Catalog) -> String {
    let line = |(kind, names): (Listed, Vec<String>)| {
        let ((plural, singular), names) = (kind.words(), names.join(" "));
        format!("        {plural}|{singular}) COMPREPLY=($(compgen -W \"{names}\" -- \"$word\")) ;;\n")
    };
    list::every_name(catalog).into_iter().map(line).collect()
}

/// For fish, the names that stand without a flag: its script has those of flags only.
fn fish_positions(command: &Command, program: &str) -> String {
    let function = program.replace('-', "_");
    let line = |subcommand: &Command| {
        let positions = subcommand.get_positionals().flat_map(|arg| arg.get_possible_values());
        let names: Vec<_> = positions.map(|value| value.get_name().to_owned()).collect();
        let condition = format!("__fish_{function}_using_subcommand {}", subcommand.get_name());
        let names = names.join(" ");
        (!names.is_empty()).then(|| format!("complete -c {program} -n \"{condition}\" -a \"{names}\"\n"))
    };
    command.get_subcommands().filter_map(line).collect()
}

/// The same command line with the names that its values may have.
fn with_names(command: Command, catalog: &Catalog) -> Command {
    let plans = &catalog.plans;
    let strategies = names(plans.strategies().iter().map(|spec| spec.name).chain(["all"]));
    let workloads = names(plans.workloads().iter().map(|spec| spec.name).chain(["all"]));
    let networks = names(plans.networks().iter().map(|spec| spec.name));
    let faults = names(plans.faults().iter().map(|spec| spec.name));
    let stories = names(STORIES.iter().map(|story| story.name));
    let scenarios = names(built_in().map(|(name, _)| name).chain(["long"]));
    let kinds = Listed::ALL.iter().map(|(_, plural, _)| *plural);
    let everything: Vec<_> = list::every_name(catalog).into_iter().flat_map(|(_, names)| names).collect();
    let listed = names(kinds.chain(everything.iter().map(String::as_str)));
    let after_kind = names(everything.iter().map(String::as_str));
    let values = [
        ("strategy", strategies),
        ("workload", workloads),
        ("network", networks),
        ("fault", faults),
        ("transport", names(TRANSPORTS.iter().copied())),
        ("scenario", scenarios),
        ("what", listed),
    ];
    let command = command.mut_subcommand("demo", |demo| with_values(demo, "name", &stories));
    let command = command.mut_subcommand("list", |list| with_values(list, "name", &after_kind));
    command.mut_subcommands(|mut subcommand| {
        for (arg, values) in &values {
            subcommand = with_values(subcommand, arg, values);
        }
        subcommand
    })
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
