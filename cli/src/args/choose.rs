//! The flags of `syncbench choose`.

use std::path::PathBuf;

use clap::Args;

use super::value::whole;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench choose                                     ten questions, then the decision
  syncbench choose --save-answers answers.toml         and the answers in a file
  syncbench choose --answers answers.toml              without questions
  syncbench choose --answers answers.toml --out DIR    and as a record with charts
  syncbench choose --answers answers.toml --depth 3    with thirty seeds
  syncbench choose --map map/map.json                  quoting a map of your own
  syncbench choose --answers answers.toml --json > decision.json

Each strategy is measured with the product's data, round trip, people and time
offline. What an answer does not allow rules a strategy out, and the line beside
the reason runs it again. Where nothing is safe, the exit code is 3.")]
pub(crate) struct ChooseArgs {
    /// Answers in TOML or JSON, such as the answers.toml or decision.json of a record [default: ask on the terminal]
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Write the answers into a new file, each below its question
    #[arg(long, value_name = "FILE")]
    pub(crate) save_answers: Option<PathBuf>,
    /// Quote this map of anomalies before the built-in one, such as the map.json of `explore --all --out DIR`
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
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
