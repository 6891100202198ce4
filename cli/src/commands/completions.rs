//! `syncbench completions`: a script for a shell.

use std::process::ExitCode;

use clap_complete::{Shell, generate};

use crate::args;
use crate::catalog::Catalog;
use crate::failure::Done;
use crate::out::print;

pub(crate) fn completions(catalog: &Catalog, shell: Shell) -> Done {
    // In memory first: what it is given must not fail.
    let mut script = Vec::new();
    let program = catalog.plans.program_name();
    let mut command = args::command(program, catalog.build().as_ref());
    generate(shell, &mut command, program, &mut script);
    print!("{}", String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}
