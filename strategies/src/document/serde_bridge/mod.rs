//! Plain data as documents and back, through serde.
//!
//! The shapes are those of serde_json: structs and maps are maps, sequences and tuples are lists, `None` and `()` are
//! null, a newtype is what it wraps, an enum is its variant's name or a map from that name to the content. Integers are
//! 64-bit and signed. Keys are strings; integers, truth values and letters are written out, `7` as `"7"`. Bytes are a
//! list of integers.
//!
//! A plain number is no counter, and a plain string no text. A field that is edited by adding or by splicing says so:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use syncbench_strategies::document::{Document, from_document, serde_bridge, to_document};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Card {
//!     title: String,
//!     #[serde(with = "serde_bridge::text")]
//!     notes: String,
//!     #[serde(with = "serde_bridge::counter")]
//!     votes: i64,
//! }
//!
//! let card = Card { title: "milk".into(), notes: "two litres".into(), votes: 3 };
//! let document = to_document(&card)?;
//! assert_eq!(
//!     document,
//!     Document::map([
//!         ("title", Document::from("milk")),
//!         ("notes", Document::text("two litres")),
//!         ("votes", Document::Counter(3)),
//!     ])
//! );
//! assert_eq!(from_document::<Card>(&document)?.votes, 3);
//! # Ok::<(), serde_bridge::BridgeError>(())
//! ```

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, de, ser};
use thiserror::Error;

use super::{Document, Key, MAX_DEPTH};

/// Why a value is no document, or a document not the expected value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BridgeError {
    /// An integer that 64 bits with a sign cannot hold.
    #[error("{0} does not fit into a signed 64-bit integer")]
    Number(String),
    /// A map key that is no string, integer, truth value, letter or name of a variant.
    #[error("a map key must be a string, an integer, a bool, a char or a unit variant, not {0}")]
    Key(&'static str),
    /// Two keys of a map are written the same way.
    #[error("the key {0:?} comes twice")]
    Twice(Key),
    /// The value is nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// An error of the value's own serde code: a missing field, a wrong type, an unknown variant.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for BridgeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        BridgeError::Custom(message.to_string())
    }
}

impl de::Error for BridgeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        BridgeError::Custom(message.to_string())
    }
}

/// The value as a document; see the [module](self) for the shapes.
///
/// Integers beyond 64 bits with a sign, keys that are no scalars, keys that come twice and nesting deeper than
/// [`MAX_DEPTH`] are errors.
pub fn to_document<T: Serialize + ?Sized>(value: &T) -> Result<Document, BridgeError> {
    value.serialize(write::Writer { depth: 0 })
}

/// The document as a value; see the [module](self) for the shapes. A text reads as a string, a counter as an integer.
pub fn from_document<T: DeserializeOwned>(document: &Document) -> Result<T, BridgeError> {
    T::deserialize(read::Reader(document))
}

/// `#[serde(with = "serde_bridge::counter")]`: an integer field that becomes a [`Document::Counter`].
///
/// Formats other than documents get a plain integer.
pub mod counter {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the field.
    pub fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(super::write::COUNTER, value)
    }

    /// Reads the field.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        i64::deserialize(deserializer)
    }
}

/// `#[serde(with = "serde_bridge::text")]`: a string field that becomes a [`Document::Text`].
///
/// Formats other than documents get a plain string.
pub mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the field.
    pub fn serialize<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(super::write::TEXT, value)
    }

    /// Reads the field.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}
