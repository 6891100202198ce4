//! The canonical encoding, its decoder for untrusted bytes, and the digest.
//!
//! One byte for the kind, then: zigzag LEB128 for integers, eight bytes for a float, a LEB128 length and the bytes for
//! strings and texts, a LEB128 count and the entries for lists and maps, maps in strictly ascending key order. There is
//! exactly one encoding of a document, and the decoder refuses every other.

mod decode;
mod digest;
mod encode;
mod formats;

pub use decode::DecodeError;
pub use digest::Digest;
