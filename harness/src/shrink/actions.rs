//! Fewer actions.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::replica::{NodeId, OpId, Time};

use super::ddmin::ddmin;
use super::search::Search;
use crate::actions::{Recorder, ScriptedAction};
use crate::engines;
use crate::finding::named;
use crate::oracles::generic;
use crate::pace::Pace;
use crate::run::Planned;
use crate::task::Task;

/// Spans before and after the first lost operation within which every action is kept at first: most causes are near.
const AROUND: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Records the run as a script, and leaves out what is unrelated to the finding, judged by its example.
///
/// The error says why the run cannot be recorded.
pub(super) fn write_down(search: &mut Search<'_>) -> Result<(), String> {
    let planned = search.best().clone();
    let recorder = Recorder::default();
    let task = planned.task(&planned.strategy).map_err(|error| error.to_string())?;
    let task = Task { recorder: Some(recorder.clone()), ..task };
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let ran = engines::run(&task, &mut []);
        let (findings, _) = generic::judge(&task, &ran);
        (ran, findings)
    }));
    let actions = recorder.take();
    if planned.script.is_none() && !search.take(scripted(&planned, &actions)) {
        if search.exhausted() {
            return Ok(());
        }
        return Err("this run does not repeat when its users act at the same times".into());
    }
    // Of a run that failed, only what happened before is known, and no finding.
    let Ok((ran, findings)) = ran else { return Ok(()) };
    let lost = findings.iter().find(|finding| finding.kind == search.kind());
    let Some(finding) = lost else { return Ok(()) };
    let entry = |op: &OpId| ran.ledger.entry(*op).map(|entry| (entry.issued, entry.id.client));
    let first = finding.ops.iter().take(1).copied();
    let about: BTreeSet<(Time, NodeId)> = first.chain(named(&finding.example)).filter_map(|op| entry(&op)).collect();
    let Some((at, _)) = about.first().copied() else { return Ok(()) };
    let last = about.last().map_or(at, |(at, _)| *at);
    let only = |kept: &dyn Fn(&ScriptedAction) -> bool| -> Vec<ScriptedAction> {
        actions.iter().filter(|action| kept(action)).copied().collect()
    };
    let mut guesses = vec![only(&|action| about.contains(&(action.at, action.client)))];
    guesses.extend(AROUND.map(|span| only(&|action| action.at.since(last) <= span && at.since(action.at) <= span)));
    for guess in guesses.into_iter().filter(|guess| guess.len() < actions.len()) {
        if search.take(scripted(&planned, &guess)) {
            break;
        }
    }
    Ok(())
}

/// Leaves out actions until no single one can be left out.
pub(super) fn fewer(search: &mut Search<'_>) {
    let best = search.best().clone();
    let Some(script) = best.script.clone() else { return };
    // A run that passes becomes the best run at once.
    let _ = ddmin(&script, |part| search.take(scripted(&best, part)));
}

/// Cuts a trace at its end: the shortest beginning that a bisection finds.
pub(super) fn cut_trace(search: &mut Search<'_>) {
    let best = search.best().clone();
    let (mut least, mut most) = (1, best.settings.ops);
    while least < most {
        let middle = least + (most - least) / 2;
        if beginning(&best, middle).is_some_and(|shorter| search.take(shorter)) {
            most = middle;
        } else {
            least = middle + 1;
        }
    }
}

/// The same run with these actions.
pub(super) fn scripted(planned: &Planned, actions: &[ScriptedAction]) -> Planned {
    let mut planned = planned.clone();
    planned.script = Some(Arc::from(actions));
    planned.settings.ops = actions.len() as u64;
    // A script has its own times.
    planned.settings.pace = Pace::Poisson;
    planned
}

/// The same replay of the first operations only.
fn beginning(planned: &Planned, ops: u64) -> Option<Planned> {
    let mut planned = planned.clone();
    let workload = planned.workload.workload.first(ops)?;
    planned.workload = Arc::new(planned.workload.with(workload));
    planned.settings.ops = ops;
    Some(planned)
}
