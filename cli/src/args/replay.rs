//! The flags of `syncbench replay`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench replay bench-results/runs/DATE/capsules/ot-stack-item-lost.json
  syncbench replay capsule.json --svg capsule.svg
  syncbench replay capsule.json --json

A run writes a capsule for a cell that failed, and with --capsule KIND for any
finding. Exit code 1 says that this build gives another run.")]
pub(crate) struct ReplayArgs {
    /// The capsule to run
    pub(crate) capsule: PathBuf,
    /// Where to write the diagram of the story [default: none]
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
