//! The flags of `syncbench verify`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(after_help = "Runs a small plan in this process on all processors and again in another process
on one thread, and compares all trace digests; of the first cell that differs it
shows the first event that does. Then tries the planted bugs: each must be caught
by the oracle that is named for it, within 20 seeds, and no oracle may object
without the bug. With -s only the plan is run, for these strategies.
With --full every strategy also runs on every workload, under eight sets of
faults and ten seeds each; a finding has to be predicted: by what the strategy
does not claim, by an edit that it emulates, by the map of anomalies, or by a
server that loses what it had. With -s it runs these strategies alone.
Exit code 1 if a run differs, a bug is not caught, an oracle objects to a
healthy strategy, or nothing predicts a finding.

Examples:
  syncbench verify                          both checks
  syncbench verify -s my-strategy           whether its runs repeat
  syncbench verify --full                   everything; takes minutes
  syncbench verify --full -s my-strategy --seeds 100..119
  syncbench verify --only wire-reorders     one planted bug
  syncbench verify --cell 'syncbench run -s ot -w text -n wifi --seeds 3'
  syncbench verify --cell 'run -s ot -w text -n wifi --seeds 3' \
      --against ../old/syncbench
  syncbench list mutants                    all planted bugs, and what catches them")]
pub(crate) struct VerifyArgs {
    /// Strategies to verify
    #[arg(short, long, value_name = "NAMES", default_value = "all")]
    pub(crate) strategy: Vec<String>,
    /// Seeds of the plan, 1..2 by default, and of --full, 1..10 by default
    #[arg(long, value_name = "SEEDS")]
    pub(crate) seeds: Option<String>,
    /// Try only this planted bug, or run only the plan: `determinism`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["strategy", "seeds", "cell"])]
    pub(crate) only: Option<String>,
    /// Run one cell in two processes, compare every event, and show the first that differs
    ///
    /// Takes a command as printed beside a finding.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["strategy", "seeds"])]
    pub(crate) cell: Option<String>,
    /// With --cell: compare with another build of this program, such as one in another profile
    #[arg(long, value_name = "PROGRAM", requires = "cell")]
    pub(crate) against: Option<PathBuf>,
    /// Print the events of a cell, a line each, for the process that compares
    #[arg(long, hide = true, requires = "cell")]
    pub(crate) print_events: bool,
    /// Also run every strategy on every workload under sets of faults: every finding has to be predicted
    #[arg(long, conflicts_with_all = ["only", "cell"])]
    pub(crate) full: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
