//! Lists against vectors, across the size at which the representation changes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::document::generate::small;

proptest! {
    #[test]
    fn a_list_is_a_vector(
        steps in vec((any::<Index>(), any::<Index>(), 0..7u8, vec(small(), 0..40), any::<bool>()), 0..60),
    ) {
        let (mut list, mut plain) = (List::default(), Vec::new());
        let mut kept: Vec<(List, Vec<Document>)> = Vec::new();
        for (a, b, step, items, keeps) in steps {
            let (len, at) = (plain.len(), a.index(plain.len() + 1));
            match step {
                0 if len > 0 => {
                    let (from, to) = (a.index(len), b.index(len));
                    list.shift(from, to);
                    let item = plain.remove(from);
                    plain.insert(to, item);
                }
                1 | 2 => {
                    let count = b.index(len - at + 1);
                    prop_assert_eq!(list.remove(at, count), plain.drain(at..at + count).collect::<Vec<_>>());
                }
                3 if len > 0 => {
                    let (index, new) = (a.index(len), Document::Int(len as i64));
                    *list.get_mut(index).unwrap() = new.clone();
                    plain[index] = new;
                }
                _ => {
                    list.insert_all(at, &items);
                    plain.splice(at..at, items);
                }
            }
            prop_assert_eq!((list.len(), list.is_empty()), (plain.len(), plain.is_empty()));
            let short = if list.len() <= FEWEST { of_items(plain.iter()) } else { list.fingerprint() };
            prop_assert_eq!(list.fingerprint(), short);
            if keeps && kept.len() < 4 {
                kept.push((list.clone(), plain.clone()));
            }
        }
        kept.push((list, plain));
        for (list, plain) in &kept {
            prop_assert!(list.iter().eq(plain), "an edit reached a clone");
            prop_assert!(list.iter().rev().eq(plain.iter().rev()));
            prop_assert_eq!(list.leaves().collect::<Vec<_>>().concat(), &plain[..]);
            prop_assert_eq!(list, &List::from(plain.clone()));
            prop_assert_eq!(list, &List::from(plain.iter().cloned().collect::<Vector<_>>()));
            let middle = plain.len() / 3..plain.len() / 2;
            prop_assert!(list.range(middle.clone()).iter().eq(&plain[middle]));
        }
    }
}

#[test]
fn an_edit_of_a_list_that_nobody_shares_copies_nothing() {
    let mut list: List = (0..10).map(Document::Int).collect();
    let before = Arc::as_ptr(&list.0);
    list.push_back(Document::Null);
    assert_eq!(Arc::as_ptr(&list.0), before);
    let clone = list.clone();
    list.push_back(Document::Null);
    assert!(!list.ptr_eq(&clone) && clone.len() == 11 && list.len() == 12);
}
