//! The flags of `syncbench choose`.

use std::path::PathBuf;

use clap::Args;

use super::value::whole;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench choose --answers answers.toml              the decision, on the terminal
  syncbench choose --answers answers.toml --out DIR    and as a record with charts
  syncbench choose --answers answers.toml --depth 3    with thirty seeds
  syncbench choose --answers answers.toml --json > decision.json

Each strategy is measured with the product's data, round trip, people and time
offline. What an answer does not allow rules a strategy out, and the line beside
the reason runs it again. Where nothing is safe, the exit code is 3.")]
pub(crate) struct ChooseArgs {
    /// Answers in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// How many times ten seeds; 0 for a glance at three, without a search for what would change the answer
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) depth: u32,
    /// Threads [default: all processors]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) threads: Option<usize>,
    /// Folder for the record [default: bench-results/decisions/DATE-PRODUCT]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print the decision as one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
