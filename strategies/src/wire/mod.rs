//! Messages as bytes: postcard, with nothing left over.

mod packed;
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
mod sealed;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::replica::ProtocolError;
pub(crate) use packed::Packed;
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(crate) use sealed::seal_updates;
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
pub(crate) use sealed::{seal, unseal, updates};

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

/// Bytes within a message, as `#[serde(with = "wire::bytes")]`: in one piece, where a sequence would go byte by byte. A false
/// length allocates nothing.
pub(crate) mod bytes {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes.as_ref())
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: for<'a> From<&'a [u8]>,
        D: Deserializer<'de>,
    {
        struct Copied<T>(PhantomData<T>);
        impl<T: for<'a> From<&'a [u8]>> Visitor<'_> for Copied<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<T, E> {
                Ok(bytes.into())
            }
        }
        deserializer.deserialize_bytes(Copied(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Whole(#[serde(with = "bytes")] Arc<[u8]>);

    #[test]
    fn bytes_in_one_piece_are_encoded_as_a_sequence() {
        for payload in [vec![], vec![0; 300], b"abc".to_vec()] {
            let whole = encode(&Whole(payload[..].into()));
            assert_eq!(whole, encode(&payload));
            assert_eq!(*decode::<Whole>(&whole).unwrap().0, payload);
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        for length in [4, 1 << 20, 1 << 40, u64::MAX] {
            let hostile = [encode(&length), vec![7; 3]].concat();
            assert!(decode::<Whole>(&hostile).is_err(), "{length}");
        }
    }
}
