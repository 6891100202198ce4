//! The worst anomaly of a candidate as a story: the smallest run that still has it, told step by step.

use std::time::Duration;

use syncbench_harness::run::{Planned, find_in};
use syncbench_harness::shrink::{self, Budget, Target};
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
/// What shrinking a run may take: some ten runs of the usual length, or some hundreds of short ones, which take about a
/// second together. It is counted in actions, so that a record is the same on every machine; the time only ends what hangs.
const BUDGET: Budget = Budget { time: Duration::from_secs(20), work: 20_000 };

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
        if let Some((_, example)) = &shortest {
            worst.example.clone_from(example);
        }
        let (smallest, example) = match smallest(planned, &worst.kind, &|| !bench.stopped()) {
            Some((smallest, example)) => (smallest, Some(example)),
            None => (planned.clone(), None),
        };
        // A run that is too long to be told stays without a story: its example and its command say what there is.
        if let Ok(told) = first_loss(&smallest, Some(&worst.kind)) {
            worst.story = story::lines(&told);
            worst.replay = match example {
                Some(example) => {
                    worst.example = example;
                    shrinking(planned, &worst.kind)
                }
                None => planned.replay(),
            };
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
        let finding = find_in(&less).findings.into_iter().find(|finding| finding.kind == kind)?;
        Some((less, finding.example))
    })
}

/// The smallest run that still has the finding, and its instance there.
fn smallest(planned: &Planned, kind: &str, go_on: &dyn Fn() -> bool) -> Option<(Planned, String)> {
    let target = Target::of(&find_in(planned), kind).ok()?;
    let shrunk = shrink::shrink(planned, &target, BUDGET, &|_| go_on()).ok()?;
    let example = target.found(&shrunk.cell)?.to_owned();
    Some((shrunk.planned, example))
}

/// The command that shrinks the run and tells it.
fn shrinking(planned: &Planned, kind: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let program = &planned.product.program;
    format!("{program} demo --shrink --kind {} --cell {}", quoted(kind), quoted(&planned.replay()))
}
