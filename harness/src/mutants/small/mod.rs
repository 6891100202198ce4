//! Small strategies for bugs that no wrapper can express: each is correct until it is built with a flaw.
//!
//! They claim what they keep, and nothing else: no parameters, no bounded histories, no crashes.

pub(super) mod optimistic;
pub(super) mod positions;
pub(super) mod stamped;
pub(super) mod transform;

use serde::Serialize;
use serde::de::DeserializeOwned;
use syncbench_strategies::replica::ProtocolError;

fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    // Postcard refuses only sequences of unknown length, which no message has.
    postcard::to_stdvec(message).expect("messages are plain data")
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(ProtocolError::malformed(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(ProtocolError::malformed(error)),
    }
}
