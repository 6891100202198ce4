//! What is not comparable is refused or left out, and the reason is said.

use syncbench_harness::results::Results;
use syncbench_reports::compare::Incomparable;

use super::{Run, compared, count};

fn refused(was: &Results, is: &Results) -> String {
    compared(was, is, &[]).err().map_or_else(|| panic!("was compared"), |error: Incomparable| error.to_string())
}

#[test]
fn runs_of_other_conditions_are_refused_with_the_first_setting_that_differs() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    is.cells.iter_mut().for_each(|cell| cell.settings.ops = 20);
    is.scenario["seeds"] = "1..9".into();
    assert!(refused(&was, &is).contains("seeds is \"1..3\" and \"1..9\""), "{}", refused(&was, &is));
}

#[test]
fn an_empty_run_and_single_seeds_are_refused() {
    let (whole, one) = (Run::default().results(), Run { seeds: 1, ..Run::default() }.results());
    let mut empty = whole.clone();
    empty.cells.clear();
    assert!(refused(&empty, &whole).contains("the baseline holds no measured cell"));
    assert!(refused(&whole, &one).contains("fewer than two seeds"), "{}", refused(&whole, &one));
}

#[test]
fn rows_and_seeds_that_one_run_lacks_are_told() {
    let mut fewer = Run { seeds: 8, ..Run::default() }.results();
    fewer.cells.retain(|cell| cell.strategy != "ot");
    let comparison = compared(&Run::default().results(), &fewer, &[]).expect("comparable");
    let said = comparison.notices.join("\n");
    assert!(said.contains("2 rows only in the baseline: ot on stack (calm)"), "{said}");
    assert!(comparison.answer.starts_with("2 rows of the baseline are missing in the candidate. "));
    assert_eq!((comparison.only_baseline.len(), comparison.only_candidate.len()), (2, 0));
    assert!(said.contains("the other run lacks their seeds: 8 cells of the baseline"), "{said}");
}

#[test]
fn processor_time_of_two_machines_or_profiles_is_left_out() {
    let was = Run::default().results();
    let figures = |is: &Results| {
        let comparison = compared(&was, is, &[]).expect("comparable");
        let any = comparison.changes.iter().any(|change| change.figure == "ops_per_cpu_s");
        (any, comparison.notices.join("\n"))
    };
    let mut other = was.clone();
    other.environment.cpu = "Another processor".into();
    let (any, said) = figures(&other);
    assert!(!any && said.contains("of two machines") && said.contains("ops_per_cpu_s"), "{said}");
    let mut debug = was.clone();
    debug.environment.profile = "debug".into();
    let (any, said) = figures(&debug);
    assert!(!any && said.contains("debug"), "{said}");
    assert_eq!(count(&compared(&was, &was, &["ops_per_cpu_s<-10%"]).expect("comparable"), super::Verdict::Worse), 0);
}
