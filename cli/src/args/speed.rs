//! The flags of `syncbench speed`.

use clap::Args;

#[derive(Args)]
#[command(after_help = "Measures how fast syncbench itself is, and holds each figure against a target: a rate,
or a ratio to a peer that is measured beside it, in turns. Takes less than five
minutes on two cores. A measurement is repeated 25 times, or until its share of the
time is over; the median decides.
What this build cannot measure is listed with the reason, and counts neither as
kept nor as missed. Exit code 3 if a target is missed.

Figures mean something in a release build on a machine without other load.

Examples:
  syncbench speed                           every target
  syncbench speed list-prepend map-put      two of them
  syncbench speed serial-10000              what takes too long to be among all
  syncbench speed --json > speed.json       every reading, for a script")]
pub(crate) struct SpeedArgs {
    /// Measurements [default: all, but those that take longer than all others]
    #[arg(value_name = "NAME")]
    pub(crate) measurements: Vec<String>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
