//! Reading the library's document.

use std::ops::Range;

use automerge::{ObjId, ObjType, ROOT, ReadDoc, Value};

use super::Doc;
use crate::crdt::automerge::undo::Was;
use crate::crdt::automerge::value::{from_scalar, materialise};
use crate::document::{Document, Key, Kind, Step};
use crate::view::View;

/// Below this many code points a slice is read one by one (2 to 4 µs each); above, the whole text is cheaper (0.5 ms at
/// 20,000). The library has no range read that does not walk the whole sequence.
const SLICE_BY_INDEX: usize = 64;

pub(super) fn find<'a, D: ReadDoc>(doc: &'a D, path: &[Step]) -> Option<(Value<'a>, ObjId)> {
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

impl Doc {
    fn find(&self, path: &[Step]) -> Option<(Value<'_>, ObjId)> {
        find(&*self.library, path)
    }

    /// An item of a list, and the list.
    pub(super) fn item(&self, path: &[Step], index: usize) -> Option<(ObjId, Was)> {
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

impl View for Doc {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        Some(match self.find(path)?.0 {
            Value::Object(ObjType::Map | ObjType::Table) => Kind::Map,
            Value::Object(ObjType::List) => Kind::List,
            Value::Object(ObjType::Text) => Kind::Text,
            Value::Scalar(scalar) => from_scalar(&scalar).kind(),
        })
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        self.find(path).map(|(value, id)| materialise(&*self.library, &value, &id))
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        if let Some(len) = self.library.last.borrow().len(path) {
            return Some(len);
        }
        let (Value::Object(kind), id) = self.find(path)? else { return None };
        let len = self.library.length(&id);
        if kind == ObjType::Text {
            self.library.last.borrow_mut().set(path, id, len);
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
