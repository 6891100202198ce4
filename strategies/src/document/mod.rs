//! The document: an immutable JSON-like tree with structural sharing.
//!
//! Cloning is O(1). An edit is O(log n) and touches only the path to the change, so a clone taken before the edit keeps
//! the old state: this is what Immer calls `produce`. Text is a rope and its positions are Unicode code points.

mod codec;
mod diff;
mod edit;
#[cfg(test)]
pub(crate) mod generate;
#[cfg(test)]
mod laws;
mod path;
pub mod serde_bridge;

pub use codec::{DecodeError, Digest};
pub use diff::diff;
pub use edit::{Edit, EditError, EditKind};
pub use path::{Path, Step};
pub use serde_bridge::{BridgeError, from_document, to_document};

use std::fmt;
use std::sync::Arc;

use imbl::{OrdMap, Vector};
use ropey::Rope;

/// A map key.
pub type Key = Arc<str>;

/// Deepest nesting that a document may have; deeper edits and encodings are refused.
///
/// JSON parsers commonly stop at 128; half of that leaves room for a strategy that wraps documents in its own.
pub const MAX_DEPTH: usize = 64;

/// A finite or infinite 64-bit float with one canonical not-a-number, compared by its bits.
///
/// Equality by bits makes documents with floats comparable and digestible: `-0.0` and `0.0` differ, NaN equals itself.
#[derive(Clone, Copy)]
pub struct Float(u64);

impl Float {
    /// The float as a number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for Float {
    fn from(value: f64) -> Self {
        Self(if value.is_nan() { f64::NAN.to_bits() & (u64::MAX >> 1) } else { value.to_bits() })
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Float {}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

/// The type of a node in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    Null,
    /// A truth value.
    Bool,
    /// A 64-bit signed integer.
    Int,
    /// A 64-bit float.
    Float,
    /// A string that is replaced as a whole.
    String,
    /// A number that is changed by adding to it.
    Counter,
    /// A sequence of documents.
    List,
    /// Documents by key, in key order.
    Map,
    /// A string that is edited by splices.
    Text,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Null => "null",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::String => "string",
            Kind::Counter => "counter",
            Kind::List => "list",
            Kind::Map => "map",
            Kind::Text => "text",
        })
    }
}

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
    List(Vector<Document>),
    /// A map, in key order.
    Map(OrdMap<Key, Document>),
    /// A text, edited by [`Edit::TextSplice`].
    Text(Rope),
}

impl Document {
    /// A list of the given items.
    pub fn list<T: Into<Document>>(items: impl IntoIterator<Item = T>) -> Self {
        Document::List(items.into_iter().map(Into::into).collect())
    }

    /// A map of the given entries; a later entry replaces an earlier one with the same key.
    pub fn map<K: Into<Key>, T: Into<Document>>(entries: impl IntoIterator<Item = (K, T)>) -> Self {
        Document::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// A text with the given content.
    pub fn text(content: &str) -> Self {
        Document::Text(Rope::from_str(content))
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

    /// Entries of a list or map, code points of a text, `None` for the others.
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

/// Compact and JSON-like, for people: counters are plain numbers, keys are not quoted.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Document::Null => f.write_str("null"),
            Document::Bool(value) => write!(f, "{value}"),
            Document::Int(value) | Document::Counter(value) => write!(f, "{value}"),
            Document::Float(value) => write!(f, "{value:?}"),
            Document::String(value) => write!(f, "{value:?}"),
            Document::Text(rope) => write!(f, "{:?}", rope.to_string()),
            Document::List(list) => {
                f.write_str("[")?;
                for (index, item) in list.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Document::Map(map) => {
                f.write_str("{")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{key}:{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl From<bool> for Document {
    fn from(value: bool) -> Self {
        Document::Bool(value)
    }
}

impl From<i64> for Document {
    fn from(value: i64) -> Self {
        Document::Int(value)
    }
}

impl From<f64> for Document {
    fn from(value: f64) -> Self {
        Document::Float(value.into())
    }
}

impl From<&str> for Document {
    fn from(value: &str) -> Self {
        Document::String(value.into())
    }
}

impl From<String> for Document {
    fn from(value: String) -> Self {
        Document::String(value.into())
    }
}
