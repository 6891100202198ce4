//! Everything that a client saves, and how the server's order changes it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::document::{Document, diff};
use crate::model::Outcome;
use crate::node::NodeId;
use crate::ot::jupiter::message::Entry;
use crate::replica::ProtocolError;

/// A change that has no place yet, with the operations in it and what their user gets.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) change: Change,
    pub(super) outcomes: Vec<(u64, Outcome)>,
}

impl Pending {
    /// The last operation in it.
    pub(super) fn through(&self) -> u64 {
        self.outcomes.last().map_or(0, |(n, _)| *n)
    }
}

/// Cheap to copy, so that a message is taken whole or not at all.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) rev: u64,
    /// The document at that revision.
    pub(super) base: Document,
    /// How many own changes have their place.
    pub(super) placed: u64,
    pub(super) inflight: Option<Pending>,
    /// Changes made since; one if they are composed.
    pub(super) buffer: VecDeque<Pending>,
}

/// What an entry did.
pub(super) enum Taken {
    /// It was known already.
    Nothing,
    /// This client's inflight change has its place.
    Own(Pending),
    /// Another client's change, as the view went through it; and the client's change whose number it has taken.
    Theirs(Change, Option<Pending>),
}

impl State {
    pub(super) fn new(base: Document, placed: u64) -> Self {
        Self { rev: 0, base, placed, inflight: None, buffer: VecDeque::new() }
    }

    /// The number of the next change that gets its place.
    pub(super) fn next_number(&self) -> u64 {
        // A forged entry may have any number.
        self.placed.saturating_add(1)
    }

    /// The base view with the pending changes on it. `None` if they do not fit.
    pub(super) fn view(&self) -> Option<Document> {
        let mut view = self.base.clone();
        self.inflight.iter().chain(&self.buffer).try_for_each(|pending| pending.change.apply(&mut view).ok())?;
        Some(view)
    }

    /// Takes the next change of the server's order, or one that is known already.
    pub(super) fn take(&mut self, entry: &Entry, node: NodeId) -> Result<Taken, ProtocolError> {
        match entry.rev.checked_sub(self.rev) {
            None | Some(0) => return Ok(Taken::Nothing),
            Some(1) => {}
            Some(_) => return Err(ProtocolError::Unexpected(format!("change {} after {}", entry.rev, self.rev))),
        }
        entry.change.apply(&mut self.base).map_err(ProtocolError::malformed)?;
        self.rev = entry.rev;
        // A client that was installed anew counts from beyond the changes of the installs before.
        let own = entry.client == node && entry.number > self.placed;
        if own {
            self.placed = entry.number;
            if let Some(inflight) = self.inflight.take_if(|inflight| inflight.change == entry.change) {
                return Ok(Taken::Own(inflight));
            }
        }
        let theirs = rebase(self.inflight.iter_mut().chain(&mut self.buffer), entry.change.clone());
        // Another change has the number of the inflight one: it came from elsewhere under this client's name.
        let lost = if own { self.inflight.take() } else { None };
        let Some(lost) = lost else { return Ok(Taken::Theirs(theirs, None)) };
        let misfit = || ProtocolError::Unexpected("a change that fits".into());
        let without = lost.change.invert(&self.base).ok_or_else(misfit)?;
        let without = rebase(&mut self.buffer, without);
        Ok(Taken::Theirs(theirs.compose(&without).ok_or_else(misfit)?, Some(lost)))
    }

    /// Takes the inflight change back; gives it, and the change of the view. `None` if there is none or it has no inverse.
    pub(super) fn take_back(&mut self) -> Option<(Pending, Change)> {
        let inflight = self.inflight.take()?;
        let without = inflight.change.invert(&self.base)?;
        Some((inflight, rebase(&mut self.buffer, without)))
    }

    /// Takes another document in place of this one; gives the change of the view. The buffer is made on it: nothing of it
    /// has been sent yet.
    pub(super) fn replace(&mut self, rev: u64, document: Document) -> Change {
        let theirs = Change::of(&diff(&self.base, &document)).unwrap_or_default();
        (self.rev, self.base) = (rev, document);
        rebase(&mut self.buffer, theirs)
    }
}

/// Fits pending changes to another client's change that comes before them, and that change to the view with them.
fn rebase<'a>(pending: impl IntoIterator<Item = &'a mut Pending>, mut theirs: Change) -> Change {
    for pending in pending {
        let change = pending.change.transform(&theirs, true);
        theirs = theirs.transform(&pending.change, false);
        pending.change = change;
    }
    theirs
}
