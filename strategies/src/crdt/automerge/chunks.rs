//! The library's chunks, looked at before the library reads them.

use sha2::{Digest, Sha256};

/// The kinds of the library's chunks that are read here, by its binary format: eight bytes before the kind are a magic number
/// and a checksum.
const DOCUMENT: u8 = 0;
const CHANGE: u8 = 1;

/// The checksum of a plain change, which the rest of it must have. It comes first: the library decodes a change before it
/// checks it, and damaged lengths and counts may cost any amount of memory.
pub(super) fn change_hash(chunk: &[u8]) -> Result<[u8; 32], &'static str> {
    if chunk.get(8) != Some(&CHANGE) {
        return Err("not a plain change");
    }
    let hash: [u8; 32] = Sha256::digest(&chunk[8..]).into();
    if chunk[4..8] != hash[..4] {
        return Err("a change's checksum is wrong");
    }
    Ok(hash)
}

/// Whether bytes are what the library saves: a document, and changes that wait for others. It reads more kinds of chunks, some
/// of which it expands before it checks them. It checks a document first, and is not made to do so twice.
pub(super) fn saved(mut bytes: &[u8]) -> Result<(), &'static str> {
    while let Some((&kind, rest)) = bytes.get(8..).and_then(<[u8]>::split_first) {
        // The library writes lengths in LEB128, as postcard does.
        let (len, content) = postcard::take_from_bytes::<u64>(rest).map_err(|_| ENDS_EARLY)?;
        let end = usize::try_from(len).ok().and_then(|len| len.checked_add(bytes.len() - content.len()));
        let (chunk, after) = end.and_then(|end| bytes.split_at_checked(end)).ok_or(ENDS_EARLY)?;
        if kind != DOCUMENT {
            change_hash(chunk)?;
        }
        bytes = after;
    }
    if bytes.is_empty() { Ok(()) } else { Err(ENDS_EARLY) }
}

const ENDS_EARLY: &str = "a saved document ends early";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crdt::automerge::doc::Doc;
    use crate::document::Document;

    #[test]
    fn a_saved_document_has_no_chunk_that_the_library_would_expand_unchecked() {
        let save = Doc::genesis(&Document::map([("a", 1i64)]));
        assert_eq!(saved(&save), Ok(()));
        assert_eq!(saved(&[]), Ok(()));
        for kind in [1, 2, 3, 77] {
            let mut other = save.clone();
            other[8] = kind;
            assert!(saved(&other).is_err() && Doc::load(&other).is_err(), "{kind}");
            assert!(saved(&[&save[..], &other[..]].concat()).is_err(), "{kind} behind a document");
        }
        for len in 1..save.len() {
            assert_eq!(saved(&save[..len]), Err(ENDS_EARLY));
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        for length in [&[0x7f][..], &[0xff; 20], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]] {
            assert_eq!(saved(&[&[0; 9], length].concat()), Err(ENDS_EARLY));
        }
    }
}
