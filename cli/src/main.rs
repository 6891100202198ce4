//! `syncbench` with what is built in.

use std::process::ExitCode;

fn main() -> ExitCode {
    syncbench_cli::main_with(&syncbench_cli::Catalog::default())
}
