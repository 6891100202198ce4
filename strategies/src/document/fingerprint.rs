//! Fingerprints: hashes of states that follow an edit without reading the rest of the state.
//!
//! A map that has its fingerprint adds to it what an entry gains and takes away what it loses (Bellare and Micciancio, "A new
//! paradigm for collision-free hashing", EUROCRYPT 1997). A state that is looked at after every event need not be encoded each
//! time. A fingerprint says nothing about the encoding, and belongs in no result: that is the [`Digest`](super::Digest).

use std::sync::{Mutex, MutexGuard, PoisonError};

use imbl::OrdMap;
use smallvec::SmallVec;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use super::{Document, Key};

/// A 128-bit hash of a state: of equal documents, those that have one have the same, whatever edits led to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl Document {
    /// The fingerprint, unless it would take as long as the encoding: texts and long lists have none, and neither has what
    /// holds one.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Some(match self {
            Document::Null | Document::Bool(_) | Document::Int(_) | Document::Float(_) | Document::Counter(_) => {
                let (tag, value) = number(self)?;
                scalar(tag, value)
            }
            Document::String(value) => pair(5, 0, xxh3_128(value.as_bytes())),
            Document::List(list) => return list.fingerprint(),
            Document::Map(map) => return map.fingerprint(),
            Document::Text(_) => return None,
        })
    }
}

/// What fits into a number, with its kind.
fn number(document: &Document) -> Option<(u64, u64)> {
    Some(match document {
        Document::Null => (0, 0),
        Document::Bool(value) => (1, u64::from(*value)),
        Document::Int(value) => (2, *value as u64),
        Document::Float(value) => (3, value.0),
        Document::Counter(value) => (4, *value as u64),
        Document::String(_) | Document::List(_) | Document::Map(_) | Document::Text(_) => return None,
    })
}

/// Sets hashes of short keys with numbers apart from all others.
const NUMBERS: u64 = 1;

fn scalar(tag: u64, value: u64) -> Fingerprint {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&tag.to_le_bytes());
    bytes[8..].copy_from_slice(&value.to_le_bytes());
    Fingerprint(xxh3_128(&bytes))
}

fn pair(tag: u64, size: usize, of: u128) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&tag.to_le_bytes());
    bytes[8..16].copy_from_slice(&(size as u64).to_le_bytes());
    bytes[16..].copy_from_slice(&of.to_le_bytes());
    Fingerprint(xxh3_128(&bytes))
}

/// Of a list.
pub(super) fn of_items<'a>(items: impl ExactSizeIterator<Item = &'a Document>) -> Option<Fingerprint> {
    let size = items.len();
    let mut bytes = Vec::with_capacity(size * 17);
    for item in items {
        match number(item) {
            Some((tag, value)) => {
                bytes.push(0);
                bytes.extend_from_slice(&tag.to_le_bytes());
                bytes.extend_from_slice(&value.to_le_bytes());
            }
            None => {
                bytes.push(1);
                bytes.extend_from_slice(&item.fingerprint()?.0.to_le_bytes());
            }
        }
    }
    Some(pair(6, size, xxh3_128(&bytes)))
}

/// Of a map, whose entries may come in any order.
pub(super) fn of_entries<'a>(entries: impl ExactSizeIterator<Item = (&'a Key, &'a Document)>) -> Option<Fingerprint> {
    let size = entries.len();
    let mut sum = 0u128;
    for (key, value) in entries {
        sum = sum.wrapping_add(entry(key, value)?);
    }
    Some(pair(7, size, sum))
}

fn entry(key: &str, value: &Document) -> Option<u128> {
    const SHORT: usize = 48;
    if let Some((tag, value)) = number(value)
        && key.len() <= SHORT
    {
        // One hash instead of three, for what most entries are.
        let mut bytes = [0; SHORT + 16];
        bytes[..8].copy_from_slice(&tag.to_le_bytes());
        bytes[8..16].copy_from_slice(&value.to_le_bytes());
        bytes[16..16 + key.len()].copy_from_slice(key.as_bytes());
        return Some(xxh3_128_with_seed(&bytes[..16 + key.len()], NUMBERS));
    }
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&xxh3_128(key.as_bytes()).to_le_bytes());
    bytes[16..].copy_from_slice(&value.fingerprint()?.0.to_le_bytes());
    Some(xxh3_128(&bytes))
}

/// What a large map knows of its fingerprint: nothing until somebody asks for it.
#[derive(Default)]
pub(super) struct Sum(Mutex<Option<Known>>);

#[derive(Clone, Default)]
struct Known {
    /// Of the entries that are not open.
    sum: u128,
    /// How many of these have no fingerprint.
    without: usize,
    /// Entries that may have changed since. The next look closes them, outside of any handler, so they take no memory of their
    /// own: what a handler allocates and does not free is charged to its replica.
    open: SmallVec<[Key; MOST_OPEN]>,
}

/// Most entries that are open at one time. With more, nobody looks at the states between edits: the sum is forgotten.
const MOST_OPEN: usize = 8;

impl Clone for Sum {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.known().clone()))
    }
}

impl Sum {
    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        // A panic meanwhile leaves no sum, since it is written last.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of this key in the tree is about to change.
    pub(super) fn open(&mut self, tree: &OrdMap<Key, Document>, key: &Key) {
        let slot = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = slot else { return };
        if known.open.iter().any(|open| open == key) {
            return;
        }
        if known.open.len() == MOST_OPEN {
            *slot = None;
            return;
        }
        if let Some(value) = tree.get(key) {
            known.leave(entry(key, value));
        }
        known.open.push(key.clone());
    }

    /// The entry of this key is about to go.
    pub(super) fn leave(&mut self, tree: &OrdMap<Key, Document>, key: &str) {
        let slot = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = slot else { return };
        if let Some(place) = known.open.iter().position(|open| **open == *key) {
            known.open.swap_remove(place);
        } else if let Some(value) = tree.get(key) {
            known.leave(entry(key, value));
        }
    }

    /// The fingerprint of the map that this is of.
    pub(super) fn fingerprint(&self, tree: &OrdMap<Key, Document>) -> Option<Fingerprint> {
        let mut slot = self.known();
        let known = match &mut *slot {
            Some(known) => {
                for key in std::mem::take(&mut known.open) {
                    if let Some(value) = tree.get(&key) {
                        known.enter(entry(&key, value));
                    }
                }
                known
            }
            none => {
                let mut known = Known::default();
                tree.iter().for_each(|(key, value)| known.enter(entry(key, value)));
                none.insert(known)
            }
        };
        (known.without == 0).then(|| pair(7, tree.len(), known.sum))
    }
}

impl Known {
    fn enter(&mut self, entry: Option<u128>) {
        match entry {
            Some(entry) => self.sum = self.sum.wrapping_add(entry),
            None => self.without += 1,
        }
    }

    fn leave(&mut self, entry: Option<u128>) {
        match entry {
            Some(entry) => self.sum = self.sum.wrapping_sub(entry),
            None => self.without -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::document::Document;
    use crate::document::generate::{dice, document};

    proptest! {
        #[test]
        fn documents_with_fingerprints_are_equal_if_and_only_if_these_are(a in document(), roll in dice()) {
            let mut b = a.clone();
            let before = a.fingerprint();
            let back = b.apply(&roll.fitting(&a)).unwrap();
            let fresh = Document::decode(&b.encode()).unwrap();
            if let (Some(a_print), Some(b_print)) = (before, b.fingerprint()) {
                prop_assert_eq!(a == b, a_print == b_print);
                prop_assert_eq!(fresh.fingerprint(), Some(b_print));
            }
            b.apply(&back).unwrap();
            if let (Some(before), Some(after)) = (before, b.fingerprint()) {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn kinds_and_places_count() {
        let of = |document: Document| document.fingerprint().unwrap();
        let all = [
            Document::Null,
            Document::Bool(false),
            Document::Int(0),
            Document::Counter(0),
            0.0.into(),
            "".into(),
            Document::list(["a", "b"]),
            Document::list(["b", "a"]),
            Document::map([("a", "b")]),
            Document::map([("b", "a")]),
            Document::map([("a", "b"), ("b", "a")]),
            Document::List(Default::default()),
            Document::Map(Default::default()),
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(all[..place].iter().all(|other| of(one.clone()) != of(other.clone())), "{one}");
        }
        assert_eq!(Document::map([("text", Document::text(""))]).fingerprint(), None);
        assert_eq!(Document::list(0..1_000).fingerprint(), None);
    }
}
