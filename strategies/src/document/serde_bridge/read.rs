//! From documents to values.

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::BridgeError;
use crate::document::Document;

type Result<T> = std::result::Result<T, BridgeError>;

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de>(pub(super) &'de Document);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = BridgeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Document::Null => visitor.visit_unit(),
            Document::Bool(value) => visitor.visit_bool(*value),
            Document::Int(value) | Document::Counter(value) => visitor.visit_i64(*value),
            Document::Float(value) => visitor.visit_f64(value.get()),
            Document::String(value) => visitor.visit_borrowed_str(value),
            Document::Text(rope) => visitor.visit_string(rope.to_string()),
            Document::List(list) => {
                let mut items = SeqDeserializer::new(list.iter().map(Reader));
                let value = visitor.visit_seq(&mut items)?;
                // Items beyond the length of a tuple are an error.
                items.end()?;
                Ok(value)
            }
            Document::Map(map) => {
                let mut entries = MapDeserializer::new(map.iter().map(|(key, value)| (KeyReader(key), Reader(value))));
                let value = visitor.visit_map(&mut entries)?;
                entries.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Document::List(list) => {
                let bytes: Result<_> = list.iter().map(|item| u8::deserialize(Reader(item))).collect();
                visitor.visit_byte_buf(bytes?)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Document::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.0 {
            Document::String(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
            Document::Text(rope) => visitor.visit_enum(rope.to_string().into_deserializer()),
            Document::Map(map) if map.len() == 1 => {
                let entries = MapDeserializer::new(map.iter().map(|(key, value)| (KeyReader(key), Reader(value))));
                visitor.visit_enum(MapAccessDeserializer::new(entries))
            }
            Document::Map(map) => {
                Err(BridgeError::invalid_length(map.len(), &"a map with one key, the name of a variant"))
            }
            other => Err(BridgeError::invalid_type(
                Unexpected::Other(&other.kind().to_string()),
                &"the name of a variant, or a map from it",
            )),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct seq tuple tuple_struct
        map struct identifier
    }
}

impl<'de> IntoDeserializer<'de, BridgeError> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads a map key.
#[derive(Clone, Copy)]
struct KeyReader<'de>(&'de str);

/// A key reads back only in the form in which it is written: with `01` beside `1` an entry would be lost.
macro_rules! written_out {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.0.parse::<$type>() {
                Ok(value) if value.to_string() == self.0 => visitor.$visit(value),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = BridgeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(self.0)
    }

    written_out!(
        deserialize_bool visit_bool bool,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_u128 visit_u128 u128
    );

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

impl<'de> IntoDeserializer<'de, BridgeError> for KeyReader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
