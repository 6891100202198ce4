//! The worst anomaly of a candidate as its smallest story: the shortest run that still has it, told step by step.

use syncbench_harness::run::{Planned, run_cell};
use syncbench_harness::stories::cell::first_loss;
use syncbench_reports::choose::Decision;
use syncbench_reports::choose::study::Study;
use syncbench_reports::story;

use super::bench::Bench;
use crate::failure::Failure;

/// Operations of the runs that are tried, fewest first.
const OPS: [u64; 4] = [8, 16, 32, 64];
/// Seeds that are tried for each.
const SEEDS: u64 = 5;

/// Tells the worst of every candidate.
pub(super) fn tell(bench: &Bench<'_>, study: &Study, decision: &mut Decision) -> Result<(), Failure> {
    if decision.candidates.iter().all(|candidate| candidate.worst.is_none()) {
        return Ok(());
    }
    let plan = bench.plan(study.scenarios.clone())?;
    for candidate in &mut decision.candidates {
        let Some(worst) = candidate.worst.as_mut().filter(|_| !bench.stopped()) else { continue };
        let Some(planned) = plan.cells.iter().find(|cell| cell.replay() == worst.replay) else { continue };
        let shortest = shortest(planned, &worst.kind);
        let planned = shortest.as_ref().map_or(planned, |(less, _)| less);
        // A run that is too long to be told stays without a story: its example and its command say what there is.
        if let Ok(told) = first_loss(planned, Some(&worst.kind)) {
            worst.story = story::lines(&told);
            worst.replay = planned.replay();
            if let Some((_, example)) = shortest {
                worst.example = example;
            }
        }
    }
    Ok(())
}

/// The same conditions with fewer operations, where the kind is still found, and its instance there.
fn shortest(planned: &Planned, kind: &str) -> Option<(Planned, String)> {
    let smaller = OPS.iter().filter(|ops| **ops < planned.settings.ops);
    let mut tries = smaller.flat_map(|ops| (1..=SEEDS).map(move |seed| (*ops, seed)));
    tries.find_map(|(ops, seed)| {
        let mut less = planned.clone();
        (less.settings.ops, less.settings.seed) = (ops, seed);
        let finding = run_cell(&less).findings.into_iter().find(|finding| finding.kind == kind)?;
        Some((less, finding.example))
    })
}
