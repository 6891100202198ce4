//! Map keys.

use serde::ser::{Impossible, Serialize, Serializer};

use crate::document::Key;
use crate::document::serde_bridge::BridgeError;

type Result<T> = std::result::Result<T, BridgeError>;

/// Writes a map key.
pub(super) struct KeyWriter;

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
