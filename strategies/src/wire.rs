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
