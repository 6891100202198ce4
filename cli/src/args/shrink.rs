//! The flags of `syncbench shrink`.

use std::path::PathBuf;

use clap::Args;

use super::value::span_in_seconds;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench shrink capsule.json                        writes capsule.small.json
  syncbench shrink capsule.json --kind 'item lost'     another finding of that run
  syncbench shrink capsule.json --budget 5m --out smallest.json

Delta debugging: actions, clients, faults, network, document and times become
smaller while the same oracle reports the same kind. What is left cannot do
without any of its actions, unless the budget ended first. The same capsule
gives the same smallest run.")]
pub(crate) struct ShrinkArgs {
    /// The capsule to shrink
    pub(crate) capsule: PathBuf,
    /// The finding or broken claim that has to stay [default: that of the capsule]
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Where to write the smallest run [default: beside the capsule, as NAME.small.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Longest time to search
    #[arg(long, value_name = "SPAN", default_value = "60s", allow_negative_numbers = true, value_parser = span_in_seconds)]
    pub(crate) budget: f64,
    /// Where to write the diagram of the story [default: none]
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
