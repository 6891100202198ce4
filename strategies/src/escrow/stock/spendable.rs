//! The document in which counters show what this replica may spend.

use std::ops::Range;

use super::Stock;
use crate::document::{Digest, Document, Edit, Key, Kind, Step};
use crate::view::View;

/// See [`Stock::spendable`].
pub(in crate::escrow) struct Spendable<'a>(pub(super) &'a Stock);

impl View for Spendable<'_> {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        View::kind(&self.0.shown, path)
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        let held = |counter: u32| Document::Counter(self.0.rights(counter, self.0.me));
        if let Some(counter) = self.0.places.get(path) {
            return Some(held(*counter));
        }
        let mut node = self.0.shown.at(path)?.clone();
        let below = self.0.places.range(path.to_vec()..).take_while(|(place, _)| place.starts_with(path));
        for (place, counter) in below {
            let put = Edit::Put { path: place[path.len()..].to_vec().into(), value: held(*counter) };
            node.apply(&put).ok()?;
        }
        Some(node)
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        View::len(&self.0.shown, path)
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        self.0.shown.keys(path)
    }

    /// There is no stock in a list.
    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        self.0.shown.items(path)
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        self.0.shown.text_slice(path, range)
    }

    fn document(&self) -> Document {
        self.get(&[]).unwrap_or_default()
    }

    fn digest(&self) -> Digest {
        self.document().digest()
    }
}
