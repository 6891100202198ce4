//! From values to documents.

mod collect;
mod key;

use std::fmt::Display;

use serde::ser::{Serialize, Serializer};

use super::BridgeError;
use crate::document::{Document, MAX_DEPTH};
use collect::{ListWriter, MapWriter};

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
    /// The writer for the inside of a list or map that is written here.
    fn inner(self) -> Result<Writer> {
        if self.depth < MAX_DEPTH { Ok(Writer { depth: self.depth + 1 }) } else { Err(BridgeError::TooDeep) }
    }

    fn list(self) -> Result<ListWriter> {
        Ok(ListWriter::new(self.inner()?, None))
    }

    fn map(self) -> Result<MapWriter> {
        Ok(MapWriter::new(self.inner()?, None))
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
        Ok(ListWriter::new(self.inner()?.inner()?, Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapWriter> {
        self.map()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapWriter> {
        self.map()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<MapWriter> {
        Ok(MapWriter::new(self.inner()?.inner()?, Some(variant)))
    }
}
