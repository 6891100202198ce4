//! A finished run as an oracle sees it: every operation, its fate, and what its user had seen when it acted.

use serde::de::DeserializeOwned;
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::OpId;

use crate::ledger::{Entry, Fate, Ledger};

/// A finished run.
pub struct History<'a> {
    /// The initial document.
    pub genesis: &'a Document,
    /// The final state; of the first client, where they differ.
    pub last: &'a Document,
    /// What became of every operation.
    pub ledger: &'a Ledger,
}

impl<'a> History<'a> {
    /// Every operation of the model, by client and number. Undos are not among them: see [`Issued::undone`].
    pub fn operations<O: DeserializeOwned>(&self) -> Vec<Issued<'a, O>> {
        let operations = self.ledger.entries().filter(|entry| entry.undoes.is_none());
        operations.filter_map(|entry| entry.operation.decode().map(|op| Issued { op, entry })).collect()
    }

    /// Those that were confirmed, not undone and not censored.
    pub fn confirmed<O: DeserializeOwned>(&self) -> Vec<Issued<'a, O>> {
        let mut operations = self.operations();
        operations.retain(|operation| operation.outcome().is_some());
        operations
    }
}

/// An operation that a user issued, decoded.
#[derive(Debug)]
pub struct Issued<'a, O> {
    /// What the user wanted.
    pub op: O,
    /// Its entry in the ledger.
    pub entry: &'a Entry,
}

impl<O> Issued<'_, O> {
    /// Which operation.
    pub fn id(&self) -> OpId {
        self.entry.id
    }

    /// Its outcome, if it was confirmed, not undone and not censored: its effect is expected.
    pub fn outcome(&self) -> Option<&Document> {
        self.entry.outcome()
    }

    /// Whether its user undid it and the undo was confirmed: its effect must be gone.
    pub fn undone(&self) -> bool {
        self.entry.undone
    }

    /// Whether it was rejected: it has no effect.
    pub fn rejected(&self) -> bool {
        self.entry.rejected()
    }

    /// Whether its user had `other` reflected, or had issued it, when it acted.
    pub fn follows<P>(&self, other: &Issued<'_, P>) -> bool {
        self.entry.follows(other.entry)
    }

    /// Whether neither of two operations follows the other.
    pub fn concurrent_with<P>(&self, other: &Issued<'_, P>) -> bool {
        self.entry.concurrent_with(other.entry)
    }
}

impl Entry {
    /// See [`Issued::outcome`].
    pub(crate) fn outcome(&self) -> Option<&Document> {
        match &self.fate {
            Fate::Confirmed(outcome) if !self.undone && !self.censored => Some(outcome),
            _ => None,
        }
    }

    /// See [`Issued::rejected`].
    pub(crate) fn rejected(&self) -> bool {
        matches!(self.fate, Fate::Rejected(_))
    }

    /// Whether it may have had its effect or not: nobody was told, or the run ended before it could be seen everywhere.
    pub(crate) fn open(&self) -> bool {
        self.fate == Fate::Unknown || (self.censored && !self.rejected())
    }

    /// Whether it can have its effect: it was neither rejected nor undone. Its fate may be unknown.
    pub(crate) fn stands(&self) -> bool {
        !self.undone && !self.rejected()
    }

    /// See [`Issued::follows`].
    pub(crate) fn follows(&self, other: &Self) -> bool {
        self.reflected.contains(other.id) || (self.id.client == other.id.client && self.id.n > other.id.n)
    }

    /// See [`Issued::concurrent_with`].
    pub(crate) fn concurrent_with(&self, other: &Self) -> bool {
        self.id != other.id && !self.follows(other) && !other.follows(self)
    }

    /// Whether its user's replica reflected all of that user's operations that it reflected when `earlier`, of the same user, was
    /// issued: it has not been wiped in between, or has them again.
    pub(crate) fn keeps_own(&self, earlier: &Self) -> bool {
        self.reflected.has_all_of(self.id.client, &earlier.reflected)
    }

    /// Whether it is by the user of `other`, issued later and while `other` was not reflected at its own replica: not yet, or not
    /// any more.
    pub(crate) fn overtakes(&self, other: &Self) -> bool {
        self.id.client == other.id.client && self.id.n > other.id.n && !self.reflected.contains(other.id)
    }
}
