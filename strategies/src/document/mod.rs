//! The document: an immutable JSON-like tree with structural sharing.
//!
//! Cloning is O(1). An edit is O(log n) and touches only the path to the change, so an earlier clone keeps the old state:
//! this is what Immer calls `produce`. What nobody shares is edited in place. Text is a rope and its positions are Unicode code points.

mod apply;
mod codec;
mod diff;
mod edit;
mod fingerprint;
mod float;
#[cfg(test)]
pub(crate) mod generate;
mod kind;
#[cfg(test)]
mod laws;
mod list;
mod map;
mod path;
pub mod serde_bridge;
mod value;

pub use codec::{DecodeError, Digest};
pub use diff::diff;
pub use edit::{Edit, EditError, EditKind};
pub use fingerprint::Fingerprint;
pub use float::Float;
pub use kind::Kind;
pub use list::List;
pub use map::Map;
pub use path::{Path, Step};
pub use serde_bridge::{BridgeError, from_document, to_document};

use std::sync::Arc;

use ropey::Rope;

/// A map key.
pub type Key = Arc<str>;

/// The deepest nesting of a document; deeper edits and encodings are errors.
///
/// JSON parsers commonly stop at 128; half of that leaves room for a strategy that wraps documents in its own.
pub const MAX_DEPTH: usize = 64;

/// An immutable JSON-like tree. See the [module](self) for its costs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Document {
    /// Nothing.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A 64-bit float.
    Float(Float),
    /// A string that is replaced as a whole.
    String(Arc<str>),
    /// A number that is changed by [`Edit::Increment`].
    Counter(i64),
    /// A sequence.
    List(List),
    /// A map, in key order.
    Map(Map),
    /// A text, edited by [`Edit::TextSplice`].
    Text(Rope),
}

impl Document {
    /// A list of these items.
    pub fn list<T: Into<Document>>(items: impl IntoIterator<Item = T>) -> Self {
        Document::List(items.into_iter().map(Into::into).collect())
    }

    /// A map of these entries; a later entry replaces an earlier one with the same key.
    pub fn map<K: Into<Key>, T: Into<Document>>(entries: impl IntoIterator<Item = (K, T)>) -> Self {
        Document::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// A text with this content.
    pub fn text(content: &str) -> Self {
        Document::Text(Rope::from_str(content))
    }

    /// The same document in memory of its own: who keeps it keeps nothing of this one alive.
    #[must_use]
    pub fn apart(&self) -> Self {
        match self {
            Document::String(text) => Document::String(Arc::from(&**text)),
            Document::List(items) => Document::List(items.iter().map(Document::apart).collect()),
            Document::Map(map) => Document::map(map.iter().map(|(key, value)| (&**key, value.apart()))),
            Document::Text(rope) => Document::text(&rope.to_string()),
            Document::Null | Document::Bool(_) | Document::Int(_) | Document::Float(_) | Document::Counter(_) => {
                self.clone()
            }
        }
    }

    /// The type of this node.
    pub fn kind(&self) -> Kind {
        match self {
            Document::Null => Kind::Null,
            Document::Bool(_) => Kind::Bool,
            Document::Int(_) => Kind::Int,
            Document::Float(_) => Kind::Float,
            Document::String(_) => Kind::String,
            Document::Counter(_) => Kind::Counter,
            Document::List(_) => Kind::List,
            Document::Map(_) => Kind::Map,
            Document::Text(_) => Kind::Text,
        }
    }

    /// The node at `path`, if there is one.
    pub fn at(&self, path: &[Step]) -> Option<&Document> {
        path.iter().try_fold(self, |node, step| match (node, step) {
            (Document::Map(map), Step::Key(key)) => map.get(key),
            (Document::List(list), Step::Index(index)) => list.get(*index),
            _ => None,
        })
    }

    /// Entries of a list or map, code points of a text, `None` for other kinds.
    pub fn size(&self) -> Option<usize> {
        match self {
            Document::List(list) => Some(list.len()),
            Document::Map(map) => Some(map.len()),
            Document::Text(rope) => Some(rope.len_chars()),
            _ => None,
        }
    }

    /// The integer, if this is an int or a counter.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Document::Int(value) | Document::Counter(value) => Some(*value),
            _ => None,
        }
    }

    /// The string, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Document::String(value) => Some(value),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Document::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Levels of lists and maps: 0 for a scalar, 1 for an empty list. Stops counting just above [`MAX_DEPTH`].
    pub fn depth(&self) -> usize {
        fn walk(node: &Document, budget: usize) -> usize {
            match node {
                Document::List(_) | Document::Map(_) if budget == 0 => 1,
                Document::List(list) => 1 + list.iter().map(|item| walk(item, budget - 1)).max().unwrap_or(0),
                Document::Map(map) => 1 + map.values().map(|item| walk(item, budget - 1)).max().unwrap_or(0),
                _ => 0,
            }
        }
        walk(self, MAX_DEPTH)
    }
}
