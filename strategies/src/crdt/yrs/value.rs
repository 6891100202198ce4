//! Plain values of the library and of documents.

use yrs::{Any, Number};

use crate::document::Document;

/// Whole numbers up to here are exact in the library.
const EXACT: u64 = (1 << 53) - 1;

/// A value that the library has no kind for is eight bytes behind one of these.
const COUNTER: u8 = 0;
const INT: u8 = 1;
const FLOAT: u8 = 2;
/// What a counter of several entries began with.
const START: u8 = 3;

fn tagged(tag: u8, value: [u8; 8]) -> Any {
    Any::Buffer([&[tag][..], &value].concat().into())
}

fn from_tagged(tag: u8, value: &[u8]) -> Document {
    match (tag, <[u8; 8]>::try_from(value)) {
        (COUNTER, Ok(value)) => Document::Counter(i64::from_le_bytes(value)),
        (INT, Ok(value)) => Document::Int(i64::from_le_bytes(value)),
        (FLOAT, Ok(value)) => Document::from(f64::from_le_bytes(value)),
        _ => Document::Null,
    }
}

/// What a counter of several entries begins with. No document is written so.
pub(super) fn starts(value: i64) -> Any {
    tagged(START, value.to_le_bytes())
}

/// The value that a counter of several entries began with.
pub(super) fn started(any: &Any) -> Option<i64> {
    let Any::Buffer(bytes) = any else { return None };
    let value = bytes.split_first().filter(|(tag, _)| **tag == START)?.1;
    <[u8; 8]>::try_from(value).ok().map(i64::from_le_bytes)
}

/// The plain value that a document is, if it is one.
pub(super) fn scalar(document: &Document) -> Option<Any> {
    Some(match document {
        Document::Null => Any::Null,
        Document::Bool(value) => Any::Bool(*value),
        Document::Int(value) if value.unsigned_abs() <= EXACT => Any::Number(Number::Int(*value)),
        Document::Int(value) => tagged(INT, value.to_le_bytes()),
        Document::Float(value) if value.get().fract() != 0.0 => Any::Number(Number::Float(value.get())),
        Document::Float(value) => tagged(FLOAT, value.get().to_le_bytes()),
        Document::String(value) => Any::String((&**value).into()),
        Document::Counter(value) => tagged(COUNTER, value.to_le_bytes()),
        Document::List(_) | Document::Map(_) | Document::Text(_) => return None,
    })
}

pub(super) fn from_any(any: &Any) -> Document {
    match any {
        Any::Bool(value) => Document::Bool(*value),
        Any::Number(Number::Int(value)) => Document::Int(*value),
        // The library has one kind of number, as JavaScript has, and writes large whole numbers as fractions.
        Any::Number(Number::Float(value)) if value.fract() == 0.0 && value.abs() <= EXACT as f64 => {
            Document::Int(*value as i64)
        }
        Any::Number(Number::Float(value)) => Document::from(*value),
        Any::String(value) => Document::from(&**value),
        Any::Buffer(bytes) => match bytes.split_first() {
            Some((&tag, value)) => from_tagged(tag, value),
            None => Document::Null,
        },
        // Nothing here writes these; a forged update may.
        _ => Document::Null,
    }
}
