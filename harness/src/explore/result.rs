//! What an exploration found, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::case::{Bounds, Case};
use super::judge::{End, Severity};
use super::scripts::Unit;
use super::search::{Shortest, Tally};

/// What an exploration found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explored {
    /// The strategy, as it was written.
    pub strategy: String,
    /// How many clients.
    pub clients: u32,
    /// Most operations of all clients together.
    pub ops: u32,
    /// The operations that users choose from.
    pub alphabet: Vec<String>,
    /// The disturbance of each schedule, if any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub disturbance: Option<String>,
    /// Whether schedules that differ only in the order of independent steps were run once.
    pub reduced: bool,
    /// Whether every schedule within the bounds was run. If not, an anomaly that is absent here may exist all the same.
    pub complete: bool,
    /// Every schedule of up to this many operations was run.
    pub complete_ops: u32,
    /// Scripts: who issues which operations.
    pub scripts: u64,
    /// Schedules run.
    pub schedules: u64,
    /// All schedules, including those that differ from one that was run only in the order of independent steps; absent where they
    /// were not counted.
    pub stand_for: Option<u64>,
    /// The longest schedule, in steps.
    pub longest: u64,
    /// In how many orders a server took the operations, over all scripts.
    pub orders: u64,
    /// Classes of outcomes, the most frequent first.
    pub ends: Vec<Ended>,
    /// Kinds of anomalies, the worst first.
    pub anomalies: Vec<Anomaly>,
}

/// A class of outcomes: schedules that ended alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// How they ended.
    #[serde(flatten)]
    pub end: End,
    /// How many of the schedules that were run.
    pub schedules: u64,
    /// In how many orders a server took the operations.
    pub orders: u64,
}

/// One kind of anomaly, with its shortest schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// The name of the kind.
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// Operations in the shortest schedule with it.
    pub ops: u64,
    /// Steps of that schedule.
    pub steps: u64,
    /// In how many schedules it was found.
    pub schedules: u64,
    /// What the oracle says of that schedule.
    pub example: String,
    /// The schedule as text; `--schedule` runs it again.
    pub schedule: String,
}

impl Explored {
    pub(super) fn of<'u>(case: &Case<'_>, bounds: &Bounds, tallies: impl Iterator<Item = (&'u Unit, Tally)>) -> Self {
        let letters = case.letters();
        let mut explored = Self {
            strategy: case.strategy.label.clone(),
            clients: bounds.clients,
            ops: bounds.ops,
            alphabet: letters.iter().map(|letter| letter.name.to_owned()).collect(),
            disturbance: bounds.disturbance.map(|what| what.name().to_owned()),
            reduced: bounds.reduced,
            complete: true,
            complete_ops: bounds.ops,
            scripts: 0,
            schedules: 0,
            stand_for: Some(0),
            longest: 0,
            orders: 0,
            ends: Vec::new(),
            anomalies: Vec::new(),
        };
        let mut ends: BTreeMap<End, (u64, u64)> = BTreeMap::new();
        let mut wrong: BTreeMap<String, (usize, Shortest)> = BTreeMap::new();
        for (unit, tally) in tallies {
            if tally.stopped {
                explored.complete = false;
                explored.complete_ops = explored.complete_ops.min(unit.ops as u32 - 1);
            }
            explored.scripts += u64::from(tally.schedules > 0);
            explored.schedules += tally.schedules;
            explored.stand_for = explored.stand_for.zip(tally.stand_for).and_then(|(sum, more)| sum.checked_add(more));
            explored.longest = explored.longest.max(tally.longest as u64);
            for (end, count) in tally.ends {
                let sums = ends.entry(end).or_default();
                sums.0 += count.schedules;
                sums.1 += count.orders.len() as u64;
            }
            for (kind, found) in tally.wrong {
                match wrong.get_mut(&kind) {
                    None => _ = wrong.insert(kind, (unit.ops, found)),
                    Some((ops, known)) => {
                        let schedules = known.schedules + found.schedules;
                        let severity = known.wrong.severity.min(found.wrong.severity);
                        if (unit.ops, found.schedule.steps.len()) < (*ops, known.schedule.steps.len()) {
                            (*ops, *known) = (unit.ops, found);
                        }
                        (known.schedules, known.wrong.severity) = (schedules, severity);
                    }
                }
            }
        }
        explored.orders = ends.values().map(|(_, orders)| orders).sum();
        let ended = |(end, (schedules, orders))| Ended { end, schedules, orders };
        explored.ends = ends.into_iter().map(ended).collect();
        // Equally frequent classes stay in the order of their states.
        explored.ends.sort_by_key(|ended| std::cmp::Reverse(ended.schedules));
        let anomaly = |(kind, (ops, found)): (String, (usize, Shortest))| Anomaly {
            kind,
            severity: found.wrong.severity,
            ops: ops as u64,
            steps: found.schedule.steps.len() as u64,
            schedules: found.schedules,
            example: found.wrong.example,
            schedule: found.schedule.written(letters),
        };
        explored.anomalies = wrong.into_iter().map(anomaly).collect();
        explored.anomalies.sort_by(|a, b| a.rank().cmp(&b.rank()));
        explored
    }

    /// The worst anomaly, by [`Anomaly::rank`].
    pub fn worst(&self) -> Option<&Anomaly> {
        self.anomalies.first()
    }
}

impl Anomaly {
    /// The worst first: by severity, then fewer operations, then more schedules with it, then by name.
    pub fn rank(&self) -> (Severity, u64, std::cmp::Reverse<u64>, &str) {
        (self.severity, self.ops, std::cmp::Reverse(self.schedules), &self.kind)
    }
}
