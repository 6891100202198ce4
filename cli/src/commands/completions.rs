//! `syncbench completions`: a script for a shell.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::failure::Done;
use crate::out::print;

pub(crate) fn completions(shell: Shell) -> Done {
    // In memory first: what it is given must not fail.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "syncbench", &mut script);
    print!("{}", String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}
