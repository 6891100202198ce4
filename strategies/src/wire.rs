//! Messages as bytes: postcard, with nothing left over.

#[cfg(any(feature = "loro", feature = "diamond"))]
use std::sync::Arc;

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

/// What the message around one keystroke of a library takes, about; longer ones grow.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
const KEYSTROKE: usize = 256;

/// Up to this size a buffer waits for the next message.
#[cfg(any(feature = "loro", feature = "diamond"))]
const KEPT: usize = 1 << 10;

/// Bytes within a message, as `#[serde(with = "wire::bytes")]`: in one go, where a sequence would go one by one. A length that
/// is not there allocates nothing.
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

/// Encodes a message with a checksum at its end, for libraries that take some damaged bytes for good ones.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
pub(crate) fn seal<T: Serialize>(message: &T) -> Vec<u8> {
    let bytes = Vec::with_capacity(KEYSTROKE);
    let mut bytes = postcard::to_extend(message, bytes).expect("messages are plain data");
    add_sum(&mut bytes);
    bytes
}

/// What [`seal`] makes of the `variant`-th kind of a message, which holds nothing but [`updates`]; ready to be sent, by way
/// of a buffer that is there already. A keystroke has little else to pay for.
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(crate) fn seal_updates(variant: u8, updates: &[Vec<u8>], buffer: &mut Vec<u8>) -> Arc<[u8]> {
    debug_assert!(variant < 0x80, "more kinds than a byte tells apart");
    buffer.clear();
    buffer.push(variant);
    updates::write(updates, buffer);
    add_sum(buffer);
    let sealed = Arc::from(&**buffer);
    // What a long message took is not kept.
    if buffer.capacity() > KEPT {
        *buffer = Vec::new();
    }
    sealed
}

#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
fn add_sum(bytes: &mut Vec<u8>) {
    let sum = xxhash_rust::xxh3::xxh3_64(bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
}

/// Decodes what [`seal`] made.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
pub(crate) fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    match bytes.split_last_chunk() {
        Some((body, sum)) if u64::from_le_bytes(*sum) == xxhash_rust::xxh3::xxh3_64(body) => decode(body),
        _ => Err(ProtocolError::malformed("the checksum is wrong")),
    }
}

/// How updates of a library stand in a message: as they would without this, but not byte by byte.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
pub(crate) mod updates {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize)]
    struct Borrowed<'a>(#[serde(with = "super::bytes")] &'a [u8]);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "super::bytes")] Vec<u8>);

    pub(crate) fn serialize<S: Serializer>(updates: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(updates.iter().map(|update| Borrowed(update)))
    }

    /// What `serialize` makes of them.
    #[cfg(any(feature = "loro", feature = "diamond"))]
    pub(super) fn write(updates: &[Vec<u8>], to: &mut Vec<u8>) {
        length(updates.len(), to);
        for update in updates {
            length(update.len(), to);
            to.extend_from_slice(update);
        }
    }

    /// Seven bits a byte, the lowest first.
    #[cfg(any(feature = "loro", feature = "diamond"))]
    fn length(mut rest: usize, to: &mut Vec<u8>) {
        while rest >= 0x80 {
            to.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        to.push(rest as u8);
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        let updates = Vec::<Owned>::deserialize(deserializer)?;
        Ok(updates.into_iter().map(|Owned(update)| update).collect())
    }

    #[cfg(test)]
    mod tests {
        #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
        struct Message(#[serde(with = "super")] Vec<Vec<u8>>);

        #[test]
        fn the_encoding_is_that_of_plain_vectors() {
            let updates = vec![vec![0xff; 300], Vec::new(), vec![1, 2, 3]];
            let bytes = crate::wire::encode(&updates);
            assert_eq!(crate::wire::encode(&Message(updates.clone())), bytes);
            assert_eq!(crate::wire::decode::<Message>(&bytes), Ok(Message(updates)));
            // Neither a length beyond the end nor a missing rest is taken.
            assert!(crate::wire::decode::<Message>(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]).is_err());
            assert!((0..bytes.len()).all(|end| crate::wire::decode::<Message>(&bytes[..end]).is_err()));
        }
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
    fn bytes_in_one_go_are_those_of_a_sequence() {
        for payload in [vec![], vec![0; 300], b"abc".to_vec()] {
            let whole = encode(&Whole(payload[..].into()));
            assert_eq!(whole, encode(&payload));
            assert_eq!(*decode::<Whole>(&whole).unwrap().0, payload);
        }
    }

    #[test]
    fn a_length_that_is_not_there_is_refused() {
        for length in [4, 1 << 20, 1 << 40, u64::MAX] {
            let hostile = [encode(&length), vec![7; 3]].concat();
            assert!(decode::<Whole>(&hostile).is_err(), "{length}");
        }
    }
}
