//! Reading the library's text.

use std::ops::Range;

use super::Doc;
use crate::document::{Document, Key, Kind, Step};
use crate::view::View;

impl Doc {
    fn is_text(&self, path: &[Step]) -> bool {
        matches!(path, [Step::Key(key)] if *key == self.key)
    }

    fn text(&self) -> Document {
        Document::text(&self.crdt.branch.content().to_string())
    }
}

impl View for Doc {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        match path {
            [] => Some(Kind::Map),
            path => self.is_text(path).then_some(Kind::Text),
        }
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        match path {
            [] => Some(self.document()),
            path => self.is_text(path).then(|| self.text()),
        }
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        match path {
            [] => Some(1),
            path => self.is_text(path).then(|| self.crdt.branch.len()),
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        path.is_empty().then(|| vec![self.key.clone()])
    }

    fn items(&self, _: &[Step]) -> Option<Vec<Document>> {
        None
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        let inside = range.start <= range.end && range.end <= self.crdt.branch.len();
        (self.is_text(path) && inside).then(|| self.crdt.branch.content().slice_chars(range).collect())
    }

    fn document(&self) -> Document {
        Document::map([(&*self.key, self.text())])
    }
}
