//! The library's document, and what is where in it.

use yrs::{Array, Map, MapRef, Out, ReadTxn};

use crate::document::Step;

/// The library's document, and the map that everything is in.
pub(super) struct Library {
    pub(super) doc: yrs::Doc,
    pub(super) root: MapRef,
}

/// What is at a path.
pub(super) fn find<T: ReadTxn>(txn: &T, root: &MapRef, path: &[Step]) -> Option<Out> {
    let mut at = Out::YMap(root.clone());
    for step in path {
        at = match (&at, step) {
            (Out::YMap(map), Step::Key(key)) => map.get(txn, key)?,
            (Out::YArray(list), Step::Index(index)) => list.get(txn, u32::try_from(*index).ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}
