//! The fault `crash`: a crashed client does nothing and is not waited for; a recovered one has all that was confirmed to it.

use crate::common::mutants::{INERT, mutant};
use crate::common::subject::{Subject, case, passed, scenario};
use crate::common::{Case, Done, strategies};
use rayon::prelude::*;
use syncbench_harness::ledger::{Entry, Fate};
use syncbench_harness::pace::Pace;
use syncbench_harness::results::{Cell, ClaimsKept};
use syncbench_harness::scenario::Scenario;
use syncbench_harness::workloads::WORKLOADS;
use syncbench_harness::workloads::counter::CounterOp;
use syncbench_strategies::document::Document;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::view::View;

const C2: NodeId = NodeId(2);

/// Permanent crashes, crashes with a recovery, and both while connections of the same or another client are broken.
const CRASHES: &[&[&str]] = &[
    &["crash:client=2@400ms..900ms"],
    &["crash:client=2@600ms"],
    &["crash:client=2@300ms..500ms", "crash:client=2@450ms..700ms", "crash:client=1@800ms..1s"],
    &["partition:isolate,client=2@200ms..1200ms", "crash:client=2@500ms..800ms"],
    &["late:3@300ms", "crash:client=3@600ms..900ms", "partition:halves@700ms..1s"],
    &["crash:client=1@300ms..1s", "crash:client=2@500ms"],
    &["churn:session=400ms,gap=100ms"],
    &["churn:session=400ms,gap=100ms,comes=new"],
];

fn crashing(faults: &[&str]) -> Scenario {
    let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
    Scenario { faults, networks: vec!["4g".into()], ..scenario() }
}

/// Every strategy that is not ephemeral, on every workload that it supports.
fn lasting() -> Vec<Subject> {
    let of = |strategy| WORKLOADS.iter().map(move |workload| Subject::new(strategy, workload.name));
    let subjects = strategies().flat_map(of).filter(Subject::supported);
    subjects.filter(|subject| !subject.claims().ephemeral).collect()
}

#[test]
fn a_recovered_client_has_everything_that_was_confirmed() {
    let complaints: Vec<String> = lasting()
        .into_par_iter()
        .flat_map_iter(|subject| {
            CRASHES.iter().zip(1..).filter_map(move |(faults, seed)| {
                let cell = subject.cell(&crashing(faults), seed);
                passed(&cell).err()
            })
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn run(strategy: &str, workload: &str, faults: &[&str]) -> Done {
    let subject = Subject::new(strategy, workload);
    let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
    Case { faults, network: "4g".into(), ..case(&subject) }.run_with(&subject.strategy)
}

/// The sum that counters show, and that of the confirmed additions.
fn sums(done: &Done) -> (i64, i64) {
    let last = done.ran.last();
    let counters = last.keys(&path![]).unwrap_or_default();
    let shown = counters.iter().filter_map(|counter| View::get(last, &path![&**counter])?.as_int()).sum();
    let by = |entry: &Entry| match (entry.operation.decode(), &entry.fate) {
        (Some(CounterOp::Add { by, .. }), Fate::Confirmed(_)) => by,
        _ => 0,
    };
    (shown, done.ran.ledger.entries().map(by).sum())
}

#[test]
fn operations_confirmed_offline_survive_a_crash() {
    let workload = "counter:like=0";
    let faults = ["partition:isolate,client=2@200ms..1800ms", "crash:client=2@1s..1300ms"];
    let mut offline = 0;
    for strategy in strategies().filter(|strategy| Subject::new(strategy, workload).supported()) {
        // A strategy that loses additions without a crash loses them with one too.
        if sums(&run(strategy, workload, &[])).0 != sums(&run(strategy, workload, &[])).1 {
            continue;
        }
        let done = run(strategy, workload, &faults);
        let (shown, confirmed) = sums(&done);
        assert_eq!(shown, confirmed, "{strategy}");
        let cut_off = |entry: &&Entry| {
            entry.id.client == C2
                && entry.resolved.is_some_and(|at| at < Time::from_ms(1_000))
                && entry.half > entry.resolved
        };
        offline += done.ran.ledger.entries().filter(cut_off).count();
    }
    assert!(offline > 0, "no operation was confirmed while its client was cut off");
}

fn reasons(cell: &Cell) -> String {
    cell.claims_reasons.join("; ")
}

#[test]
fn a_replica_that_saves_nothing_new_fails() {
    let planted = ["serial", "serial-optimistic", "ot", "lww-document"];
    for strategy in planted {
        let cell = |bug| mutant(strategy, "record", bug).cell(&crashing(CRASHES[0]), 1);
        let (bad, good) = (cell("saves-its-first-state"), cell(INERT));
        assert_eq!(bad.claims_kept, Some(ClaimsKept::No), "{strategy}");
        assert!(reasons(&bad).contains("state after recovery differs"), "{strategy}: {}", reasons(&bad));
        assert_eq!(good.claims_kept, Some(ClaimsKept::Yes), "{strategy}: {}", reasons(&good));
    }
}

#[test]
fn a_run_with_crashes_is_deterministic() {
    for strategy in strategies() {
        let subject = Subject::new(strategy, "record");
        for faults in CRASHES.iter().filter(|_| subject.supported()) {
            let [one, other] = [(); 2].map(|()| subject.cell(&crashing(faults), 1).trace_digest);
            assert!(one.is_some() && one == other, "{strategy} {faults:?}");
        }
    }
}

#[test]
fn a_user_does_not_act_while_its_client_is_down_and_goes_on_afterwards() {
    let (from, to) = (Time::from_ms(400), Time::from_ms(1_400));
    for pace in [Pace::Poisson, Pace::Closed, Pace::Turns] {
        let faults = vec!["crash:client=2@400ms..1400ms".into()];
        let done = Case { faults, pace, ..Case::new("serial", "stack") }.run();
        let issued: Vec<_> = done.ran.ledger.entries().filter(|entry| entry.id.client == C2).collect();
        assert_eq!(issued.len(), 20, "{pace:?}");
        assert!(issued.iter().all(|entry| entry.issued < from || entry.issued >= to), "{pace:?}");
        assert!(issued.iter().any(|entry| entry.issued < from) && issued.iter().any(|entry| entry.issued >= to));
        assert_eq!(done.ran.ledger.crashed(C2), Some(from));
        assert!(
            done.ran.converged() && done.ran.ledger.all_resolved() && !done.ran.ledger.crashed_for_good(C2),
            "{pace:?}"
        );
    }
}

#[test]
fn a_permanently_crashed_client_is_not_waited_for() {
    for pace in [Pace::Poisson, Pace::Closed, Pace::Turns] {
        let done = Case { faults: vec!["crash:client=2@800ms".into()], pace, ..Case::new("serial", "stack") }.run();
        let ledger = &done.ran.ledger;
        assert!(ledger.crashed_for_good(C2) && done.ran.converged(), "{pace:?}");
        let nodes: Vec<NodeId> = done.ran.finals.iter().map(|(node, _)| *node).collect();
        assert_eq!(nodes, [0, 1, 3].map(NodeId), "{pace:?}");
        let of = |client| ledger.entries().filter(move |entry| entry.id.client == NodeId(client));
        assert!((1..20).contains(&of(2).count()) && of(1).count() == 20 && of(3).count() == 20, "{pace:?}");
        assert!(of(2).all(|entry| entry.issued < Time::from_ms(800)), "{pace:?}");
        assert!(of(1).chain(of(3)).all(|entry| entry.visible.is_some()), "{pace:?}");
        assert_eq!(done.numbers("censored", "confirmed"), 0.0, "{pace:?}");
        let coverage = &done.ran.coverage[0];
        assert!(coverage.end_ms > 1_500.0 && coverage.operations_meanwhile > 20, "{coverage:?}");
        assert_eq!((&*coverage.effect, coverage.operations_issued), ("client 2 was down", ledger.issued()));
    }
}

#[test]
fn a_crashed_clients_cursor_stays_where_nothing_expires() {
    let workload = "presence:leave=0";
    for subject in strategies().map(|strategy| Subject::new(strategy, workload)).filter(Subject::supported) {
        let ghosts = |faults: &[&str]| {
            // In turns, so that every cursor is visible before the crash.
            let cell = subject.cell(&Scenario { pace: Pace::Turns, ..crashing(faults) }, 1);
            passed(&cell).unwrap_or_else(|error| panic!("{subject}: {error}"));
            cell.findings.iter().filter(|finding| finding.kind == "cursor of the crashed").count()
        };
        assert_eq!(ghosts(&["crash:client=2@800ms"]), usize::from(!subject.claims().ephemeral), "{subject}");
        assert_eq!(ghosts(&["crash:client=2@300ms..800ms"]), 0, "{subject}");
    }
}

#[test]
fn a_single_surviving_client_is_a_group() {
    let faults = ["crash:client=1@500ms", "crash:client=3@700ms"].map(String::from).to_vec();
    let done = Case { faults, ..Case::new("lww-document:topology=mesh", "stack") }.run();
    assert_eq!(done.ran.finals.len(), 1);
    assert_eq!(done.ran.finals[0].0, C2);
    assert_ne!(*done.ran.last(), Document::Null);
    assert_eq!(done.ran.ledger.entries().filter(|entry| entry.id.client == C2 && entry.visible.is_none()).count(), 0);
}
