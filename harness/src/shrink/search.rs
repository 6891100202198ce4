//! The runs tried so far, the smallest of them, and what is left of the budget.

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_strategies::document::Digest;

use super::{Ending, Target};
use crate::clock::Moment;
use crate::run::{Planned, find_in};

/// The budget of shrinking: it ends with the part that is spent first.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Real time.
    pub time: Duration,
    /// Actions times clients of all runs together: unlike time, the same on every machine.
    pub work: u64,
}

/// The progress of shrinking.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Runs so far.
    pub runs: u64,
    /// Actions of the smallest run so far.
    pub actions: u64,
    /// Its clients.
    pub clients: u32,
    /// Time since the start.
    pub elapsed: Duration,
    /// Time that may be spent.
    pub budget: Duration,
}

/// The smallest run so far.
pub(super) struct Search<'a> {
    best: Planned,
    target: &'a Target,
    /// Whether runs that were tried had the target.
    tried: BTreeMap<Digest, bool>,
    /// How often a smaller run was taken.
    taken: u64,
    runs: u64,
    work: u64,
    budget: Budget,
    begun: Moment,
    watch: &'a dyn Fn(&Progress) -> bool,
    stopped: bool,
}

impl<'a> Search<'a> {
    /// Starts with a run that has the target.
    pub(super) fn new(
        planned: &Planned,
        target: &'a Target,
        budget: Budget,
        watch: &'a dyn Fn(&Progress) -> bool,
    ) -> Result<Self, String> {
        let mut search = Self {
            best: planned.clone(),
            target,
            tried: BTreeMap::new(),
            taken: 0,
            runs: 0,
            work: 0,
            budget,
            begun: Moment::now(),
            watch,
            stopped: false,
        };
        if search.has_target(planned) { Ok(search) } else { Err(format!("this run has no finding `{}`", target.kind)) }
    }

    pub(super) fn kind(&self) -> &str {
        &self.target.kind
    }

    pub(super) fn best(&self) -> &Planned {
        &self.best
    }

    /// How often a smaller run was taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether the budget is spent.
    pub(super) fn exhausted(&self) -> bool {
        self.stopped || self.work >= self.budget.work || self.begun.elapsed() >= self.budget.time
    }

    /// Tries a run that is smaller than the best one: it becomes the best one if it has the target.
    pub(super) fn take(&mut self, candidate: Planned) -> bool {
        if !self.has_target(&candidate) {
            return false;
        }
        self.best = candidate;
        self.taken += 1;
        true
    }

    /// Tries a change of the best run.
    pub(super) fn take_with(&mut self, change: impl FnOnce(&mut Planned)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.take(candidate)
    }

    /// Whether a run has the target. Once the budget is spent, no run has.
    fn has_target(&mut self, candidate: &Planned) -> bool {
        let condition = (&candidate.workload.label, &candidate.settings, &candidate.script);
        // Plain data.
        let key = Digest::of(&serde_json::to_vec(&condition).unwrap_or_default());
        if let Some(known) = self.tried.get(&key) {
            return *known;
        }
        if self.exhausted() || !possible(candidate) {
            return false;
        }
        self.runs += 1;
        self.work =
            self.work.saturating_add(candidate.settings.ops.max(1).saturating_mul(candidate.settings.clients.into()));
        let has = self.target.found(&find_in(candidate)).is_some();
        self.tried.insert(key, has);
        let progress = Progress {
            runs: self.runs,
            actions: self.best.settings.ops,
            clients: self.best.settings.clients,
            elapsed: self.begun.elapsed(),
            budget: self.budget.time,
        };
        self.stopped |= !(self.watch)(&progress);
        has
    }

    /// The best run, how many were tried, and why the search ended.
    pub(super) fn end(self) -> (Planned, u64, Ending) {
        let end = match (self.stopped, self.exhausted()) {
            (true, _) => Ending::Stopped,
            (false, true) => Ending::Budget,
            (false, false) => Ending::Complete,
        };
        (self.best, self.runs, end)
    }
}

/// Whether the run is possible: faults and network exist, and a client takes part at the end.
fn possible(candidate: &Planned) -> bool {
    let (settings, known) = (&candidate.settings, &candidate.product.known);
    let faults = settings.armed(known).is_ok_and(|faults| faults.survivors(settings.clients).next().is_some());
    faults && settings.profile(known).is_ok()
}
