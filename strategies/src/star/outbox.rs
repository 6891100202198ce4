//! A client's operations whose fate it does not know yet.

use std::collections::BTreeMap;

/// Pending operations by their number. Saved before they are sent, so that they survive broken connections and crashes.
pub(crate) type Outbox<T> = BTreeMap<u64, T>;

/// Takes out the first pending operation, if its number is at most `last`.
pub(crate) fn next_through<T>(outbox: &mut Outbox<T>, last: u64) -> Option<(u64, T)> {
    let first = outbox.first_entry().filter(|first| *first.key() <= last)?;
    Some(first.remove_entry())
}
