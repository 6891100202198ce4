//! Messages of strategies on libraries: with a checksum, and without a detour for a keystroke.

#[cfg(any(feature = "loro", feature = "diamond"))]
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::decode;
use crate::replica::ProtocolError;

/// About the size of a library's message for one keystroke; the buffer of a longer one grows.
const KEYSTROKE: usize = 256;

/// A buffer up to this size is kept for the next message.
#[cfg(any(feature = "loro", feature = "diamond"))]
const KEPT: usize = 1 << 10;

/// Encodes a message with a checksum at its end, for libraries that accept some damaged bytes.
pub(crate) fn seal<T: Serialize>(message: &T) -> Vec<u8> {
    let bytes = Vec::with_capacity(KEYSTROKE);
    let mut bytes = postcard::to_extend(message, bytes).expect("messages are plain data");
    add_sum(&mut bytes);
    bytes
}

/// What [`seal`] makes of a message enum's variant number `variant` that holds [`updates`] and nothing else, ready to be
/// sent. It reuses a buffer: for a keystroke an allocation is most of the cost.
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(crate) fn seal_updates(variant: u8, updates: &[Vec<u8>], buffer: &mut Vec<u8>) -> Arc<[u8]> {
    debug_assert!(variant < 0x80, "more kinds than a byte tells apart");
    buffer.clear();
    buffer.push(variant);
    updates::write(updates, buffer);
    add_sum(buffer);
    let sealed = Arc::from(&**buffer);
    // The memory of a long message is not kept.
    if buffer.capacity() > KEPT {
        *buffer = Vec::new();
    }
    sealed
}

fn add_sum(bytes: &mut Vec<u8>) {
    let sum = xxhash_rust::xxh3::xxh3_64(bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
}

/// Decodes what [`seal`] made.
pub(crate) fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    match bytes.split_last_chunk() {
        Some((body, sum)) if u64::from_le_bytes(*sum) == xxhash_rust::xxh3::xxh3_64(body) => decode(body),
        _ => Err(ProtocolError::malformed("the checksum is wrong")),
    }
}

/// Updates of a library within a message: encoded as plain vectors are, but not byte by byte.
pub(crate) mod updates {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize)]
    struct Borrowed<'a>(#[serde(with = "crate::wire::bytes")] &'a [u8]);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "crate::wire::bytes")] Vec<u8>);

    pub(crate) fn serialize<S: Serializer>(updates: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(updates.iter().map(|update| Borrowed(update)))
    }

    /// Writes what `serialize` would.
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
        fn updates_are_encoded_as_plain_vectors() {
            let updates = vec![vec![0xff; 300], Vec::new(), vec![1, 2, 3]];
            let bytes = crate::wire::encode(&updates);
            assert_eq!(crate::wire::encode(&Message(updates.clone())), bytes);
            assert_eq!(crate::wire::decode::<Message>(&bytes), Ok(Message(updates)));
            // A length beyond the end and a missing rest are errors.
            assert!(crate::wire::decode::<Message>(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]).is_err());
            assert!((0..bytes.len()).all(|end| crate::wire::decode::<Message>(&bytes[..end]).is_err()));
        }
    }
}
