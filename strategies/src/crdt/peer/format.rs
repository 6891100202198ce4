//! How messages and saved documents are encoded.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::replica::ProtocolError;

/// What peers send each other.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(in crate::crdt) enum Message<V> {
    /// What the sender has.
    Version(V),
    Updates(#[serde(with = "crate::wire::updates")] Vec<Vec<u8>>),
}

/// Turns messages and saved documents into bytes and back.
pub(in crate::crdt) trait Format: 'static {
    fn write_version<V: Serialize>(version: V) -> Vec<u8>;

    /// Encodes updates by way of a buffer that is there already.
    fn write_updates(updates: &[Vec<u8>], buffer: &mut Vec<u8>) -> Arc<[u8]>;

    fn read_message<V: DeserializeOwned>(bytes: &[u8]) -> Result<Message<V>, ProtocolError>;

    fn write_document(saved: Vec<u8>) -> Vec<u8>;

    fn read_document(bytes: &[u8]) -> Result<Vec<u8>, ProtocolError>;
}

/// Everything carries a checksum: some libraries accept damaged updates.
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(in crate::crdt) struct Sealed;

#[cfg(any(feature = "loro", feature = "diamond"))]
impl Sealed {
    /// The variant number of [`Message::Updates`].
    const UPDATES: u8 = 1;
}

#[cfg(any(feature = "loro", feature = "diamond"))]
impl Format for Sealed {
    fn write_version<V: Serialize>(version: V) -> Vec<u8> {
        crate::wire::seal(&Message::Version(version))
    }

    fn write_updates(updates: &[Vec<u8>], buffer: &mut Vec<u8>) -> Arc<[u8]> {
        crate::wire::seal_updates(Self::UPDATES, updates, buffer)
    }

    fn read_message<V: DeserializeOwned>(bytes: &[u8]) -> Result<Message<V>, ProtocolError> {
        crate::wire::unseal(bytes)
    }

    fn write_document(saved: Vec<u8>) -> Vec<u8> {
        crate::wire::seal(&saved)
    }

    fn read_document(bytes: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        crate::wire::unseal(bytes)
    }
}

#[cfg(all(test, any(feature = "loro", feature = "diamond")))]
mod tests {
    use super::*;
    use crate::wire::seal;

    #[test]
    fn updates_are_encoded_as_every_other_message() {
        let mut buffer = Vec::new();
        for updates in [vec![], vec![vec![]], vec![vec![7; 300], vec![], b"abc".to_vec()], vec![vec![1]; 200]] {
            let sealed = Sealed::write_updates(&updates, &mut buffer);
            assert_eq!(*sealed, *seal(&Message::<()>::Updates(updates)));
        }
    }
}
