//! The flags of `syncbench run`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, ValueEnum};
use syncbench_harness::pace::{PACES, Pace};
use syncbench_harness::settings::Engine;
use syncbench_harness::trace::Units;
use syncbench_strategies::requirements::{REQUIREMENTS, Requirement};

use super::value::{milliseconds, number, span_in_seconds, whole};

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench run                                         the default comparison
  syncbench run my-scenario.toml                        a scenario from a file
  syncbench run product                                 with each product's send window
  syncbench run offline                                 one away for an hour, and three weeks
  syncbench run long                                    a million operations each
  syncbench run --strategy lww-document --seeds 1..30   one strategy, more seeds
  syncbench run -w record -n constant:80ms -f partition:halves@2s..5s
  syncbench run -s serial-optimistic:window=50ms,serial -n 4g -c 8 --rate 80
  syncbench run --engine threads --workload counter     in real time
  syncbench run -e throughput -s serial -w stack -c 32 --ops 100k
  syncbench run --trace trace.json.gz --json > out.json
  syncbench run -w record:contention=zipf --times arrivals.csv
  syncbench run --trace trace.json.gz --pace recorded:speed=10,idle=5s
  syncbench run --require offline,clock-free --dry-run  what would run, and for how long

Without a file, --network, --fault, --trace, --size, --pace, --times,
--transport and an --engine in real time replace the default comparison by one
scenario.
The other flags change each of its parts: calm, rough and growth. Parameters follow a
name after a colon; `syncbench list NAME` shows them. Numbers may be written as
10_000, 1k or 1.5M, and spans as 250ms or 2m.

--require takes offline, offline-in-part, refuse, server-free, serializable,
converges, clock-free, server-confirms, bounded, lasting, undo, duplicates,
reordering and loss: what a strategy must claim.")]
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
    #[arg(long, value_parser = PaceParser)]
    pub(crate) pace: Option<Pace>,
    /// Recorded times at which users act: `seconds` or `time,user` in each line, or a trace with times
    #[arg(long, value_name = "FILE")]
    pub(crate) times: Option<PathBuf>,
    /// Share of actions that undo the user's own latest operation, where the workload has undo
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = number)]
    pub(crate) undo: Option<f64>,
    /// Sizes of the initial document, such as 100,1000
    #[arg(long, value_name = "N", value_delimiter = ',', allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) size: Vec<u64>,
    /// Seeds: numbers and ranges such as 1..30, both ends included
    #[arg(long, value_name = "SEEDS")]
    pub(crate) seeds: Option<String>,
    /// Virtual time, real time with threads, or as fast as the machine can
    #[arg(short, long, value_enum)]
    pub(crate) engine: Option<EngineArg>,
    /// Sample states at this interval; 0 for after every event
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = milliseconds)]
    pub(crate) sample: Option<f64>,
    /// Seconds within which a run must quiesce after its last action
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = span_in_seconds)]
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

    /// Leave out strategies that do not meet what is required; names as in offline,refuse
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = requirements(), hide_possible_values = true)]
    pub(crate) require: Vec<String>,

    /// Write a capsule of the first cell with this finding; may be repeated. Cells that fail write one anyway
    #[arg(long, value_name = "KIND")]
    pub(crate) capsule: Vec<String>,

    /// Say what would run and for how long, run nothing and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Open the page in the browser when it is drawn
    #[arg(long, conflicts_with = "json")]
    pub(crate) open: bool,

    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,

    /// Every condition with all its figures and every caveat in full; with --json histograms and curves too
    #[arg(long)]
    pub(crate) details: bool,
}

/// What may be required, with what it means.
fn requirements() -> PossibleValuesParser {
    let value = |one: &Requirement| PossibleValue::new(one.name).help(one.meaning);
    PossibleValuesParser::new(REQUIREMENTS.iter().map(value))
}

/// Reads a pace, and shows what there is.
#[derive(Clone)]
struct PaceParser;

impl TypedValueParser for PaceParser {
    type Value = Pace;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, written: &OsStr) -> Result<Pace, clap::Error> {
        let read = written.to_string_lossy().parse();
        read.map_err(|reason: String| {
            clap::Error::raw(ErrorKind::ValueValidation, format!("--pace {}: {reason}\n", written.to_string_lossy()))
                .with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(PACES.iter().map(|pace| PossibleValue::new(pace.name()).help(pace.summary()))))
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
    /// Real time, users as fast as backpressure lets them: what a group carries
    Throughput,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Sim => Engine::Sim,
            EngineArg::Threads => Engine::Threads,
            EngineArg::Throughput => Engine::Throughput,
        }
    }
}
