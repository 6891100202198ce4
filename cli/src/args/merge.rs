//! The flags of `syncbench merge`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench run --partition 1/2 --out part-1      on one machine
  syncbench run --partition 2/2 --out part-2      on another machine
  syncbench merge part-1 part-2 --out whole
  syncbench report whole

Parts must have one plan and one build. Nothing is measured: cells that are
missing are named with the command that runs them, and so are cells that two
folders hold.")]
pub(crate) struct MergeArgs {
    /// Folders of the parts
    #[arg(required = true)]
    pub(crate) dirs: Vec<PathBuf>,

    /// Folder for the whole run
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
