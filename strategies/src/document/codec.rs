//! The canonical encoding, its decoder for bytes from strangers, and the digest.
//!
//! One byte for the kind, then: zigzag LEB128 for integers, eight bytes for a float, a LEB128 length and the bytes for
//! strings and texts, a LEB128 count and the entries for lists and maps, maps in strictly ascending key order. There is
//! exactly one encoding of a document, and the decoder refuses every other.

use std::fmt;
use std::sync::Arc;

use imbl::{OrdMap, Vector};
use ropey::Rope;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::{Document, Key, MAX_DEPTH};

/// Why bytes are not a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes stop in the middle of a node.
    #[error("the bytes end in the middle of a document")]
    Truncated,
    /// There are bytes after the document.
    #[error("{0} bytes follow the document")]
    Trailing(usize),
    /// No kind has this tag.
    #[error("unknown tag {0}")]
    Tag(u8),
    /// A number is too large or not in its shortest form.
    #[error("a number is not in its shortest form")]
    Number,
    /// A string is not UTF-8.
    #[error("a string is not UTF-8")]
    Utf8,
    /// Map keys are not strictly ascending.
    #[error("map keys are not in ascending order")]
    KeyOrder,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// A 128-bit digest of a document's canonical encoding (XXH3): equal states have equal digests.
///
/// It tells honest states apart; it is not made to resist somebody who looks for collisions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u128);

impl Digest {
    /// The digest of arbitrary bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Document {
    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// Appends the canonical encoding.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Document::Null => out.push(0),
            Document::Bool(false) => out.push(1),
            Document::Bool(true) => out.push(2),
            Document::Int(value) => {
                out.push(3);
                put_int(out, *value);
            }
            Document::Float(value) => {
                out.push(4);
                out.extend_from_slice(&value.0.to_be_bytes());
            }
            Document::String(value) => {
                out.push(5);
                put_bytes(out, value.as_bytes());
            }
            Document::Counter(value) => {
                out.push(6);
                put_int(out, *value);
            }
            Document::List(list) => {
                out.push(7);
                put_size(out, list.len() as u64);
                for item in list {
                    item.encode_into(out);
                }
            }
            Document::Map(map) => {
                out.push(8);
                put_size(out, map.len() as u64);
                for (key, value) in map {
                    put_bytes(out, key.as_bytes());
                    value.encode_into(out);
                }
            }
            Document::Text(rope) => {
                out.push(9);
                put_size(out, rope.len_bytes() as u64);
                for chunk in rope.chunks() {
                    out.extend_from_slice(chunk.as_bytes());
                }
            }
        }
    }

    /// Reads one document that fills all of `bytes`.
    ///
    /// Memory stays proportional to their length, whatever they claim. The factor is that of any document: a list takes
    /// about 4 KiB as soon as it has one item, a map and a text more than 1 KiB, so at worst some 1400 bytes per byte.
    pub fn decode(bytes: &[u8]) -> Result<Document, DecodeError> {
        let mut reader = Reader { bytes };
        let document = reader.document(0)?;
        match reader.bytes.len() {
            0 => Ok(document),
            rest => Err(DecodeError::Trailing(rest)),
        }
    }

    /// The digest of the canonical encoding.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.encode())
    }
}

fn put_size(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_int(out: &mut Vec<u8>, value: i64) {
    put_size(out, ((value << 1) ^ (value >> 63)) as u64);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_size(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn document(&mut self, depth: usize) -> Result<Document, DecodeError> {
        let tag = self.byte()?;
        if depth >= MAX_DEPTH && matches!(tag, 7 | 8) {
            return Err(DecodeError::TooDeep);
        }
        Ok(match tag {
            0 => Document::Null,
            1 => Document::Bool(false),
            2 => Document::Bool(true),
            3 => Document::Int(self.int()?),
            4 => {
                let bits = u64::from_be_bytes(self.take(8)?.try_into().map_err(|_| DecodeError::Truncated)?);
                let float = super::Float::from(f64::from_bits(bits));
                if float.0 != bits {
                    return Err(DecodeError::Number);
                }
                Document::Float(float)
            }
            5 => Document::String(Arc::from(self.string()?)),
            6 => Document::Counter(self.int()?),
            7 => {
                let mut list = Vector::new();
                for _ in 0..self.count()? {
                    list.push_back(self.document(depth + 1)?);
                }
                Document::List(list)
            }
            8 => {
                let mut map: OrdMap<Key, Document> = OrdMap::new();
                let mut last: Option<Key> = None;
                for _ in 0..self.count()? {
                    let key: Key = Arc::from(self.string()?);
                    if last.as_ref().is_some_and(|last| *last >= key) {
                        return Err(DecodeError::KeyOrder);
                    }
                    map.insert(key.clone(), self.document(depth + 1)?);
                    last = Some(key);
                }
                Document::Map(map)
            }
            9 => Document::Text(Rope::from_str(self.string()?)),
            tag => return Err(DecodeError::Tag(tag)),
        })
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.bytes.split_first().ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(*first)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.bytes.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(head)
    }

    fn size(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (shift == 63 && bits > 1) || (byte == 0 && shift > 0) {
                return Err(DecodeError::Number);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Number)
    }

    fn int(&mut self) -> Result<i64, DecodeError> {
        let value = self.size()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A count of entries that the remaining bytes could hold, at least one byte each.
    fn count(&mut self) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.size()?).map_err(|_| DecodeError::Truncated)?;
        if count > self.bytes.len() { Err(DecodeError::Truncated) } else { Ok(count) }
    }

    fn string(&mut self) -> Result<&'a str, DecodeError> {
        let len = usize::try_from(self.size()?).map_err(|_| DecodeError::Truncated)?;
        std::str::from_utf8(self.take(len)?).map_err(|_| DecodeError::Utf8)
    }
}

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

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Digest).map_err(de::Error::custom)
    }
}
