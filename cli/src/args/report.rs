//! The flags of `syncbench report`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench report bench-results/runs/2026-01-31-120000-default
  cargo bench && syncbench report bench-results/runs/*
  syncbench report before after --out both --open

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
    /// Quote this map of anomalies before the built-in one, such as the map.json of `explore --all --out DIR`
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Every condition with all its figures, and every caveat in full
    #[arg(long)]
    pub(crate) details: bool,
    /// Open the page in the browser when it is drawn
    #[arg(long)]
    pub(crate) open: bool,
}
