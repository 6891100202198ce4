//! The document as plans of the other strategy see it.

use std::ops::Range;

use super::route::{Route, name, path_of};
use crate::document::{Document, Edit, Key, Kind, Path, Step};
use crate::path;
use crate::view::View;

/// The other strategy's state, with the texts as they are at the text strategy.
pub(super) struct Overlaid<'a> {
    pub(super) rest: &'a dyn View,
    pub(super) texts: &'a Document,
    pub(super) route: &'a Route,
}

impl Overlaid<'_> {
    fn text(&self, path: &[Step]) -> Option<&Document> {
        let text = self.route.takes(path).then(|| self.texts.at(&path![name(path)])).flatten()?;
        (self.rest.kind(path) == Some(Kind::Text)).then_some(text)
    }

    /// Puts the texts into a copy of the node at `path`.
    fn filled(&self, path: &[Step], mut node: Document) -> Document {
        let mut found = Vec::new();
        self.route.below(&mut path.to_vec(), &node, &mut found);
        for (name, _) in found {
            let inside: Path = path_of(&name)[path.len()..].to_vec().into();
            if let Some(text) = self.texts.at(&path![name]) {
                // It fits: the place was found in this very node.
                let _ = node.apply(&Edit::Put { path: inside, value: text.clone() });
            }
        }
        node
    }
}

impl View for Overlaid<'_> {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        self.rest.kind(path)
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        Some(self.filled(path, self.rest.get(path)?))
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        self.text(path).map_or_else(|| self.rest.len(path), Document::size)
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        self.rest.keys(path)
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        self.rest.items(path)
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        match self.text(path) {
            Some(text) => text.text_slice(&[], range),
            None => self.rest.text_slice(path, range),
        }
    }

    fn document(&self) -> Document {
        self.filled(&[], self.rest.document())
    }
}
