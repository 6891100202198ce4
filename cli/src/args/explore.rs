//! The flags of `syncbench explore`.

use std::path::PathBuf;

use clap::Args;

use super::value::{span_in_seconds, whole};

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench explore -s serial -w stack           a proof within 2 clients, 3 operations
  syncbench explore -s ot -w stack               each anomaly with its shortest story
  syncbench explore -s lww-hlc -w record --break and a broken connection at every point
  syncbench explore -s ot -w stack --svg ot.svg  the stories as space-time diagrams
  syncbench explore -s ot -w stack --schedule 'c1=pop,c2=pop,c1>s,c2>s'
  syncbench explore --all --out bench-results/anomalies

A schedule says who issues which operation of the workload's alphabet, and in
which order users act and messages arrive. Links keep their order, messages take
no time, and a timer fires when nothing is under way.")]
pub(crate) struct ExploreArgs {
    /// The strategy to explore
    #[arg(short, long, value_name = "NAME", required_unless_present = "all")]
    pub(crate) strategy: Vec<String>,
    /// The workload whose small case is explored
    #[arg(short, long, value_name = "NAME", required_unless_present = "all")]
    pub(crate) workload: Vec<String>,
    /// Number of clients
    #[arg(long, value_name = "N", default_value = "2", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) clients: u32,
    /// Most operations of all clients together
    #[arg(long, value_name = "N", default_value = "3", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) ops: u32,
    /// Break the connections of one client, with what is under way on them, and open them again: each client in turn, at
    /// every point of each schedule
    #[arg(long = "break", group = "disturbance")]
    pub(crate) broken: bool,
    /// Crash one client, which loses its memory and its connections and recovers from what it had saved: each client in
    /// turn, at every point of each schedule
    #[arg(long, group = "disturbance")]
    pub(crate) crash: bool,
    /// Let one client join late: each client in turn, at every point of each schedule
    #[arg(long, group = "disturbance")]
    pub(crate) late: bool,
    /// Also run schedules that differ only in the order of independent steps: same result, much slower
    #[arg(long)]
    pub(crate) no_reduction: bool,
    /// Longest time to search; a search that ends early, by this or by Ctrl-C, prints what it found, and says so. With
    /// --all: for each pair; a pair that takes longer is mapped with fewer operations
    #[arg(long, value_name = "TIME", default_value = "60s", allow_negative_numbers = true, value_parser = span_in_seconds)]
    pub(crate) budget: f64,
    /// Number of threads [default: all processors]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) threads: Option<usize>,
    /// Run one schedule and tell it step by step; each story prints its own
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["disturbance", "no_reduction", "all"])]
    pub(crate) schedule: Option<String>,
    /// Where to write the diagrams of the stories
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub(crate) svg: Option<PathBuf>,
    /// Explore every strategy on every workload, or those named, and write the anomaly map
    #[arg(long, requires = "out")]
    pub(crate) all: bool,
    /// Folder for the anomaly map of --all
    #[arg(long, value_name = "DIR", requires = "all")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
