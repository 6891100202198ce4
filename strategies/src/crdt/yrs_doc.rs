//! A Yjs document behind our own words: a [`View`], and edits applied in one transaction.
//!
//! Maps, lists and texts are the library's shared types below one root map; everything else is a plain value. The library
//! has no counter: one is a few bytes, written anew with every sum. It counts a text in UTF-16 units, and positions here
//! are code points: as long as nobody has written a character of two units, they are the same; from then on a position is
//! found by walking the text.

use std::collections::VecDeque;
use std::ops::Range;

use imbl::OrdMap;
use yrs::block::Prelim;
use yrs::types::text::TextPrelim;
use yrs::{
    Any, Array, ArrayPrelim, ArrayRef, ClientID, GetString, In, Map, MapPrelim, MapRef, Number, OffsetKind, Options,
    Out, ReadTxn, StateVector, Text, TextRef, Transact, TransactionMut, Update, Uuid, WriteTxn,
};

use super::yrs::undo::{self, Made, Watch};
use crate::document::{Document, Edit, Key, Kind, Path, Step};
use crate::view::View;

/// Updates that wait for what they depend on; of more than these the oldest go, and come again with the next connection.
const WAITING: usize = 10_000;

/// The library's document; all reading goes straight to it.
pub(super) struct Doc {
    pub(super) doc: yrs::Doc,
    pub(super) root: MapRef,
    /// Updates that depend on what is missing.
    waiting: VecDeque<Vec<u8>>,
    /// Somebody may have written a character of two UTF-16 units.
    wide: bool,
}

/// What one transaction did.
pub(super) struct Written {
    /// For everybody else.
    pub(super) update: Vec<u8>,
    /// What it takes to take it back.
    pub(super) made: Made,
}

impl Doc {
    /// The library's bytes for a document, the same for every replica and run. The root must be a map, as it is in the
    /// library; any other document becomes an empty one.
    pub(super) fn genesis(document: &Document) -> Vec<u8> {
        let doc = Self::empty(1);
        if let Document::Map(map) = document {
            let mut txn = doc.doc.transact_mut();
            for (key, value) in map {
                Place::Entry(&doc.root, key).write(&mut txn, value);
            }
        }
        doc.save()
    }

    fn empty(client: u64) -> Self {
        let options = Options {
            guid: Uuid::from("syncbench"),
            offset_kind: OffsetKind::Utf16,
            ..Options::with_client_id(ClientID::new(client))
        };
        let doc = yrs::Doc::with_options(options);
        let root = doc.get_or_insert_map("root");
        Self { doc, root, wide: false, waiting: VecDeque::new() }
    }

    /// A replica's own copy, from [`Doc::genesis`] or [`Doc::save`].
    pub(super) fn load(bytes: &[u8], client: u64) -> Result<Self, String> {
        let mut doc = Self::empty(client);
        doc.apply(bytes)?;
        Ok(doc)
    }

    /// Everything, as one update.
    pub(super) fn save(&self) -> Vec<u8> {
        self.missing(&StateVector::default())
    }

    /// What somebody with this state vector lacks. Updates that wait here for others are left out; they come again from
    /// whoever made them.
    pub(super) fn missing(&self, state: &StateVector) -> Vec<u8> {
        self.doc.transact().encode_diff_v1(state)
    }

    pub(super) fn state(&self) -> StateVector {
        self.doc.transact().state_vector()
    }

    /// Merges an update. What it depends on may still be missing: see [`Doc::whole`].
    pub(super) fn apply(&mut self, bytes: &[u8]) -> Result<(), String> {
        if !self.integrate(bytes)? {
            if !self.waiting.iter().any(|waiting| waiting == bytes) {
                let too_many = (self.waiting.len() + 1).saturating_sub(WAITING);
                self.waiting.drain(..too_many);
                self.waiting.push_back(bytes.to_vec());
            }
            return Ok(());
        }
        // What was waiting may have waited for this, and what still does for that. One at a time: where the library fails,
        // the others still wait.
        let mut in_vain = 0;
        while in_vain < self.waiting.len() {
            let Some(update) = self.waiting.pop_front() else { break };
            if self.integrate(&update)? {
                in_vain = 0;
            } else {
                self.waiting.push_back(update);
                in_vain += 1;
            }
        }
        Ok(())
    }

    /// Whether all of an update is in the document now. Of one that comes before what it depends on the library keeps what
    /// is left, merged with whatever else is waiting, and loses entries of maps on the way (0.28.1): so that is dropped, and
    /// the update is kept here and merged again.
    fn integrate(&mut self, bytes: &[u8]) -> Result<bool, String> {
        let update = <Update as yrs::updates::decoder::Decode>::decode_v1(bytes).map_err(|error| error.to_string())?;
        // A character of two units begins with such a byte in UTF-8. Other bytes may look so: then nothing is lost but time.
        self.wide |= bytes.iter().any(|byte| (0xf0..0xf5).contains(byte));
        let mut txn = self.doc.transact_mut();
        txn.apply_update(update).map_err(|error| error.to_string())?;
        Ok(txn.prune_pending().is_none())
    }

    /// Whether every update that was merged has all that it depends on.
    pub(super) fn whole(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Applies edits as one transaction, all or none. `None` where they change nothing.
    pub(super) fn commit(&mut self, edits: &[Edit]) -> Result<Option<Written>, String> {
        if edits.iter().any(|edit| matches!(edit, Edit::Put { path, .. } | Edit::Remove { path } if path.is_empty())) {
            return Err("the root cannot be replaced".into());
        }
        if let [_, _, ..] = edits {
            // The library has no way back from the midst of a transaction.
            match super::check_splices(self, edits) {
                Some(checked) => checked?,
                None => drop(self.document().apply_all(edits).map_err(|error| error.to_string())?),
            }
        }
        self.wide |= edits.iter().any(writes_wide);
        let mut txn = if edits.iter().any(undo::may_delete) {
            self.doc.transact_mut_with(undo::KEPT)
        } else {
            self.doc.transact_mut()
        };
        let mut watch = Watch::begin(&txn);
        for edit in edits {
            let begun = watch.before(&txn, &self.root, edit);
            apply(&mut txn, &self.root, edit, self.wide)?;
            watch.after(&txn, begun);
        }
        Ok(txn.has_changes().then(|| Written { update: txn.encode_update_v1(), made: watch.end(&txn) }))
    }
}

/// Whether an edit writes a character of two UTF-16 units.
fn writes_wide(edit: &Edit) -> bool {
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

/// Whole numbers up to here are exact in the library.
const EXACT: u64 = (1 << 53) - 1;

/// What the library has no kind for is eight bytes behind one of these.
const COUNTER: u8 = 0;
const INT: u8 = 1;
const FLOAT: u8 = 2;

fn tagged(tag: u8, value: [u8; 8]) -> Any {
    Any::Buffer([&[tag][..], &value].concat().into())
}

fn from_tagged(tag: u8, value: &[u8]) -> Document {
    match (tag, <[u8; 8]>::try_from(value)) {
        (COUNTER, Ok(value)) => Document::Counter(i64::from_le_bytes(value)),
        (INT, Ok(value)) => Document::Int(i64::from_le_bytes(value)),
        (FLOAT, Ok(value)) => Document::from(f64::from_le_bytes(value)),
        _ => Document::Null,
    }
}

fn scalar(document: &Document) -> Option<Any> {
    Some(match document {
        Document::Null => Any::Null,
        Document::Bool(value) => Any::Bool(*value),
        Document::Int(value) if value.unsigned_abs() <= EXACT => Any::Number(Number::Int(*value)),
        Document::Int(value) => tagged(INT, value.to_le_bytes()),
        Document::Float(value) if value.get().fract() != 0.0 => Any::Number(Number::Float(value.get())),
        Document::Float(value) => tagged(FLOAT, value.get().to_le_bytes()),
        Document::String(value) => Any::String((&**value).into()),
        Document::Counter(value) => tagged(COUNTER, value.to_le_bytes()),
        Document::List(_) | Document::Map(_) | Document::Text(_) => return None,
    })
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

    /// Writes a value. Entries of a map go in one by one, in order: the library would take them in an order of its own.
    pub(super) fn write(&self, txn: &mut TransactionMut<'_>, value: &Document) {
        match value {
            Document::Map(entries) => {
                let map = self.insert(txn, MapPrelim::default());
                entries.iter().for_each(|(key, value)| Place::Entry(&map, key).write(txn, value));
            }
            Document::List(items) => {
                let list = self.insert(txn, ArrayPrelim::default());
                write_items(txn, &list, 0, items.iter());
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
) {
    match values.clone().map(scalar).collect::<Option<Vec<Any>>>() {
        Some(scalars) if scalars.is_empty() => {}
        // One block for all of them.
        Some(scalars) => list.insert_range(txn, index, scalars),
        None => (index..).zip(values).for_each(|(index, value)| Place::Item(list, index).write(txn, value)),
    }
}

fn from_any(any: &Any) -> Document {
    match any {
        Any::Bool(value) => Document::Bool(*value),
        Any::Number(Number::Int(value)) => Document::Int(*value),
        // The library has one kind of number, as JavaScript has, and writes large whole ones as fractions.
        Any::Number(Number::Float(value)) if value.fract() == 0.0 && value.abs() <= EXACT as f64 => {
            Document::Int(*value as i64)
        }
        Any::Number(Number::Float(value)) => Document::from(*value),
        Any::String(value) => Document::from(&**value),
        Any::Buffer(bytes) => match bytes.split_first() {
            Some((&tag, value)) => from_tagged(tag, value),
            None => Document::Null,
        },
        // Nothing here writes these; a stranger may.
        _ => Document::Null,
    }
}

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

pub(super) fn materialise<T: ReadTxn>(txn: &T, out: &Out) -> Document {
    match out {
        Out::Any(any) => from_any(any),
        Out::YText(text) => Document::text(&text.get_string(txn)),
        Out::YArray(list) => Document::List(list.iter(txn).map(|item| materialise(txn, &item)).collect()),
        Out::YMap(map) => {
            let entries = map.iter(txn).map(|(key, value)| (Key::from(key), materialise(txn, &value)));
            Document::Map(entries.collect::<OrdMap<_, _>>())
        }
        _ => Document::Null,
    }
}

fn kind(out: &Out) -> Kind {
    match out {
        Out::YText(_) => Kind::Text,
        Out::YArray(_) => Kind::List,
        Out::YMap(_) => Kind::Map,
        Out::Any(any) => from_any(any).kind(),
        _ => Kind::Null,
    }
}

/// So many code points of a text, in the library's units.
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

/// The bounds of a stretch of a list, checked.
fn stretch(list: &ArrayRef, txn: &TransactionMut<'_>, index: usize, count: usize) -> Result<(u32, u32), String> {
    let len = list.len(txn) as usize;
    match index.checked_add(count) {
        Some(end) if end <= len => Ok((index as u32, count as u32)),
        _ => Err(format!("{count} items at {index} of {len}")),
    }
}

fn put(txn: &mut TransactionMut<'_>, root: &MapRef, path: &Path, value: &Document) -> Applied {
    let (last, parent) = path.split_last().ok_or("the root cannot be replaced")?;
    match (find(txn, root, parent), last) {
        (Some(Out::YMap(map)), Step::Key(key)) => {
            Place::Entry(&map, key).write(txn, value);
            Ok(())
        }
        (Some(Out::YArray(list)), Step::Index(index)) => {
            let (at, _) = stretch(&list, txn, *index, 1)?;
            list.remove(txn, at);
            Place::Item(&list, at).write(txn, value);
            Ok(())
        }
        _ => Err(format!("nothing holds {path}")),
    }
}

pub(super) fn apply(txn: &mut TransactionMut<'_>, root: &MapRef, edit: &Edit, wide: bool) -> Applied {
    match edit {
        Edit::Put { path, value } => put(txn, root, path, value),
        Edit::Remove { path } => {
            let (last, parent) = path.split_last().ok_or("the root cannot be removed")?;
            match (find(txn, root, parent), last) {
                (Some(Out::YMap(map)), Step::Key(key)) if map.contains_key(txn, key) => {
                    map.remove(txn, key);
                    Ok(())
                }
                _ => Err(format!("nothing at {path}")),
            }
        }
        Edit::Increment { path, by } => match find(txn, root, path).map(|out| materialise(txn, &out)) {
            Some(Document::Counter(value)) => {
                let sum = value.checked_add(*by).ok_or_else(|| format!("the counter at {path} would overflow"))?;
                put(txn, root, path, &Document::Counter(sum))
            }
            _ => Err(format!("no counter at {path}")),
        },
        Edit::ListInsert { path, index, values } => {
            let list = list(txn, root, path)?;
            let (at, _) = stretch(&list, txn, *index, 0)?;
            write_items(txn, &list, at, values.iter());
            Ok(())
        }
        Edit::ListRemove { path, index, count } => {
            let list = list(txn, root, path)?;
            let (at, count) = stretch(&list, txn, *index, *count)?;
            list.remove_range(txn, at, count);
            Ok(())
        }
        Edit::ListMove { path, from, to } => {
            let list = list(txn, root, path)?;
            let ((from, _), (to, _)) = (stretch(&list, txn, *from, 1)?, stretch(&list, txn, *to, 1)?);
            let value = list.get(txn, from).map(|out| materialise(txn, &out)).unwrap_or_default();
            list.remove(txn, from);
            Place::Item(&list, to).write(txn, &value);
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

impl Doc {
    fn length(&self, txn: &impl ReadTxn, text: &TextRef) -> usize {
        if self.wide { text.get_string(txn).chars().count() } else { text.len(txn) as usize }
    }
}

impl View for Doc {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        find(&self.doc.transact(), &self.root, path).map(|out| kind(&out))
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        let txn = self.doc.transact();
        find(&txn, &self.root, path).map(|out| materialise(&txn, &out))
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        let txn = self.doc.transact();
        match find(&txn, &self.root, path)? {
            Out::YText(text) => Some(self.length(&txn, &text)),
            Out::YArray(list) => Some(list.len(&txn) as usize),
            Out::YMap(map) => Some(map.len(&txn) as usize),
            _ => None,
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        let txn = self.doc.transact();
        let Out::YMap(map) = find(&txn, &self.root, path)? else { return None };
        let mut keys: Vec<Key> = map.keys(&txn).map(Key::from).collect();
        keys.sort();
        Some(keys)
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        let txn = self.doc.transact();
        let Out::YArray(list) = find(&txn, &self.root, path)? else { return None };
        Some(list.iter(&txn).map(|item| materialise(&txn, &item)).collect())
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        let txn = self.doc.transact();
        let Out::YText(text) = find(&txn, &self.root, path)? else { return None };
        if range.start > range.end || range.end > self.length(&txn, &text) {
            return None;
        }
        Some(text.get_string(&txn).chars().skip(range.start).take(range.len()).collect())
    }

    fn document(&self) -> Document {
        materialise(&self.doc.transact(), &Out::YMap(self.root.clone()))
    }
}

#[cfg(test)]
mod tests;
