//! What the scripts of `clap_complete` lack: completion of the last name of a list with commas, and of the names of the kind
//! that precedes, as in `list faults partition`.

use std::fmt::Write;

use clap::{Arg, Command};

/// The placeholder of arguments that take names separated by commas.
const NAMES: &str = "NAMES";

/// By kind, in the plural and the singular: its names.
pub(super) type Kinds<'c> = [([&'static str; 2], Vec<&'c str>)];

/// The addition to the script for bash.
pub(super) fn bash(program: &str, kinds: &Kinds<'_>) -> String {
    LISTS_IN_BASH.replace("PROGRAM", program).replace(
        "KINDS",
        &cases(kinds, |names| format!("COMPREPLY=($(compgen -W \"{names}\" -- \"${{COMP_WORDS[3]}}\")); return")),
    )
}

/// Completes the last name of a list with commas, and also files where a name may stand for one.
const LISTS_IN_BASH: &str = r#"
_PROGRAM_lists() {
    local word="${COMP_WORDS[COMP_CWORD]}" before=""
    if [[ "${COMP_WORDS[1]}" == list && "$COMP_CWORD" == 3 ]]; then
        case "${COMP_WORDS[2]}" in
KINDS        esac
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

/// The branches of a `case` in bash and zsh, one for each kind.
fn cases(kinds: &Kinds<'_>, does: impl Fn(&str) -> String) -> String {
    let branch = |(words, names): &([&str; 2], Vec<&str>)| {
        format!("            {}) {} ;;\n", words.join("|"), does(&names.join(" ")))
    };
    kinds.iter().map(branch).collect()
}

/// The script for zsh, with lists in place of single names, and the names of a kind after it.
pub(super) fn zsh(script: &str, program: &str, kinds: &Kinds<'_>) -> String {
    let mut lists = String::with_capacity(script.len());
    for line in script.lines() {
        let values = line.split_once(&format!(":{NAMES}:(")).and_then(|(before, rest)| {
            let (names, after) = rest.split_once(')')?;
            Some(format!("{before}:{NAMES}:_values -s , {NAMES} {names}{after}"))
        });
        // The name that follows a kind: the only argument of this name without values.
        let named = line.strip_suffix(":_default' \\").filter(|before| before.starts_with("'::name -- "));
        let named = named.map(|before| format!("{before}:_{program}_of_kind' \\"));
        lists.push_str(&values.or(named).unwrap_or_else(|| line.to_owned()));
        lists.push('\n');
    }
    let function = OF_KIND_IN_ZSH
        .replace("PROGRAM", program)
        .replace("KINDS", &cases(kinds, |names| format!("compadd -- {names}")));
    // The script ends by calling or binding its function, so the functions that it calls stand before.
    match lists.rfind("\nif [ \"$funcstack[1]\"") {
        Some(end) => lists.insert_str(end, &function),
        None => lists.push_str(&function),
    }
    lists
}

/// Offers the names of the kind that precedes.
const OF_KIND_IN_ZSH: &str = r#"
_PROGRAM_of_kind() {
    case "$words[2]" in
KINDS    esac
}
"#;

/// The addition to the script for fish, which completes names of flags only.
pub(super) fn fish(command: &Command, program: &str, kinds: &Kinds<'_>) -> String {
    let (function, mut script) = (program.replace('-', "_"), String::new());
    let names = |arg: &Arg| -> Vec<String> {
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
    };
    // Writing to a string does not fail.
    for subcommand in command.get_subcommands() {
        let condition = format!("__fish_{function}_using_subcommand {}", subcommand.get_name());
        for arg in subcommand.get_arguments().filter(|arg| arg.get_value_names().is_some_and(|all| all == [NAMES])) {
            let (Some(long), names) = (arg.get_long(), names(arg)) else { continue };
            if !names.is_empty() {
                let short = arg.get_short().map(|short| format!("-s {short} ")).unwrap_or_default();
                let names = names.join("\\\\n");
                let lists = format!("(__fish_complete_list , 'printf {names}\\\\n')");
                let _ =
                    writeln!(script, "complete -c {program} -n \"{condition}\" {short}-l {long} -r -f -a \"{lists}\"");
            }
        }
        let first = subcommand.get_positionals().next().map(names).unwrap_or_default().join(" ");
        if !first.is_empty() {
            let _ = writeln!(script, "complete -c {program} -n \"{condition}\" -a \"{first}\"");
        }
    }
    for (words, names) in kinds {
        let condition =
            format!("__fish_{function}_using_subcommand list; and __fish_seen_subcommand_from {}", words.join(" "));
        let _ = writeln!(script, "complete -c {program} -n \"{condition}\" -f -a \"{}\"", names.join(" "));
    }
    script
}
