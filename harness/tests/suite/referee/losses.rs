//! Losses are operations: at most those that were confirmed, in every cell, whatever the size of the document.

use rayon::prelude::*;
use syncbench_harness::metric::{Form, MetricSpec, TOTAL};
use syncbench_harness::metrics::{LOST_INTENTS, OPS_ISSUED, REJECTED};
use syncbench_harness::results::{Cell, Outcome};
use syncbench_harness::run;
use syncbench_harness::scenario::Scenario;

use super::subjects;
use crate::common::silence_libraries;
use crate::common::subject::{Subject, scenario};

fn total(cell: &Cell, metric: &MetricSpec) -> u64 {
    let field = if metric.form == Form::Tally { TOTAL } else { "" };
    cell.number(metric, field).unwrap_or(0.0) as u64
}

/// Asserts what holds in every cell: what was not kept was lost or rejected, and no more than was issued.
fn assert_bounded(subject: &Subject, cell: &Cell) {
    assert_eq!(cell.outcome, Outcome::Measured, "{subject}: {:?}", cell.reason);
    let lost: u64 = cell.findings.iter().filter(|finding| finding.lost).map(|finding| finding.count).sum();
    let tallied = total(cell, &LOST_INTENTS);
    let (issued, rejected) = (total(cell, &OPS_ISSUED), total(cell, &REJECTED));
    assert_eq!(lost, tallied, "{subject}: {:?}", cell.findings);
    assert!(lost + rejected <= issued, "{subject}: {lost} lost and {rejected} rejected of {issued}: {}", cell.replay);
}

#[test]
fn losses_and_rejections_are_at_most_the_operations() {
    silence_libraries();
    let calm = Scenario { networks: vec!["4g".into()], ops: 60, rate_per_s: 60.0, ..scenario() };
    let rough = Scenario { faults: vec!["partition:isolate,client=1@200ms..1s".into()], ..calm.clone() };
    // A budget that ends before everything has arrived.
    let short = Scenario { budget_s: 0.05, ..calm.clone() };
    let regret = Scenario { undo: 0.2, ..calm.clone() };
    let subjects = subjects();
    let check = |subject: &Subject| {
        for seed in subject.seeds().iter().take(2) {
            for scenario in [&calm, &rough, &short] {
                assert_bounded(subject, &subject.cell(scenario, seed));
            }
            let cell = subject.cell(&regret, seed);
            if cell.outcome == Outcome::Measured {
                assert_bounded(subject, &cell);
            }
        }
    };
    subjects.par_iter().for_each(check);
}

#[test]
fn losses_on_a_stack_do_not_follow_its_size() {
    silence_libraries();
    let strategies = crate::common::strategies().map(|strategy| Subject::new(strategy, "stack"));
    let subjects: Vec<Subject> = strategies.filter(Subject::supported).collect();
    let complaints: Vec<String> = subjects
        .par_iter()
        .filter_map(|subject| {
            let lost = [3, 30, 300].map(|size| {
                let scenario = Scenario { networks: vec!["4g".into()], ops: 120, rate_per_s: 20.0, ..scenario() };
                let lost = |seed| {
                    let mut planned = subject.planned(&scenario, seed);
                    planned.settings.size = size;
                    total(&run::run_cell(&planned), &LOST_INTENTS)
                };
                (1..=3).map(lost).sum::<u64>()
            });
            let (least, most) = (lost.iter().min()?, lost.iter().max()?);
            (*most > 2 * least).then(|| format!("{subject}: {lost:?} lost at 3, 30 and 300 items"))
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
