//! Patches as Immer makes and applies them, written as edits.
//!
//! A patch says what a place holds from now on. Lists are compared by index, so an item put in front rewrites every index
//! behind it; a counter is its new value; a text is one value. Immer sees by identity which items moved and which changed
//! inside; here the plan tells: in a list where it inserted, removed or moved items, items are replaced whole; elsewhere
//! patches go inside them.
//!
//! Source: Immer's `produceWithPatches` and `applyPatches`, versions 9 and 10.

use imbl::ordmap::DiffItem;

use crate::document::{Document, Edit, EditError, Path, Step};

/// A change as patches, and the patches that take it back where these are wanted.
#[derive(Debug, PartialEq)]
pub(crate) struct Produced {
    pub(crate) patches: Vec<Edit>,
    pub(crate) inverse: Option<Vec<Edit>>,
}

/// The edits of a plan on `base`, as patches.
pub(crate) fn produce(base: &Document, edits: &[Edit], invert: bool) -> Result<Produced, EditError> {
    let (next, _) = base.produce(edits)?;
    let rearranged: Vec<&Path> = edits.iter().filter(|edit| is_list_edit(edit)).map(Edit::path).collect();
    let between = |before: &Document, after: &Document| {
        let mut differ = Differ { rearranged: &rearranged, path: Path::root(), patches: Vec::new() };
        differ.node(before, after);
        differ.patches
    };
    Ok(Produced { patches: between(base, &next), inverse: invert.then(|| between(&next, base)) })
}

fn is_list_edit(edit: &Edit) -> bool {
    matches!(edit, Edit::ListInsert { .. } | Edit::ListRemove { .. } | Edit::ListMove { .. })
}

struct Differ<'a> {
    rearranged: &'a [&'a Path],
    path: Path,
    patches: Vec<Edit>,
}

impl Differ<'_> {
    fn node(&mut self, before: &Document, after: &Document) {
        match (before, after) {
            (Document::Map(old), Document::Map(new)) => {
                for item in old.diff(new) {
                    match item {
                        DiffItem::Add(key, value) => self.put(self.path.child(key.clone()), value),
                        DiffItem::Update { old: (key, old), new: (_, new) } => self.child(key.clone(), old, new),
                        DiffItem::Remove(key, _) => {
                            self.patches.push(Edit::Remove { path: self.path.child(key.clone()) });
                        }
                    }
                }
            }
            (Document::List(old), Document::List(new)) => {
                let whole = self.rearranged.contains(&&self.path);
                for (index, (before, after)) in old.iter().zip(new).enumerate() {
                    if !whole {
                        self.child(index, before, after);
                    } else if before != after {
                        self.put(self.path.child(index), after);
                    }
                }
                for (index, value) in new.iter().enumerate().skip(old.len()) {
                    let (path, values) = (self.path.clone(), vec![value.clone()]);
                    self.patches.push(Edit::ListInsert { path, index, values });
                }
                for index in (new.len()..old.len()).rev() {
                    self.patches.push(Edit::ListRemove { path: self.path.clone(), index, count: 1 });
                }
            }
            _ if before == after => {}
            _ => self.put(self.path.clone(), after),
        }
    }

    fn child(&mut self, step: impl Into<Step>, before: &Document, after: &Document) {
        let path = self.path.child(step);
        let parent = std::mem::replace(&mut self.path, path);
        self.node(before, after);
        self.path = parent;
    }

    fn put(&mut self, path: Path, value: &Document) {
        self.patches.push(Edit::Put { path, value: value.clone() });
    }
}

/// Applies patches to any state, and gives how many of them have a path that leads nowhere.
///
/// The rules are JavaScript's: an item added behind the end of an array goes to its end, and deleting what does not exist
/// is no error. An index beyond the end, which would leave a hole, leads nowhere.
pub(crate) fn apply(document: &mut Document, patches: &[Edit]) -> u64 {
    patches.iter().filter(|patch| !apply_one(document, patch)).count() as u64
}

fn apply_one(document: &mut Document, patch: &Edit) -> bool {
    let len = |path: &[Step]| document.at(path).and_then(length);
    let fitted = match patch {
        Edit::Put { path, value } => match path.split_last() {
            Some((Step::Index(index), list)) if len(list) == Some(*index) => {
                Some(Edit::ListInsert { path: list.to_vec().into(), index: *index, values: vec![value.clone()] })
            }
            _ => None,
        },
        Edit::Remove { path } => match path.split_last() {
            Some((Step::Key(key), parent)) => match document.at(parent) {
                Some(Document::Map(map)) if !map.contains_key(key) => return true,
                _ => None,
            },
            _ => None,
        },
        Edit::ListInsert { path, index, values } => match len(path) {
            Some(end) if end < *index => {
                Some(Edit::ListInsert { path: path.clone(), index: end, values: values.clone() })
            }
            _ => None,
        },
        Edit::ListRemove { path, index, .. } if len(path).is_some_and(|len| len <= *index) => return true,
        _ => None,
    };
    document.apply(fitted.as_ref().unwrap_or(patch)).is_ok()
}

fn length(node: &Document) -> Option<usize> {
    match node {
        Document::List(items) => Some(items.len()),
        _ => None,
    }
}

/// Whether every place of these patches still holds what they left there, so that their inverse touches no other user's work.
pub(crate) fn untouched(document: &Document, patches: &[Edit]) -> bool {
    patches.iter().all(|patch| match patch {
        Edit::Put { path, value } => document.at(path) == Some(value),
        Edit::Remove { path } => document.at(path).is_none(),
        Edit::ListInsert { path, index, values } => {
            values.iter().zip(*index..).all(|(value, at)| document.at(&path.child(at)) == Some(value))
        }
        Edit::ListRemove { path, index, .. } => document.at(path).and_then(length).is_some_and(|len| len <= *index),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::document::generate::{dice, document};
    use crate::path;

    proptest! {
        #[test]
        fn patches_and_their_inverse_cancel_out(before in document(), rolls in vec(dice(), 1..6)) {
            let (mut after, mut edits) = (before.clone(), Vec::new());
            for roll in rolls {
                let edit = roll.fitting(&after);
                after.apply(&edit).unwrap();
                edits.push(edit);
            }
            let Produced { patches, inverse } = produce(&before, &edits, true).unwrap();
            let mut now = before.clone();
            prop_assert_eq!(apply(&mut now, &patches), 0);
            prop_assert_eq!(&now, &after);
            prop_assert!(untouched(&now, &patches));
            prop_assert_eq!(apply(&mut now, &inverse.unwrap()), 0);
            prop_assert_eq!(&now, &before);
        }
    }

    fn list(items: &[i64]) -> Document {
        Document::map([("list", Document::list(items.iter().copied()))])
    }

    fn put(index: usize, value: i64) -> Edit {
        Edit::Put { path: path!["list", index], value: value.into() }
    }

    #[test]
    fn a_prepend_rewrites_every_index() {
        let prepend = Edit::ListInsert { path: path!["list"], index: 0, values: vec![9.into()] };
        let Produced { patches, inverse } = produce(&list(&[2, 1]), &[prepend], true).unwrap();
        let append = Edit::ListInsert { path: path!["list"], index: 2, values: vec![1.into()] };
        assert_eq!(patches, [put(0, 9), put(1, 2), append]);
        let remove = Edit::ListRemove { path: path!["list"], index: 2, count: 1 };
        assert_eq!(inverse, Some(vec![put(0, 2), put(1, 1), remove]));
    }

    #[test]
    fn unmoved_items_change_inside_and_moved_items_are_replaced() {
        let board =
            Document::list([1, 2].map(|id| Document::map([("id", Document::Int(id)), ("votes", Document::Int(0))])));
        let vote = Edit::Put { path: path![1, "votes"], value: 5.into() };
        let inside = std::slice::from_ref(&vote);
        assert_eq!(produce(&board, inside, true).unwrap().patches, inside);
        let swap = Edit::ListMove { path: path![], from: 0, to: 1 };
        let patches = produce(&board, &[swap, vote], true).unwrap().patches;
        assert!(patches.iter().all(|patch| patch.path().len() == 1) && patches.len() == 2, "{patches:?}");
    }

    #[test]
    fn patches_on_another_state_follow_javascript() {
        let insert = |index| Edit::ListInsert { path: path!["list"], index, values: vec![9.into()] };
        let remove = |index| Edit::ListRemove { path: path!["list"], index, count: 1 };
        let cases = [
            (put(1, 9), "{list:[2,9]}", 0),
            (put(2, 9), "{list:[2,1,9]}", 0),
            (put(3, 9), "{list:[2,1]}", 1),
            (insert(7), "{list:[2,1,9]}", 0),
            (remove(1), "{list:[2]}", 0),
            (remove(2), "{list:[2,1]}", 0),
            (Edit::Remove { path: path!["none"] }, "{list:[2,1]}", 0),
            (Edit::Put { path: path!["none", "x"], value: 1.into() }, "{list:[2,1]}", 1),
            (Edit::Remove { path: path!["none", "x"] }, "{list:[2,1]}", 1),
        ];
        for (patch, expected, errors) in cases {
            let mut document = list(&[2, 1]);
            assert_eq!(apply(&mut document, std::slice::from_ref(&patch)), errors, "{patch:?}");
            assert_eq!(document.to_string(), expected, "{patch:?}");
        }
    }
}
