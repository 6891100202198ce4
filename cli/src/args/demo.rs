//! The flags of `syncbench demo`.

use std::path::PathBuf;

use clap::Args;

use super::value::whole_milliseconds;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench demo                                 list the stories
  syncbench demo stack                           a server's order, and all other orders
  syncbench demo race --pace 400                 one item, two people, every strategy
  syncbench demo race --strategy serial,lww-document --svg race.svg
  syncbench demo stack --json > stack.json
  syncbench demo --cell 'syncbench run --strategy ot --workload stack ...'
  syncbench demo --cell '...' --shrink --capsule small.json

Each story runs real replicas in virtual time, on a network of its own.
--cell runs a cell again by the command that a report prints beside it.")]
pub(crate) struct DemoArgs {
    /// Which story [default: list them]
    pub(crate) name: Option<String>,
    /// Tell the first lost operation of a measured cell: the command that runs it again, in quotes
    #[arg(long, value_name = "REPLAY", allow_hyphen_values = true, conflicts_with_all = ["name", "strategy"])]
    pub(crate) cell: Option<String>,
    /// Which finding of that cell to tell [default: its first loss]
    #[arg(long, value_name = "KIND", requires = "cell")]
    pub(crate) kind: Option<String>,
    /// Tell the smallest run that still has that finding
    #[arg(long, requires = "cell")]
    pub(crate) shrink: bool,
    /// Where to write a capsule of the run that is told, for `replay`
    #[arg(long, value_name = "FILE", requires = "cell")]
    pub(crate) capsule: Option<PathBuf>,
    /// Strategies to tell it with instead of the story's: `all`, or names
    #[arg(short, long, value_name = "NAMES", requires = "name")]
    pub(crate) strategy: Vec<String>,
    /// Where to write the diagram [default: bench-results/demo/NAME.svg; none with --json]
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Milliseconds to wait after each step, on a terminal
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = whole_milliseconds)]
    pub(crate) pace: Option<u64>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
