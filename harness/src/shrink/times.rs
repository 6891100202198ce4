//! Shorter times: actions and faults move closer to what precedes them.

use std::collections::BTreeSet;

use syncbench_strategies::replica::Time;
use syncbench_strategies::selector::Selector;

use super::actions::scripted;
use super::search::Search;
use crate::actions::ScriptedAction;
use crate::run::Planned;

/// Spans that read well, in milliseconds, the shortest first; five are half of the shortest delay of a simple network.
pub(super) const SPANS_MS: [u64; 14] =
    [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 3_600_000];

const MS: u64 = 1_000_000;

/// Brings every moment as close to the one before as possible, and to a whole millisecond.
pub(super) fn sooner(search: &mut Search<'_>) {
    let mut at = 0;
    while let Some((before, now)) = gap(search.best(), at) {
        let span = now - before;
        let start = (at == 0).then_some(0);
        let shorter = start.into_iter().chain(SPANS_MS.map(|ms| ms * MS)).take_while(|shorter| *shorter < span);
        let whole = (span % MS != 0).then(|| span / MS * MS).into_iter();
        let mut spans = shorter.chain(whole.clone()).chain(whole.map(|span| span + MS));
        while let Some(shorter) = spans.next().filter(|_| !search.exhausted()) {
            if shift(search.best(), now, before + shorter).is_some_and(|moved| search.take(moved)) {
                break;
            }
        }
        at += 1;
    }
}

/// The moment with this number and the one before it; before the first is the start of the run.
fn gap(planned: &Planned, at: usize) -> Option<(u64, u64)> {
    let moments: Vec<u64> = moments(planned).into_iter().collect();
    let before = at.checked_sub(1).and_then(|before| moments.get(before)).copied().unwrap_or(0);
    Some((before, *moments.get(at)?)).filter(|(before, now)| before <= now)
}

/// When something happens: actions, and the ends of windows.
fn moments(planned: &Planned) -> BTreeSet<u64> {
    let actions = planned.script.iter().flat_map(|script| script.iter()).map(|action| action.at.0);
    let windows = planned.settings.faults.iter().filter_map(|fault| fault.parse::<Selector>().ok()?.window);
    let ends = windows.flat_map(|(start, end)| [Some(start), end]).flatten().map(|at| at.0);
    // A window from the start on has no beginning that could come sooner.
    actions.chain(ends.filter(|at| *at > 0)).collect()
}

/// The same run with everything from `from` on moved to `to`.
fn shift(planned: &Planned, from: u64, to: u64) -> Option<Planned> {
    let moved = |at: Time| match at.0.checked_sub(from) {
        Some(later) => Time(to + later),
        None => at,
    };
    let script = planned.script.iter().flat_map(|script| script.iter());
    let actions: Vec<_> = script.map(|action| ScriptedAction { at: moved(action.at), ..*action }).collect();
    let mut sooner = scripted(planned, &actions);
    for fault in &mut sooner.settings.faults {
        let mut selector: Selector = fault.parse().ok()?;
        if let Some((start, end)) = selector.window {
            selector.window = Some((moved(start), end.map(moved)));
            *fault = selector.to_string();
        }
    }
    Some(sooner)
}
