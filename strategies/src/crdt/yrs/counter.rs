//! Counters, which the library does not have.
//!
//! Its users keep a map with one entry for each client, which only that client writes, and sum the entries: no increment
//! overwrites another. The naive encoding is one value, the sum, written anew with every increment; of two concurrent
//! increments one is lost.

use yrs::{Any, ClientID, Map, MapRef, Out, ReadTxn, TransactionMut};

use super::value::{from_any, scalar, started, starts};
use crate::document::Document;

/// How a new counter is written. Both kinds are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counters {
    /// A map with one entry for each client.
    Entries,
    /// The sum as one value.
    Sum,
}

/// The entry with the value that a counter began with. No document has this kind of value, so a map with it is a counter.
const START: &str = "";

/// The entry of a client.
pub(super) fn entry(client: ClientID) -> String {
    client.get().to_string()
}

fn start<T: ReadTxn>(txn: &T, map: &MapRef) -> Option<i64> {
    if let Some(Out::Any(any)) = map.get(txn, START) { started(&any) } else { None }
}

/// Whether a map is a counter.
pub(super) fn is_counter<T: ReadTxn>(txn: &T, map: &MapRef) -> bool {
    start(txn, map).is_some()
}

/// The sum of a map that is a counter.
pub(super) fn sum<T: ReadTxn>(txn: &T, map: &MapRef) -> Option<i64> {
    let start = start(txn, map)?;
    let entries = map.iter(txn).filter(|(key, _)| *key != START).map(|(_, out)| i128::from(amount(&out)));
    let sum = i128::from(start) + entries.sum::<i128>();
    Some(sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// What a client has added. A forged update may write anything there.
fn amount(out: &Out) -> i64 {
    match out {
        Out::Any(any) => from_any(any).as_int().unwrap_or(0),
        _ => 0,
    }
}

/// What a client has added to a counter, if it has an entry.
pub(super) fn added<T: ReadTxn>(txn: &T, map: &MapRef, entry: &str) -> Option<i64> {
    map.get(txn, entry).map(|out| amount(&out))
}

/// Writes what a client has added.
pub(super) fn set_added(txn: &mut TransactionMut<'_>, map: &MapRef, entry: &str, added: i64) {
    let added = scalar(&Document::Int(added)).unwrap_or(Any::Null);
    map.insert(txn, entry, added);
}

/// Adds to a counter in the entry of this client. `false` if it would overflow.
pub(super) fn add(txn: &mut TransactionMut<'_>, map: &MapRef, by: i64) -> bool {
    let entry = entry(txn.doc().client_id());
    let own = added(txn, map, &entry).unwrap_or(0).checked_add(by);
    let fits = sum(txn, map).is_some_and(|sum| sum.checked_add(by).is_some());
    own.filter(|_| fits).map(|own| set_added(txn, map, &entry, own)).is_some()
}

/// Makes a new counter have this value, whatever its entries sum up to.
pub(super) fn correct(txn: &mut TransactionMut<'_>, map: &MapRef, value: i64) {
    if let (Some(start), Some(sum)) = (start(txn, map), sum(txn, map))
        && sum != value
    {
        map.insert(txn, START, starts(start.saturating_add(value.saturating_sub(sum))));
    }
}

/// Fills the map of a new counter.
pub(super) fn fill(txn: &mut TransactionMut<'_>, map: &MapRef, value: i64) {
    map.insert(txn, START, starts(value));
}
