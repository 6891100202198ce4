//! Taking turns in real time: a ledger that is kept while the run lasts, so that the next user acts when the last operation
//! is visible everywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use syncbench_strategies::replica::{NodeId, OpId};

use super::Notice;
use crate::ledger::{Fate, Ledger};
use crate::task::Task;

pub(super) struct Turns {
    ledger: Ledger,
    gap: Duration,
    clients: u32,
    acted: u64,
    /// The last operation.
    last: Option<OpId>,
    /// A user has the turn and has not acted yet.
    given: bool,
}

impl Turns {
    pub(super) fn new(task: &Task<'_>) -> Self {
        let ledger = Ledger::new(task.clients);
        Self { ledger, gap: task.gap(), clients: task.clients, acted: 0, last: None, given: false }
    }

    /// A thread reports, before any other can learn of it by a message.
    pub(super) fn take(&mut self, notice: Notice) {
        match notice {
            Notice::Opened { op, action, at, intended } => {
                self.ledger.open(op, action, at, intended);
                self.last = Some(op);
            }
            Notice::Happened(event) => self.ledger.enter(&event),
            Notice::Acted => {
                self.acted += 1;
                self.given = false;
            }
            Notice::Ready(_) | Notice::Done(_) | Notice::Panicked(..) => {}
        }
    }

    /// Who acts next, and in how long; at once if the group is `quiescent` before the last operation is resolved and visible.
    pub(super) fn next(&mut self, acting: &BTreeSet<NodeId>, quiescent: bool) -> Option<(NodeId, Duration)> {
        let resolved = self.last.and_then(|op| self.ledger.entry(op)).is_none_or(|entry| {
            // Those before the last one are resolved already: it came after them.
            entry.fate != Fate::Unknown && entry.visible.is_some()
        });
        if self.given || !(resolved || quiescent) {
            return None;
        }
        let turn = NodeId((self.acted % u64::from(self.clients)) as u32 + 1);
        let next = acting.get(&turn).or_else(|| acting.first()).copied()?;
        self.given = true;
        Some((next, if resolved { self.gap } else { Duration::ZERO }))
    }
}
