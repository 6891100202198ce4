//! The flags of `syncbench verify`.

use clap::Args;

#[derive(Args)]
#[command(after_help = "Runs a small plan in this process on all processors and again in another process
on one thread, and compares all trace digests. Exit code 1 if any run differs.")]
pub(crate) struct VerifyArgs {
    /// Strategies to verify
    #[arg(short, long, value_name = "NAMES", default_value = "all")]
    pub(crate) strategy: Vec<String>,
    /// Seeds
    #[arg(long, value_name = "SEEDS", default_value = "1..2")]
    pub(crate) seeds: String,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
