//! Messages as bytes: postcard, with nothing left over.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::replica::ProtocolError;

/// Encodes a message or a saved state.
pub(crate) fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    // Postcard refuses only sequences of unknown length, which no message has.
    postcard::to_stdvec(message).expect("messages are plain data")
}

/// Decodes a message that fills all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(ProtocolError::malformed(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(ProtocolError::malformed(error)),
    }
}

/// Encodes a message with a checksum at its end, for libraries that take some damaged bytes for good ones.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
pub(crate) fn seal<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = encode(message);
    let sum = xxhash_rust::xxh3::xxh3_64(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// Decodes what [`seal`] made.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
pub(crate) fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    match bytes.split_last_chunk() {
        Some((body, sum)) if u64::from_le_bytes(*sum) == xxhash_rust::xxh3::xxh3_64(body) => decode(body),
        _ => Err(ProtocolError::malformed("the checksum is wrong")),
    }
}
