//! A server's order, and how it brings a client up to date.

use std::collections::{VecDeque, vec_deque};

use serde::{Deserialize, Serialize};

use crate::node::OpId;
use crate::replica::{Context, ProtocolError};
use crate::sidecar::{Clock, Sidecar};

/// An entry of a log that is one operation.
pub(crate) trait Placed {
    /// The operation.
    fn id(&self) -> OpId;
}

/// An order of entries, whose places count from 1: how far it has come, and the latest entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Log<E> {
    end: u64,
    entries: VecDeque<E>,
}

impl<E> Default for Log<E> {
    fn default() -> Self {
        Self { end: 0, entries: VecDeque::new() }
    }
}

impl<E> Log<E> {
    /// Fails on a saved log that has more entries than places.
    pub(crate) fn check(self) -> Result<Self, ProtocolError> {
        match self.end.checked_sub(self.entries.len() as u64) {
            Some(_) => Ok(self),
            None => Err(ProtocolError::malformed("more entries than places")),
        }
    }

    /// The last place.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The entries that are kept, ascending.
    pub(crate) fn entries(&self) -> &VecDeque<E> {
        &self.entries
    }

    /// The same, to be changed.
    pub(crate) fn entries_mut(&mut self) -> &mut VecDeque<E> {
        &mut self.entries
    }

    /// The entries that are kept, with their places.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u64, &E)> {
        (self.end - self.entries.len() as u64 + 1..).zip(&self.entries)
    }

    /// Gives an entry the next place. Of the entries before it the latest are kept, `limit` in all.
    pub(crate) fn push(&mut self, entry: E, limit: usize) {
        self.end += 1;
        self.entries.push_back(entry);
        self.entries.drain(..self.entries.len().saturating_sub(limit));
    }

    /// Drops the entries up to a place.
    pub(crate) fn forget_through(&mut self, place: u64) {
        let kept = usize::try_from(self.end.saturating_sub(place)).unwrap_or(usize::MAX);
        self.entries.drain(..self.entries.len().saturating_sub(kept));
    }

    /// How many entries follow a place. Fails beyond the end.
    pub(crate) fn behind(&self, place: u64) -> Result<u64, ProtocolError> {
        let behind = self.end.checked_sub(place);
        behind.ok_or_else(|| ProtocolError::Unexpected(format!("at place {place}, the order ends at {}", self.end)))
    }

    /// The entries that follow a place; `None` where not all of them are kept.
    pub(crate) fn since(&self, place: u64) -> Option<vec_deque::Iter<'_, E>> {
        let behind = usize::try_from(self.end.checked_sub(place)?).ok()?;
        Some(self.entries.range(self.entries.len().checked_sub(behind)?..))
    }

    /// What a client misses that has everything up to a place. `snapshot` gives the state at the end.
    pub(crate) fn catch_up<T, S>(
        &self,
        place: u64,
        entry: impl FnMut(&E) -> T,
        snapshot: impl FnOnce() -> S,
        cx: &mut Context<'_>,
    ) -> Result<Update<T, S>, ProtocolError> {
        self.behind(place)?;
        Ok(match self.since(place) {
            Some(entries) => Update::Entries { after: place, entries: entries.map(entry).collect() },
            None => {
                cx.count("snapshots", 1);
                Update::Snapshot { seq: self.end, state: snapshot() }
            }
        })
    }
}

/// What a server tells of its order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Update<E, S> {
    /// What follows the place `after`, without gaps.
    Entries { after: u64, entries: Vec<E> },
    /// The state at a place, where the log no longer has all that the client misses.
    Snapshot { seq: u64, state: S },
}

impl<E: Placed, S> Update<E, S> {
    /// The operations in it, given the last operation of each client in the order.
    pub(crate) fn sidecar(&self, clock: impl FnOnce() -> Clock) -> Sidecar {
        match self {
            Update::Entries { entries, .. } => Sidecar::ops(entries.iter().map(Placed::id)),
            Update::Snapshot { .. } => Sidecar::state(&clock()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(end: u64, limit: usize) -> Log<u64> {
        let mut log = Log::default();
        (1..=end).for_each(|entry| log.push(entry, limit));
        log
    }

    #[test]
    fn a_log_keeps_its_latest_entries_and_their_places() {
        let mut log = log(7, 3);
        assert!(log.numbered().all(|(place, entry)| place == *entry) && log.entries().len() == 3);
        assert_eq!(log.since(5).map(Iterator::collect::<Vec<_>>), Some(vec![&6, &7]));
        assert_eq!(log.since(7).map(Iterator::count), Some(0));
        assert!(log.since(3).is_none() && log.since(8).is_none());
        assert!(log.behind(8).is_err() && log.behind(3) == Ok(4));
        log.forget_through(5);
        assert_eq!((log.end(), log.numbered().next()), (7, Some((6, &6))));
        log.forget_through(9);
        assert_eq!((log.end(), log.entries().len()), (7, 0));
    }

    #[test]
    fn a_saved_log_with_more_entries_than_places_is_an_error() {
        let saved = Log { end: 2, entries: [1, 2, 3].into() };
        assert!(saved.check().is_err() && log(3, 3).check().is_ok());
    }
}
