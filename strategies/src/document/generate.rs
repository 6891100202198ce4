//! Arbitrary documents and edits, for the tests of this crate.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Document, Edit, Path, Step};

/// Strings of one to four bytes per code point, with combining marks and both halves of a line break.
pub(crate) fn string() -> impl Strategy<Value = String> {
    let alphabet = ['a', 'b', ' ', '\r', '\n', '\0', 'é', '\u{301}', '漢', '\u{2028}', '🦀', '\u{10ffff}'];
    vec(select(alphabet.to_vec()), 0..12).prop_map(String::from_iter)
}

/// Keys from a small set, so that two draws are often equal.
pub(crate) fn key() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(vec!["", "a", "b", "ab", "ü", "漢", "0"]).prop_map(String::from), 1 => string()]
}

/// Integers, often at the ends of their range.
pub(crate) fn int() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -3..4i64, Just(i64::MIN), Just(i64::MIN + 1), Just(i64::MAX)]
}

/// Any bits, so every NaN, and the values that are easy to get wrong.
pub(crate) fn float() -> impl Strategy<Value = f64> {
    let special = vec![0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 2.0];
    prop_oneof![any::<u64>().prop_map(f64::from_bits), select(special)]
}

fn scalar() -> impl Strategy<Value = Document> {
    prop_oneof![
        Just(Document::Null),
        any::<bool>().prop_map(Document::Bool),
        int().prop_map(Document::Int),
        float().prop_map(Document::from),
        string().prop_map(Document::from),
        int().prop_map(Document::Counter),
        string().prop_map(|content| Document::text(&content)),
    ]
}

/// Documents of up to four levels with a few dozen nodes.
pub(crate) fn small() -> impl Strategy<Value = Document> {
    scalar().prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Document::list),
            btree_map(key(), inner, 0..6).prop_map(Document::map),
        ]
    })
}

/// Lists, maps and texts too large for one leaf of the tree that holds them.
pub(crate) fn wide() -> impl Strategy<Value = Document> {
    prop_oneof![
        vec(-3..4i64, 0..400).prop_map(Document::list),
        btree_map("[a-z]{0,3}", -3..4i64, 0..200).prop_map(Document::map),
        vec(string(), 0..300).prop_map(|parts| Document::text(&parts.concat())),
    ]
}

/// Documents of all kinds and shapes.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    prop_oneof![
        8 => small(),
        1 => wide(),
        1 => (small(), wide()).prop_map(|(a, b)| Document::map([("small", a), ("wide", b)])),
    ]
}

/// Random choices for one edit. Their meaning depends on the document, so that shrinking one keeps the other meaningful.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    at: Index,
    what: Index,
    first: Index,
    second: Index,
    by: i64,
    key: String,
    text: String,
    value: Document,
    values: Vec<Document>,
}

/// Random choices for one edit.
pub(crate) fn dice() -> impl Strategy<Value = Dice> {
    let indices = (any::<Index>(), any::<Index>(), any::<Index>(), any::<Index>());
    (indices, int(), key(), string(), small(), vec(scalar(), 0..4)).prop_map(
        |((at, what, first, second), by, key, text, value, values)| Dice {
            at,
            what,
            first,
            second,
            by,
            key,
            text,
            value,
            values,
        },
    )
}

/// The paths of all nodes, the root first.
pub(crate) fn paths(document: &Document) -> Vec<Path> {
    let mut found = vec![Path::root()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        match document.at(&path) {
            Some(Document::List(list)) => found.extend((0..list.len()).map(|index| path.child(index))),
            Some(Document::Map(map)) => found.extend(map.keys().map(|key| path.child(key.clone()))),
            _ => {}
        }
        next += 1;
    }
    found
}

impl Dice {
    /// An edit that fits `document`.
    pub(crate) fn fitting(&self, document: &Document) -> Edit {
        let paths = paths(document);
        let path = paths[self.at.index(paths.len())].clone();
        let node = document.at(&path).expect("a path of the document");
        let mut choices = vec![Edit::Put { path: path.clone(), value: self.value.clone() }];
        if let Some(Step::Key(_)) = path.last() {
            choices.push(Edit::Remove { path: path.clone() });
        }
        match node {
            Document::Map(_) => {
                choices.push(Edit::Put { path: path.child(&self.key), value: self.value.clone() });
            }
            Document::Counter(value) => {
                let fits = self.by != i64::MIN && value.checked_add(self.by).is_some();
                choices.push(Edit::Increment { path, by: if fits { self.by } else { 0 } });
            }
            Document::List(list) => {
                let (index, len) = (self.first.index(list.len() + 1), list.len());
                choices.push(Edit::ListInsert { path: path.clone(), index, values: self.values.clone() });
                let count = self.second.index(len - index + 1);
                choices.push(Edit::ListRemove { path: path.clone(), index, count });
                if len > 0 {
                    choices.push(Edit::ListMove { path, from: self.first.index(len), to: self.second.index(len) });
                }
            }
            Document::Text(rope) => {
                let pos = self.first.index(rope.len_chars() + 1);
                let delete = self.second.index(rope.len_chars() - pos + 1);
                choices.push(Edit::TextSplice { path, pos, delete, insert: self.text.clone() });
            }
            _ => {}
        }
        choices.swap_remove(self.what.index(choices.len()))
    }

    /// Any edit, often close enough to `document` to pass the first check.
    pub(crate) fn wild(&self, document: &Document) -> Edit {
        let paths = paths(document);
        let mut path = paths[self.at.index(paths.len())].clone();
        let len = document.at(&path).and_then(Document::size).unwrap_or(0);
        let numbers = [0, 1, len.wrapping_sub(1), len, len.wrapping_add(1), usize::MAX - 1, usize::MAX];
        let first = *self.first.get(&numbers);
        let second = *self.second.get(&numbers);
        match self.by.rem_euclid(6) {
            0 => path = path.child(&self.key),
            1 => path = path.child(first),
            2 => path = path.child(second).child(&self.key),
            _ => {}
        }
        match self.what.index(7) {
            0 => Edit::Put { path, value: self.value.clone() },
            1 => Edit::Remove { path },
            2 => Edit::Increment { path, by: self.by },
            3 => Edit::ListInsert { path, index: first, values: self.values.clone() },
            4 => Edit::ListRemove { path, index: first, count: second },
            5 => Edit::ListMove { path, from: first, to: second },
            _ => Edit::TextSplice { path, pos: first, delete: second, insert: self.text.clone() },
        }
    }
}
