//! Reading the canonical encoding.

use std::sync::Arc;

use ropey::Rope;
use thiserror::Error;

use crate::document::map::Map;
use crate::document::{Document, Float, Key, MAX_DEPTH};

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

/// Most entries for which there is room before the first of them is read: the bytes may hold fewer than they claim.
const MOST_AT_ONCE: usize = 64;

impl Document {
    /// Reads one document that fills all of `bytes`.
    ///
    /// Memory stays proportional to their length, whatever they claim. The factor is that of any document: a text takes more
    /// than 1 KiB, so at worst about 600 bytes per byte.
    pub fn decode(bytes: &[u8]) -> Result<Document, DecodeError> {
        let mut reader = Reader { bytes };
        let document = reader.document(0)?;
        match reader.bytes.len() {
            0 => Ok(document),
            rest => Err(DecodeError::Trailing(rest)),
        }
    }
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
                let float = Float::from(f64::from_bits(bits));
                if float.0 != bits {
                    return Err(DecodeError::Number);
                }
                Document::Float(float)
            }
            5 => Document::String(Arc::from(self.string()?)),
            6 => Document::Counter(self.int()?),
            7 => {
                let count = self.count()?;
                let mut items = Vec::with_capacity(count.min(MOST_AT_ONCE));
                for _ in 0..count {
                    items.push(self.document(depth + 1)?);
                }
                Document::List(items.into())
            }
            8 => {
                let count = self.count()?;
                let mut entries: Vec<(Key, Document)> = Vec::with_capacity(count.min(MOST_AT_ONCE));
                for _ in 0..count {
                    let key = self.string()?;
                    if entries.last().is_some_and(|(last, _)| **last >= *key) {
                        return Err(DecodeError::KeyOrder);
                    }
                    entries.push((key.into(), self.document(depth + 1)?));
                }
                Document::Map(Map::ascending(entries))
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

    /// A count of entries that the remaining bytes can hold, at one byte or more each.
    fn count(&mut self) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.size()?).map_err(|_| DecodeError::Truncated)?;
        if count > self.bytes.len() { Err(DecodeError::Truncated) } else { Ok(count) }
    }

    fn string(&mut self) -> Result<&'a str, DecodeError> {
        let len = usize::try_from(self.size()?).map_err(|_| DecodeError::Truncated)?;
        std::str::from_utf8(self.take(len)?).map_err(|_| DecodeError::Utf8)
    }
}
