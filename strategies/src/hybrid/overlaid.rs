//! The document as plans of the other strategy see it.

use std::ops::Range;

use super::route::{Route, name, path_of};
use crate::document::{Document, Edit, Key, Kind, Path, Step};
use crate::path;
use crate::view::View;

/// The base views of both strategies, as they are before a message.
#[derive(Clone, Default)]
pub(super) struct Base {
    pub(super) texts: Document,
    pub(super) rest: Document,
}

/// The other strategy's state, with the texts as they are at the text strategy. A text that was replaced since the base
/// view is as the other strategy made it: the text strategy begins it only after the message.
pub(super) struct Overlaid<'a> {
    pub(super) rest: &'a dyn View,
    pub(super) base: &'a Base,
    pub(super) route: &'a Route,
}

impl Overlaid<'_> {
    fn text(&self, path: &[Step]) -> Option<&Document> {
        let text = self.route.takes(path).then(|| self.base.texts.at(&path![name(path)])).flatten()?;
        let here = self.rest.kind(path) == Some(Kind::Text);
        (here && !self.replaced(path, || self.rest.get(path))).then_some(text)
    }

    /// Whether there was another text at `path` in the base view than there is `now`.
    fn replaced(&self, path: &[Step], now: impl FnOnce() -> Option<Document>) -> bool {
        let before = self.base.rest.at(path);
        before.is_some_and(|before| matches!(before, Document::Text(_)) && now().as_ref() != Some(before))
    }

    /// Puts the texts into a copy of the node at `path`.
    fn filled(&self, path: &[Step], mut node: Document) -> Document {
        let mut found = Vec::new();
        self.route.below(&mut path.to_vec(), &node, &mut found);
        for (name, now) in found {
            let whole = path_of(&name);
            let inside: Path = whole[path.len()..].to_vec().into();
            if let Some(text) = self.base.texts.at(&path![name])
                && !self.replaced(&whole, || Some(now))
            {
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
