//! Edits applied to the library's document.

use yrs::block::Prelim;
use yrs::types::text::TextPrelim;
use yrs::{
    Any, Array, ArrayPrelim, ArrayRef, GetString, In, Map, MapPrelim, MapRef, Out, ReadTxn, Text, TransactionMut,
};

use super::counter::{self, Counters};
use super::library::{find, find_map, materialise};
use super::value::scalar;
use crate::document::{Document, Edit, Path, Step};

/// Whether an edit writes a character of two UTF-16 units.
pub(super) fn writes_wide(edit: &Edit) -> bool {
    fn wide(document: &Document) -> bool {
        match document {
            Document::Text(rope) => rope.chars().any(|char| char.len_utf16() > 1),
            Document::List(list) => list.iter().any(wide),
            Document::Map(map) => map.values().any(wide),
            _ => false,
        }
    }
    match edit {
        Edit::TextSplice { insert, .. } => insert.chars().any(|char| char.len_utf16() > 1),
        Edit::Put { value, .. } => wide(value),
        Edit::ListInsert { values, .. } => values.iter().any(wide),
        _ => false,
    }
}

/// Where a value is written.
pub(super) enum Place<'a> {
    Entry(&'a MapRef, &'a str),
    Item(&'a ArrayRef, u32),
}

impl Place<'_> {
    fn insert<V: Prelim + Into<In>>(&self, txn: &mut TransactionMut<'_>, value: V) -> V::Return {
        match self {
            Place::Entry(map, key) => map.insert(txn, *key, value),
            Place::Item(list, index) => list.insert(txn, *index, value),
        }
    }

    /// Writes a value. Entries of a map go in one by one, in order: the library would choose another order.
    pub(super) fn write(&self, txn: &mut TransactionMut<'_>, value: &Document, counters: Counters) {
        match value {
            Document::Map(entries) => {
                let map = self.insert(txn, MapPrelim::default());
                entries.iter().for_each(|(key, value)| Place::Entry(&map, key).write(txn, value, counters));
            }
            Document::List(items) => {
                let list = self.insert(txn, ArrayPrelim::default());
                write_items(txn, &list, 0, items.iter(), counters);
            }
            Document::Counter(value) if counters == Counters::Entries => {
                let map = self.insert(txn, MapPrelim::default());
                counter::fill(txn, &map, *value);
            }
            Document::Text(rope) => drop(self.insert(txn, TextPrelim::new(rope.to_string()))),
            other => drop(self.insert(txn, scalar(other).unwrap_or(Any::Null))),
        }
    }
}

fn write_items<'a>(
    txn: &mut TransactionMut<'_>,
    list: &ArrayRef,
    index: u32,
    values: impl Iterator<Item = &'a Document> + Clone,
    counters: Counters,
) {
    let plain = |value: &'a Document| match value {
        Document::Counter(_) if counters == Counters::Entries => None,
        value => scalar(value),
    };
    match values.clone().map(plain).collect::<Option<Vec<Any>>>() {
        Some(scalars) if scalars.is_empty() => {}
        // One block for all of them.
        Some(scalars) => list.insert_range(txn, index, scalars),
        None => (index..).zip(values).for_each(|(index, value)| Place::Item(list, index).write(txn, value, counters)),
    }
}

/// The length of the first `code_points` of a text in the library's units.
fn units(content: &str, code_points: usize) -> Option<usize> {
    let mut chars = content.chars();
    let units = chars.by_ref().take(code_points).map(char::len_utf16).sum::<usize>();
    let counted = code_points == 0 || content.chars().nth(code_points - 1).is_some();
    counted.then_some(units)
}

type Applied = Result<(), String>;

fn list<T: ReadTxn>(txn: &T, root: &MapRef, path: &Path) -> Result<ArrayRef, String> {
    match find(txn, root, path) {
        Some(Out::YArray(list)) => Ok(list),
        _ => Err(format!("no list at {path}")),
    }
}

/// The start and length of a range of a list, checked.
fn range(list: &ArrayRef, txn: &TransactionMut<'_>, index: usize, count: usize) -> Result<(u32, u32), String> {
    let len = list.len(txn) as usize;
    match index.checked_add(count) {
        Some(end) if end <= len => Ok((index as u32, count as u32)),
        _ => Err(format!("{count} items at {index} of {len}")),
    }
}

/// How edits are written.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    /// There may be a character of two UTF-16 units.
    pub(super) wide: bool,
    pub(super) counters: Counters,
}

fn put(txn: &mut TransactionMut<'_>, root: &MapRef, path: &Path, value: &Document, counters: Counters) -> Applied {
    let (last, parent) = path.split_last().ok_or("the root cannot be replaced")?;
    match last {
        Step::Key(key) => {
            let map = find_map(txn, root, parent).ok_or_else(|| format!("nothing holds {path}"))?;
            Place::Entry(&map, key).write(txn, value, counters);
        }
        Step::Index(index) => {
            let Some(Out::YArray(list)) = find(txn, root, parent) else { return Err(format!("nothing holds {path}")) };
            let (at, _) = range(&list, txn, *index, 1)?;
            list.remove(txn, at);
            Place::Item(&list, at).write(txn, value, counters);
        }
    }
    Ok(())
}

fn increment(txn: &mut TransactionMut<'_>, root: &MapRef, path: &Path, by: i64, counters: Counters) -> Applied {
    let overflow = || format!("the counter at {path} would overflow");
    let found = find(txn, root, path).ok_or_else(|| format!("no counter at {path}"))?;
    match (&found, materialise(txn, &found)) {
        (Out::YMap(map), Document::Counter(_)) => counter::add(txn, map, by).then_some(()).ok_or_else(overflow),
        (_, Document::Counter(value)) => {
            let sum = value.checked_add(by).ok_or_else(overflow)?;
            put(txn, root, path, &Document::Counter(sum), counters)
        }
        _ => Err(format!("no counter at {path}")),
    }
}

/// Applies an edit.
pub(super) fn apply(txn: &mut TransactionMut<'_>, root: &MapRef, edit: &Edit, writing: Writing) -> Applied {
    let Writing { wide, counters } = writing;
    match edit {
        Edit::Put { path, value } => put(txn, root, path, value, counters),
        Edit::Remove { path } => {
            let (last, parent) = path.split_last().ok_or("the root cannot be removed")?;
            match (find_map(txn, root, parent), last) {
                (Some(map), Step::Key(key)) if map.contains_key(txn, key) => {
                    map.remove(txn, key);
                    Ok(())
                }
                _ => Err(format!("nothing at {path}")),
            }
        }
        Edit::Increment { path, by } => increment(txn, root, path, *by, counters),
        Edit::ListInsert { path, index, values } => {
            let list = list(txn, root, path)?;
            let (at, _) = range(&list, txn, *index, 0)?;
            write_items(txn, &list, at, values.iter(), counters);
            Ok(())
        }
        Edit::ListRemove { path, index, count } => {
            let list = list(txn, root, path)?;
            let (at, count) = range(&list, txn, *index, *count)?;
            list.remove_range(txn, at, count);
            Ok(())
        }
        Edit::ListMove { path, from, to } => {
            let list = list(txn, root, path)?;
            let ((from, _), (to, _)) = (range(&list, txn, *from, 1)?, range(&list, txn, *to, 1)?);
            let value = list.get(txn, from).map(|out| materialise(txn, &out)).unwrap_or_default();
            list.remove(txn, from);
            Place::Item(&list, to).write(txn, &value, counters);
            Ok(())
        }
        Edit::TextSplice { path, pos, delete, insert } => {
            let Some(Out::YText(text)) = find(txn, root, path) else { return Err(format!("no text at {path}")) };
            let end = pos.checked_add(*delete).ok_or("too far")?;
            let (pos, end) = if wide {
                let content = text.get_string(txn);
                (units(&content, *pos), units(&content, end))
            } else {
                let inside = |at: usize| (at <= text.len(txn) as usize).then_some(at);
                (inside(*pos), inside(end))
            };
            let (Some(pos), Some(end)) = (pos, end) else { return Err(format!("{path} is shorter than that")) };
            if end > pos {
                text.remove_range(txn, pos as u32, (end - pos) as u32);
            }
            if !insert.is_empty() {
                text.insert(txn, pos as u32, insert);
            }
            Ok(())
        }
    }
}
