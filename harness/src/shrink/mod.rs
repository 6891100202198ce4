//! Delta debugging: from a run with a finding to the smallest one that still has a finding of the same kind.
//!
//! After Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002). The run is first recorded as a
//! script: which user acted when, on which of its intents. Then every part is made smaller in a fixed order, again and
//! again until nothing changes any more: actions, faults, network, clients, document, times. A change
//! stays if the same oracle reports the same kind. An intent that is kept draws from its own random stream and is resolved
//! against what its user sees now, so what is left is still what these users would do, and the oracle's expectations hold.
//!
//! In the end no single action can be left out (1-minimal), and shrinking the result gives the result. A recorded trace is
//! only cut at its end: every operation stands at positions that earlier ones have made.

mod actions;
mod clients;
mod conditions;
mod ddmin;
mod search;
mod size;
mod target;
mod times;

use std::time::Duration;

use crate::results::Cell;
use crate::run::{Planned, find_in, unsupported};
use crate::settings::Engine;
use search::Search;
pub use search::{Budget, Progress};
pub use target::{FAILED, Target, targets};

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// No smaller run is left to try.
    Complete,
    /// The budget was spent.
    Budget,
    /// Its watcher stopped it.
    Stopped,
}

/// The smallest run that was found.
pub struct Shrunk {
    /// The run.
    pub planned: Planned,
    /// Its results.
    pub cell: Cell,
    /// How many runs were tried.
    pub runs: u64,
    /// Why the search ended.
    pub end: Ending,
}

/// Shrinks a run whose finding or broken claim is of the target's kind. `watch` is called after every run; shrinking ends early
/// where it returns `false`.
///
/// The error says why this run cannot be shrunk: real time, or no such finding.
pub fn shrink(
    planned: &Planned,
    target: &Target,
    budget: Budget,
    watch: &dyn Fn(&Progress) -> bool,
) -> Result<Shrunk, String> {
    if planned.settings.engine != Engine::Sim {
        return Err("a run in real time does not repeat; expected --engine sim".into());
    }
    if let Some(why) = unsupported(planned).map_err(|error| error.to_string())? {
        return Err(format!("{} does not run this: {why}", planned.strategy.label));
    }
    let mut search = Search::new(planned, target, budget, watch)?;
    let traced = planned.workload.workload.schedule().is_some();
    conditions::write_down(&mut search);
    if !traced {
        actions::write_down(&mut search)?;
    }
    loop {
        let before = search.taken();
        if traced {
            actions::cut_trace(&mut search);
        } else {
            actions::fewer(&mut search);
        }
        conditions::fewer_faults(&mut search);
        conditions::plainer(&mut search);
        if !traced {
            clients::fewer(&mut search);
            times::sooner(&mut search);
        }
        // The document becomes smaller last: an empty one needs operations that fill it.
        if !traced && search.taken() == before {
            size::smaller(&mut search);
        }
        if search.taken() == before || search.exhausted() {
            break;
        }
    }
    let (planned, runs, end) = search.end();
    let cell = find_in(&planned);
    Ok(Shrunk { planned, cell, runs, end })
}

impl Default for Budget {
    /// A minute: as long as people wait for an answer that they asked for.
    fn default() -> Self {
        Self { time: Duration::from_secs(60), work: u64::MAX }
    }
}

#[cfg(test)]
mod tests;
