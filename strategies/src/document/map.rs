//! Maps: a sorted vector while they are small, a tree once they are large.

use std::fmt;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;
use imbl::ordmap::{self, DiffItem};

use super::fingerprint::{Fingerprint, Sum, of_entries};
use super::{Document, Key};

/// Most entries of a sorted vector: as many as two leaves of the tree hold. Up to here it is smaller and faster than the tree.
const MOST: usize = 32;
/// A tree with no more entries becomes a vector. Well below [`MOST`], so that a map about that size does not change back and
/// forth.
const FEWEST: usize = 16;

/// A persistent map in key order. Cloning is O(1); an edit of a map that nobody shares copies nothing.
#[derive(Clone)]
pub struct Map(Arc<Node>);

#[derive(Clone)]
enum Node {
    Small(Small),
    Large(OrdMap<Key, Document>, Sum),
}

struct Small {
    /// In ascending order of keys.
    entries: Vec<(Key, Document)>,
    /// Once somebody has asked for it.
    fingerprint: OnceLock<Option<Fingerprint>>,
}

impl Clone for Small {
    fn clone(&self) -> Self {
        // A clone of the entries, and not only of the map, is made to be changed.
        Self::new(self.entries.clone())
    }
}

impl Small {
    fn new(entries: Vec<(Key, Document)>) -> Self {
        Self { entries, fingerprint: OnceLock::new() }
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| (**other).cmp(key))
    }
}

impl Map {
    /// Of entries in strictly ascending order of keys.
    pub(super) fn ascending(entries: Vec<(Key, Document)>) -> Self {
        debug_assert!(entries.is_sorted_by(|(a, _), (b, _)| a < b), "keys ascend");
        let node = match entries.len() {
            0..=MOST => Node::Small(Small::new(entries)),
            _ => Node::Large(entries.into_iter().collect(), Sum::default()),
        };
        Self(Arc::new(node))
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        match &*self.0 {
            Node::Small(small) => small.entries.len(),
            Node::Large(tree, _) => tree.len(),
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

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Document> {
        match &*self.0 {
            Node::Small(small) => small.place(key).ok().map(|place| &small.entries[place].1),
            Node::Large(tree, _) => tree.get(key),
        }
    }

    /// Whether it has this key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Document> {
        match Arc::make_mut(&mut self.0) {
            Node::Small(small) => {
                let place = small.place(key).ok()?;
                small.fingerprint.take();
                Some(&mut small.entries[place].1)
            }
            Node::Large(tree, sum) => {
                let (key, _) = tree.get_key_value(key)?;
                let key = key.clone();
                sum.open(tree, &key);
                tree.get_mut(&key)
            }
        }
    }

    /// Sets the value of a key, and gives the one before.
    pub fn insert(&mut self, key: Key, value: Document) -> Option<Document> {
        let node = Arc::make_mut(&mut self.0);
        match node {
            Node::Small(small) => {
                small.fingerprint.take();
                match small.place(&key) {
                    Ok(place) => return Some(std::mem::replace(&mut small.entries[place].1, value)),
                    Err(place) => small.entries.insert(place, (key, value)),
                }
                if small.entries.len() > MOST {
                    let tree = std::mem::take(&mut small.entries).into_iter().collect();
                    *node = Node::Large(tree, Sum::default());
                }
                None
            }
            Node::Large(tree, sum) => {
                sum.open(tree, &key);
                tree.insert(key, value)
            }
        }
    }

    /// Removes a key, and gives its value.
    pub fn remove(&mut self, key: &str) -> Option<Document> {
        // Nothing is copied for a key that is not there.
        if !self.contains_key(key) {
            return None;
        }
        let node = Arc::make_mut(&mut self.0);
        match node {
            Node::Small(small) => {
                small.fingerprint.take();
                let place = small.place(key).ok()?;
                Some(small.entries.remove(place).1)
            }
            Node::Large(tree, sum) => {
                sum.leave(tree, key);
                let gone = tree.remove(key);
                if tree.len() <= FEWEST {
                    *node = Node::Small(Small::new(std::mem::take(tree).into_iter().collect()));
                }
                gone
            }
        }
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> Iter<'_> {
        Iter(match &*self.0 {
            Node::Small(small) => Entries::Small(small.entries.iter()),
            Node::Large(tree, _) => Entries::Large(tree.iter()),
        })
    }

    /// The keys, ascending.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, by key.
    pub fn values(&self) -> impl Iterator<Item = &Document> {
        self.iter().map(|(_, value)| value)
    }

    /// What `after` has otherwise, by key. What both share in memory is skipped.
    pub fn diff<'a, 'b>(&'a self, after: &'b Self) -> Vec<DiffItem<'a, 'b, Key, Document>> {
        if self.ptr_eq(after) {
            return Vec::new();
        }
        if let (Node::Large(before, _), Node::Large(after, _)) = (&*self.0, &*after.0) {
            return before.diff(after).collect();
        }
        let (mut before, mut after) = (self.iter().peekable(), after.iter().peekable());
        let mut items = Vec::new();
        loop {
            match (before.peek().copied(), after.peek().copied()) {
                (Some(old), Some(new)) if old.0 == new.0 => {
                    if old.1 != new.1 {
                        items.push(DiffItem::Update { old, new });
                    }
                    before.next();
                    after.next();
                }
                (Some((key, value)), new) if new.is_none_or(|new| *key < *new.0) => {
                    items.push(DiffItem::Remove(key, value));
                    before.next();
                }
                (_, Some((key, value))) => {
                    items.push(DiffItem::Add(key, value));
                    after.next();
                }
                (_, None) => return items,
            }
        }
    }

    /// See [`Document::fingerprint`].
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        match &*self.0 {
            Node::Small(small) => {
                *small.fingerprint.get_or_init(|| of_entries(small.entries.iter().map(|(key, value)| (key, value))))
            }
            Node::Large(tree, sum) => sum.fingerprint(tree),
        }
    }
}

/// Keys and values of a map, by key.
#[derive(Clone)]
pub struct Iter<'a>(Entries<'a>);

#[derive(Clone)]
enum Entries<'a> {
    Small(std::slice::Iter<'a, (Key, Document)>),
    Large(ordmap::Iter<'a, Key, Document, imbl::shared_ptr::DefaultSharedPtr>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Key, &'a Document);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Entries::Small(entries) => entries.next().map(|(key, value)| (key, value)),
            Entries::Large(entries) => entries.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Entries::Small(entries) => entries.size_hint(),
            Entries::Large(entries) => entries.size_hint(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Key, &'a Document);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<(Key, Document)> for Map {
    fn from_iter<I: IntoIterator<Item = (Key, Document)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            // Of equal keys the last one stays.
            entries.reverse();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.dedup_by(|(a, _), (b, _)| a == b);
        }
        Self::ascending(entries)
    }
}

impl From<OrdMap<Key, Document>> for Map {
    fn from(tree: OrdMap<Key, Document>) -> Self {
        if tree.len() <= MOST {
            return Self::ascending(tree.into_iter().collect());
        }
        Self(Arc::new(Node::Large(tree, Sum::default())))
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::ascending(Vec::new())
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || (self.len() == other.len() && self.iter().eq(other.iter()))
    }
}

impl Eq for Map {}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
