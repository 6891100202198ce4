//! What few operations can come to, by part of the data: a run shows how often something happens, the map of anomalies
//! whether it happens at all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncbench_harness::explore::Severity;

use crate::anomalies::{Quote, bound};

/// What few operations can come to on one part of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Possible {
    /// The part of the data, in a word.
    pub data: String,
    /// The workload that stands for it.
    pub workload: String,
    /// The strategy that carries it.
    pub strategy: String,
    /// What was explored; absent where the map does not have it.
    pub explored: Option<Explored>,
    /// The command that tells the shortest story again, or that explores what the map does not have. Empty where nothing
    /// went wrong.
    pub command: String,
}

/// All schedules within a bound, and the worst of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explored {
    /// At most so many operations of all clients together.
    pub ops: u32,
    /// How many clients.
    pub clients: u32,
    /// All schedules within the bound.
    pub schedules: u64,
    /// Whether the strategy was explored with its defaults, from which it differs in nothing that matters there.
    pub defaults: bool,
    /// The worst anomaly; absent where no schedule has one.
    pub worst: Option<Shortest>,
}

/// The worst anomaly within the bound, in its shortest schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortest {
    /// Its kind.
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// Operations of the schedule.
    pub ops: u64,
    /// What users do.
    pub actions: String,
    /// What the oracle says of it.
    pub example: String,
    /// The schedule step by step.
    pub story: Vec<String>,
}

impl Shortest {
    /// Whether an operation that was confirmed is not kept, or worse.
    pub fn loses(&self) -> bool {
        self.severity <= Severity::Lost
    }
}

impl Explored {
    pub(super) fn of(quote: &Quote<'_>) -> Self {
        let worst = quote.worst().map(|worst| Shortest {
            kind: worst.anomaly.kind.clone(),
            severity: worst.anomaly.severity,
            ops: worst.anomaly.ops,
            actions: quote.actions().unwrap_or_default(),
            example: worst.anomaly.example.clone(),
            story: worst.story.clone(),
        });
        let (ops, clients) = (quote.found.ops, quote.map.clients);
        Self { ops, clients, schedules: quote.schedules(), defaults: quote.defaults, worst }
    }

    /// The bound: `up to 3 operations by 2 clients`.
    pub fn bound(&self) -> String {
        bound(self.ops, self.clients)
    }
}

/// What several strategies can come to alike on one part of the data.
pub struct Alike<'d> {
    /// The part.
    pub data: &'d str,
    /// The workload.
    pub workload: &'d str,
    /// What was explored of the first of them.
    pub explored: Option<&'d Explored>,
    /// The strategies, each with what is known of it.
    pub of: Vec<&'d Possible>,
}

/// Strategies that come to the same together, part by part of the data.
pub fn alike<'d>(all: impl Iterator<Item = &'d Possible>) -> Vec<Alike<'d>> {
    let mut order: Vec<&str> = Vec::new();
    let mut parts: BTreeMap<&str, Vec<Alike<'d>>> = BTreeMap::new();
    for one in all {
        if !order.contains(&one.data.as_str()) {
            order.push(&one.data);
        }
        let known = parts.entry(&one.data).or_default();
        match known.iter_mut().find(|alike| same(alike.explored, one.explored.as_ref())) {
            Some(alike) if alike.of.iter().any(|other| other.strategy == one.strategy) => {}
            Some(alike) => alike.of.push(one),
            None => {
                let (data, workload, explored) = (&one.data, &one.workload, one.explored.as_ref());
                known.push(Alike { data, workload, explored, of: vec![one] });
            }
        }
    }
    order.iter().filter_map(|data| parts.remove(data)).flatten().collect()
}

/// Whether two explorations came to the same kind of anomaly by the same actions, or both to none, within one bound.
fn same(a: Option<&Explored>, b: Option<&Explored>) -> bool {
    let key = |one: &Explored| {
        let worst = one.worst.as_ref().map(|worst| (worst.kind.clone(), worst.actions.clone()));
        // Of an anomaly the bound does not matter.
        (worst.is_none().then_some((one.ops, one.clients)), worst)
    };
    a.map(key) == b.map(key)
}
