//! Failures and their exit codes.

use std::fmt::Display;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;

use syncbench_strategies::names;

use crate::args::Cli;
use crate::out::{eprint, eprintln, print};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong use: exit code 2.
    Usage(String),
    /// An error on the way: exit code 1.
    Broken(anyhow::Error),
    /// The command ran, and its answer is no: a threshold is broken, or no choice is safe. Exit code 3.
    No(String),
}

/// What commands return.
pub(crate) type Done = Result<ExitCode, Failure>;

impl Failure {
    /// Wrong use, in one line that names what was wrong and what was expected.
    pub(crate) fn usage(reason: impl Display) -> Self {
        Failure::Usage(reason.to_string())
    }

    /// The same failure of what `place` names.
    pub(crate) fn at(self, place: impl Display) -> Self {
        match self {
            Failure::Usage(reason) => Failure::Usage(format!("{place}: {reason}")),
            Failure::Broken(error) => Failure::Broken(error.context(place.to_string())),
            Failure::No(reason) => Failure::No(format!("{place}: {reason}")),
        }
    }

    /// Reports a command line that did not parse: help and version are printed whole, an error in one line.
    pub(crate) fn parsing(error: &clap::Error) -> ExitCode {
        use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
        if matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand) {
            let text = error.render();
            if error.use_stderr() {
                eprint!("{}", text.ansi());
                return ExitCode::from(2);
            }
            print!("{}", text.ansi());
            return ExitCode::SUCCESS;
        }
        let command = std::env::args().nth(1).unwrap_or_default();
        Failure::Usage(one_line(error, &command)).report()
    }

    /// Prints the reason on stderr and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (code, word, reason) = match self {
            Failure::Usage(reason) => (2, "error", reason),
            Failure::Broken(error) => (1, "error", format!("{error:#}")),
            Failure::No(reason) => (3, "no", reason),
        };
        let red = anstyle::Style::new().fg_color(Some(anstyle::AnsiColor::Red.into())).bold();
        eprintln!("{red}{word}:{red:#} {}", cut(reason.trim_end()));
        ExitCode::from(code)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Broken(error.into())
    }
}

/// The same without the greater part of numbers that nobody reads to their end.
fn cut(text: &str) -> String {
    const MOST: usize = 40;
    let mut short = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let (digits, behind) = number.split_at(number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len()));
        short += before;
        match digits.len() {
            count if count > MOST => short += &format!("{}… ({count} digits)", &digits[..MOST / 2]),
            _ => short += digits,
        }
        rest = behind;
    }
    short + rest
}

/// What was wrong with a command line, in one line.
pub(crate) fn one_line(error: &clap::Error, command: &str) -> String {
    in_a_line(&error.render().to_string(), &flags(command))
}

/// The flags of a subcommand, or its names where there is no such subcommand.
fn flags(command: &str) -> String {
    let cli = Cli::command();
    let names: Vec<String> = match cli.find_subcommand(command) {
        Some(command) => {
            command.get_arguments().filter_map(|arg| arg.get_long()).map(|name| format!("--{name}")).collect()
        }
        None => cli.get_subcommands().map(|command| command.get_name().to_owned()).collect(),
    };
    names.join(", ")
}

/// The parser's message of several lines as one line: what was wrong and what was expected.
fn in_a_line(message: &str, flags: &str) -> String {
    let mut line = String::new();
    for part in message.lines().map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(wrong) = part.strip_prefix("error: ") {
            line.push_str(wrong);
        } else if let Some(values) = part.strip_prefix("[possible values: ") {
            line.push_str(&format!("; expected one of {}", values.trim_end_matches(']')));
        } else if let Some(usage) = part.strip_prefix("Usage: ") {
            if !line.contains("; ") {
                line.push_str(&format!("; expected {usage}"));
            }
        } else if part.starts_with("tip: to pass ") || part.starts_with("For more information") {
            // An argument that looks like a flag was meant as a flag.
        } else if let Some(tip) = part.strip_prefix("tip: ") {
            line.push_str(&format!("; {tip}"));
        } else {
            line.push_str(&format!(" {part}"));
        }
    }
    if (line.starts_with("unexpected argument '-") || line.starts_with("unrecognized")) && !line.contains("similar") {
        line.truncate(line.find("; ").unwrap_or(line.len()));
        let word = line.split('\'').nth(1).unwrap_or_default().to_owned();
        let meant = names::did_you_mean(&word, flags.split(", ").map(|flag| (flag, "")));
        let meant = meant.map_or(String::new(), |meant| meant + " ");
        line.push_str(&format!("; {meant}expected one of {flags}"));
    }
    line
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn each_failure_has_its_exit_code() {
        let reason = || "as said".to_owned();
        for (failure, code) in
            [(Failure::Broken(anyhow::anyhow!(reason())), 1), (Failure::Usage(reason()), 2), (Failure::No(reason()), 3)]
        {
            assert_eq!(failure.report(), ExitCode::from(code));
        }
    }

    #[test]
    fn a_number_without_end_is_cut() {
        let long = "1".repeat(300);
        let short = format!("rate: `-{}… (300 digits)`: expected 0.001", "1".repeat(20));
        assert_eq!(cut(&format!("rate: `-{long}`: expected 0.001")), short);
        assert_eq!(cut("line 3: 12,345 cells"), "line 3: 12,345 cells");
    }

    #[test]
    fn a_wrong_command_line_is_reported_in_one_line() {
        let reported = |args: &str| {
            let command = args.split(' ').nth(1).unwrap_or_default();
            let error = Cli::try_parse_from(args.split(' ')).err().expect("wrong");
            in_a_line(&error.render().to_string(), &flags(command))
        };
        for (args, expected) in [
            (
                "syncbench run --engine foo",
                "invalid value 'foo' for '--engine <ENGINE>'; expected one of sim, threads, throughput",
            ),
            ("syncbench run --ops -1", "invalid value '-1' for '--ops <N>': expected a whole number such as 400 or 1k"),
            (
                "syncbench run --rate fast",
                "invalid value 'fast' for '--rate <PER_S>': expected a number such as 2.5 or 1k",
            ),
            (
                "syncbench run --strateg x",
                "unexpected argument '--strateg' found; a similar argument exists: '--strategy'",
            ),
            ("syncbench list --colour", "unexpected argument '--colour' found; expected one of --json"),
            ("syncbench run a b", "unexpected argument 'b' found; expected syncbench run [OPTIONS] [SCENARIO]"),
            (
                "syncbench report",
                "the following required arguments were not provided: <DIRS>...; expected syncbench report <DIRS>...",
            ),
        ] {
            assert_eq!(reported(args), expected);
        }
        let every = format!("unrecognized subcommand 'fly'; expected one of {}", flags("fly"));
        assert!(every.contains("one of run, list, ") && every.ends_with("completions"), "{every}");
        assert_eq!(reported("syncbench fly"), every);
        assert!(reported("syncbench rnu").contains("; did you mean `run`? expected one of run, "));
    }
}
