//! What one thread writes down. No other thread reads it before the end of the run.

use std::time::Duration;

use syncbench_strategies::replica::{Report, Rng, Time};

use super::Detail;
use crate::clock::Moment;
use crate::event::{Event, What};
use crate::ledger::Action;
use crate::rng::{stream, unit};

/// An entry of a journal.
#[derive(Debug)]
pub(super) struct Noted {
    /// The step of the grid in which its handler was called.
    pub(super) cell: u64,
    pub(super) event: Event,
}

/// The moments at which states are looked at, the same for all threads. Gaps are random, between half and one and a half of
/// the spacing, so that no rhythm of the load can hide between looks.
#[derive(Debug)]
pub(super) struct Grid {
    rng: Rng,
    spacing: Duration,
    /// The number of the current step.
    pub(super) cell: u64,
    /// When it is over.
    pub(super) end: Time,
}

impl Grid {
    /// From the start of the run; one step that never ends for no spacing.
    pub(super) fn new(seed: u64, spacing: Option<Duration>) -> Self {
        let (rng, end) = (stream(seed, "grid", 0, 0), Time(u64::MAX));
        let mut grid = Self { rng, spacing: spacing.unwrap_or_default(), cell: 0, end };
        if spacing.is_some() {
            grid.end = grid.next(Time::ZERO);
        }
        grid
    }

    /// To the step that `now` lies in.
    pub(super) fn advance(&mut self, now: Time) {
        while self.end <= now {
            self.cell += 1;
            self.end = self.next(self.end);
        }
    }

    fn next(&mut self, from: Time) -> Time {
        // A step takes time, whatever the spacing.
        (from + self.spacing.mul_f64(0.5 + unit(&mut self.rng))).max(Time(from.0 + 1))
    }
}

/// A thread's clock and what it has written down.
pub(super) struct Journal {
    origin: Moment,
    detail: Detail,
    /// The last reading of the clock: the next one is later.
    last: Time,
    pub(super) grid: Grid,
    pub(super) entries: Vec<Noted>,
    /// What was issued, in order.
    pub(super) openings: Vec<Action>,
}

impl Journal {
    pub(super) fn new(origin: Moment, grid: Grid, detail: Detail) -> Self {
        Self { origin, detail, last: Time::ZERO, grid, entries: Vec::new(), openings: Vec::new() }
    }

    /// The time: later than every earlier reading and than the sending of every message received so far.
    pub(super) fn now(&mut self) -> Time {
        self.last = Time(self.origin.time().0.max(self.last.0 + 1));
        self.last
    }

    /// A message from another thread was sent then: what follows is later.
    pub(super) fn not_before(&mut self, sent: Time) {
        self.last = self.last.max(sent);
    }

    /// Whether states are looked at.
    pub(super) fn looks(&self) -> bool {
        self.detail == Detail::All
    }

    /// The last reading.
    pub(super) fn last(&self) -> Time {
        self.last
    }

    pub(super) fn note(&mut self, event: Event) {
        if self.detail == Detail::All || of_operations(&event.what) {
            self.entries.push(Noted { cell: self.grid.cell, event });
        }
    }
}

/// Whether this belongs to the life of an operation, and not to messages, costs or states.
pub(super) fn of_operations(what: &What) -> bool {
    matches!(
        what,
        What::Live
            | What::Issued { .. }
            | What::Report(Report::Shown(_))
            | What::Report(Report::Reflected(_))
            | What::Report(Report::ReflectedThrough(_))
            | What::Report(Report::Tagged(..))
            | What::Report(Report::ReflectedTags(..))
            | What::Report(Report::Pending(_))
            | What::Report(Report::Void(_))
            | What::Report(Report::Overwritten(..))
            | What::Report(Report::StartedOver(_))
            | What::Report(Report::Confirmed(..))
            | What::Report(Report::Rejected(..))
    )
}
