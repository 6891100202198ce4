//! Every check of the contract suite and every reason for broken claims catches a planted bug, and finds nothing with the
//! same wrapper without one.

use std::sync::Arc;

use crate::common::claims;
use crate::common::mutants::{Bug, mutant, with_model, without_tie_break};
use crate::common::seeds::Seeds;
use crate::common::silence_libraries;
use crate::common::subject::{Checked, Subject, claiming, scenario};
use syncbench_harness::results::{Cell, ClaimsKept};
use syncbench_harness::scenario::Scenario;
use syncbench_strategies::document::Edit;
use syncbench_strategies::model::{ErasedModel, ModelRef, Operation, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::spec::Growth;
use syncbench_strategies::view::View;

/// A cell of some seconds on a slow network.
fn judged(subject: &Subject) -> Cell {
    subject.cell(&Scenario { networks: vec!["4g".into()], budget_s: 5.0, ..scenario() }, 1)
}

/// Asserts that a subject broke its claims for this reason.
#[track_caller]
fn fails(subject: &Subject, reason: &str) {
    let cell = judged(subject);
    assert_eq!(cell.claims_kept, Some(ClaimsKept::No), "{subject}: {cell:?}");
    assert!(cell.claims_reasons.iter().any(|said| said.contains(reason)), "{subject}: {:?}", cell.claims_reasons);
}

#[test]
fn the_wrapper_alone_changes_nothing() {
    for strategy in ["serial", "lww-document", "ot"] {
        for workload in ["stack", "counter", "record", "text"] {
            let (plain, wrapped) = (Subject::new(strategy, workload), mutant(strategy, workload, Bug::Inert));
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
fn every_reason_for_broken_claims_has_its_bug() {
    fails(&mutant("lww-document", "record", Bug::LosesMessages), "ended in different states");
    fails(&mutant("lww-document", "record", Bug::SaysTooEarly), "with the same operations differed");
    fails(&mutant("serial", "record", Bug::RefusesHonestMessages), "protocol errors between honest replicas");
    fails(&mutant("serial", "record", Bug::ForgetsToAnswer), "got no answer");
    // A strategy fails only for what it claims.
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

/// Saves only one of two paired fields.
struct Tearing(ModelRef);

impl ErasedModel for Tearing {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected> {
        let mut plan = self.0.plan(view, operation)?;
        if plan.edits.len() == 2
            && matches!(&plan.edits[0], Edit::Put { path, .. } if path.last() == path!["low"].last())
        {
            plan.edits.pop();
        }
        Ok(plan)
    }

    fn describe(&self, operation: &Operation) -> String {
        self.0.describe(operation)
    }
}

#[test]
fn a_state_that_the_product_does_not_allow_is_caught() {
    let workload = with_model("record", |model| Arc::new(Tearing(model)));
    fails(&Subject { workload, ..Subject::new("serial", "record") }, "a state that the product does not allow");
    let honest = with_model("record", |model| model);
    let cell = judged(&Subject { workload: honest, ..Subject::new("serial", "record") });
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Yes), "{:?}", cell.claims_reasons);
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

#[test]
fn a_group_that_goes_on_after_everything_is_resolved_is_found() {
    let cell = judged(&mutant("serial", "record", Bug::NeverQuiet));
    assert_eq!(cell.claims_kept, Some(ClaimsKept::Unknown), "{:?}", cell.claims_reasons);
    let said = &cell.claims_reasons[0];
    assert!(said.contains("not quiescent within the budget of 5s: ") && said.contains("under way"), "{said}");
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
    let inert = |strategy: &str| mutant(strategy, "record", Bug::Inert);
    let quiet = |subject: &Subject| claims::converges(subject, Seeds::first(1));
    caught(quiet, &mutant("serial", "record", Bug::ForgetsToAnswer), "got no answer", &inert("serial"));
    let disorder = |subject: &Subject| claims::tolerates_disorder(subject, Seeds::first(3));
    caught(disorder, &mutant("lww-document", "record", Bug::CountsTwice), "again", &inert("lww-document"));
    let blind = |subject: &Subject| claims::blind(subject, Seeds::first(1));
    caught(blind, &mutant("lww-document", "record", Bug::ReadsSidecars), "", &inert("lww-document"));
    let restores = |subject: &Subject| claims::restores(subject, Seeds::first(1));
    caught(restores, &mutant("serial", "record", Bug::SavesNothingNew), "crash", &inert("serial"));
    let malformed = |subject: &Subject| claims::malformed(subject, Seeds::first(1));
    caught(malformed, &mutant("serial", "record", Bug::TakesNonsense), "nonsense", &inert("serial"));
    let same = |subject: &Subject| claims::same_again(subject, Seeds::first(1));
    caught(same, &mutant("serial", "record", Bug::KnowsTheProgram), "twice differs", &inert("serial"));
    let undo = |subject: &Subject| claims::undo(subject, Seeds::first(1));
    caught(undo, &mutant("ot", "record", Bug::UndoesNothing), "the first undone", &inert("ot"));
}

#[test]
fn bugs_with_hostile_bytes_are_caught() {
    silence_libraries();
    let hostile = |subject: &Subject| claims::hostile_refused(subject, Seeds::first(2));
    let inert = mutant("serial", "record", Bug::Inert);
    caught(hostile, &mutant("serial", "record", Bug::Panics), "panicked", &inert);
    caught(hostile, &mutant("serial", "record", Bug::BelievesLengths), "bytes for", &inert);
    caught(hostile, &mutant("serial", "record", Bug::ActsBeforeItChecks), "acted on it", &inert);
}

#[test]
fn memory_that_grows_is_caught() {
    let inert = mutant("serial", "stack", Bug::Inert);
    caught(claims::history, &mutant("serial", "stack", Bug::Hoards), "held", &inert);
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

#[test]
fn without_a_tie_break_replicas_diverge() {
    let apart = |subject: &Subject| {
        // Few operations at a high rate, so that the last writes cross on the way.
        let few = Scenario { networks: vec!["4g".into()], ops: 6, rate_per_s: 200.0, ..scenario() };
        let ends = (1..=10).map(|seed| subject.cell(&few, seed));
        ends.filter(|cell| cell.converged == Some(false) && cell.claims_kept == Some(ClaimsKept::No)).count()
    };
    assert!(apart(&without_tie_break("record")) > 0);
    assert_eq!(apart(&Subject::new("lww-document", "record")), 0);
}
