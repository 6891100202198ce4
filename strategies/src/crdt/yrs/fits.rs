//! Whether edits fit, before the first of them is applied: the library has no way back from the middle of a transaction.
//!
//! Most operations make a few edits in different places, and each of those is looked up. Where an edit is inside of what an
//! earlier one wrote, removed or moved, all of them are tried on a copy of the whole document.

use crate::document::{Document, Edit, Kind, Path, Step};
use crate::view::View;

/// Checks edits that are applied one after another.
pub(super) fn check(view: &impl View, edits: &[Edit]) -> Result<(), String> {
    let mut looked_up = LookedUp { view, changed: Vec::new(), lens: Vec::new() };
    for edit in edits {
        match looked_up.edit(edit) {
            Some(fits) => fits?,
            None => return view.document().apply_all(edits).map(drop).map_err(|error| error.to_string()),
        }
    }
    Ok(())
}

struct LookedUp<'a, V> {
    view: &'a V,
    /// Places that earlier edits changed.
    changed: Vec<&'a Path>,
    /// The lengths of lists and texts after the edits so far.
    lens: Vec<(&'a Path, usize)>,
}

impl<'a, V: View> LookedUp<'a, V> {
    /// Whether the next edit fits. `None` if that depends on what earlier edits made.
    fn edit(&mut self, edit: &'a Edit) -> Option<Result<(), String>> {
        let path = edit.path();
        let sequence = matches!(
            edit,
            Edit::ListInsert { .. } | Edit::ListRemove { .. } | Edit::ListMove { .. } | Edit::TextSplice { .. }
        );
        let known = self.lens.iter().position(|(other, _)| *other == path).filter(|_| sequence);
        let depends = |other: &&Path| path.starts_with(other) && (known.is_none() || path.len() > other.len());
        if self.changed.iter().any(depends) {
            return None;
        }
        if !sequence {
            self.changed.push(path);
            return Some(self.value(edit, path));
        }
        let known = known.or_else(|| {
            self.changed.push(path);
            let kind = if matches!(edit, Edit::TextSplice { .. }) { Kind::Text } else { Kind::List };
            let len = self.view.len(path).filter(|_| self.view.kind(path) == Some(kind))?;
            self.lens.push((path, len));
            Some(self.lens.len() - 1)
        });
        let Some((_, len)) = known.map(|known| &mut self.lens[known]) else {
            return Some(Err(format!("no list or text at {path}")));
        };
        let (from, gone, new) = match edit {
            Edit::ListInsert { index, values, .. } => (*index, 0, values.len()),
            Edit::ListRemove { index, count, .. } => (*index, *count, 0),
            Edit::ListMove { from, to, .. } => (*from.max(to), 1, 1),
            Edit::TextSplice { pos, delete, insert, .. } => (*pos, *delete, insert.chars().count()),
            Edit::Put { .. } | Edit::Remove { .. } | Edit::Increment { .. } => return None,
        };
        Some(match from.checked_add(gone) {
            Some(end) if end <= *len => {
                *len = *len - gone + new;
                Ok(())
            }
            _ => Err(format!("{path} is shorter than {}", from.saturating_add(gone))),
        })
    }

    /// Whether an edit of one value fits.
    fn value(&self, edit: &Edit, path: &Path) -> Result<(), String> {
        if let Edit::Increment { by, .. } = edit {
            return match self.view.get(path) {
                Some(Document::Counter(sum)) if sum.checked_add(*by).is_some() => Ok(()),
                Some(Document::Counter(_)) => Err(format!("the counter at {path} would overflow")),
                _ => Err(format!("no counter at {path}")),
            };
        }
        let (last, parent) = path.split_last().ok_or("the root cannot be replaced")?;
        let fits = match (last, self.view.kind(parent)) {
            (Step::Key(_), Some(Kind::Map)) => matches!(edit, Edit::Put { .. }) || self.view.kind(path).is_some(),
            (Step::Index(index), Some(Kind::List)) => {
                matches!(edit, Edit::Put { .. }) && self.view.len(parent).is_some_and(|len| *index < len)
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("nothing at {path}")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::crdt::trials::genesis;
    use crate::document::generate::{Dice, dice};
    use crate::path;

    /// Edits that fit some earlier state: they may or may not fit this one.
    fn edits(dice: &[(Dice, bool)]) -> Vec<Edit> {
        let mut document = genesis();
        let mut edits = Vec::new();
        for (dice, applied) in dice {
            let edit = Dice::fitting(dice, &document);
            if *applied {
                let _ = document.apply(&edit);
            }
            edits.push(edit);
        }
        edits
    }

    proptest! {
        #[test]
        fn edits_fit_where_they_can_be_applied(dice in vec((dice(), any::<bool>()), 1..6)) {
            let edits = edits(&dice);
            let root = |edit: &Edit| edit.path().is_empty();
            let removes_item = |edit: &Edit| matches!(edit, Edit::Remove { path } if matches!(path.last(), Some(Step::Index(_))));
            prop_assume!(!edits.iter().any(|edit| root(edit) || removes_item(edit)));
            let applied = genesis().apply_all(&edits).is_ok();
            prop_assert_eq!(check(&genesis(), &edits).is_ok(), applied, "{:?}", edits);
        }
    }

    #[test]
    fn edits_in_different_places_are_looked_up() {
        /// A view whose whole document is not asked for.
        struct Parts(Document);
        impl View for Parts {
            fn kind(&self, path: &[Step]) -> Option<Kind> {
                View::kind(&self.0, path)
            }
            fn get(&self, path: &[Step]) -> Option<Document> {
                View::get(&self.0, path)
            }
            fn len(&self, path: &[Step]) -> Option<usize> {
                View::len(&self.0, path)
            }
            fn keys(&self, path: &[Step]) -> Option<Vec<crate::document::Key>> {
                View::keys(&self.0, path)
            }
            fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
                View::items(&self.0, path)
            }
            fn text_slice(&self, path: &[Step], range: std::ops::Range<usize>) -> Option<String> {
                View::text_slice(&self.0, path, range)
            }
            fn document(&self) -> Document {
                panic!("not asked for")
            }
        }
        let put = |path: Path| Edit::Put { path, value: 1.into() };
        let list = path!["list"];
        let edits = [
            put(path!["fields", "x"]),
            put(path!["fields", "new"]),
            Edit::Increment { path: path!["fields", "n"], by: 1 },
            Edit::ListInsert { path: list.clone(), index: 3, values: vec![4.into()] },
            Edit::ListMove { path: list.clone(), from: 3, to: 0 },
            Edit::ListRemove { path: list, index: 2, count: 2 },
        ];
        assert_eq!(check(&Parts(genesis()), &edits), Ok(()));
        let too_far = Edit::ListRemove { path: path!["list"], index: 2, count: 1 };
        assert!(check(&Parts(genesis()), &[&edits[..], &[too_far]].concat()).is_err());
    }
}
