//! What one thread writes down, for nobody else to see before the end.

use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::Time;

use super::Detail;
use crate::clock::Moment;
use crate::event::{Event, What};

/// An entry of a journal.
#[derive(Debug)]
pub(super) struct Noted {
    /// Which step of the grid it belongs to: that in which its handler was called.
    pub(super) cell: u64,
    pub(super) event: Event,
}

/// What was issued, in order.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) operation: Operation,
    pub(super) seen: Document,
}

/// A thread's clock and what it has written down.
pub(super) struct Journal {
    origin: Moment,
    grid_ns: u64,
    detail: Detail,
    /// The last reading of the clock: the next one is later.
    last: Time,
    cell: u64,
    pub(super) entries: Vec<Noted>,
    pub(super) openings: Vec<Opening>,
}

impl Journal {
    pub(super) fn new(origin: Moment, grid: Duration, detail: Detail) -> Self {
        let grid_ns = u64::try_from(grid.as_nanos()).unwrap_or(u64::MAX).max(1);
        Self { origin, grid_ns, detail, last: Time::ZERO, cell: 0, entries: Vec::new(), openings: Vec::new() }
    }

    /// The time: later than any this thread has read before, or has heard of.
    pub(super) fn now(&mut self) -> Time {
        self.last = Time(self.origin.time().0.max(self.last.0 + 1));
        self.last
    }

    /// A message from another thread: what follows is later.
    pub(super) fn heard(&mut self, sent: Time) {
        self.last = self.last.max(sent);
    }

    /// When the current step of the grid is over.
    pub(super) fn cell_end(&self) -> Time {
        Time((self.cell + 1).saturating_mul(self.grid_ns))
    }

    /// What is written from `now` on belongs to the step of the grid that `now` lies in.
    pub(super) fn enter_cell(&mut self, now: Time) {
        self.cell = now.0 / self.grid_ns;
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
            self.entries.push(Noted { cell: self.cell, event });
        }
    }
}

/// Whether this tells of the life of operations, and not of messages, costs or states.
pub(super) fn of_operations(what: &What) -> bool {
    matches!(
        what,
        What::Live
            | What::Issued { .. }
            | What::Shown(_)
            | What::Reflected(_)
            | What::ReflectedThrough(_)
            | What::Tagged(..)
            | What::ReflectedTag(_)
            | What::Void(_)
            | What::Committed(..)
            | What::Rejected(..)
    )
}
