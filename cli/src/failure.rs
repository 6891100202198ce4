//! What goes wrong, with the exit code that it means.

use std::fmt::Display;
use std::process::ExitCode;

use anstream::eprintln;

/// A command that could not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked wrongly: exit code 2.
    Usage(String),
    /// It went wrong underway: exit code 1.
    Broken(anyhow::Error),
}

/// What commands return.
pub(crate) type Done = Result<ExitCode, Failure>;

impl Failure {
    /// A wrong use, in one line that names what was wrong and what would be right.
    pub(crate) fn usage(reason: impl Display) -> Self {
        Failure::Usage(reason.to_string())
    }

    /// Prints the reason on stderr and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (code, reason) = match self {
            Failure::Usage(reason) => (2, reason),
            Failure::Broken(error) => (1, format!("{error:#}")),
        };
        let red = anstyle::Style::new().fg_color(Some(anstyle::AnsiColor::Red.into())).bold();
        eprintln!("{red}error:{red:#} {}", reason.trim_end());
        ExitCode::from(code)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Broken(error.into())
    }
}
