//! The library's document, and what is where in it.

use yrs::{Array, GetString, Map, MapRef, Out, ReadTxn};

use super::counter::{Counters, is_counter, sum};
use super::value::from_any;
use crate::document::{Document, Key, Kind, Step};

/// The library's document, and the map that everything is in.
pub(super) struct Library {
    pub(super) doc: yrs::Doc,
    pub(super) root: MapRef,
    pub(super) counters: Counters,
}

/// What is at a path. Nothing is inside a counter.
pub(super) fn find<T: ReadTxn>(txn: &T, root: &MapRef, path: &[Step]) -> Option<Out> {
    let mut at = Out::YMap(root.clone());
    for step in path {
        at = match (&at, step) {
            (Out::YMap(map), Step::Key(key)) if !is_counter(txn, map) => map.get(txn, key)?,
            (Out::YArray(list), Step::Index(index)) => list.get(txn, u32::try_from(*index).ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

/// The map at a path that entries can be written into.
pub(super) fn find_map<T: ReadTxn>(txn: &T, root: &MapRef, path: &[Step]) -> Option<MapRef> {
    match find(txn, root, path)? {
        Out::YMap(map) if !is_counter(txn, &map) => Some(map),
        _ => None,
    }
}

/// The value with everything in it.
pub(super) fn materialise<T: ReadTxn>(txn: &T, out: &Out) -> Document {
    match out {
        Out::Any(any) => from_any(any),
        Out::YText(text) => Document::text(&text.get_string(txn)),
        Out::YArray(list) => Document::List(list.iter(txn).map(|item| materialise(txn, &item)).collect()),
        Out::YMap(map) => {
            if let Some(sum) = sum(txn, map) {
                return Document::Counter(sum);
            }
            let entries = map.iter(txn).map(|(key, value)| (Key::from(key), materialise(txn, &value)));
            Document::Map(entries.collect())
        }
        _ => Document::Null,
    }
}

pub(super) fn kind<T: ReadTxn>(txn: &T, out: &Out) -> Kind {
    match out {
        Out::YText(_) => Kind::Text,
        Out::YArray(_) => Kind::List,
        Out::YMap(map) if is_counter(txn, map) => Kind::Counter,
        Out::YMap(_) => Kind::Map,
        Out::Any(any) => from_any(any).kind(),
        _ => Kind::Null,
    }
}
