//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use syncbench_harness::pace::Pace;
use syncbench_harness::settings::Engine;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// A number without fraction; whether it is in range is said by whoever uses it.
fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number such as 400")
}

fn number(text: &str) -> Result<f64, &'static str> {
    text.parse().map_err(|_| "expected a number such as 2.5")
}

/// Which sync model should this product use, and what will it cost?
#[derive(Parser)]
#[command(name = "syncbench", version = crate::environment::version(), about, styles = STYLES)]
#[command(after_help = "Examples:
  syncbench run                                  the default comparison
  syncbench run -s serial,crdt-automerge -w stack -n satellite
  syncbench run --trace friendsforever.json.gz   replay a recorded session
  syncbench list strategies                      what there is, what it claims
  syncbench demo race                            two people take one item
  syncbench report bench-results/runs/*          draw results again

Exit codes: 0 fine, 1 failed, 2 wrong use, 3 a gate or a choice says no.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a comparison and write table, results and report
    Run(Box<RunArgs>),
    /// Show what there is to choose from
    List(ListArgs),
    /// Tell a small story step by step, coloured by replica, and draw it
    Demo(DemoArgs),
    /// Draw the charts and the page of earlier runs again
    Report(ReportArgs),
    /// Prove that the same scenario and seed give the same run
    Verify(VerifyArgs),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench run                                         the default comparison
  syncbench run my-scenario.toml                        what a file describes
  syncbench run long                                    a million operations each
  syncbench run --strategy lww-document --seeds 1..30   one strategy, more seeds
  syncbench run -w record -n constant:80ms -f partition:halves@2s..5s
  syncbench run -s crdt-automerge:batch=50ms,serial -n 4g -c 8 --rate 80
  syncbench run --engine threads --workload counter     in real time
  syncbench run --trace trace.json.gz --json > out.json

Without a file, --network, --fault, --trace, --size, --pace, --transport and
--engine threads make one scenario of your own; the other flags change every
part of the default comparison: calm, rough and growth. Parameters follow a
name after a colon; `syncbench list` shows them all.")]
pub(crate) struct RunArgs {
    /// A scenario in TOML, or the name of one that is built in; the flags below override what it says
    pub(crate) scenario: Option<PathBuf>,
    /// Strategies: `all`, or names such as serial,crdt-automerge:batch=50ms (a comma before a name begins the next)
    #[arg(short, long, value_name = "NAMES")]
    pub(crate) strategy: Vec<String>,
    /// Workloads: `all`, or names
    #[arg(short, long, value_name = "NAMES")]
    pub(crate) workload: Vec<String>,
    /// Replay an editing trace (JSON, plain or gzip) instead of workloads
    #[arg(short, long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Network profiles
    #[arg(short, long, value_name = "NAMES")]
    pub(crate) network: Vec<String>,
    /// A fault such as partition:halves@2s..5s; may be given several times
    #[arg(short, long, value_name = "FAULT")]
    pub(crate) fault: Vec<String>,
    /// What links promise: stream, or datagram:loss=0.01,duplicate=0.01
    #[arg(long, value_name = "KIND")]
    pub(crate) transport: Option<String>,
    /// Clients in a group
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) clients: Option<u32>,
    /// Operations of a cell, all clients together
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) ops: Option<u64>,
    /// Operations per second, all clients together
    #[arg(short, long, value_name = "PER_S", allow_negative_numbers = true, value_parser = number)]
    pub(crate) rate: Option<f64>,
    /// How users come to act
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// Share of acts that take back the user's own latest operation, where the workload has undo
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = number)]
    pub(crate) undo: Option<f64>,
    /// Sizes of the initial document, such as 100,1000
    #[arg(long, value_name = "N", value_delimiter = ',', allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) size: Vec<u64>,
    /// Seeds: numbers and ranges such as 1..30, both ends included
    #[arg(long, value_name = "SEEDS")]
    pub(crate) seeds: Option<String>,
    /// Virtual time, or real threads
    #[arg(short, long, value_enum)]
    pub(crate) engine: Option<EngineArg>,
    /// Look at states every so many milliseconds; 0 for after every event
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    pub(crate) sample: Option<f64>,
    /// Seconds that a group may take to become quiet
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = number)]
    pub(crate) budget: Option<f64>,
    /// Run only the i-th of n parts of the plan, counted from 1: 2/4
    #[arg(long, value_name = "I/N")]
    pub(crate) partition: Option<String>,
    /// Threads for cells in virtual time [default: all processors]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) threads: Option<usize>,
    /// Folder for results [default: bench-results/runs/DATE-NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document on stdout, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PaceArg {
    /// Open loop, random gaps
    Poisson,
    /// Open loop, even gaps
    Periodic,
    /// Closed loop: think, act, wait for the answer
    Closed,
    /// One operation at a time in the whole group
    Turns,
}

impl From<PaceArg> for Pace {
    fn from(pace: PaceArg) -> Self {
        match pace {
            PaceArg::Poisson => Pace::Poisson,
            PaceArg::Periodic => Pace::Periodic,
            PaceArg::Closed => Pace::Closed,
            PaceArg::Turns => Pace::Turns,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum EngineArg {
    /// Virtual time: exact, fast, the same every time
    Sim,
    /// Real time, a thread per replica
    Threads,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Sim => Engine::Sim,
            EngineArg::Threads => Engine::Threads,
        }
    }
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// What to list; everything by default
    #[arg(value_enum)]
    pub(crate) what: Option<Listed>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    Strategies,
    Workloads,
    Networks,
    Faults,
    Charts,
    Scenarios,
}

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench demo                                 the stories that there are
  syncbench demo stack                           a server's order, and every other one
  syncbench demo race --pace 400                 one item, two people, every strategy
  syncbench demo race --strategy serial,lww-document --svg race.svg
  syncbench demo stack --json > stack.json

Every story is really run: replicas in virtual time, on a network of its own.")]
pub(crate) struct DemoArgs {
    /// Which story; without it they are listed
    pub(crate) name: Option<String>,
    /// Tell it under these strategies instead of its own: `all`, or names
    #[arg(short, long, value_name = "NAMES", requires = "name")]
    pub(crate) strategy: Vec<String>,
    /// Where to write the diagram [default: bench-results/demo/NAME.svg; none with --json]
    #[arg(long, value_name = "FILE", requires = "name")]
    pub(crate) svg: Option<PathBuf>,
    /// Wait so many milliseconds after each step, on a terminal
    #[arg(long, value_name = "MS", requires = "name", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) pace: Option<u64>,
    /// Print one JSON document on stdout, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench report bench-results/runs/2026-01-31-120000-default
  cargo bench && syncbench report bench-results/runs/*

After `cargo bench`, criterion's estimates are drawn beside the simulated
figures.")]
pub(crate) struct ReportArgs {
    /// Folders of runs; those of one plan, run in parts, become one report
    #[arg(required = true)]
    pub(crate) dirs: Vec<PathBuf>,
    /// Where to write report.html and charts/ [default: the first folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Criterion's folder [default: target/criterion, where there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) criterion: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = "Runs a small plan here on all processors and again in another process on one
thread, and compares every trace digest. Exit code 1 if any cell differs.")]
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
