//! Entries of maps that were restored, or that are gone.

use std::collections::{BTreeMap, BTreeSet};

use yrs::{Array, BranchID, ID, Map, Out, SharedRef, Transact, TransactionMut};

use super::Inverse;
use super::places::object;
use super::slots::Entry;
use crate::crdt::yrs::counter::{self, Counters};
use crate::crdt::yrs::edit::Place;
use crate::crdt::yrs::library::materialise;
use crate::document::{Document, Key};

impl Inverse<'_> {
    /// An object is back. What is missing in it, because another client has overwritten it meanwhile out of sight, is written
    /// anew.
    pub(super) fn fill(&mut self, id: &ID, was: &Document) {
        let Some(id) = self.put_back_as(id) else { return };
        // Where an entry is owed more than once, the last that was written counts.
        let owed = |entry: &Entry| Some(((self.branch(&entry.map)?, entry.key.clone()), entry.wrote.clone()));
        let owing = self.owing.iter().filter_map(owed).collect();
        let mut txn = self.library.doc.transact_mut();
        if let Some(out) = object(&txn, &id) {
            fill(&mut txn, (&out, was), self.library.counters, &owing, &mut self.open);
        }
        self.updates.extend(txn.has_changes().then(|| txn.encode_update_v1()));
    }

    /// Writes an entry anew that was not restored because its map is another one now. Returns it if the map is gone.
    pub(super) fn enter(&mut self, entry: &Entry) -> Option<Entry> {
        let Some(map) = self.map(&entry.map) else { return Some(entry.clone()) };
        if let (Some(was), false) = (&entry.was, self.is_in_place(&entry.map)) {
            let mut txn = self.library.doc.transact_mut();
            if map.get(&txn, &entry.key).is_none() {
                Place::Entry(&map, &entry.key).write(&mut txn, was, self.library.counters);
                self.updates.push(txn.encode_update_v1());
            }
        }
        None
    }

    /// Gives an owed entry its former value if its map is back with the value that was undone. Returns whether it is.
    pub(super) fn repay(&mut self, entry: &Entry) -> bool {
        let Some(map) = self.map(&entry.map) else { return false };
        let open = self.open.remove(&(map.hook().into(), entry.key.clone()));
        let mut txn = self.library.doc.transact_mut();
        let now = map.get(&txn, &entry.key).map(|out| materialise(&txn, &out));
        if now != entry.wrote && !open {
            return false;
        }
        match &entry.was {
            _ if now == entry.was => {}
            Some(was) => Place::Entry(&map, &entry.key).write(&mut txn, was, self.library.counters),
            None => drop(map.remove(&mut txn, &entry.key)),
        }
        self.updates.extend(txn.has_changes().then(|| txn.encode_update_v1()));
        true
    }
}

/// Writes into an object what is missing in it. Entries that are `owing` are noted as `open` instead.
fn fill(
    txn: &mut TransactionMut<'_>,
    (out, was): (&Out, &Document),
    counters: Counters,
    owing: &BTreeMap<(BranchID, Key), Option<Document>>,
    open: &mut BTreeSet<(BranchID, Key)>,
) {
    match (out, was) {
        (Out::YMap(map), Document::Counter(sum)) => {
            // Of what this client has added, the part that is owed is not restored, and is in the sum.
            let own = counter::entry(txn.doc().client_id());
            let owed = owing.get(&(map.hook().into(), own.as_str().into())).and_then(Option::as_ref);
            if let Some(added) = owed.and_then(Document::as_int) {
                counter::set_added(txn, map, &own, added);
            }
            counter::correct(txn, map, *sum);
        }
        (Out::YMap(map), Document::Map(entries)) => {
            for (key, was) in entries {
                let entry = (map.hook().into(), key.clone());
                match map.get(txn, key) {
                    Some(out) => fill(txn, (&out, was), counters, owing, open),
                    None if owing.contains_key(&entry) => drop(open.insert(entry)),
                    None => Place::Entry(map, key).write(txn, was, counters),
                }
            }
        }
        (Out::YArray(list), Document::List(items)) if list.len(txn) as usize == items.len() => {
            for (index, was) in (0..).zip(items) {
                if let Some(out) = list.get(txn, index) {
                    fill(txn, (&out, was), counters, owing, open);
                }
            }
        }
        _ => {}
    }
}
