//! The library as its replicas need it: changes and heads.

use std::iter;
use std::panic::catch_unwind;
use std::sync::Arc;

use automerge::{ActorId, Change, ChangeHash};
use rand::{RngExt, SeedableRng};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::chunks::change_hash;
use super::doc::Doc;
use crate::crdt::peer::{Committed, Difference, Format, Library, Merged, Message, Missing};
use crate::document::{Document, Edit};
use crate::model::Rejected;
use crate::replica::{OpId, ProtocolError, Rng, Time};
use crate::wire;

/// Nothing is sealed: changes and saved documents already carry checksums.
pub(super) struct Plain;

#[derive(Serialize, Deserialize)]
enum Wire<V> {
    Changes(#[serde(with = "crate::wire::updates")] Vec<Vec<u8>>),
    Heads(V),
}

impl Format for Plain {
    fn write_version<V: Serialize>(version: V) -> Vec<u8> {
        wire::encode(&Wire::Heads(version))
    }

    fn write_updates(updates: &[Vec<u8>], _: &mut Vec<u8>) -> Arc<[u8]> {
        wire::encode(&Wire::<()>::Changes(updates.to_vec())).into()
    }

    fn read_message<V: DeserializeOwned>(bytes: &[u8]) -> Result<Message<V>, ProtocolError> {
        Ok(match wire::decode(bytes)? {
            Wire::Changes(changes) => Message::Updates(changes),
            Wire::Heads(heads) => Message::Version(heads),
        })
    }

    fn write_document(saved: Vec<u8>) -> Vec<u8> {
        saved
    }

    fn read_document(bytes: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        Ok(bytes.to_vec())
    }
}

impl Library for Doc {
    type Format = Plain;
    type Update = Change;
    type Version = Vec<[u8; 32]>;
    type Mark = Vec<ChangeHash>;

    fn genesis(document: &Document) -> Vec<u8> {
        Doc::genesis(document)
    }

    fn rebuild(document: &Document, seed: u64) -> Vec<u8> {
        Doc::written(document, Rng::seed_from_u64(seed).random())
    }

    fn load(bytes: &[u8]) -> Result<Self, String> {
        Doc::load(bytes)
    }

    fn save(&self) -> Vec<u8> {
        Doc::save(self)
    }

    /// The actor is 16 random bytes, so that no client always wins ties.
    fn sign(&mut self, seed: u64) {
        let actor = Rng::seed_from_u64(seed).random::<[u8; 16]>();
        self.library.set_actor(ActorId::from(actor.as_slice()));
    }

    fn mark(&mut self) -> Vec<ChangeHash> {
        self.library.keep().get_heads()
    }

    fn commit(&mut self, n: u64, edits: &[Edit], more: bool) -> Result<Committed, String> {
        self.edit(n, edits, more).map(begun)
    }

    fn close(&mut self, now: Time) -> Option<u128> {
        // For people who read the history. Not the wall clock: the time is part of the hash, and hashes go into the Bloom
        // filters of the sync protocol, so a skewed clock would change what travels but nothing of what is shown.
        let time_s = (now.0 / 1_000_000_000) as i64;
        Doc::close(self, time_s).map(|hash| tag(&hash))
    }

    fn remember(&mut self) {
        Doc::remember(self);
    }

    fn undo(&mut self, target: OpId) -> Result<Committed, Rejected> {
        Doc::undo(self, target).map(begun)
    }

    fn own(&mut self, updates: &mut Vec<Vec<u8>>) {
        updates.extend(self.take_unsent().iter().map(|change| change.raw_bytes().to_vec()));
    }

    fn version(&mut self) -> Vec<[u8; 32]> {
        self.library.keep().get_heads().iter().map(|hash| hash.0).collect()
    }

    fn compare(&mut self, theirs: &Vec<[u8; 32]>) -> Difference {
        let heads = theirs.iter().map(|hash| ChangeHash(*hash));
        let (here, unknown): (Vec<_>, Vec<_>) =
            heads.partition(|hash| self.library.get_change_meta_by_hash(hash).is_some());
        let missing = self.changes_since(&here);
        let missing = (!missing.is_empty()).then(|| Missing {
            updates: missing.iter().map(|change| change.raw_bytes().to_vec()).collect(),
            tags: missing.iter().map(|change| tag(&change.hash())).collect(),
        });
        Difference { missing, lacking: !unknown.is_empty() }
    }

    fn read(&self, update: Vec<u8>) -> Result<Option<Change>, ProtocolError> {
        let change = parse(update)?;
        Ok((!self.useless.contains(&change.hash())).then_some(change))
    }

    fn merge(&mut self, changes: Vec<Change>) -> Merged {
        let before = self.library.get_heads();
        let mut merged = Merged::default();
        if !Doc::merge(self, changes.iter().cloned()) {
            // A forged change may have a valid checksum. It is left out. The changes that it kept out, or that the library
            // discarded with it, are asked for again.
            merged.ask_again = true;
            for change in changes {
                let hash = change.hash();
                if !Doc::merge(self, iter::once(change)) {
                    merged.refused += 1;
                    self.useless.insert(hash);
                }
            }
        }
        // Earlier arrivals that waited for these are among what was applied.
        merged.reflected = self.hashes_since(&before).iter().map(tag).map(|tag| tag..=tag).collect();
        merged
    }

    fn waits(&mut self) -> bool {
        !self.library.keep().get_missing_deps(&[]).is_empty()
    }
}

fn begun(changed: bool) -> Committed {
    if changed { Committed::Begun } else { Committed::Nothing }
}

/// A change's name for probes. A hash has 32 bytes; 16 of them are enough to tell changes apart.
pub(super) fn tag(hash: &ChangeHash) -> u128 {
    u128::from_le_bytes(std::array::from_fn(|index| hash.0[index]))
}

/// Decodes one change.
fn parse(bytes: Vec<u8>) -> Result<Change, ProtocolError> {
    let hash = change_hash(&bytes).map_err(ProtocolError::malformed)?;
    let change = catch_unwind(|| Change::from_bytes(bytes))
        .map_err(|_| ProtocolError::malformed("the library gave up on a change"))?
        .map_err(ProtocolError::malformed)?;
    if change.hash().0[..] != hash[..] {
        return Err(ProtocolError::malformed("a change is not encoded as the library encodes it"));
    }
    Ok(change)
}
