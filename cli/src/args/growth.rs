//! The flags of `syncbench growth`.

use std::path::PathBuf;

use clap::Args;

use super::value::{span_in_seconds, whole};

#[derive(Args)]
#[command(after_help = "Measures what an operation costs as a document has seen more operations (to 1M),
has more clients (to 10k) or holds more items (to 1M), all else equal, and fits a
power law to each figure. The document neither grows nor shrinks where the axis
is another. A curve stops where its next point would take more than an equal part
of what the budget has left, and says so; the same folder in --out goes on.

Examples:
  syncbench growth --budget 2m                   a first look, on the terminal
  syncbench growth --out bench-results/growth    growth.json, charts and a page
  syncbench growth -s serial,ot --axis clients --json")]
pub(crate) struct GrowthArgs {
    /// Strategies, each with parameters of its own [default: all]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) strategy: Vec<String>,
    /// The workload [default: the first that a strategy carries of record, text, booking and presence]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) workload: Option<String>,
    /// What changes: operations, clients, items [default: each of them]
    #[arg(long, value_name = "AXIS")]
    pub(crate) axis: Vec<String>,
    /// Longest time for all curves together
    #[arg(long, value_name = "TIME", default_value = "10m", allow_negative_numbers = true, value_parser = span_in_seconds)]
    pub(crate) budget: f64,
    /// The last place of every axis, where that is before its end
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) most: Option<u64>,
    /// Folder for growth.json, the charts and the page; one that has them already is added to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print growth.json on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
