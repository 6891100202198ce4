//! What follows from events is exact: equal, or a change of behaviour.

use syncbench_harness::metric::{Metric, Quantiles};
use syncbench_harness::metrics::*;
use syncbench_harness::results::{ClaimsKept, Outcome};
use syncbench_reports::compare::Verdict;

use super::{Run, cells, compared, count, of};

#[test]
fn a_run_and_itself_are_identical() {
    let results = Run::default().results();
    let comparison = compared(&results, &results, &[]).expect("comparable");
    assert_eq!(comparison.counts.keys().copied().collect::<Vec<_>>(), [Verdict::Identical]);
    assert_eq!((comparison.rows, comparison.cells, comparison.same_events), (6, 60, 60));
    assert!(comparison.answer.starts_with("None of ") && comparison.notices.is_empty(), "{comparison:?}");
}

#[test]
fn another_build_of_the_same_code_is_compared_by_its_conditions() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    is.environment.libraries.insert("automerge".into(), "0.13.0".into());
    is.environment.commit = "another".into();
    for cell in &mut is.cells {
        cell.build = is.environment.build();
    }
    let comparison = compared(&was, &is, &[]).expect("comparable");
    assert_eq!(comparison.rows, 6);
    assert!(comparison.notices.contains(&"automerge 0.12.0 became 0.13.0".to_owned()), "{:?}", comparison.notices);
}

#[test]
fn a_latency_that_rises_in_every_seed_is_worse() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    for cell in cells(&mut is, "ot", "calm") {
        for (value, _) in cell.series_mut().histograms.get_mut(VISIBLE_MS.name).expect("samples") {
            *value += *value / 20;
        }
        let samples = cell.series().histograms[VISIBLE_MS.name].clone();
        let figure = Metric::Quantiles(Quantiles::of(&samples, 1e6).expect("samples"));
        cell.metrics.insert(VISIBLE_MS.name, figure);
    }
    let comparison = compared(&was, &is, &[]).expect("comparable");
    let median = of(&comparison, "ot", "calm", "visible_ms.p50");
    assert_eq!((median.verdict, median.exact), (Verdict::Worse, true));
    assert!((median.ratio.expect("positive") - 1.05).abs() < 1e-3);
    assert_eq!(count(&comparison, Verdict::Worse), 2, "the median and the tail: {}", comparison.answer);
}

#[test]
fn the_first_losses_are_worse_however_few_they_are() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    let cell = cells(&mut is, "serial", "rough").next().expect("a cell");
    cell.metrics.insert(LOST_INTENTS.name, Metric::Counts([("torn save", 1u64)].into_iter().collect()));
    let comparison = compared(&was, &is, &[]).expect("comparable");
    let lost = of(&comparison, "serial", "rough", "lost");
    assert_eq!((lost.verdict, lost.baseline, lost.candidate), (Verdict::Worse, Some(0.0), Some(1.0)));
    assert!(lost.replay.contains("--seeds 1..1"), "{}", lost.replay);
    assert_eq!(comparison.changes[0].figure, "lost", "what has no share comes first");
}

#[test]
fn a_change_whose_direction_the_seeds_do_not_tell_is_a_change_and_not_worse() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    for (index, cell) in cells(&mut is, "ot", "calm").enumerate() {
        let bytes = if index % 2 == 0 { 200.0 } else { 430.0 };
        cell.metrics.insert(WIRE_BYTES_PER_OP.name, Metric::Number(bytes));
    }
    let comparison = compared(&was, &is, &[]).expect("comparable");
    let bytes = of(&comparison, "ot", "calm", "wire_bytes_per_op");
    assert_eq!((bytes.verdict, bytes.why), (Verdict::Changed, Some("the seeds do not tell the direction")));
}

#[test]
fn a_cell_that_fails_or_breaks_a_claim_is_worse() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    let mut row = cells(&mut is, "ot", "calm");
    crate::support::drop_cell(row.next().expect("a cell"), Outcome::Failed, "it panicked");
    row.next().expect("a cell").claims_kept = Some(ClaimsKept::No);
    drop(row);
    let comparison = compared(&was, &is, &[]).expect("comparable");
    for figure in ["failed", "claims_broken"] {
        assert_eq!(of(&comparison, "ot", "calm", figure).verdict, Verdict::Worse, "{figure}");
    }
    assert_eq!(comparison.cells, 59);
}

#[test]
fn a_figure_that_one_run_only_has_is_told() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    for cell in cells(&mut is, "ot", "calm") {
        cell.metrics.insert(CONVERGENCE_MS.name, Metric::Number(3.0));
    }
    let comparison = compared(&was, &is, &[]).expect("comparable");
    let change = of(&comparison, "ot", "calm", "convergence_ms");
    assert_eq!((change.baseline, change.candidate, change.why), (None, Some(3.0), Some("one run only has it")));
}
