//! Every kind of finding that a workload's oracle makes is found in a planted bug, and not without the bug.
//!
//! Most of the bugs are mutants, which the crate's own test tries. Here are those that need no bug: a strategy that is too weak
//! for its workload, or that meets a fault.
//!
//! A workload has its bugs in one file here and one line in [`PLANTED`]. A kind in its spec that no bug produces fails the
//! test, and so does a finding whose kind is not in the spec.

mod booking;
mod counter;
mod json;
mod kanban;
mod notebook;
mod presence;
mod record;
mod stack;
mod text;

use std::collections::BTreeSet;

use syncbench_harness::finding::Kind;
use syncbench_harness::mutants::{self, Mutant};
use syncbench_harness::oracles::{
    self, NO_SERIAL_ORDER, NO_SUSTAINABLE_RATE, NOT_JUDGED, ROLLED_BACK, lineage, serial_order,
};
use syncbench_harness::pace::Pace;
use syncbench_harness::results::Outcome;
use syncbench_harness::scenario::Scenario;
use syncbench_harness::sessions::{
    MONOTONIC_READS_BROKEN, MONOTONIC_WRITES_BROKEN, READ_YOUR_WRITES_BROKEN, WRITES_FOLLOW_READS_BROKEN,
};
use syncbench_harness::settings::Engine;
use syncbench_harness::workloads::WORKLOADS;

use crate::common::mutants::{INERT, mutant};
use crate::common::subject::{Subject, scenario};

/// One line per workload: its name, and its bugs.
static PLANTED: &[(&str, &[Planted])] = &[
    ("stack", stack::PLANTED),
    ("counter", counter::PLANTED),
    ("record", record::PLANTED),
    ("text", text::PLANTED),
    ("booking", booking::PLANTED),
    ("kanban", kanban::PLANTED),
    ("json", json::PLANTED),
    ("notebook", notebook::PLANTED),
    ("presence", presence::PLANTED),
];

/// Bugs for the kinds that any workload can have, except the one of real time.
const ANYWHERE: &[Planted] = &[
    Planted {
        strategy: "lww-document",
        ops: serial_order::MAX_OPS as u64,
        seeds: 10,
        ..Planted::new("stack:pop=0.5", &[&NO_SERIAL_ORDER], Flaw::Weak)
    },
    Planted {
        pace: Pace::Poisson,
        ..Planted::new(
            "record",
            &[&ROLLED_BACK, &lineage::RESURRECTED],
            Flaw::Meets("crash:client=server,keep=nothing@2s..3s"),
        )
    },
];

/// What is wrong.
#[derive(Clone, Copy)]
pub(crate) enum Flaw {
    /// A replica with the bug of the mutant with this name.
    Has(&'static str),
    /// None: the strategy is correct, and this fault happens.
    Meets(&'static str),
    /// None: the strategy is correct, and too weak for users who act at the same time. Without the flaw they take turns.
    Weak,
    /// None: users undo operations on which others have built. Without the flaw nobody undoes anything.
    Regret,
}

/// A planted bug, and the kinds of findings that are made with it and not without.
#[derive(Clone, Copy)]
pub(crate) struct Planted {
    kinds: [Option<&'static Kind>; 3],
    pub(crate) flaw: Flaw,
    pub(crate) strategy: &'static str,
    /// The workload with its parameters.
    pub(crate) workload: &'static str,
    pub(crate) pace: Pace,
    pub(crate) undo: f64,
    pub(crate) ops: u64,
    pub(crate) seeds: u64,
}

impl Planted {
    /// A bug in `serial`, which loses nothing itself when users take turns.
    pub(crate) const fn new(workload: &'static str, kinds: &[&'static Kind], flaw: Flaw) -> Self {
        // A weakness shows where people act at the same time, a bug at any time.
        let pace = if matches!(flaw, Flaw::Weak) { Pace::Poisson } else { Pace::Turns };
        let undo = if matches!(flaw, Flaw::Regret) { 0.3 } else { 0.0 };
        let mut caught = [None; 3];
        let mut index = 0;
        while index < kinds.len() {
            caught[index] = Some(kinds[index]);
            index += 1;
        }
        Self { kinds: caught, flaw, strategy: "serial", workload, pace, undo, ops: 120, seeds: 3 }
    }

    /// The kinds of findings that it produces.
    fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        self.kinds.into_iter().flatten()
    }

    /// The kinds that are found over its seeds, with the flaw or without.
    fn found(&self, flawed: bool) -> BTreeSet<String> {
        let subject = match self.flaw {
            Flaw::Has(bug) => mutant(self.strategy, self.workload, if flawed { bug } else { INERT }),
            Flaw::Weak | Flaw::Regret | Flaw::Meets(_) => Subject::new(self.strategy, self.workload),
        };
        let pace = if matches!(self.flaw, Flaw::Weak) && !flawed { Pace::Turns } else { self.pace };
        let faults = match self.flaw {
            Flaw::Meets(fault) if flawed => vec![fault.to_owned()],
            _ => Vec::new(),
        };
        let scenario = Scenario {
            networks: vec!["4g".into()],
            faults,
            pace,
            undo: if matches!(self.flaw, Flaw::Regret) && !flawed { 0.0 } else { self.undo },
            ops: self.ops,
            sample_ms: Some(1_000.0),
            ..scenario()
        };
        let found = (1..=self.seeds).flat_map(|seed| {
            let cell = subject.cell(&scenario, seed);
            assert_eq!(cell.outcome, Outcome::Measured, "{subject}: {:?}", cell.reason);
            cell.findings
        });
        found.map(|finding| finding.kind).collect()
    }
}

#[test]
fn every_kind_of_finding_has_its_bug() {
    let lines: Vec<_> = PLANTED.iter().map(|(name, _)| *name).collect();
    let registered: Vec<_> = WORKLOADS.iter().map(|spec| spec.name).collect();
    assert_eq!(lines, registered, "a line for every workload, in the order of the registry");
    for (spec, (name, planted)) in WORKLOADS.iter().zip(PLANTED) {
        let here = |mutant: &&Mutant| mutant.workload.split(':').next() == Some(*name);
        let mutants = mutants::all().filter(here).flat_map(|mutant| mutant.kinds.iter().copied());
        let kinds = planted.iter().flat_map(Planted::kinds).chain(mutants);
        let caught: BTreeSet<&str> =
            kinds.filter(|kind| !oracles::KINDS.contains(kind)).map(|kind| kind.name).collect();
        assert_eq!(
            caught,
            spec.kinds.iter().map(|kind| kind.name).collect(),
            "{name}: kinds with a bug, kinds in the spec"
        );
        assert_eq!(spec.kinds.len(), caught.len(), "{name}: a kind is in the spec twice");
    }
}

/// Asserts of each bug of a workload that its kinds are found with it and not without.
fn assert_caught(name: &str) {
    let (_, planted) = PLANTED.iter().find(|(line, _)| *line == name).unwrap();
    assert_each_caught(planted);
}

fn assert_each_caught(planted: &[Planted]) {
    let mut complaints = Vec::new();
    for (index, planted) in planted.iter().enumerate() {
        let (with, without) = (planted.found(true), planted.found(false));
        let wrong = |kind: &&str| !with.contains(*kind) || without.contains(*kind);
        let wrong: Vec<_> = planted.kinds().map(|kind| kind.name).filter(wrong).collect();
        if !wrong.is_empty() {
            complaints.push(format!("{index} {}: {wrong:?}: with it {with:?}, without {without:?}", planted.workload));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn kinds_of_all_workloads_are_found() {
    assert_each_caught(ANYWHERE);
    // Those of session guarantees and of doubled content are caught in `sessions` and `nodes`, the others below.
    let elsewhere = [
        &NOT_JUDGED,
        &NO_SUSTAINABLE_RATE,
        &READ_YOUR_WRITES_BROKEN,
        &MONOTONIC_READS_BROKEN,
        &MONOTONIC_WRITES_BROKEN,
        &WRITES_FOLLOW_READS_BROKEN,
        &lineage::DOUBLED,
    ];
    let mutants = mutants::all().flat_map(|mutant| mutant.kinds.iter().copied());
    let caught: Vec<_> = ANYWHERE.iter().flat_map(Planted::kinds).chain(mutants).chain(elsewhere).collect();
    let missing: Vec<_> = oracles::KINDS.iter().copied().filter(|kind| !caught.contains(kind)).collect();
    assert_eq!(missing, [&NOT_JUDGED; 0]);
}

/// What may be on its way when the budget ends is neither kept nor lost, and a budget that suffices says which.
#[test]
fn what_may_be_on_its_way_is_not_judged() {
    let found = |strategy: &str, budget_s| {
        let scenario = Scenario { networks: vec!["satellite".into()], budget_s, rate_per_s: 50.0, ..scenario() };
        let cell = Subject::new(strategy, "record").cell(&scenario, 1);
        let lost: u64 = cell.findings.iter().filter(|finding| finding.lost).map(|finding| finding.count).sum();
        let open = cell.findings.iter().find(|finding| finding.kind == NOT_JUDGED.name);
        (lost, open.map_or(0, |finding| finding.count))
    };
    for strategy in ["lww-document", "serial-patches"] {
        let ((lost, open), (all, none)) = (found(strategy, 0.05), found(strategy, 60.0));
        assert!(open > 0 && lost < all && none == 0, "{strategy}: {lost} lost and {open} open, then {all} and {none}");
    }
}

#[test]
fn a_group_that_loses_messages_sustains_no_rate() {
    let engine = Engine::Threads;
    let scenario = Scenario { engine, networks: vec!["instant".into()], clients: 2, budget_s: 1.0, ..scenario() };
    let found = |bug: &str| {
        let cell = mutant("lww-document", "stack", bug).cell(&scenario, 1);
        assert_eq!(cell.outcome, Outcome::Measured, "{:?}", cell.reason);
        cell.findings.iter().any(|finding| finding.kind == NO_SUSTAINABLE_RATE.name)
    };
    assert!(found("own-messages-lost"));
    // On a busy machine even the best group is late now and then.
    assert!((0..5).any(|_| !found(INERT)));
}
