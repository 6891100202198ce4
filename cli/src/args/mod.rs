//! The command line.

mod choose;
mod compare;
mod cost;
mod demo;
mod explore;
mod export;
mod growth;
mod list;
mod merge;
mod replay;
mod report;
mod run;
mod shrink;
mod speed;
mod value;
mod verify;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use syncbench_harness::results::ProductBuild;

use crate::environment;
pub(crate) use choose::ChooseArgs;
pub(crate) use compare::CompareArgs;
pub(crate) use cost::CostArgs;
pub(crate) use demo::DemoArgs;
pub(crate) use explore::ExploreArgs;
pub(crate) use export::{ExportArgs, FormatArg};
pub(crate) use growth::GrowthArgs;
pub(crate) use list::{Asked, ListArgs, Listed};
pub(crate) use merge::MergeArgs;
pub(crate) use replay::ReplayArgs;
pub(crate) use report::ReportArgs;
pub(crate) use run::{EngineArg, RunArgs};
pub(crate) use shrink::ShrinkArgs;
pub(crate) use speed::SpeedArgs;
pub(crate) use verify::VerifyArgs;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Which sync model should this product use, and what will it cost?
#[derive(Parser)]
#[command(name = "syncbench", version, about, styles = STYLES)]
#[command(after_help = "Examples:
  syncbench run                                  the default comparison
  syncbench run -s serial,crdt-automerge -w stack -n satellite
  syncbench run --trace friendsforever.json.gz   replay a recorded session
  syncbench list strategies                      each strategy and its claims
  syncbench list metrics                         what is measured, and what it means
  syncbench demo race                            two people take one item
  syncbench explore -s ot -w stack               every schedule of a few operations
  syncbench report bench-results/runs/*          redraw results
  syncbench choose --answers answers.toml        which model for this product
  syncbench compare main-run branch-run          what an upgrade made worse
  syncbench shrink capsule.json                  the smallest run with a finding
  syncbench cost --people 1M --online 5% --per-document 20 --rate 0.2
  syncbench speed                                how fast it is, beside its targets

Exit codes: 0 fine, 1 failed, 2 wrong use, 3 a threshold or a choice says no.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The command line of a program of this name, which a product's crate may have built.
pub(crate) fn command(program: &str, product: Option<&ProductBuild>) -> clap::Command {
    let command = Cli::command().version(environment::version(product));
    named(command, program).name(program.to_owned()).bin_name(program)
}

/// The same with examples that name the program as it is called.
fn named(command: clap::Command, program: &str) -> clap::Command {
    let examples = command.get_after_help().map(|help| help.to_string().replace("syncbench ", &format!("{program} ")));
    let command = match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    };
    command.mut_subcommands(|subcommand| named(subcommand, program))
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a comparison; write a table, results and a report
    Run(Box<RunArgs>),
    /// List what there is to choose from, or show all that is known of one name
    List(ListArgs),
    /// Tell a small story step by step, coloured by replica, with its diagram
    Demo(DemoArgs),
    /// Run every schedule of a small case: each anomaly with its shortest story, or a proof that there is none
    Explore(Box<ExploreArgs>),
    /// Redraw the charts and the page of earlier runs
    Report(ReportArgs),
    /// Put the parts of one plan together that were run on several machines
    Merge(MergeArgs),
    /// Choose a sync model: measure the strategies at a product's answers, and say why
    Choose(ChooseArgs),
    /// Compare two runs: what became worse, and what better
    Compare(CompareArgs),
    /// Write results as tables for other tools: CSV, Parquet
    Export(ExportArgs),
    /// Run a capsule again and compare it with the recorded run
    Replay(ReplayArgs),
    /// Find the smallest run that still has the finding of a capsule
    Shrink(ShrinkArgs),
    /// Check that the same scenario and seed give the same run
    Verify(VerifyArgs),
    /// Measure how cost grows with operations, clients and items
    Growth(GrowthArgs),
    /// Measure how fast syncbench itself is, beside its targets
    Speed(SpeedArgs),
    /// Say what a product of some size will need, and what breaks first as it grows
    Cost(Box<CostArgs>),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}
