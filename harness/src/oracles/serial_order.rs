//! Is the final state, with all outcomes, that of some serial order that respects each client's own order?
//!
//! Exhaustive, and so for small runs only. The search walks all interleavings and cuts a branch as soon as an operation's
//! outcome differs from the recorded one; branches that reach the same state by the same operations are searched once.

use std::collections::BTreeSet;

use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::model::{ErasedModel, Rejected, reduce};

use crate::ledger::{Entry, Fate, Ledger};

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerialOrder {
    /// There is such an order.
    Exists,
    /// There is none: the fates of operations contradict the final state.
    None,
    /// Too many operations to search, or undone operations on a text.
    NotSearched,
}

/// Operations up to which the search is tried: twelve of two clients have 924 orders, of four clients 369,600.
pub const MAX_OPS: usize = 12;

/// Searches for an order. `last` is the final state.
pub fn search(model: &dyn ErasedModel, genesis: &Document, last: &Document, ledger: &Ledger) -> SerialOrder {
    let mut lanes: Vec<Vec<&Entry>> = Vec::new();
    for client in ledger.clients() {
        lanes.push(ledger.entries().filter(|entry| entry.id.client == client).collect());
    }
    if lanes.iter().map(Vec::len).sum::<usize>() > MAX_OPS {
        return SerialOrder::NotSearched;
    }
    // Positions chosen after an operation on a text assume it; without the undone operation they mean something else.
    if has_text(last) && ledger.entries().any(|entry| entry.undone) {
        return SerialOrder::NotSearched;
    }
    let mut search = Search { model, lanes, last, seen: BTreeSet::new() };
    let start = vec![0; search.lanes.len()];
    if search.walk(&start, genesis) { SerialOrder::Exists } else { SerialOrder::None }
}

fn has_text(document: &Document) -> bool {
    match document {
        Document::Text(_) => true,
        Document::List(items) => items.iter().any(has_text),
        Document::Map(entries) => entries.values().any(has_text),
        _ => false,
    }
}

struct Search<'a> {
    model: &'a dyn ErasedModel,
    lanes: Vec<Vec<&'a Entry>>,
    last: &'a Document,
    seen: BTreeSet<(Vec<usize>, Digest)>,
}

impl Search<'_> {
    fn walk(&mut self, at: &[usize], state: &Document) -> bool {
        if at.iter().zip(&self.lanes).all(|(index, lane)| *index == lane.len()) {
            return state == self.last;
        }
        if !self.seen.insert((at.to_vec(), state.digest())) {
            return false;
        }
        for lane in 0..self.lanes.len() {
            let Some(entry) = self.lanes[lane].get(at[lane]).copied() else { continue };
            let mut next = at.to_vec();
            next[lane] += 1;
            if entry.undone || entry.undoes.is_some() {
                // An undone operation is as if it had never been. An undo that was rejected, or never answered and without
                // effect, changes nothing.
                if self.walk(&next, state) {
                    return true;
                }
                continue;
            }
            let mut after = state.clone();
            let result = reduce(self.model, &mut after, &entry.operation);
            let (taken, skipped) = match (&entry.fate, &result) {
                // It may not have reached the replica whose state this is.
                (Fate::Confirmed(told), result) if entry.censored => {
                    (result.as_ref().is_ok_and(|got| got == told), true)
                }
                (Fate::Confirmed(told), Ok(outcome)) => (told == outcome, false),
                (Fate::Confirmed(_), Err(_)) => (false, false),
                // An operation that a strategy gave up on did not happen, whether the model would accept it or not.
                (Fate::Rejected(reason), result) => (false, result.is_err() || reason.code == Rejected::STARVED),
                // Neither confirmed nor rejected: it may have happened or not.
                (Fate::Unknown, result) => (result.is_ok(), true),
            };
            if (taken && self.walk(&next, &after)) || (skipped && self.walk(&next, state)) {
                return true;
            }
        }
        false
    }
}
