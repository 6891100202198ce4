//! Edits applied to the library's document.

use loro::{
    Container, ContainerTrait, LoroCounter, LoroError, LoroMap, LoroMovableList, LoroResult, LoroText, LoroValue,
    ValueOrContainer,
};

use super::Doc;
use super::value::{scalar, sorted_keys};
use crate::crdt::last_text::LastText;
use crate::document::{Document, Edit, Key, Path, Step};

/// Whole numbers up to here are exact in a counter.
const EXACT: u64 = 1 << 53;

impl<const MERGEABLE: bool> Doc<MERGEABLE> {
    fn place(&self, path: &Path) -> Result<Place, String> {
        let (last, parent) = path.split_last().ok_or("the root cannot be replaced")?;
        match (self.find(parent), last) {
            (Some(ValueOrContainer::Container(Container::Map(map))), Step::Key(key)) => {
                Ok(Place::Entry(map, key.clone()))
            }
            (Some(ValueOrContainer::Container(Container::MovableList(list))), Step::Index(index)) => {
                check_range(&list, path, *index, 1)?;
                Ok(Place::Item(list, *index))
            }
            _ => Err(format!("nothing holds {path}")),
        }
    }

    /// Applies an edit. `last` is the text that was found last.
    pub(super) fn apply(&self, edit: &Edit, last: &mut LastText<LoroText>) -> Result<(), String> {
        let words = |error: LoroError| error.to_string();
        if !matches!(edit, Edit::TextSplice { .. }) {
            last.clear();
        }
        let list = |path: &Path| self.list(path).ok_or_else(|| format!("no list at {path}"));
        match edit {
            Edit::Put { path, value } => match self.place(path)? {
                Place::Entry(map, key) if MERGEABLE && map.get(&key).is_none() && is_empty(value) => {
                    begin(&map, &key, value).map_err(words)
                }
                Place::Entry(map, key) => {
                    let write = |()| Place::Entry(map.clone(), key.clone()).write(value);
                    abandon_entry(&map, &key).and_then(write).map_err(words)
                }
                place => place.write(value).map_err(words),
            },
            Edit::Remove { path } => match self.place(path)? {
                Place::Entry(map, key) if map.get(&key).is_some() => {
                    abandon_entry(&map, &key).and_then(|()| map.delete(&key)).map_err(words)
                }
                _ => Err(format!("nothing at {path}")),
            },
            Edit::Increment { path, by } => match self.find(path) {
                Some(ValueOrContainer::Container(Container::Counter(counter))) => {
                    let sum = (counter.get() as i64).checked_add(*by);
                    if by.unsigned_abs() > EXACT || sum.is_none_or(|sum| sum.unsigned_abs() > EXACT) {
                        return Err(format!("the counter at {path} would overflow"));
                    }
                    counter.increment(*by as f64).map_err(words)
                }
                _ => Err(format!("no counter at {path}")),
            },
            Edit::ListInsert { path, index, values } => {
                let list = list(path)?;
                check_range(&list, path, *index, 0)?;
                write_items(&list, *index, values.iter()).map_err(words)
            }
            Edit::ListRemove { path, index, count } => {
                let list = list(path)?;
                check_range(&list, path, *index, *count)?;
                list.delete(*index, *count).map_err(words)
            }
            Edit::ListMove { path, from, to } => {
                let list = list(path)?;
                check_range(&list, path, *from, 1)?;
                check_range(&list, path, *to, 1)?;
                list.mov(*from, *to).map_err(words)
            }
            Edit::TextSplice { path, pos, delete, insert } => {
                let text = last.splice(path, (*pos, *delete, insert), || {
                    let text = self.text(path)?;
                    let len = text.len_unicode();
                    Some((text, len))
                })?;
                if *delete > 0 {
                    text.delete(*pos, *delete).map_err(words)?;
                }
                if insert.is_empty() { Ok(()) } else { text.insert(*pos, insert).map_err(words) }
            }
        }
    }
}

/// Whether a value is a container with nothing in it.
fn is_empty(value: &Document) -> bool {
    match value {
        Document::Map(map) => map.is_empty(),
        Document::List(list) => list.is_empty(),
        Document::Text(text) => text.len_chars() == 0,
        Document::Counter(value) => *value == 0,
        _ => false,
    }
}

/// Begins an empty container where there is nothing: the same one for all who do so at once. It may have been there before:
/// what others have written into it since it was abandoned goes.
fn begin(map: &LoroMap, key: &str, value: &Document) -> LoroResult<()> {
    empty(&match value {
        Document::Map(_) => Container::Map(map.ensure_mergeable_map(key)?),
        Document::List(_) => Container::MovableList(map.ensure_mergeable_movable_list(key)?),
        Document::Text(_) => Container::Text(map.ensure_mergeable_text(key)?),
        _ => Container::Counter(map.ensure_mergeable_counter(key)?),
    })
}

fn empty(container: &Container) -> LoroResult<()> {
    match container {
        Container::Map(map) => sorted_keys(map).iter().try_for_each(|key| map.delete(key)),
        Container::MovableList(list) => list.clear(),
        Container::Text(text) if !text.is_empty() => text.delete(0, text.len_unicode()),
        Container::Counter(counter) if counter.get() != 0.0 => counter.decrement(counter.get()),
        _ => Ok(()),
    }
}

/// Empties a container that comes back when somebody begins it again, and those in it. It is emptied while it is shown, so
/// that an undo restores its contents with it.
fn abandon(container: &Container) -> LoroResult<()> {
    if !container.id().is_mergeable() {
        return Ok(());
    }
    if let Container::Map(map) = container {
        sorted_keys(map).iter().try_for_each(|key| abandon_entry(map, key))?;
    }
    empty(container)
}

/// The same for what is in an entry.
fn abandon_entry(map: &LoroMap, key: &str) -> LoroResult<()> {
    match map.get(key) {
        Some(ValueOrContainer::Container(container)) => abandon(&container),
        _ => Ok(()),
    }
}

/// Where a value is written.
pub(super) enum Place {
    Entry(LoroMap, Key),
    Item(LoroMovableList, usize),
    /// A new item before this one.
    New(LoroMovableList, usize),
}

impl Place {
    pub(super) fn write(&self, value: &Document) -> LoroResult<()> {
        match value {
            Document::Map(entries) => {
                let map = self.container(LoroMap::new())?;
                entries.iter().try_for_each(|(key, value)| Place::Entry(map.clone(), key.clone()).write(value))
            }
            Document::List(items) => write_items(&self.container(LoroMovableList::new())?, 0, items.iter()),
            Document::Text(rope) => {
                let text = self.container(LoroText::new())?;
                if rope.len_chars() == 0 { Ok(()) } else { text.insert(0, &rope.to_string()) }
            }
            Document::Counter(value) => {
                let counter = self.container(LoroCounter::new())?;
                if *value == 0 { Ok(()) } else { counter.increment(*value as f64) }
            }
            other => self.scalar(scalar(other)),
        }
    }

    fn scalar(&self, value: LoroValue) -> LoroResult<()> {
        match self {
            Place::Entry(map, key) => map.insert(key, value),
            Place::Item(list, index) => list.set(*index, value),
            Place::New(list, index) => list.insert(*index, value),
        }
    }

    fn container<C: ContainerTrait>(&self, new: C) -> LoroResult<C> {
        match self {
            Place::Entry(map, key) => map.insert_container(key, new),
            Place::Item(list, index) => list.set_container(*index, new),
            Place::New(list, index) => list.insert_container(*index, new),
        }
    }
}

fn write_items<'a>(list: &LoroMovableList, index: usize, values: impl Iterator<Item = &'a Document>) -> LoroResult<()> {
    (index..).zip(values).try_for_each(|(index, value)| Place::New(list.clone(), index).write(value))
}

/// Checks that a range of a list is there.
fn check_range(list: &LoroMovableList, path: &Path, index: usize, count: usize) -> Result<(), String> {
    match index.checked_add(count) {
        Some(end) if end <= list.len() => Ok(()),
        _ => Err(format!("{count} items at {index} of {} at {path}", list.len())),
    }
}
