//! What a run shows of a claim that is missing, so that there is a command beside every veto.

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_harness::metric::{MetricSpec, TOTAL};
use syncbench_harness::metrics::{ECHO_MS, LOST_INTENTS, OPS_ISSUED};
use syncbench_harness::results::{Cell, Outcome};

use super::decision::Shown;
use super::entry::{Entry, Measured};
use super::span;
use super::study::{AWAY, CONNECTED};
use crate::format::{counts, figure};

/// What the runs of an entry show of an answer that it fails by what it says about itself. `None` where nothing was run.
pub(super) fn shown(measured: &Measured<'_>, entry: &Entry, answer: &str) -> Option<Shown> {
    let part = if answer == "offline" { AWAY } else { CONNECTED };
    let cells: Vec<&Cell> = entry.rows(measured, part).flat_map(|row| row.cells.iter().copied()).collect();
    let unsupported = cells.iter().find(|cell| cell.outcome == Outcome::Unsupported);
    let (cell, says) = match (answer, unsupported) {
        ("data" | "undo", Some(cell)) => (*cell, refuses(cell)),
        // What it does not carry shows no more of any other answer.
        (_, Some(cell)) if measured_of(&cells).next().is_none() => (*cell, refuses(cell)),
        ("data" | "undo" | "refuse" | "invariant", _) => {
            most(&cells, &LOST_INTENTS, TOTAL).map(|cell| (cell, lost(cell)))?
        }
        ("offline", _) => {
            let cell = most(&cells, &ECHO_MS, "max")?;
            let waited = Duration::try_from_secs_f64(cell.number(&ECHO_MS, "max")? / 1e3).ok()?;
            let waited = span::words(waited);
            (cell, format!("in one run somebody waited {waited} to see their own change"))
        }
        ("peers", _) => (measured_of(&cells).next()?, "every message passes the server".to_owned()),
        _ => return None,
    };
    Some(Shown { says, replay: cell.replay.clone() })
}

/// Why a cell was not run.
fn refuses(cell: &Cell) -> String {
    format!("the command says: {}", cell.reason.as_deref().unwrap_or("not supported"))
}

fn measured_of<'c>(cells: &'c [&'c Cell]) -> impl Iterator<Item = &'c Cell> {
    cells.iter().copied().filter(|cell| cell.outcome == Outcome::Measured)
}

/// The cell with the largest value, the first of several.
fn most<'c>(cells: &'c [&'c Cell], metric: &MetricSpec, field: &str) -> Option<&'c Cell> {
    let value = |cell: &Cell| cell.number(metric, field).unwrap_or(0.0);
    measured_of(cells).reduce(|most, cell| if value(cell) > value(most) { cell } else { most })
}

/// How many operations of a run were confirmed and not kept, by kind.
fn lost(cell: &Cell) -> String {
    let ops = figure(cell.number(&OPS_ISSUED, "").unwrap_or(0.0));
    let kinds =
        cell.findings.iter().filter(|finding| finding.lost).map(|finding| (finding.kind.as_str(), finding.count));
    let kinds: BTreeMap<_, _> = kinds.collect();
    match kinds.is_empty() {
        true => format!("in one run of {ops} operations nothing was lost: luck, not a rule"),
        false => format!("of {ops} operations in one run it confirmed and did not keep {}", counts(&kinds)),
    }
}
