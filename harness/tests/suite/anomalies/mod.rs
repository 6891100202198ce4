//! The anomalies that real systems show, each found by name in a script of a few operations.

mod booking;
mod counter;
mod json;
mod kanban;
mod presence;
mod stack;
mod text;

use std::collections::BTreeMap;

use syncbench_harness::finding::{Finding, Kind};
use syncbench_harness::ledger::Fate;
use syncbench_harness::oracles::serial_order::{self, SerialOrder};
use syncbench_harness::pace::Pace;
use syncbench_harness::workload::{History, Intent, User, Workload};
use syncbench_strategies::document::Document;
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use crate::common::Case;

/// What a client wants, given what it sees.
type Want = fn(NodeId, &dyn View) -> Intent;

/// A registered workload whose users follow a script, each a given number of times.
struct Scripted {
    workload: Box<dyn Workload>,
    want: Want,
    times: u64,
}

struct Follower {
    client: NodeId,
    want: Want,
    left: u64,
}

impl User for Follower {
    fn next(&mut self, view: &dyn View, _: &mut Rng) -> Option<Intent> {
        self.left = self.left.checked_sub(1)?;
        Some((self.want)(self.client, view))
    }
}

impl Workload for Scripted {
    fn model(&self) -> ModelRef {
        self.workload.model()
    }

    fn genesis(&self, size: u64) -> Document {
        self.workload.genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(Follower { client, want: self.want, left: self.times })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        self.workload.judge(history)
    }
}

/// How a script ended: the final state, how many operations were rejected, the anomalies, and whether a serial order
/// explains it all.
#[derive(Debug, PartialEq)]
struct End {
    state: String,
    rejected: usize,
    found: BTreeMap<String, u64>,
    order: SerialOrder,
}

fn end<const N: usize>(state: &str, rejected: usize, kinds: [(&Kind, u64); N], order: SerialOrder) -> End {
    End { state: state.into(), rejected, found: found(kinds), order }
}

fn found<const N: usize>(kinds: [(&Kind, u64); N]) -> BTreeMap<String, u64> {
    kinds.into_iter().map(|(kind, count)| (kind.name.to_owned(), count)).collect()
}

/// Two clients act before either receives anything from the other.
fn at_once(strategy: &str, workload: &str, size: u64, want: Want) -> End {
    times(1, strategy, workload, size, want)
}

/// Each of two clients acts `times` times before either receives anything from the other.
fn times(times: u64, strategy: &str, workload: &str, size: u64, want: Want) -> End {
    let case = Case {
        clients: 2,
        ops: 2 * times,
        rate_per_s: 100.0 * times as f64,
        pace: Pace::Periodic,
        network: "constant:40ms".into(),
        size,
        ..Case::new(strategy, workload)
    };
    let case = Case { workload: Box::new(Scripted { workload: case.workload, want, times }), ..case };
    let done = case.run();
    assert!(done.ran.converged());
    let history = History { genesis: &done.genesis, last: done.ran.last(), ledger: &done.ran.ledger };
    let found = case.workload.judge(&history).into_iter().map(|finding| (finding.kind, finding.count)).collect();
    let order = serial_order::search(&*case.workload.model(), &done.genesis, done.ran.last(), &done.ran.ledger);
    let rejected = done.ran.ledger.entries().filter(|entry| matches!(entry.fate, Fate::Rejected(_))).count();
    End { state: done.ran.last().to_string().replace('"', ""), rejected, found, order }
}
