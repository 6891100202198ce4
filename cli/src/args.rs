//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use syncbench_harness::pace::Pace;
use syncbench_harness::settings::Engine;
use syncbench_harness::trace::Units;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// A whole number; the command checks its range.
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
  syncbench list strategies                      each strategy and its claims
  syncbench list metrics                         what is measured, and what it means
  syncbench demo race                            two people take one item
  syncbench report bench-results/runs/*          redraw results

Exit codes: 0 fine, 1 failed, 2 wrong use, 3 a threshold or a choice says no.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a comparison; write a table, results and a report
    Run(Box<RunArgs>),
    /// List strategies, workloads, networks, faults, metrics, charts and scenarios
    List(ListArgs),
    /// Tell a small story step by step, coloured by replica, with its diagram
    Demo(DemoArgs),
    /// Redraw the charts and the page of earlier runs
    Report(ReportArgs),
    /// Put the parts of one plan together that were run on several machines
    Merge(MergeArgs),
    /// Check that the same scenario and seed give the same run
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
  syncbench run my-scenario.toml                        a scenario from a file
  syncbench run product                                 with each product's send window
  syncbench run long                                    a million operations each
  syncbench run --strategy lww-document --seeds 1..30   one strategy, more seeds
  syncbench run -w record -n constant:80ms -f partition:halves@2s..5s
  syncbench run -s serial-optimistic:window=50ms,serial -n 4g -c 8 --rate 80
  syncbench run --engine threads --workload counter     in real time
  syncbench run --trace trace.json.gz --json > out.json

Without a file, --network, --fault, --trace, --size, --pace, --transport and
--engine threads replace the default comparison by one scenario. The other
flags change each of its parts: calm, rough and growth. Parameters follow a
name after a colon; `syncbench list` shows them all.")]
pub(crate) struct RunArgs {
    /// A scenario in TOML, or the name of a built-in one; the flags below override it
    pub(crate) scenario: Option<PathBuf>,
    /// Strategies: `all`, or names such as serial,ot:window=50ms
    #[arg(short, long, value_name = "NAMES")]
    pub(crate) strategy: Vec<String>,
    /// Workloads: `all`, or names
    #[arg(short, long, value_name = "NAMES")]
    pub(crate) workload: Vec<String>,
    /// Replay an editing trace (JSON or JavaScript, plain or gzip) instead of workloads
    #[arg(short, long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// What the positions of the trace count [default: codepoints]
    #[arg(long, value_enum)]
    pub(crate) units: Option<UnitsArg>,
    /// Replay the trace on N clients, shared by authors who were never active at the same time
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) trace_clients: Option<u32>,
    /// Network profiles
    #[arg(short, long, value_name = "NAMES")]
    pub(crate) network: Vec<String>,
    /// A fault such as partition:halves@2s..5s; may be repeated
    #[arg(short, long, value_name = "FAULT")]
    pub(crate) fault: Vec<String>,
    /// What links guarantee: stream, or datagram:loss=0.01,duplicate=0.01
    #[arg(long, value_name = "KIND")]
    pub(crate) transport: Option<String>,
    /// Number of clients
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) clients: Option<u32>,
    /// Operations per run, all clients together
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) ops: Option<u64>,
    /// Operations per second, all clients together
    #[arg(short, long, value_name = "PER_S", allow_negative_numbers = true, value_parser = number)]
    pub(crate) rate: Option<f64>,
    /// When users act
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// Share of actions that undo the user's own latest operation, where the workload has undo
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = number)]
    pub(crate) undo: Option<f64>,
    /// Sizes of the initial document, such as 100,1000
    #[arg(long, value_name = "N", value_delimiter = ',', allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) size: Vec<u64>,
    /// Seeds: numbers and ranges such as 1..30, both ends included
    #[arg(long, value_name = "SEEDS")]
    pub(crate) seeds: Option<String>,
    /// Virtual time, or real time with threads
    #[arg(short, long, value_enum)]
    pub(crate) engine: Option<EngineArg>,
    /// Sample states at this interval; 0 for after every event
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    pub(crate) sample: Option<f64>,
    /// Seconds within which a run must quiesce after its last action
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = number)]
    pub(crate) budget: Option<f64>,
    /// Run one of N parts of the plan, counted from 1, such as 2/4
    #[arg(long, value_name = "I/N")]
    pub(crate) partition: Option<String>,
    /// Threads for runs in virtual time [default: all processors]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) threads: Option<usize>,
    /// Folder for results [default: bench-results/runs/DATE-NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Continue the run in the folder of --out, or begin it; finished cells are not run again
    #[arg(long, requires = "out")]
    pub(crate) resume: bool,

    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,

    /// Histograms and curves too, in the JSON document
    #[arg(long, requires = "json")]
    pub(crate) details: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PaceArg {
    /// Open loop, random gaps
    Poisson,
    /// Open loop, even gaps
    Periodic,
    /// Closed loop: each user thinks, acts and waits for the answer
    Closed,
    /// One operation at a time in the whole group
    Turns,
    /// As a trace was recorded
    Recorded,
}

impl From<PaceArg> for Pace {
    fn from(pace: PaceArg) -> Self {
        match pace {
            PaceArg::Poisson => Pace::Poisson,
            PaceArg::Periodic => Pace::Periodic,
            PaceArg::Closed => Pace::Closed,
            PaceArg::Turns => Pace::Turns,
            PaceArg::Recorded => Pace::Recorded,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum UnitsArg {
    /// Unicode code points
    Codepoints,
    /// UTF-16 units, as in JavaScript
    Utf16,
}

impl From<UnitsArg> for Units {
    fn from(units: UnitsArg) -> Self {
        match units {
            UnitsArg::Codepoints => Units::CodePoints,
            UnitsArg::Utf16 => Units::Utf16,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum EngineArg {
    /// Virtual time: exact, fast, the same in every run
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
    /// What to list [default: everything]
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
    Metrics,
    Charts,
    Scenarios,
}

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench demo                                 list the stories
  syncbench demo stack                           a server's order, and all other orders
  syncbench demo race --pace 400                 one item, two people, every strategy
  syncbench demo race --strategy serial,lww-document --svg race.svg
  syncbench demo stack --json > stack.json

Each story runs real replicas in virtual time, on a network of its own.")]
pub(crate) struct DemoArgs {
    /// Which story [default: list them]
    pub(crate) name: Option<String>,
    /// Strategies to tell it with instead of the story's: `all`, or names
    #[arg(short, long, value_name = "NAMES", requires = "name")]
    pub(crate) strategy: Vec<String>,
    /// Where to write the diagram [default: bench-results/demo/NAME.svg; none with --json]
    #[arg(long, value_name = "FILE", requires = "name")]
    pub(crate) svg: Option<PathBuf>,
    /// Milliseconds to wait after each step, on a terminal
    #[arg(long, value_name = "MS", requires = "name", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) pace: Option<u64>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench report bench-results/runs/2026-01-31-120000-default
  cargo bench && syncbench report bench-results/runs/*

After `cargo bench`, criterion's estimates are drawn beside the figures of the
runs.")]
pub(crate) struct ReportArgs {
    /// Folders of runs; several become one report
    #[arg(required = true)]
    pub(crate) dirs: Vec<PathBuf>,
    /// Where to write report.html and charts/ [default: the first folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Criterion's folder [default: target/criterion, if it exists]
    #[arg(long, value_name = "DIR")]
    pub(crate) criterion: Option<PathBuf>,
}

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
