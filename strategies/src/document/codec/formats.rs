//! Documents in other formats.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::document::Document;

/// For people (JSON and the like) a plain JSON value; for machines the canonical encoding as bytes.
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.encode());
        }
        match self {
            Document::Null => serializer.serialize_unit(),
            Document::Bool(value) => serializer.serialize_bool(*value),
            Document::Int(value) | Document::Counter(value) => serializer.serialize_i64(*value),
            Document::Float(value) => serializer.serialize_f64(value.get()),
            Document::String(value) => serializer.serialize_str(value),
            Document::List(list) => serializer.collect_seq(list),
            Document::Map(map) => serializer.collect_map(map.iter().map(|(key, value)| (&**key, value))),
            Document::Text(rope) => serializer.serialize_str(&rope.to_string()),
        }
    }
}

/// From the canonical encoding only: a plain JSON value does not tell a counter from an int.
impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the canonical encoding of a document")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Document, E> {
                Document::decode(bytes).map_err(E::custom)
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}
