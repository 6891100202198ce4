//! Reading a state, whatever holds it.
//!
//! [`Document`] is a view, and so is each CRDT library's own document: a strategy keeps no mirror that the real library
//! would not need.

use std::ops::Range;

use crate::document::{Digest, Document, Key, Kind, Step};

/// A read-only state. Paths that lead nowhere give `None`; nothing panics.
pub trait View {
    /// The type of the node at `path`.
    fn kind(&self, path: &[Step]) -> Option<Kind>;

    /// The node at `path`, materialised.
    fn get(&self, path: &[Step]) -> Option<Document>;

    /// Entries of the list or map, code points of the text at `path`.
    fn len(&self, path: &[Step]) -> Option<usize>;

    /// The keys of the map at `path`, ascending.
    fn keys(&self, path: &[Step]) -> Option<Vec<Key>>;

    /// The whole list at `path` in one pass: a walk by index costs more in most libraries.
    fn items(&self, path: &[Step]) -> Option<Vec<Document>>;

    /// Code points `range` of the text at `path`; `None` where the range leaves the text.
    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String>;

    /// The whole state.
    fn document(&self) -> Document;

    /// The whole state, where this is one that is kept: looking at it makes nothing.
    fn kept(&self) -> Option<&Document> {
        None
    }

    /// The digest of the whole state: equal for all views of the same document.
    fn digest(&self) -> Digest {
        self.document().digest()
    }
}

impl View for Document {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        self.at(path).map(Document::kind)
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        self.at(path).cloned()
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        self.at(path).and_then(Document::size)
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        match self.at(path)? {
            Document::Map(map) => Some(map.keys().cloned().collect()),
            _ => None,
        }
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        match self.at(path)? {
            Document::List(list) => Some(list.iter().cloned().collect()),
            _ => None,
        }
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        match self.at(path)? {
            Document::Text(rope) => rope.get_slice(range).map(|slice| slice.to_string()),
            _ => None,
        }
    }

    fn document(&self) -> Document {
        self.clone()
    }

    fn kept(&self) -> Option<&Document> {
        Some(self)
    }

    fn digest(&self) -> Digest {
        Document::digest(self)
    }
}
