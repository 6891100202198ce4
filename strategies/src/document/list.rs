//! Lists: a vector while they are small, a tree once they are large.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use imbl::{Vector, vector};

use super::Document;
use super::fingerprint::{Fingerprint, of_items};

/// Most items of a vector. Up to here an insertion in its middle moves few kilobytes, where the tree is split and joined at some
/// fifty times the cost, and copying a shared vector costs no more than that.
const MOST: usize = 256;
/// A tree with no more items becomes a vector. Well below [`MOST`], so that a list about that size does not change back and
/// forth.
const FEWEST: usize = 128;

/// A persistent list. Cloning is O(1); an edit of a list that nobody shares copies nothing.
#[derive(Clone)]
pub struct List(Arc<Node>);

#[derive(Clone)]
enum Node {
    Small(Small),
    Large(Vector<Document>),
}

struct Small {
    items: Vec<Document>,
    /// Once somebody has asked for it.
    fingerprint: OnceLock<Option<Fingerprint>>,
}

impl Clone for Small {
    fn clone(&self) -> Self {
        // A clone of the items, and not only of the list, is made to be changed.
        Self::new(self.items.clone())
    }
}

impl Small {
    fn new(items: Vec<Document>) -> Self {
        Self { items, fingerprint: OnceLock::new() }
    }
}

impl List {
    /// How many items it has.
    pub fn len(&self) -> usize {
        match &*self.0 {
            Node::Small(small) => small.items.len(),
            Node::Large(tree) => tree.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both are one in memory: they are equal then.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<&Document> {
        match &*self.0 {
            Node::Small(small) => small.items.get(index),
            Node::Large(tree) => tree.get(index),
        }
    }

    /// The item at `index`, to be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Document> {
        match Arc::make_mut(&mut self.0) {
            Node::Small(small) => {
                small.fingerprint.take();
                small.items.get_mut(index)
            }
            Node::Large(tree) => tree.get_mut(index),
        }
    }

    /// Adds an item at the end.
    pub fn push_back(&mut self, item: Document) {
        self.insert(self.len(), item);
    }

    /// Inserts an item. Panics if `index` lies beyond the end.
    pub fn insert(&mut self, index: usize, item: Document) {
        match self.with_room(1) {
            Node::Small(small) => {
                small.fingerprint.take();
                small.items.insert(index, item);
            }
            // The tree has an end for this.
            Node::Large(tree) if index == 0 => tree.push_front(item),
            Node::Large(tree) => tree.insert(index, item),
        }
    }

    /// Inserts items. Panics if `index` lies beyond the end.
    pub fn insert_all(&mut self, index: usize, items: &[Document]) {
        if let [item] = items {
            return self.insert(index, item.clone());
        }
        self.edit(
            items.len(),
            |small| drop(small.splice(index..index, items.iter().cloned())),
            |tree| {
                let tail = tree.split_off(index);
                tree.extend(items.iter().cloned());
                tree.append(tail);
            },
        );
    }

    /// Removes `count` items from `index` on, and gives them. Panics if there are fewer.
    pub fn remove(&mut self, index: usize, count: usize) -> Vec<Document> {
        self.edit(
            0,
            |items| items.drain(index..index + count).collect(),
            |tree| match count {
                0 => Vec::new(),
                1 => vec![tree.remove(index)],
                _ => {
                    let mut gone = tree.split_off(index);
                    tree.append(gone.split_off(count));
                    gone.into_iter().collect()
                }
            },
        )
    }

    /// Takes an item out and inserts it so that it is at `to`. Panics if there is no such place.
    pub fn shift(&mut self, from: usize, to: usize) {
        self.edit(
            0,
            |items| {
                let item = items.remove(from);
                items.insert(to, item);
            },
            |tree| {
                let item = tree.remove(from);
                tree.insert(to, item);
            },
        );
    }

    /// Edits a vector or a tree, to which so many items come.
    fn edit<T>(
        &mut self,
        come: usize,
        small_edit: impl FnOnce(&mut Vec<Document>) -> T,
        large_edit: impl FnOnce(&mut Vector<Document>) -> T,
    ) -> T {
        let node = self.with_room(come);
        match node {
            Node::Small(small) => {
                small.fingerprint.take();
                small_edit(&mut small.items)
            }
            Node::Large(tree) => {
                let made = large_edit(tree);
                if tree.len() <= FEWEST {
                    *node = Node::Small(Small::new(std::mem::take(tree).into_iter().collect()));
                }
                made
            }
        }
    }

    /// To be changed, as a tree if a vector cannot take so many items more.
    fn with_room(&mut self, come: usize) -> &mut Node {
        let node = Arc::make_mut(&mut self.0);
        if let Node::Small(small) = node
            && small.items.len() + come > MOST
        {
            *node = Node::Large(std::mem::take(&mut small.items).into_iter().collect());
        }
        node
    }

    /// A part of it as a list.
    pub fn range(&self, range: Range<usize>) -> List {
        match &*self.0 {
            Node::Small(small) => small.items[range].to_vec().into(),
            Node::Large(tree) => tree.clone().slice(range).into(),
        }
    }

    /// The items.
    pub fn iter(&self) -> Iter<'_> {
        Iter(match &*self.0 {
            Node::Small(small) => Items::Small(small.items.iter()),
            Node::Large(tree) => Items::Large(tree.iter()),
        })
    }

    /// The items in pieces. Two lists may share a piece in memory.
    pub(super) fn leaves(&self) -> Box<dyn DoubleEndedIterator<Item = &[Document]> + '_> {
        match &*self.0 {
            Node::Small(small) => Box::new(std::iter::once(&*small.items)),
            Node::Large(tree) => Box::new(tree.leaves()),
        }
    }

    /// See [`Document::fingerprint`].
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        match &*self.0 {
            Node::Small(small) => *small.fingerprint.get_or_init(|| of_items(small.items.iter())),
            Node::Large(_) => None,
        }
    }
}

/// The items of a list.
#[derive(Clone)]
pub struct Iter<'a>(Items<'a>);

#[derive(Clone)]
enum Items<'a> {
    Small(std::slice::Iter<'a, Document>),
    Large(vector::Iter<'a, Document, imbl::shared_ptr::DefaultSharedPtr>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Document;

    fn next(&mut self) -> Option<&'a Document> {
        match &mut self.0 {
            Items::Small(items) => items.next(),
            Items::Large(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Items::Small(items) => items.size_hint(),
            Items::Large(items) => items.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Items::Small(items) => items.next_back(),
            Items::Large(items) => items.next_back(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Document;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<Document> for List {
    fn from_iter<I: IntoIterator<Item = Document>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl From<Vec<Document>> for List {
    fn from(items: Vec<Document>) -> Self {
        let node = match items.len() {
            0..=MOST => Node::Small(Small::new(items)),
            _ => Node::Large(items.into_iter().collect()),
        };
        Self(Arc::new(node))
    }
}

impl From<Vector<Document>> for List {
    fn from(tree: Vector<Document>) -> Self {
        if tree.len() <= MOST {
            return tree.into_iter().collect::<Vec<_>>().into();
        }
        Self(Arc::new(Node::Large(tree)))
    }
}

impl Default for List {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || (self.len() == other.len() && self.iter().eq(other.iter()))
    }
}

impl Eq for List {}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
