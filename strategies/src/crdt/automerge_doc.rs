//! An automerge document behind our own words: a [`View`], and edits that become changes.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::sync::{self, SyncDoc};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, AutoCommit, Change, ChangeHash, LoadOptions, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue,
    TextEncoding, Value,
};
use imbl::OrdMap;

use super::automerge::undo::{Was, twins};
use crate::document::{Document, Edit, Key, Kind, Path, Step};
use crate::view::View;

/// Below this many code points a slice is read one by one (2 to 4 us each); above, the whole text is cheaper (0.5 ms at
/// 20,000). The library has no range read that does not walk the whole sequence.
const SLICE_BY_INDEX: usize = 64;

/// A text, and how long it is.
#[derive(Clone)]
struct At {
    path: Path,
    id: ObjId,
    len: usize,
}

/// The library, and the text that was looked for last: people type where they have just typed, and the library walks its
/// columns to find an entry or a length. Whoever may change anything makes it forget, but for [`Library::keep`].
pub(super) struct Library {
    doc: AutoCommit,
    at: RefCell<Option<At>>,
}

impl Library {
    fn new(doc: AutoCommit) -> Self {
        Self { doc, at: RefCell::new(None) }
    }

    /// For calls that leave the document as it is, or tell what becomes of the text.
    pub(super) fn keep(&mut self) -> &mut AutoCommit {
        &mut self.doc
    }
}

impl Deref for Library {
    type Target = AutoCommit;

    fn deref(&self) -> &AutoCommit {
        &self.doc
    }
}

impl DerefMut for Library {
    fn deref_mut(&mut self) -> &mut AutoCommit {
        *self.at.get_mut() = None;
        &mut self.doc
    }
}

/// The library's document; all reading goes straight to it.
pub(super) struct Doc {
    pub(super) library: Library,
    /// What is in the change that was begun and not yet committed.
    begun: Vec<Edit>,
    /// Ids of what was moved since the last look, and of what stands for it where it was moved to.
    pub(super) moved: Vec<(ObjId, ObjId)>,
}

impl Doc {
    /// The library's bytes for a document, the same for every replica and run. The root must be a map, as it is in the
    /// library; any other document becomes an empty one.
    pub(super) fn genesis(document: &Document) -> Vec<u8> {
        let actor = ActorId::from([0u8; 16].as_slice());
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(actor);
        if let Document::Map(map) = document {
            for (key, value) in map {
                // A fresh map takes any key and any value.
                put(&mut doc, &ROOT, Prop::from(&**key), value).expect("a fresh document takes any entry");
            }
            doc.commit_with(CommitOptions::default().with_time(0));
        }
        doc.save()
    }

    /// A replica's own copy, from [`Doc::genesis`] or [`Doc::save`].
    pub(super) fn load(bytes: &[u8], actor: ActorId) -> Result<Self, String> {
        let options = LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint);
        let loaded = catch_unwind(AssertUnwindSafe(|| AutoCommit::load_with_options(bytes, options)));
        let doc = loaded.map_err(|_| "the library gave up on saved bytes".to_owned())?;
        let library = doc.map_err(|error| error.to_string())?.with_actor(actor);
        Ok(Self { library: Library::new(library), begun: Vec::new(), moved: Vec::new() })
    }

    /// Everything, a change that was begun included.
    pub(super) fn save(&self) -> Vec<u8> {
        self.library.clone().save()
    }

    /// Applies edits, all or none, as a part of the change that [`Doc::commit`] will make; further edits may follow if
    /// `more` is set. Whether they change anything.
    pub(super) fn edit(&mut self, edits: &[Edit], more: bool) -> Result<bool, String> {
        let before = self.library.pending_ops();
        let mut at = self.library.at.take();
        self.moved.clear();
        for edit in edits {
            let moving =
                if let Edit::ListMove { path, from, to } = edit { self.item(path, *from).zip(Some(*to)) } else { None };
            if let Err(reason) = apply(&mut self.library, edit, &mut at) {
                // There is a way back to the beginning only. What was there before goes in as it did.
                self.library.rollback();
                self.begun.iter().try_for_each(|edit| apply(&mut self.library, edit, &mut None))?;
                return Err(reason);
            }
            if let Some(((list, old), to)) = moving
                && let Ok(Some(new)) = self.library.get(&list, to)
            {
                twins(&self.library, &old, &Was::new(new), &mut |old, new| self.moved.push((old, new)));
            }
        }
        if more {
            self.begun.extend_from_slice(edits);
        }
        self.library.at.replace(at);
        Ok(self.library.pending_ops() > before)
    }

    /// Ends the change that was begun. `None` where it is empty.
    pub(super) fn commit(&mut self, time_s: i64) -> Option<ChangeHash> {
        self.begun.clear();
        self.library.keep().commit_with(CommitOptions::default().with_time(time_s))
    }

    /// The next message for a peer, and the changes in it.
    pub(super) fn speak(&mut self, state: &mut sync::State) -> Option<(Vec<u8>, Vec<ChangeHash>)> {
        let sent = state.sent_hashes.clone();
        let message = self.library.sync().generate_sync_message(state)?;
        Some((message.encode(), state.sent_hashes.difference(&sent).copied().collect()))
    }

    /// Takes a peer's message, or says that the library cannot. Nothing of it is visible then.
    pub(super) fn hear(&mut self, state: &mut sync::State, message: sync::Message) -> bool {
        self.guarded(|library| library.sync().receive_sync_message(state, message).is_ok())
    }

    /// Merges changes, or says that the library cannot take them. Nothing of them is visible then, even where it panics.
    pub(super) fn merge(&mut self, changes: impl IntoIterator<Item = Change> + Clone) -> bool {
        self.guarded(|library| library.apply_changes(changes).is_ok())
    }

    fn guarded(&mut self, merge: impl FnOnce(&mut AutoCommit) -> bool) -> bool {
        let before = self.library.get_heads();
        let merged = catch_unwind(AssertUnwindSafe(|| merge(&mut self.library)));
        if merged.is_err() {
            // The library notes a change before it has looked at all of it. What was there before is still whole.
            let actor = self.library.get_actor().clone();
            let rebuilt = catch_unwind(AssertUnwindSafe(|| self.library.fork_at(&before)));
            if let Ok(Ok(doc)) = rebuilt {
                self.library = Library::new(doc.with_actor(actor));
            }
        }
        merged.unwrap_or(false)
    }

    /// The hashes of the changes after `heads`. None, where a stranger made the library take what it cannot read.
    pub(super) fn hashes_since(&mut self, heads: &[ChangeHash]) -> Vec<ChangeHash> {
        let read = || self.library.get_changes_meta(heads).into_iter().map(|meta| meta.hash).collect();
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
    }

    /// The changes after `heads`. None, where the library cannot put together again what a stranger made it take.
    pub(super) fn changes_since(&mut self, heads: &[ChangeHash]) -> Vec<Change> {
        catch_unwind(AssertUnwindSafe(|| self.library.get_changes(heads))).unwrap_or_default()
    }

    fn find(&self, path: &[Step]) -> Option<(Value<'_>, ObjId)> {
        find(&*self.library, path)
    }

    /// An item of a list, and the list.
    fn item(&self, path: &[Step], index: usize) -> Option<(ObjId, Was)> {
        let list = self.object(path, ObjType::List)?;
        let item = self.library.get(&list, index).ok()??;
        Some((list, Was::new(item)))
    }

    fn object(&self, path: &[Step], wanted: ObjType) -> Option<ObjId> {
        match self.find(path)? {
            (Value::Object(kind), id) if kind == wanted => Some(id),
            _ => None,
        }
    }
}

fn find<'a, D: ReadDoc>(doc: &'a D, path: &[Step]) -> Option<(Value<'a>, ObjId)> {
    let mut at = (Value::Object(ObjType::Map), ROOT);
    for step in path {
        at = match (&at.0, step) {
            (Value::Object(ObjType::Map), Step::Key(key)) => doc.get(&at.1, &**key).ok()??,
            (Value::Object(ObjType::List), Step::Index(index)) => doc.get(&at.1, *index).ok()??,
            _ => return None,
        };
    }
    Some(at)
}

pub(super) fn materialise<D: ReadDoc>(doc: &D, value: &Value<'_>, id: &ObjId) -> Document {
    match value {
        Value::Object(ObjType::Map | ObjType::Table) => {
            let entries = doc.map_range(id, ..).map(|item| {
                let (value, id) = (Value::from(item.value.clone()), item.id());
                (Key::from(&*item.key), materialise(doc, &value, &id))
            });
            Document::Map(entries.collect::<OrdMap<_, _>>())
        }
        Value::Object(ObjType::List) => Document::List(
            doc.list_range(id, ..)
                .map(|item| {
                    let (value, id) = (Value::from(item.value.clone()), item.id());
                    materialise(doc, &value, &id)
                })
                .collect(),
        ),
        Value::Object(ObjType::Text) => Document::text(&doc.text(id).unwrap_or_default()),
        Value::Scalar(scalar) => scalar_to_document(scalar),
    }
}

fn scalar_to_document(scalar: &ScalarValue) -> Document {
    match scalar {
        ScalarValue::Boolean(value) => Document::Bool(*value),
        ScalarValue::Int(value) | ScalarValue::Timestamp(value) => Document::Int(*value),
        ScalarValue::Uint(value) => i64::try_from(*value).map_or(Document::Null, Document::Int),
        ScalarValue::F64(value) => Document::from(*value),
        ScalarValue::Str(value) => Document::from(value.as_str()),
        ScalarValue::Counter(value) => Document::Counter(value.into()),
        // Nothing here writes these; a stranger may.
        ScalarValue::Null | ScalarValue::Bytes(_) | ScalarValue::Unknown { .. } => Document::Null,
    }
}

fn document_to_scalar(document: &Document) -> Result<ScalarValue, ObjType> {
    Ok(match document {
        Document::Null => ScalarValue::Null,
        Document::Bool(value) => ScalarValue::Boolean(*value),
        Document::Int(value) => ScalarValue::Int(*value),
        Document::Float(value) => ScalarValue::F64(value.get()),
        Document::String(value) => ScalarValue::Str((&**value).into()),
        Document::Counter(value) => ScalarValue::counter(*value),
        Document::List(_) => return Err(ObjType::List),
        Document::Map(_) => return Err(ObjType::Map),
        Document::Text(_) => return Err(ObjType::Text),
    })
}

type Applied = Result<(), String>;

pub(super) fn put(tx: &mut AutoCommit, parent: &ObjId, prop: Prop, value: &Document) -> Applied {
    match document_to_scalar(value) {
        Ok(scalar) => tx.put(parent, prop, scalar).map_err(|error| error.to_string()),
        Err(kind) => {
            let id = tx.put_object(parent, prop, kind).map_err(|error| error.to_string())?;
            fill(tx, &id, value)
        }
    }
}

pub(super) fn insert(tx: &mut AutoCommit, list: &ObjId, index: usize, value: &Document) -> Applied {
    match document_to_scalar(value) {
        Ok(scalar) => tx.insert(list, index, scalar).map_err(|error| error.to_string()),
        Err(kind) => {
            let id = tx.insert_object(list, index, kind).map_err(|error| error.to_string())?;
            fill(tx, &id, value)
        }
    }
}

/// Fills an object that was just made.
fn fill(tx: &mut AutoCommit, id: &ObjId, value: &Document) -> Applied {
    match value {
        Document::Map(map) => map.iter().try_for_each(|(key, value)| put(tx, id, Prop::from(&**key), value)),
        Document::List(list) => list.iter().enumerate().try_for_each(|(index, value)| insert(tx, id, index, value)),
        Document::Text(rope) => tx.splice_text(id, 0, 0, &rope.to_string()).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

/// Applies an edit. `at` is the text that the edit before went to: people type where they have just typed.
fn apply(tx: &mut AutoCommit, edit: &Edit, at: &mut Option<At>) -> Applied {
    let text = |error: automerge::AutomergeError| error.to_string();
    if !matches!(edit, Edit::TextSplice { .. }) {
        *at = None;
    }
    match edit {
        Edit::Put { path, value } => {
            let (parent, prop) = place(tx, path)?;
            put(tx, &parent, prop, value)
        }
        Edit::Remove { path } => {
            find(tx, path).ok_or_else(|| format!("nothing at {path}"))?;
            let (parent, prop) = place(tx, path)?;
            tx.delete(&parent, prop).map_err(text)
        }
        Edit::Increment { path, by } => {
            let (parent, prop) = place(tx, path)?;
            tx.increment(&parent, prop, *by).map_err(text)
        }
        Edit::ListInsert { path, index, values } => {
            let list = list(tx, path)?;
            let scalars: Result<Vec<_>, _> = values.iter().map(document_to_scalar).collect();
            match scalars {
                Ok(scalars) => tx.splice(&list, *index, 0, scalars).map_err(text),
                Err(_) => (*index..).zip(values).try_for_each(|(index, value)| insert(tx, &list, index, value)),
            }
        }
        Edit::ListRemove { path, index, count } => {
            let list = list(tx, path)?;
            (0..*count).try_for_each(|_| tx.delete(&list, *index).map_err(text))
        }
        Edit::ListMove { path, from, to } => {
            let list = list(tx, path)?;
            let value = tx.get(&list, *from).map_err(text)?.map(|(value, id)| materialise(tx, &value, &id));
            let value = value.ok_or_else(|| format!("nothing at {path}/{from}"))?;
            tx.delete(&list, *from).map_err(text)?;
            insert(tx, &list, *to, &value)
        }
        Edit::TextSplice { path, pos, delete, insert } => {
            let at = match at.take().filter(|last| last.path == *path) {
                Some(same) => at.insert(same),
                None => match find(tx, path) {
                    Some((Value::Object(ObjType::Text), id)) => {
                        at.insert(At { path: path.clone(), len: tx.length(&id), id })
                    }
                    _ => return Err(format!("no text at {path}")),
                },
            };
            // The library clamps a delete that goes too far; here it is refused, as everywhere.
            if pos.saturating_add(*delete) > at.len {
                return Err(format!("{path} is shorter than {}", pos.saturating_add(*delete)));
            }
            at.len = at.len - delete + insert.chars().count();
            let delete = isize::try_from(*delete).map_err(|error| error.to_string())?;
            tx.splice_text(&at.id, *pos, delete, insert).map_err(text)
        }
    }
}

fn list(tx: &AutoCommit, path: &Path) -> Result<ObjId, String> {
    match find(tx, path) {
        Some((Value::Object(ObjType::List), id)) => Ok(id),
        _ => Err(format!("no list at {path}")),
    }
}

fn place(tx: &AutoCommit, path: &Path) -> Result<(ObjId, Prop), String> {
    let (last, parent) = path.split_last().ok_or("the root cannot be replaced")?;
    match (find(tx, parent), last) {
        (Some((Value::Object(ObjType::Map), id)), Step::Key(key)) => Ok((id, Prop::from(&**key))),
        (Some((Value::Object(ObjType::List), id)), Step::Index(index)) => Ok((id, Prop::from(*index))),
        _ => Err(format!("nothing holds {path}")),
    }
}

impl View for Doc {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        Some(match self.find(path)?.0 {
            Value::Object(ObjType::Map | ObjType::Table) => Kind::Map,
            Value::Object(ObjType::List) => Kind::List,
            Value::Object(ObjType::Text) => Kind::Text,
            Value::Scalar(scalar) => scalar_to_document(&scalar).kind(),
        })
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        self.find(path).map(|(value, id)| materialise(&*self.library, &value, &id))
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        if let Some(at) = self.library.at.borrow().as_ref().filter(|at| *at.path == *path) {
            return Some(at.len);
        }
        let (Value::Object(kind), id) = self.find(path)? else { return None };
        let len = self.library.length(&id);
        if kind == ObjType::Text {
            self.library.at.replace(Some(At { path: Path::from(path.to_vec()), id, len }));
        }
        Some(len)
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        let id = self.object(path, ObjType::Map)?;
        Some(self.library.keys(&id).map(Key::from).collect())
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        let id = self.object(path, ObjType::List)?;
        let items = self.library.list_range(&id, ..).map(|item| {
            let (value, id) = (Value::from(item.value.clone()), item.id());
            materialise(&*self.library, &value, &id)
        });
        Some(items.collect())
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        let id = self.object(path, ObjType::Text)?;
        if range.start > range.end || range.end > self.library.length(&id) {
            return None;
        }
        if range.len() > SLICE_BY_INDEX {
            return Some(self.library.text(&id).ok()?.chars().skip(range.start).take(range.len()).collect());
        }
        let mut slice = String::with_capacity(range.len());
        for index in range {
            slice.push_str(self.library.get(&id, index).ok()??.0.as_str()?);
        }
        Some(slice)
    }

    fn document(&self) -> Document {
        materialise(&*self.library, &Value::Object(ObjType::Map), &ROOT)
    }
}
