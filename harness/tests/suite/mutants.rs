//! Every check of the contract suite and every reason for broken claims catches a planted bug, and finds nothing with the
//! same wrapper without one.

use std::sync::Arc;

use crate::common::claims;
use crate::common::mutants::{INERT, Lenient, mutant, with_model};
use crate::common::seeds::Seeds;
use crate::common::silence_libraries;
use crate::common::subject::{Checked, Subject, claiming, scenario};
use syncbench_harness::results::{Cell, ClaimsKept};
use syncbench_harness::scenario::Scenario;
use syncbench_strategies::model::{ErasedModel, ModelRef, Operation, Plan, Rejected};
use syncbench_strategies::spec::Growth;
use syncbench_strategies::view::View;

/// A cell of some seconds on a slow network.
fn judged(subject: &Subject) -> Cell {
    subject.cell(&Scenario { networks: vec!["4g".into()], budget_s: 5.0, ..scenario() }, 1)
}

#[test]
fn the_wrapper_alone_changes_nothing() {
    for strategy in ["serial", "lww-document", "ot"] {
        for workload in ["stack", "counter", "record", "text"] {
            let (plain, wrapped) = (Subject::new(strategy, workload), mutant(strategy, workload, INERT));
            let (plain, wrapped) = (judged(&plain), judged(&wrapped));
            assert_eq!(
                wrapped.claims_kept,
                Some(ClaimsKept::Yes),
                "{strategy} on {workload}: {:?}",
                wrapped.claims_reasons
            );
            assert_eq!(plain.trace_digest, wrapped.trace_digest, "{strategy} on {workload}");
        }
    }
}

#[test]
fn a_strategy_fails_only_for_what_it_claims() {
    let small = Scenario { networks: vec!["4g".into()], ops: 10, rate_per_s: 100.0, ..scenario() };
    let claims = claiming(&Subject::new("lww-document", "stack"), |claims| claims.serializable = true);
    let reasons = |subject: &Subject| (1..=20).map(|seed| subject.cell(&small, seed)).collect::<Vec<_>>();
    let broken = |cells: &[Cell]| {
        cells.iter().filter(|cell| cell.claims_reasons.iter().any(|said| said.contains("no serial order"))).count()
    };
    assert!(broken(&reasons(&claims)) > 0);
    assert_eq!(broken(&reasons(&Subject::new("lww-document", "stack"))), 0);
    assert_eq!(broken(&reasons(&Subject::new("serial", "stack"))), 0);
}

struct Refusing(ModelRef);

impl ErasedModel for Refusing {
    fn plan(&self, _: &dyn View, _: &Operation) -> Result<Plan, Rejected> {
        Err(Rejected::new("closed", "come back tomorrow"))
    }

    fn describe(&self, operation: &Operation) -> String {
        self.0.describe(operation)
    }
}

#[test]
fn a_run_in_which_nothing_happened_proves_nothing() {
    let workload = with_model("record", |model| Arc::new(Refusing(model)));
    let cell = judged(&Subject { workload, ..Subject::new("serial", "record") });
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Unknown), "{:?}", cell.claims_reasons);
}

/// Slow is not broken: a budget that ends before every fate is known says so, and a longer one decides.
#[test]
fn a_run_that_was_cut_off_proves_nothing() {
    let slow = |budget_s| Scenario { networks: vec!["satellite".into()], budget_s, rate_per_s: 50.0, ..scenario() };
    let subject = Subject::new("serial-cas", "record");
    let cell = subject.cell(&slow(1.0), 1);
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Unknown), "{:?}", cell.claims_reasons);
    assert!(cell.claims_reasons[0].contains("without an answer"), "{:?}", cell.claims_reasons);
    let cell = subject.cell(&slow(600.0), 1);
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Yes), "{:?}", cell.claims_reasons);
}

/// Asserts that a check fails on a planted bug with these words, and passes the control.
#[track_caller]
fn caught(check: impl Fn(&Subject) -> Checked, planted: &Subject, words: &str, control: &Subject) {
    match check(planted) {
        Ok(()) => panic!("{planted}: not caught"),
        Err(complaint) => assert!(complaint.contains(words), "{planted}: {complaint}"),
    }
    assert_eq!(check(control), Ok(()), "{control}");
}

#[test]
fn bugs_in_reports_and_messages_are_caught() {
    let inert = |strategy: &str| mutant(strategy, "record", INERT);
    let quiet = |subject: &Subject| claims::converges(subject, Seeds::first(1));
    caught(quiet, &mutant("serial", "record", "answer-forgotten"), "got no answer", &inert("serial"));
    let disorder = |subject: &Subject| claims::tolerates_disorder(subject, Seeds::first(3));
    caught(disorder, &mutant("lww-document", "record", "duplicate-is-an-error"), "again", &inert("lww-document"));
    let blind = |subject: &Subject| claims::blind(subject, Seeds::first(1));
    caught(blind, &mutant("lww-document", "record", "reads-sidecars"), "", &inert("lww-document"));
    let restores = |subject: &Subject| claims::restores(subject, Seeds::first(1));
    caught(restores, &mutant("serial", "record", "saves-its-first-state"), "crash", &inert("serial"));
    let malformed = |subject: &Subject| claims::malformed(subject, Seeds::first(1));
    let lenient = Subject {
        workload: with_model("record", |model| Arc::new(Lenient(model))),
        ..Subject::new("serial", "record")
    };
    caught(malformed, &lenient, "nonsense", &inert("serial"));
    let same = |subject: &Subject| claims::same_again(subject, Seeds::first(1));
    caught(same, &mutant("serial", "record", "counter-of-the-process"), "twice differs", &inert("serial"));
    let undo = |subject: &Subject| claims::undo(subject, Seeds::first(1));
    caught(undo, &mutant("ot", "record", "undo-without-effect"), "the first undone", &inert("ot"));
}

#[test]
fn bugs_with_hostile_bytes_are_caught() {
    silence_libraries();
    let hostile = |subject: &Subject| claims::hostile_refused(subject, Seeds::first(2));
    let inert = mutant("serial", "record", INERT);
    caught(hostile, &mutant("serial", "record", "panics-on-damage"), "panicked", &inert);
    caught(hostile, &mutant("serial", "record", "believes-lengths"), "bytes for", &inert);
    caught(hostile, &mutant("serial", "record", "acts-before-it-checks"), "acted on it", &inert);
}

#[test]
fn memory_that_grows_is_caught() {
    let inert = mutant("serial", "stack", INERT);
    caught(claims::history, &mutant("serial", "stack", "keeps-every-message"), "held", &inert);
    let claims: [fn(&mut Growth); 3] = [
        |grows| grows.operations = Some("nothing"),
        |grows| grows.removals = Some("nothing"),
        |grows| grows.absence = Some("nothing"),
    ];
    for claim in claims {
        let modest = claiming(&Subject::new("serial", "stack"), |claims| claim(&mut claims.grows));
        caught(claims::history, &modest, "claims to grow", &inert);
    }
    // A claim that is left out is caught as well.
    for silent in ["ot", "text-ids"] {
        let honest = Subject::new(silent, "stack");
        let planted = claiming(&honest, |claims| claims.grows = Growth::NONE);
        caught(claims::history, &planted, "held", &honest);
    }
}

#[test]
fn false_claims_are_caught() {
    let claim = |strategy: &str, workload: &str, change: fn(&mut syncbench_strategies::spec::Guarantees)| {
        (claiming(&Subject::new(strategy, workload), change), Subject::new(strategy, workload))
    };
    let (planted, honest) = claim("serial", "record", |claims| claims.works_offline = true);
    caught(|subject| claims::works_offline(subject, Seeds::first(2)), &planted, "", &honest);
    let (planted, honest) = claim("lww-document", "stack", |claims| claims.can_refuse = true);
    caught(|subject| claims::refuses(subject, Seeds::first(2)), &planted, "never did", &honest);
    let (planted, honest) = claim("serial", "stack", |claims| claims.can_refuse = false);
    caught(|subject| claims::refuses(subject, Seeds::first(2)), &planted, "does not claim", &honest);
    let (planted, honest) = claim("lww-document", "stack", |claims| claims.serializable = true);
    caught(|subject| claims::serializable(subject, Seeds::first(20)), &planted, "no serial order", &honest);
    let (planted, honest) = claim("serial", "stack", |claims| claims.serializable = false);
    caught(|subject| claims::serializable(subject, Seeds::first(2)), &planted, "no run showed why", &honest);
    let (planted, honest) = claim("lww-document", "record", |claims| claims.depends_on_clocks = false);
    caught(|subject| claims::clocks(subject, Seeds::first(5)), &planted, "skewed clocks", &honest);
    let (planted, honest) = claim("serial", "record", |claims| claims.depends_on_clocks = true);
    caught(|subject| claims::clocks(subject, Seeds::first(2)), &planted, "never did", &honest);
    let (planted, honest) = claim("lww-document", "record", |claims| claims.ephemeral = true);
    caught(|subject| claims::restores(subject, Seeds::first(1)), &planted, "after a crash", &honest);
    let (planted, honest) = claim("presence", "presence", |claims| claims.ephemeral = false);
    caught(|subject| claims::restores(subject, Seeds::first(1)), &planted, "after a crash", &honest);
    // Made for a stream: a message that overtakes another looks like a gap.
    let reorders = claiming(&Subject::new("serial", "record"), |claims| {
        (claims.tolerates_reordering, claims.tolerates_loss) = (true, true);
    });
    caught(|subject| claims::datagrams(subject, Seeds::first(2)), &reorders, "", &Subject::new("serial", "record"));
}
