//! From values to documents.

use std::fmt::Display;

use imbl::{OrdMap, Vector};
use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::BridgeError;
use crate::document::{Document, Key, MAX_DEPTH};

/// The newtype names by which a field says that it is a counter or a text.
pub(super) const COUNTER: &str = "$syncbench::Counter";
pub(super) const TEXT: &str = "$syncbench::Text";

type Result<T> = std::result::Result<T, BridgeError>;

/// Writes one node.
#[derive(Clone, Copy)]
pub(super) struct Writer {
    /// Lists and maps around it.
    pub(super) depth: usize,
}

impl Writer {
    /// For what is inside a list or map that is written here.
    fn inner(self) -> Result<Writer> {
        if self.depth < MAX_DEPTH { Ok(Writer { depth: self.depth + 1 }) } else { Err(BridgeError::TooDeep) }
    }

    fn list(self) -> Result<ListWriter> {
        Ok(ListWriter { inner: self.inner()?, items: Vector::new(), variant: None })
    }

    fn map(self) -> Result<MapWriter> {
        Ok(MapWriter { inner: self.inner()?, entries: OrdMap::new(), key: None, variant: None })
    }
}

fn int(value: impl TryInto<i64> + Display + Copy) -> Result<Document> {
    value.try_into().map(Document::Int).map_err(|_| BridgeError::Number(value.to_string()))
}

/// The map around an enum's content.
fn tagged(variant: Option<&'static str>, content: Document) -> Document {
    match variant {
        Some(variant) => Document::map([(variant, content)]),
        None => content,
    }
}

impl Serializer for Writer {
    type Ok = Document;
    type Error = BridgeError;
    type SerializeSeq = ListWriter;
    type SerializeTuple = ListWriter;
    type SerializeTupleStruct = ListWriter;
    type SerializeTupleVariant = ListWriter;
    type SerializeMap = MapWriter;
    type SerializeStruct = MapWriter;
    type SerializeStructVariant = MapWriter;

    fn serialize_bool(self, value: bool) -> Result<Document> {
        Ok(Document::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Document> {
        int(value)
    }

    fn serialize_i16(self, value: i16) -> Result<Document> {
        int(value)
    }

    fn serialize_i32(self, value: i32) -> Result<Document> {
        int(value)
    }

    fn serialize_i64(self, value: i64) -> Result<Document> {
        int(value)
    }

    fn serialize_i128(self, value: i128) -> Result<Document> {
        int(value)
    }

    fn serialize_u8(self, value: u8) -> Result<Document> {
        int(value)
    }

    fn serialize_u16(self, value: u16) -> Result<Document> {
        int(value)
    }

    fn serialize_u32(self, value: u32) -> Result<Document> {
        int(value)
    }

    fn serialize_u64(self, value: u64) -> Result<Document> {
        int(value)
    }

    fn serialize_u128(self, value: u128) -> Result<Document> {
        int(value)
    }

    fn serialize_f32(self, value: f32) -> Result<Document> {
        Ok(f64::from(value).into())
    }

    fn serialize_f64(self, value: f64) -> Result<Document> {
        Ok(value.into())
    }

    fn serialize_char(self, value: char) -> Result<Document> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Document> {
        Ok(value.into())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Document> {
        self.inner()?;
        Ok(Document::list(value.iter().map(|byte| i64::from(*byte))))
    }

    fn serialize_none(self) -> Result<Document> {
        Ok(Document::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Document> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Document> {
        Ok(Document::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Document> {
        Ok(Document::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Document> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Document> {
        Ok(match (name, value.serialize(self)?) {
            (COUNTER, Document::Int(value)) => Document::Counter(value),
            (TEXT, Document::String(value)) => Document::text(&value),
            (_, document) => document,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Document> {
        Ok(tagged(Some(variant), value.serialize(self.inner()?)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListWriter> {
        self.list()
    }

    fn serialize_tuple(self, _: usize) -> Result<ListWriter> {
        self.list()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListWriter> {
        self.list()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<ListWriter> {
        Ok(ListWriter { variant: Some(variant), ..self.inner()?.list()? })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapWriter> {
        self.map()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapWriter> {
        self.map()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<MapWriter> {
        Ok(MapWriter { variant: Some(variant), ..self.inner()?.map()? })
    }
}

/// Collects a list.
pub(super) struct ListWriter {
    inner: Writer,
    items: Vector<Document>,
    variant: Option<&'static str>,
}

impl ListWriter {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.items.push_back(value.serialize(self.inner)?);
        Ok(())
    }

    fn done(self) -> Document {
        tagged(self.variant, Document::List(self.items))
    }
}

macro_rules! list_like {
    ($($contract:ident $method:ident),*) => {$(
        impl $contract for ListWriter {
            type Ok = Document;
            type Error = BridgeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.push(value)
            }

            fn end(self) -> Result<Document> {
                Ok(self.done())
            }
        }
    )*};
}

list_like!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

/// Collects a map.
pub(super) struct MapWriter {
    inner: Writer,
    entries: OrdMap<Key, Document>,
    key: Option<Key>,
    variant: Option<&'static str>,
}

impl MapWriter {
    fn insert<T: Serialize + ?Sized>(&mut self, key: Key, value: &T) -> Result<()> {
        let value = value.serialize(self.inner)?;
        match self.entries.insert(key.clone(), value) {
            Some(_) => Err(BridgeError::Twice(key)),
            None => Ok(()),
        }
    }

    fn done(self) -> Document {
        tagged(self.variant, Document::Map(self.entries))
    }
}

impl SerializeMap for MapWriter {
    type Ok = Document;
    type Error = BridgeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = Some(key.serialize(KeyWriter)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.key.take().ok_or_else(|| BridgeError::Custom("a map value comes before its key".into()))?;
        self.insert(key, value)
    }

    fn end(self) -> Result<Document> {
        Ok(self.done())
    }
}

macro_rules! struct_like {
    ($($contract:ident),*) => {$(
        impl $contract for MapWriter {
            type Ok = Document;
            type Error = BridgeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                self.insert(key.into(), value)
            }

            fn end(self) -> Result<Document> {
                Ok(self.done())
            }
        }
    )*};
}

struct_like!(SerializeStruct, SerializeStructVariant);

/// Writes a map key.
struct KeyWriter;

macro_rules! written_out {
    ($($method:ident $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<Key> {
            Ok(value.to_string().into())
        }
    )*};
}

macro_rules! no_key {
    ($($method:ident($($argument:ty),*) -> $answer:ty, $what:literal;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$answer> {
            Err(BridgeError::Key($what))
        }
    )*};
}

impl Serializer for KeyWriter {
    type Ok = Key;
    type Error = BridgeError;
    type SerializeSeq = Impossible<Key, BridgeError>;
    type SerializeTuple = Impossible<Key, BridgeError>;
    type SerializeTupleStruct = Impossible<Key, BridgeError>;
    type SerializeTupleVariant = Impossible<Key, BridgeError>;
    type SerializeMap = Impossible<Key, BridgeError>;
    type SerializeStruct = Impossible<Key, BridgeError>;
    type SerializeStructVariant = Impossible<Key, BridgeError>;

    written_out!(
        serialize_bool bool, serialize_char char, serialize_str &str,
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128
    );

    no_key! {
        serialize_f32(f32) -> Key, "a float";
        serialize_f64(f64) -> Key, "a float";
        serialize_bytes(&[u8]) -> Key, "bytes";
        serialize_none() -> Key, "an option";
        serialize_unit() -> Key, "a unit";
        serialize_unit_struct(&'static str) -> Key, "a unit";
        serialize_seq(Option<usize>) -> Self::SerializeSeq, "a sequence";
        serialize_tuple(usize) -> Self::SerializeTuple, "a tuple";
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct, "a tuple";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant, "a variant";
        serialize_map(Option<usize>) -> Self::SerializeMap, "a map";
        serialize_struct(&'static str, usize) -> Self::SerializeStruct, "a struct";
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant, "a variant";
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Key> {
        Err(BridgeError::Key("an option"))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Key> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Key> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Key> {
        Err(BridgeError::Key("a variant with content"))
    }
}
