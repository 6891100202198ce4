//! Lists and maps while they are written.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::key::KeyWriter;
use super::{Writer, tagged};
use crate::document::serde_bridge::BridgeError;
use crate::document::{Document, Key, Map};

type Result<T> = std::result::Result<T, BridgeError>;

/// Collects a list.
pub(in crate::document::serde_bridge) struct ListWriter {
    inner: Writer,
    items: Vec<Document>,
    variant: Option<&'static str>,
}

impl ListWriter {
    pub(super) fn new(inner: Writer, variant: Option<&'static str>) -> Self {
        Self { inner, items: Vec::new(), variant }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.items.push(value.serialize(self.inner)?);
        Ok(())
    }

    fn done(self) -> Document {
        tagged(self.variant, Document::List(self.items.into()))
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
pub(in crate::document::serde_bridge) struct MapWriter {
    inner: Writer,
    entries: Map,
    key: Option<Key>,
    variant: Option<&'static str>,
}

impl MapWriter {
    pub(super) fn new(inner: Writer, variant: Option<&'static str>) -> Self {
        Self { inner, entries: Map::default(), key: None, variant }
    }

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
