//! A Loro document behind our own words: a [`View`], and edits applied in one commit.
//!
//! Maps, lists, texts and counters are the library's containers below one root map; everything else is a plain value.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use imbl::OrdMap;
use loro::{
    Container, ContainerID, ContainerTrait, ExportMode, IdSpan, LoroCounter, LoroDoc, LoroMap, LoroMovableList,
    LoroResult, LoroText, LoroValue, Subscription, ValueOrContainer, VersionVector,
};
use rustc_hash::FxHashMap;

use super::mesh::{Library, Merged, Missing, Span, beyond};
use crate::document::{Document, Edit, Key, Kind, Path, Step};
use crate::view::View;

/// The library's document; all reading goes straight to it.
pub(super) struct Doc {
    doc: LoroDoc,
    root: LoroMap,
    author: u64,
    /// How many own operations there are, and how many of them were handed out.
    made: i32,
    sent: i32,
    /// Containers that an undo made anew, for the undos that follow; the library asks for this kind of map, and neither it
    /// nor we go through it.
    remade: FxHashMap<ContainerID, ContainerID>,
    /// The text that was looked for last: people type where they have just typed. Whatever may put something else in its
    /// place makes us forget it.
    at: RefCell<Option<At>>,
    /// Where the library puts the update of each commit, if it is asked to.
    each: Option<(Arc<Mutex<Vec<Vec<u8>>>>, Subscription)>,
}

/// A text, and how long it is.
struct At {
    path: Path,
    text: LoroText,
    len: usize,
}

/// Who wrote the genesis.
const GENESIS: u64 = 1;

/// Whole numbers up to here are exact in a counter.
const EXACT: u64 = 1 << 53;

impl Doc {
    fn empty() -> Self {
        let doc = LoroDoc::new();
        let root = doc.get_map("root");
        let (remade, at) = (FxHashMap::default(), RefCell::new(None));
        Self { doc, root, author: 0, made: 0, sent: 0, remade, at, each: None }
    }

    /// Counts own operations: those that are new, if any.
    fn count(&mut self) -> Option<Span> {
        let (author, before) = (self.author, self.made);
        self.made = match self.doc.oplog_frontiers().as_single() {
            // The latest operation of all is an own one.
            Some(last) if last.peer == author => last.counter + 1,
            _ => self.doc.oplog_vv().get(&author).copied().unwrap_or(0),
        };
        (self.made > before).then_some(Span { author, from: before as u64, to: self.made as u64 })
    }

    fn find(&self, path: &[Step]) -> Option<ValueOrContainer> {
        let mut at = ValueOrContainer::Container(Container::Map(self.root.clone()));
        for step in path {
            at = match (&at, step) {
                (ValueOrContainer::Container(Container::Map(map)), Step::Key(key)) => map.get(key)?,
                (ValueOrContainer::Container(Container::MovableList(list)), Step::Index(index)) => list.get(*index)?,
                _ => return None,
            };
        }
        Some(at)
    }

    fn text(&self, path: &[Step]) -> Option<LoroText> {
        match self.find(path)? {
            ValueOrContainer::Container(Container::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn list(&self, path: &[Step]) -> Option<LoroMovableList> {
        match self.find(path)? {
            ValueOrContainer::Container(Container::MovableList(list)) => Some(list),
            _ => None,
        }
    }

    fn place(&self, path: &Path) -> Result<Place, String> {
        let (last, parent) = path.split_last().ok_or("the root cannot be replaced")?;
        match (self.find(parent), last) {
            (Some(ValueOrContainer::Container(Container::Map(map))), Step::Key(key)) => {
                Ok(Place::Entry(map, key.clone()))
            }
            (Some(ValueOrContainer::Container(Container::MovableList(list))), Step::Index(index)) => {
                stretch(&list, path, *index, 1)?;
                Ok(Place::Item(list, *index))
            }
            _ => Err(format!("nothing holds {path}")),
        }
    }

    /// Applies an edit. `at` is the text that the edit before went to: people type where they have just typed.
    fn apply(&self, edit: &Edit, at: &mut Option<At>) -> Result<(), String> {
        let words = |error: loro::LoroError| error.to_string();
        if !matches!(edit, Edit::TextSplice { .. }) {
            *at = None;
        }
        let list = |path: &Path| self.list(path).ok_or_else(|| format!("no list at {path}"));
        match edit {
            Edit::Put { path, value } => self.place(path)?.write(value).map_err(words),
            Edit::Remove { path } => match self.place(path)? {
                Place::Entry(map, key) if map.get(&key).is_some() => map.delete(&key).map_err(words),
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
                stretch(&list, path, *index, 0)?;
                write_items(&list, *index, values.iter()).map_err(words)
            }
            Edit::ListRemove { path, index, count } => {
                let list = list(path)?;
                stretch(&list, path, *index, *count)?;
                list.delete(*index, *count).map_err(words)
            }
            Edit::ListMove { path, from, to } => {
                let list = list(path)?;
                stretch(&list, path, *from, 1)?;
                stretch(&list, path, *to, 1)?;
                list.mov(*from, *to).map_err(words)
            }
            Edit::TextSplice { path, pos, delete, insert } => {
                let at = match at.take().filter(|last| last.path == *path) {
                    Some(same) => at.insert(same),
                    None => {
                        let text = self.text(path).ok_or_else(|| format!("no text at {path}"))?;
                        at.insert(At { path: path.clone(), len: text.len_unicode(), text })
                    }
                };
                if pos.checked_add(*delete).is_none_or(|end| end > at.len) {
                    return Err(format!("{path} is shorter than {}", pos.saturating_add(*delete)));
                }
                if *delete > 0 {
                    at.text.delete(*pos, *delete).map_err(words)?;
                }
                at.len = at.len - delete + super::chars(insert);
                if insert.is_empty() { Ok(()) } else { at.text.insert(*pos, insert).map_err(words) }
            }
        }
    }
}

/// Where a value is written.
enum Place {
    Entry(LoroMap, Key),
    Item(LoroMovableList, usize),
    /// A new item before this one.
    New(LoroMovableList, usize),
}

impl Place {
    fn write(&self, value: &Document) -> LoroResult<()> {
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

/// Checks that a stretch of a list is there.
fn stretch(list: &LoroMovableList, path: &Path, index: usize, count: usize) -> Result<(), String> {
    match index.checked_add(count) {
        Some(end) if end <= list.len() => Ok(()),
        _ => Err(format!("{count} items at {index} of {} at {path}", list.len())),
    }
}

fn scalar(document: &Document) -> LoroValue {
    match document {
        Document::Bool(value) => LoroValue::Bool(*value),
        Document::Int(value) => LoroValue::I64(*value),
        Document::Float(value) => LoroValue::Double(value.get()),
        Document::String(value) => LoroValue::from(&**value),
        _ => LoroValue::Null,
    }
}

fn from_scalar(value: &LoroValue) -> Document {
    match value {
        LoroValue::Bool(value) => Document::Bool(*value),
        LoroValue::I64(value) => Document::Int(*value),
        LoroValue::Double(value) => Document::from(*value),
        LoroValue::String(value) => Document::from(&***value),
        // Nothing here writes the others; a stranger may.
        _ => Document::Null,
    }
}

fn materialise(node: &ValueOrContainer) -> Document {
    match node {
        ValueOrContainer::Value(value) => from_scalar(value),
        ValueOrContainer::Container(Container::Map(map)) => {
            let mut entries = Vec::new();
            map.for_each(|key, node| entries.push((Key::from(key), node)));
            Document::Map(entries.iter().map(|(key, node)| (key.clone(), materialise(node))).collect::<OrdMap<_, _>>())
        }
        ValueOrContainer::Container(Container::MovableList(list)) => Document::List(items(list).into_iter().collect()),
        ValueOrContainer::Container(Container::Text(text)) => Document::text(&text.to_string()),
        ValueOrContainer::Container(Container::Counter(counter)) => Document::Counter(counter.get() as i64),
        _ => Document::Null,
    }
}

fn items(list: &LoroMovableList) -> Vec<Document> {
    let mut items = Vec::with_capacity(list.len());
    list.for_each(|node| items.push(node));
    items.iter().map(materialise).collect()
}

fn kind(node: &ValueOrContainer) -> Kind {
    match node {
        ValueOrContainer::Container(Container::Map(_)) => Kind::Map,
        ValueOrContainer::Container(Container::MovableList(_)) => Kind::List,
        ValueOrContainer::Container(Container::Text(_)) => Kind::Text,
        ValueOrContainer::Container(Container::Counter(_)) => Kind::Counter,
        ValueOrContainer::Value(value) => from_scalar(value).kind(),
        ValueOrContainer::Container(_) => Kind::Null,
    }
}

/// What is in one version and not in another.
fn between(have: &VersionVector, lack: &VersionVector) -> Vec<Span> {
    let counts = have.iter().map(|(author, count)| (*author, u64::try_from(*count).unwrap_or(0)));
    beyond(counts, |author| lack.get(&author).map_or(0, |count| u64::try_from(*count).unwrap_or(0))).collect()
}

impl Library for Doc {
    type Version = VersionVector;

    fn genesis(document: &Document) -> Vec<u8> {
        let mut doc = Self::empty();
        doc.sign(GENESIS);
        if let Document::Map(map) = document {
            for (key, value) in map {
                // A fresh map takes any key and any value.
                Place::Entry(doc.root.clone(), key.clone()).write(value).expect("a fresh document takes any entry");
            }
        }
        doc.doc.commit();
        doc.save()
    }

    fn load(bytes: &[u8]) -> Result<Self, String> {
        let doc = Self::empty();
        doc.doc.import(bytes).map_err(|error| error.to_string())?;
        Ok(doc)
    }

    fn save(&self) -> Vec<u8> {
        self.doc.export(ExportMode::Snapshot).expect("a snapshot of the latest version can be made at any time")
    }

    fn sign(&mut self, author: u64) {
        // All but one of the numbers are good for a peer; that one is as likely as any other.
        self.author = author.min(u64::MAX - 1);
        self.doc.set_peer_id(self.author).expect("nothing waits to be committed");
        self.count();
        self.sent = self.made;
    }

    fn length(&self) -> u64 {
        self.doc.len_ops() as u64
    }

    fn commit(&mut self, edits: &[Edit]) -> Result<Option<Span>, String> {
        // The library has no way back from the midst of a commit; it has one from a commit.
        let way_back = (edits.len() > 1).then(|| self.doc.oplog_frontiers());
        let mut at = self.at.take();
        let applied = edits.iter().try_for_each(|edit| self.apply(edit, &mut at));
        self.doc.commit();
        if applied.is_ok() {
            self.at.replace(at);
        }
        if let (Err(reason), Some(way_back)) = (&applied, way_back) {
            self.doc.revert_to(&way_back).map_err(|error| format!("{reason}; {error}"))?;
            self.doc.commit();
        }
        let made = self.count();
        applied.map(|()| made)
    }

    fn undo(&mut self, span: Span) -> Result<Option<Span>, String> {
        self.at.take();
        let ids = IdSpan::new(span.author, span.from as i32, span.to as i32);
        let undone = self.doc.inner().undo_internal(ids, &mut self.remade, None, &mut |_| ());
        undone.map(drop).map_err(|error| error.to_string())?;
        self.doc.commit();
        Ok(self.count())
    }

    /// The library makes an update as it commits for less than when it is asked afterwards, which is one more commit to it.
    fn each(&mut self) {
        let made = Arc::new(Mutex::new(Vec::new()));
        let put = made.clone();
        let subscription = self.doc.subscribe_local_update(Box::new(move |update| {
            put.lock().unwrap_or_else(PoisonError::into_inner).push(update.clone());
            true
        }));
        self.each = Some((made, subscription));
    }

    fn own(&mut self, updates: &mut Vec<Vec<u8>>) {
        let (from, to) = (self.sent, self.made);
        self.sent = to;
        let each = self.each.as_ref().and_then(|(made, _)| {
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            let last = made.pop();
            // Of several commits it is one update, which is smaller than theirs.
            let alone = made.is_empty();
            made.clear();
            last.filter(|_| alone)
        });
        if from < to {
            updates.push(each.unwrap_or_else(|| {
                let own = ExportMode::updates_in_range(vec![IdSpan::new(self.author, from, to)]);
                self.doc.export(own).expect("own operations are there")
            }));
        }
    }

    fn version(&self) -> Vec<u8> {
        self.doc.oplog_vv().encode()
    }

    fn parse(version: &[u8]) -> Result<VersionVector, String> {
        VersionVector::decode(version).map_err(|error| error.to_string())
    }

    fn compare(&self, theirs: &VersionVector) -> (Option<Missing>, bool) {
        let mine = self.doc.oplog_vv();
        let spans = between(&mine, theirs);
        let update = || self.doc.export(ExportMode::updates(theirs)).expect("what is here can be exported");
        let missing = (!spans.is_empty()).then(|| Missing { update: update(), spans });
        (missing, !between(theirs, &mine).is_empty())
    }

    fn merge(&mut self, updates: &[Vec<u8>]) -> Merged {
        self.at.take();
        let before = self.doc.oplog_vv();
        let mut refused = 0;
        if self.doc.import_batch(updates).is_err() {
            // The good ones again, one by one; what is here already changes nothing.
            refused = updates.iter().filter(|update| self.doc.import(update).is_err()).count() as u64;
        }
        Merged { spans: between(&self.doc.oplog_vv(), &before), refused }
    }
}

impl View for Doc {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        self.find(path).as_ref().map(kind)
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        self.find(path).as_ref().map(materialise)
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        if let Some(at) = self.at.borrow().as_ref().filter(|at| *at.path == *path) {
            return Some(at.len);
        }
        match self.find(path)? {
            ValueOrContainer::Container(Container::Text(text)) => {
                let len = text.len_unicode();
                self.at.replace(Some(At { path: Path::from(path.to_vec()), text, len }));
                Some(len)
            }
            ValueOrContainer::Container(Container::MovableList(list)) => Some(list.len()),
            ValueOrContainer::Container(Container::Map(map)) => Some(map.len()),
            _ => None,
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        let ValueOrContainer::Container(Container::Map(map)) = self.find(path)? else { return None };
        let mut keys: Vec<Key> = map.keys().map(|key| Key::from(&*key)).collect();
        keys.sort();
        Some(keys)
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        self.list(path).as_ref().map(items)
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        let text = self.text(path)?;
        if range.start > range.end || range.end > text.len_unicode() {
            return None;
        }
        text.slice(range.start, range.end).ok()
    }

    fn document(&self) -> Document {
        materialise(&ValueOrContainer::Container(Container::Map(self.root.clone())))
    }
}

#[cfg(test)]
mod tests;
