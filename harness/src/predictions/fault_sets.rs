//! The conditions under which `verify --full` runs every strategy on every workload.

use crate::pace::Pace;
use crate::scenario::Scenario;

/// Faults that happen together, and what they show.
pub struct FaultSet {
    /// Its name, which is also its scenario's.
    pub name: &'static str,
    /// The faults.
    pub faults: &'static [&'static str],
    /// The network.
    pub network: &'static str,
    /// How users come to act.
    pub pace: Pace,
    /// What it shows.
    pub reason: &'static str,
}

/// One line per set.
pub static FAULT_SETS: &[FaultSet] = &[
    FaultSet {
        name: "in-turn",
        faults: &[],
        network: "instant",
        pace: Pace::Turns,
        reason: "users act in turn, so concurrency explains no loss",
    },
    FaultSet {
        name: "rough",
        faults: &[],
        network: "4g",
        pace: Pace::Poisson,
        reason: "jitter and lost packets alone",
    },
    FaultSet {
        name: "halves",
        faults: &["partition:halves@300ms..800ms"],
        network: "wifi",
        pace: Pace::Poisson,
        reason: "two halves work without each other and reconnect",
    },
    FaultSet {
        name: "deaf",
        faults: &["partition:isolate,client=1@200ms..600ms", "partition:one-way,client=2@400ms..900ms"],
        network: "4g",
        pace: Pace::Poisson,
        reason: "one client is offline, and nothing that another sends gets through",
    },
    FaultSet {
        name: "newcomer",
        faults: &["late:3@600ms", "partition:halves@500ms..900ms"],
        network: "wifi",
        pace: Pace::Poisson,
        reason: "a client joins in the middle of a partition",
    },
    FaultSet {
        name: "clocks",
        faults: &["skew:by=2s,client=1", "skew:by=500ms,client=2,to=behind@300ms..800ms"],
        network: "4g",
        pace: Pace::Poisson,
        reason: "clocks that are off, and one that jumps back",
    },
    FaultSet {
        name: "crash",
        faults: &["crash:client=2@300ms..800ms"],
        network: "wifi",
        pace: Pace::Poisson,
        reason: "a client recovers from what it had saved",
    },
    FaultSet {
        name: "together",
        faults: &[
            "partition:isolate,client=1@200ms..500ms",
            "crash:client=3@400ms..900ms",
            "late:2@300ms",
            "skew:by=1s,client=1",
        ],
        network: "4g",
        pace: Pace::Poisson,
        reason: "faults that overlap",
    },
];

impl FaultSet {
    /// The part of the plan with every strategy on every workload: three clients and about a second of work, enough for every
    /// window to meet operations.
    pub fn scenario(&self, seeds: &str) -> Scenario {
        Scenario {
            name: self.name.into(),
            networks: vec![self.network.into()],
            faults: self.faults.iter().map(|fault| (*fault).to_owned()).collect(),
            pace: self.pace,
            clients: 3,
            ops: 60,
            rate_per_s: 60.0,
            seeds: vec![seeds.into()],
            ..Scenario::default()
        }
    }
}
