//! What few operations can come to, in the words of all forms of a record.

use super::super::decision::Decision;
use super::super::possible::{Alike, Explored, Possible, alike};
use super::words::{front, plain};
use crate::anomalies::with;
use crate::format::count;

/// What stands above it, and what it means.
pub(super) const HEADING: &str = "Can it happen at all?";

/// What the lines rest on, in a sentence.
pub(super) fn about(decision: &Decision) -> String {
    format!(
        "A run counts how often; this says whether, by every schedule of a few operations without faults ({}).",
        plain(&decision.map)
    )
}

/// Everything that is known of what is proposed, of the front and of what it dominates, in this order; those that come to the
/// same together.
pub(super) fn all(decision: &Decision) -> Vec<Alike<'_>> {
    let proposed = decision.proposal.as_ref().map(|proposal| &proposal.strategy);
    let mix = decision.mix.iter().filter(|mix| proposed == Some(&mix.strategy)).flat_map(|mix| &mix.possible);
    let dominated = decision.candidates.iter().filter(|candidate| !candidate.on_front);
    alike(mix.chain(front(decision).into_iter().chain(dominated).flat_map(|candidate| &candidate.possible)))
}

/// The bound of everything that was explored, where it is one.
pub(super) fn within(all: &[Alike<'_>]) -> Option<String> {
    let explored = all.iter().flat_map(|alike| &alike.of).filter_map(|one| one.explored.as_ref());
    let mut bounds: Vec<String> = explored.map(Explored::bound).collect();
    bounds.dedup();
    if bounds.len() == 1 { bounds.pop() } else { None }
}

/// Strategies that come to the same, in a line; the bound is named where the lines have not all the same.
pub(super) fn together(alike: &Alike<'_>, one_bound: bool) -> String {
    let names = |one: &&Possible| match &one.explored {
        Some(explored) if explored.worst.is_none() => format!("{} {}", name(one), count(explored.schedules)),
        _ => name(one),
    };
    let names = alike.of.iter().map(names).collect::<Vec<_>>().join(", ");
    let Some(explored) = alike.explored else {
        let command = alike.of.first().map_or("", |first| first.command.as_str());
        return plain(&format!("{}: not on the map: {names}; {command}", alike.data));
    };
    let bound = if one_bound { String::new() } else { format!(" of {}", explored.bound()) };
    let said = match &explored.worst {
        None => format!("none in all schedules{bound}: {names}"),
        Some(worst) => {
            let note = if worst.loses() { "" } else { "no loss; a note: " };
            format!("{note}{}, {} ({}): {names}", worst.kind, with(worst.ops), worst.actions)
        }
    };
    plain(&format!("{}: {said}", alike.data))
}

/// One strategy on one part of the data in a sentence, and the command that explores what the map does not have.
pub(super) fn alone(one: &Possible, program: &str) -> (String, Option<String>) {
    let Some(explored) = &one.explored else {
        let said = format!("{}: not on the map. To explore it for `choose --map map/map.json`:", plain(&one.data));
        return (said, Some(exploring(&plain(program), &plain(&one.strategy), &plain(&one.workload))));
    };
    let defaults = if explored.defaults { DEFAULTS } else { "" };
    (format!("{}: {}{defaults}.", plain(&one.data), plain(&told(explored))), None)
}

fn told(explored: &Explored) -> String {
    let all = || format!("all {} schedules of {}", count(explored.schedules), explored.bound());
    match &explored.worst {
        None => format!("none in {}", all()),
        Some(worst) => {
            let said = format!("{}, {} ({}): {}", worst.kind, with(worst.ops), worst.actions, worst.example);
            if worst.loses() { said } else { format!("no loss in {}; a note: {said}", all()) }
        }
    }
}

/// The steps of the shortest schedule with the worst, and the command that tells them; empty where there is none.
pub(super) fn story(one: &Possible) -> Option<(&[String], &str)> {
    let worst = one.explored.as_ref()?.worst.as_ref()?;
    Some((&worst.story, &one.command))
}

/// Of strategies with parameters that were left out.
const DEFAULTS: &str = " (explored with its defaults)";

fn name(one: &Possible) -> String {
    let defaults = one.explored.as_ref().is_some_and(|explored| explored.defaults);
    format!("{}{}", plain(&one.strategy), if defaults { DEFAULTS } else { "" })
}

fn exploring(program: &str, strategy: &str, workload: &str) -> String {
    format!("{program} explore --all -s {strategy} -w {workload} --out map")
}
