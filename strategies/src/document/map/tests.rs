//! Maps against the standard library's, across the size at which the representation changes.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::document::generate::small;

/// A key out of so few that maps grow beyond a vector and shrink back.
fn key(n: u8) -> Key {
    format!("{n:02x}").into()
}

/// One step: of a key, a value to put, or to add to in place, or `None` to remove the key; and whether the fingerprint is asked
/// for and a clone kept then.
fn steps() -> impl Strategy<Value = Vec<(u8, u8, Document, bool, bool)>> {
    vec((0..60u8, 0..5u8, small(), any::<bool>(), any::<bool>()), 0..250)
}

proptest! {
    #[test]
    fn a_map_is_a_map(steps in steps()) {
        let (mut map, mut plain) = (Map::default(), BTreeMap::new());
        let mut kept: Vec<(Map, BTreeMap<Key, Document>)> = Vec::new();
        for (at, step, value, asks, keeps) in steps {
            let key = key(at);
            match step {
                0 => prop_assert_eq!(map.remove(&key), plain.remove(&key)),
                1 => {
                    prop_assert_eq!(map.get_mut(&key).cloned(), plain.get(&key).cloned());
                    if let Some(slot) = map.get_mut(&key) {
                        *slot = value.clone();
                        plain.insert(key.clone(), value);
                    }
                }
                _ => prop_assert_eq!(map.insert(key.clone(), value.clone()), plain.insert(key.clone(), value)),
            }
            prop_assert_eq!(map.get(&key), plain.get(&key));
            prop_assert_eq!((map.len(), map.is_empty()), (plain.len(), plain.is_empty()));
            if asks {
                prop_assert_eq!(map.fingerprint(), of_entries(plain.iter().collect::<Vec<_>>().into_iter()));
            }
            if keeps && kept.len() < 4 {
                kept.push((map.clone(), plain.clone()));
            }
        }
        kept.push((map, plain));
        for (map, plain) in &kept {
            prop_assert!(map.iter().eq(plain.iter()), "an edit reached a clone");
            prop_assert_eq!(map, &plain.clone().into_iter().collect::<Map>());
            prop_assert_eq!(map, &Map::from(OrdMap::from(plain)));
            prop_assert_eq!(map.fingerprint(), of_entries(plain.iter().collect::<Vec<_>>().into_iter()));
        }
    }

    #[test]
    fn a_difference_names_every_entry_that_differs(
        one in vec((0..60u8, 0..3i64), 0..60),
        other in vec((0..60u8, 0..3i64), 0..60),
        near in any::<bool>(),
    ) {
        let of = |entries: &[(u8, i64)]| entries.iter().map(|(n, value)| (key(*n), Document::Int(*value))).collect::<Map>();
        let before = of(&one);
        let mut after = if near { before.clone() } else { of(&other) };
        for (n, value) in other.iter().take(5) {
            after.insert(key(*n), Document::Int(*value));
        }
        let mut patched = before.clone();
        for item in before.diff(&after) {
            match item {
                DiffItem::Add(key, value) => prop_assert_eq!(patched.insert(key.clone(), value.clone()), None),
                DiffItem::Remove(key, value) => prop_assert_eq!(patched.remove(key), Some(value.clone())),
                DiffItem::Update { old: (_, old), new: (key, new) } => {
                    prop_assert_ne!(old, new);
                    prop_assert_eq!(patched.insert(key.clone(), new.clone()), Some(old.clone()));
                }
            }
        }
        prop_assert_eq!(patched, after);
    }
}

#[test]
fn of_equal_keys_the_last_one_stays() {
    let map: Map = [(key(2), 1.into()), (key(1), 2.into()), (key(2), 3.into())].into_iter().collect();
    assert_eq!(map, [(key(1), 2.into()), (key(2), 3.into())].into_iter().collect());
}

#[test]
fn an_edit_of_a_map_that_nobody_shares_copies_nothing() {
    for size in [10u8, 200] {
        let mut map: Map = (0..size).map(|n| (key(n), Document::Null)).collect();
        let before = Arc::as_ptr(&map.0);
        map.insert(key(3), Document::Bool(true));
        assert_eq!(Arc::as_ptr(&map.0), before);
        let clone = map.clone();
        map.insert(key(4), Document::Bool(true));
        assert!(!map.ptr_eq(&clone) && clone.get(&key(4)) == Some(&Document::Null));
    }
}
