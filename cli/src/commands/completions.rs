//! `syncbench completions`: a script for a shell.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::failure::Done;

pub(crate) fn completions(shell: Shell) -> Done {
    generate(shell, &mut Cli::command(), "syncbench", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
