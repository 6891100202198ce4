//! An independent referee for the oracles: on small runs, an exhaustive search for a serial order.
//!
//! * A run that no serial order explains must have a finding of the workload's oracle.
//! * A run that loses an operation must have no serial order, unless the kind of the loss is about what users had seen when
//!   they acted, of which an order of operations knows nothing.
//!
//! What is left over is listed in `leftovers.txt` with its reason. What is not listed there fails.

mod booking;
mod losses;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use syncbench_harness::metrics::SERIAL_ORDER;
use syncbench_harness::oracles;
use syncbench_harness::results::{Cell, Finding, Outcome};
use syncbench_harness::run::{self, PlannedWorkload};
use syncbench_harness::scenario::Scenario;
use syncbench_harness::workload::{History, User, Workload};
use syncbench_harness::workloads::WORKLOADS;
use syncbench_harness::workloads::stack::ITEM_LOST;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::replica::NodeId;

use crate::common::seeds::Seeds;
use crate::common::subject::{Checked, Subject, scenario};
use crate::common::{silence_libraries, strategies};

/// Few enough operations to try every order of them.
const OPS: u64 = 6;

/// Every strategy with its defaults on every workload that it carries.
fn subjects() -> Vec<Subject> {
    let pairs = strategies().flat_map(|strategy| WORKLOADS.iter().map(move |spec| (strategy, spec.name)));
    pairs.map(|(strategy, workload)| Subject::new(strategy, workload)).filter(Subject::supported).collect()
}

/// A small run in which users meet: few things, at two rates, and every third one with undo.
fn small(subject: &Subject, seed: u64) -> Cell {
    let cell = |undo| {
        let rate_per_s = if seed.is_multiple_of(2) { 20.0 } else { 60.0 };
        let scenario = Scenario { networks: vec!["4g".into()], ops: OPS, rate_per_s, undo, ..scenario() };
        let mut planned = subject.planned(&scenario, seed);
        planned.settings.size = planned.settings.size.min(4);
        run::run_cell(&planned)
    };
    // Some strategies keep nothing to undo.
    let undo = if seed.is_multiple_of(3) { 0.3 } else { 0.0 };
    Some(cell(undo)).filter(|cell| cell.outcome == Outcome::Measured).unwrap_or_else(|| cell(0.0))
}

/// Why something is left over.
struct Leftovers<'a> {
    /// By workload: the largest share of its runs that may be silent, per mille.
    silent: BTreeMap<&'a str, u64>,
    /// Kinds of losses that a serial order does not contradict.
    order: Vec<&'a str>,
}

impl<'a> Leftovers<'a> {
    fn read(text: &'a str) -> Self {
        let mut leftovers = Self { silent: BTreeMap::new(), order: Vec::new() };
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            match line.split('|').map(str::trim).collect::<Vec<_>>()[..] {
                ["silent", workload, share, _] => _ = leftovers.silent.insert(workload, share.parse().unwrap()),
                ["order", kind, _] => leftovers.order.push(kind),
                _ => panic!(
                    "leftovers.txt: `{line}`: expected `silent | workload | share | why` or `order | kind | why`"
                ),
            }
        }
        leftovers
    }

    /// Complains of every run in which the oracle and the search disagree for no listed reason.
    fn judge(&self, cells: &[(String, Cell)]) -> Checked {
        let mut complaints = Vec::new();
        let mut silent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut searched: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, cell) in cells {
            let Some(order) = cell.number(&SERIAL_ORDER, "") else { continue };
            *searched.entry(&cell.workload).or_default() += 1;
            let own = |finding: &&Finding| oracles::KINDS.iter().all(|kind| kind.name != finding.kind);
            let mut own = cell.findings.iter().filter(own);
            if order == 0.0 {
                if own.next().is_none() {
                    silent.entry(&cell.workload).or_default().push(name);
                }
            } else {
                let wrong = own.filter(|finding| finding.lost && !self.order.contains(&finding.kind.as_str()));
                complaints.extend(wrong.map(|one| {
                    format!("{name}: {} although an order exists: {}\n    {}", one.kind, one.example, cell.replay)
                }));
            }
        }
        for (workload, runs) in silent {
            // One seed may be so for all strategies at once.
            let strategies: BTreeSet<&str> = cells.iter().map(|(_, cell)| &*cell.strategy).collect();
            let one = strategies.len() as u64;
            let share = self.silent.get(workload).map_or(0, |share| one.max(share * searched[workload] / 1000));
            if runs.len() as u64 > share {
                let few = &runs[..runs.len().min(8)];
                complaints.push(format!("{workload}: {} runs without an order or a finding: {few:?}", runs.len()));
            }
        }
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
    }
}

fn cells(subjects: &[Subject], seeds: impl Fn(&Subject) -> Seeds) -> Vec<(String, Cell)> {
    silence_libraries();
    let jobs = subjects.iter().flat_map(|subject| seeds(subject).iter().map(move |seed| (subject, seed)));
    let jobs: Vec<(&Subject, u64)> = jobs.collect();
    let run = |(subject, seed): (&Subject, u64)| {
        let cell = small(subject, seed);
        assert_eq!(cell.outcome, Outcome::Measured, "{subject}, seed {seed}: {:?}", cell.reason);
        (format!("{subject}, seed {seed}"), cell)
    };
    jobs.into_par_iter().map(run).collect()
}

#[test]
fn oracles_agree_with_an_exhaustive_search() {
    let leftovers = Leftovers::read(include_str!("leftovers.txt"));
    for name in leftovers.silent.keys() {
        assert!(WORKLOADS.iter().any(|spec| spec.name == *name), "leftovers.txt: there is no workload {name}");
    }
    let kinds = || WORKLOADS.iter().flat_map(|spec| spec.kinds);
    for name in &leftovers.order {
        assert!(kinds().any(|kind| kind.lost && kind.name == *name), "leftovers.txt: no oracle loses by `{name}`");
    }
    // A third of the seeds: the runs are small, and the pairs are many.
    let cells = cells(&subjects(), |subject| Seeds::from_env().of(subject.strategy.spec, true).at_least(6));
    let searched = cells.iter().filter(|(_, cell)| cell.number(&SERIAL_ORDER, "").is_some()).count();
    assert!(searched * 10 > cells.len() * 9, "{searched} of {} runs were searched", cells.len());
    assert_eq!(leftovers.judge(&cells), Ok(()));
}

/// A registered workload whose oracle has a bug.
struct Misjudged {
    inner: Arc<PlannedWorkload>,
    judge: fn(Vec<Finding>) -> Vec<Finding>,
}

impl Workload for Misjudged {
    fn model(&self) -> ModelRef {
        self.inner.workload.model()
    }

    fn genesis(&self, size: u64) -> Document {
        self.inner.workload.genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        self.inner.workload.user(client, clients)
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        (self.judge)(self.inner.workload.judge(history))
    }
}

#[test]
fn bugs_in_oracles_are_caught() {
    let leftovers = Leftovers::read(include_str!("leftovers.txt"));
    let verdict = |strategy: &str, judge| {
        let subject = Subject::new(strategy, "stack");
        let PlannedWorkload { label, spec, .. } = &*subject.workload;
        let workload = Box::new(Misjudged { inner: subject.workload.clone(), judge });
        let workload = Arc::new(PlannedWorkload::new(label, spec, workload));
        leftovers.judge(&cells(&[Subject { workload, ..subject }], |_| Seeds::first(20)))
    };
    let honest: fn(Vec<Finding>) -> Vec<Finding> = |findings| findings;
    assert_eq!((verdict("lww-document", honest), verdict("serial", honest)), (Ok(()), Ok(())));
    // An oracle that overlooks one kind, and one that finds something where nothing is.
    let blind = verdict("lww-document", |mut findings| {
        findings.retain(|finding| finding.kind != ITEM_LOST.name);
        findings
    });
    assert!(blind.unwrap_err().contains("without an order or a finding"));
    let slander = verdict("serial", |_| {
        let (kind, lost) = (ITEM_LOST.name.to_owned(), ITEM_LOST.lost);
        vec![Finding { kind, count: 1, example: String::new(), lost, ops: Vec::new() }]
    });
    assert!(slander.unwrap_err().contains("although an order exists"));
}
