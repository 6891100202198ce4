//! The flags of `syncbench compare`.

use std::path::PathBuf;

use clap::Args;
use syncbench_reports::compare::Rule;

use super::value::share;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench compare main-run branch-run
  syncbench compare main-run branch-run --fail-on 'lost>0'
  syncbench compare main-run branch-run --fail-on 'visible_ms.p99>+5%' \\
      --fail-on 'ot@stack@calm:ops_per_cpu_s<-10%' --markdown comment.md

A threshold is [SCOPE:]FIGURE OPERATOR VALUE. The figure is a metric with its
field, or lost, not_kept, failed, claims_broken or not_converged. A value alone
(0, 1k) is held against the candidate; a change (+5%, -10%, +1) against the
baseline, and it fails only where it is more than luck. A scope names a
strategy, a workload and a part, as many of them as it needs, with @ between
them. Where a threshold is passed, the exit code is 3. So it is with a threshold
where only one run has a row, which nothing was held against: --allow-missing
accepts such rows.

Cells are paired by condition, strategy and seed. What follows from events is
exact; processor time and memory are compared on one machine only.")]
pub(crate) struct CompareArgs {
    /// Folder of the run to compare with
    pub(crate) baseline: PathBuf,
    /// Folder of the run to compare
    pub(crate) candidate: PathBuf,
    /// A threshold such as lost>0 or visible_ms.p99>+5%; may be repeated
    #[arg(long, value_name = "THRESHOLD", allow_hyphen_values = true)]
    pub(crate) fail_on: Vec<Rule>,
    /// With --fail-on: accept rows that only one run has
    #[arg(long)]
    pub(crate) allow_missing: bool,
    /// Least change worth telling [default: 1% of exact figures, 2% of memory, 5% of processor time]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub(crate) min_effect: Option<f64>,
    /// Show every row that changed
    #[arg(long)]
    pub(crate) details: bool,
    /// Where to write the comparison in Markdown; - for stdout, in place of the text
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Where to write a picture of what changed
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
