//! Reading the library's document.

use std::ops::Range;

use loro::{Container, LoroMovableList, LoroText, ValueOrContainer};

use super::Doc;
use super::value::{items, kind, materialise, sorted_keys};
use crate::document::{Document, Key, Kind, Step};
use crate::view::View;

impl<const MERGEABLE: bool> Doc<MERGEABLE> {
    pub(super) fn find(&self, path: &[Step]) -> Option<ValueOrContainer> {
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

    pub(super) fn text(&self, path: &[Step]) -> Option<LoroText> {
        match self.find(path)? {
            ValueOrContainer::Container(Container::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn list(&self, path: &[Step]) -> Option<LoroMovableList> {
        match self.find(path)? {
            ValueOrContainer::Container(Container::MovableList(list)) => Some(list),
            _ => None,
        }
    }
}

impl<const MERGEABLE: bool> View for Doc<MERGEABLE> {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        self.find(path).as_ref().map(kind)
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        self.find(path).as_ref().map(materialise)
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        if let Some(len) = self.last.borrow().len(path) {
            return Some(len);
        }
        match self.find(path)? {
            ValueOrContainer::Container(Container::Text(text)) => {
                let len = text.len_unicode();
                self.last.borrow_mut().set(path, text, len);
                Some(len)
            }
            ValueOrContainer::Container(Container::MovableList(list)) => Some(list.len()),
            ValueOrContainer::Container(Container::Map(map)) => Some(map.len()),
            _ => None,
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        let ValueOrContainer::Container(Container::Map(map)) = self.find(path)? else { return None };
        Some(sorted_keys(&map))
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
