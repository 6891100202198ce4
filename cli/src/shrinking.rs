//! The search for the smallest run, and its summary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use syncbench_harness::run::{Planned, find_in};
use syncbench_harness::shrink::{self, Budget, Ending, Shrunk, Target};
use syncbench_reports::format::{count, plural};

use crate::out::eprintln;
use crate::panics;
use crate::progress::Shrinking;

/// Shrinks a run, with progress on stderr. Ctrl-C ends the search with what was found so far.
pub(crate) fn smallest(planned: &Planned, kind: &str, budget: Budget) -> Result<(Shrunk, Target), String> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    // Without a handler Ctrl-C ends the program before anything is written.
    let _ = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping with the smallest run so far; press Ctrl-C again to quit now");
    });
    let progress = Shrinking::new();
    let shrunk = panics::unprinted(|| {
        let target = Target::of(&find_in(planned), kind)?;
        let watch = |state: &shrink::Progress| {
            progress.at(state);
            !stop.load(Ordering::Relaxed)
        };
        Ok((shrink::shrink(planned, &target, budget, &watch)?, target))
    });
    progress.clear();
    shrunk
}

/// What became smaller, and whether it could be smaller still.
pub(crate) fn summary(planned: &Planned, shrunk: &Shrunk) -> String {
    let (was, is) = (&planned.settings, &shrunk.planned.settings);
    let unit = planned.workload.spec.size_unit;
    let traced = planned.workload.trace.is_some();
    let mut parts = vec![
        (count(was.ops), plural(is.ops as usize, "operation")),
        (was.clients.to_string(), plural(is.clients as usize, "client")),
    ];
    if !traced && was.size != is.size {
        parts.push((count(was.size), format!("{} {unit} at first", is.size)));
    }
    if !was.faults.is_empty() {
        parts.push((was.faults.len().to_string(), plural(is.faults.len(), "fault")));
    }
    if was.network != is.network {
        parts.push((was.network.clone(), is.network.clone()));
    }
    let parts: Vec<String> = parts.into_iter().map(|(was, is)| format!("{was} to {is}")).collect();
    let end = match (shrunk.end, traced) {
        (Ending::Budget, _) => "The budget ended before every smaller run was tried; raise --budget.",
        (Ending::Stopped, _) => "It was stopped before every smaller run was tried.",
        (Ending::Complete, false) => "No single action can be left out.",
        (Ending::Complete, true) => {
            "A trace is only cut at its end, because each operation refers to positions that earlier ones made."
        }
    };
    format!("{} in {}. {end}\n", parts.join(", "), plural(shrunk.runs as usize, "run"))
}
