//! The flags of `syncbench list`.

use clap::{Args, ValueEnum};

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
