//! What a library has to offer.

use std::ops::RangeInclusive;
use std::panic::catch_unwind;

#[cfg(any(feature = "loro", feature = "diamond"))]
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Format;
use crate::document::{Document, Edit};
use crate::model::Rejected;
#[cfg(any(feature = "loro", feature = "diamond"))]
use crate::replica::Rng;
use crate::replica::{Mishap, OpId, ProtocolError, Time};
use crate::sidecar::Tags;
use crate::spec::Support;
use crate::view::View;

/// A library's document.
pub(in crate::crdt) trait Library: View + Send + Sized + 'static {
    /// How its messages and saved documents are encoded.
    type Format: Format;

    /// An update from a peer, decoded.
    type Update: Send;

    /// What a document holds, as peers are informed of it.
    type Version: Serialize + DeserializeOwned;

    /// Changes with every operation in the document.
    type Mark: PartialEq + Send;

    /// The library's bytes for a document, the same for every replica and run. The root must be a map.
    fn genesis(document: &Document) -> Vec<u8>;

    /// The same of an author whose name is drawn from this seed: a document that is made anew has ids of its own.
    fn rebuild(document: &Document, seed: u64) -> Vec<u8>;

    /// Whether the library gets over this.
    fn mishap(_: Mishap) -> Support {
        Support::Native
    }

    /// A copy from [`Library::genesis`] or [`Library::save`].
    fn load(bytes: &[u8]) -> Result<Self, String>;

    /// Everything, as the library saves it.
    fn save(&self) -> Vec<u8>;

    /// From now on changes are made under a name drawn from this seed.
    fn sign(&mut self, seed: u64);

    fn mark(&mut self) -> Self::Mark;

    /// Applies the edits of the issuer's operation `n` as one change, all or none. Where `more` is set, later edits may
    /// join the same change.
    fn commit(&mut self, n: u64, edits: &[Edit], more: bool) -> Result<Committed, String>;

    /// Ends the change that is begun, for libraries whose changes have several operations. Returns its tag, or `None` if it
    /// is empty.
    fn close(&mut self, _now: Time) -> Option<u128> {
        None
    }

    /// Announces that users undo. Before, nothing is remembered for that.
    fn remember(&mut self);

    /// Undoes an operation that was committed here since [`Library::remember`].
    fn undo(&mut self, target: OpId) -> Result<Committed, Rejected>;

    /// Announces that [`Library::own`] follows every commit.
    fn each(&mut self) {}

    /// Adds the library's updates with everything that was committed here since the last call.
    fn own(&mut self, updates: &mut Vec<Vec<u8>>);

    fn version(&mut self) -> Self::Version;

    /// Compares this document with a peer's version.
    fn compare(&mut self, theirs: &Self::Version) -> Difference;

    /// Decodes an update. `None` for one that is known to be of no use.
    fn read(&self, update: Vec<u8>) -> Result<Option<Self::Update>, ProtocolError>;

    /// Merges updates, at once or as soon as all their dependencies are here.
    fn merge(&mut self, updates: Vec<Self::Update>) -> Merged;

    /// Whether something that arrived waits for its dependencies, so that a peer that compares does not get it.
    fn waits(&mut self) -> bool;
}

/// What became of edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::crdt) enum Committed {
    /// They changed nothing.
    Nothing,
    /// They are a change with this tag.
    #[cfg(any(feature = "loro", feature = "diamond"))]
    Change(u128),
    /// They are in the change that [`Library::close`] ends.
    #[cfg(feature = "automerge")]
    Begun,
}

/// How two documents differ.
pub(in crate::crdt) struct Difference {
    /// What the peer lacks.
    pub(in crate::crdt) missing: Option<Missing>,
    /// The peer has something that is not here.
    pub(in crate::crdt) lacking: bool,
}

/// What a peer lacks.
pub(in crate::crdt) struct Missing {
    /// As the library encodes it.
    pub(in crate::crdt) updates: Vec<Vec<u8>>,
    /// The tags of the changes in it.
    pub(in crate::crdt) tags: Tags,
}

/// What became of a peer's updates.
#[derive(Default)]
pub(in crate::crdt) struct Merged {
    /// The tags of what is reflected from now on.
    pub(in crate::crdt) reflected: Vec<RangeInclusive<u128>>,
    /// Updates that the library could not take.
    pub(in crate::crdt) refused: u64,
    /// Invalid updates kept others out, which the peers have to send again.
    pub(in crate::crdt) ask_again: bool,
}

/// Loads the genesis: the library's own bytes, made by `Strategy::genesis`.
pub(in crate::crdt) fn begin<L: Library>(genesis: &[u8]) -> L {
    L::load(genesis).expect("genesis is a saved document")
}

/// Loads what [`Format::write_document`] made. It may be damaged.
pub(in crate::crdt) fn restore<L: Library>(durable: &[u8]) -> Result<L, ProtocolError> {
    let saved = L::Format::read_document(durable)?;
    catch_unwind(|| L::load(&saved))
        .map_err(|_| ProtocolError::malformed("the library gave up on saved bytes"))?
        .map_err(ProtocolError::malformed)
}

/// Operations of an author, as the author counts them: from `from` up to but not including `to`.
#[cfg(any(feature = "loro", feature = "diamond"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::crdt) struct Span {
    pub(in crate::crdt) author: u64,
    pub(in crate::crdt) from: u64,
    pub(in crate::crdt) to: u64,
}

#[cfg(any(feature = "loro", feature = "diamond"))]
impl Span {
    fn tag(self, n: u64) -> u128 {
        u128::from(self.author) << 64 | u128::from(n)
    }

    /// The tags of all its operations.
    pub(in crate::crdt) fn tags(self) -> RangeInclusive<u128> {
        self.tag(self.from)..=self.tag(self.to - 1)
    }
}

#[cfg(any(feature = "loro", feature = "diamond"))]
impl From<Option<Span>> for Committed {
    /// A change is known by its last operation.
    fn from(span: Option<Span>) -> Self {
        span.map_or(Committed::Nothing, |span| Committed::Change(*span.tags().end()))
    }
}

#[cfg(any(feature = "loro", feature = "diamond"))]
impl Missing {
    pub(in crate::crdt) fn new(update: Vec<u8>, spans: impl IntoIterator<Item = Span>) -> Self {
        Self { updates: vec![update], tags: spans.into_iter().flat_map(Span::tags).collect() }
    }
}

#[cfg(any(feature = "loro", feature = "diamond"))]
impl Merged {
    pub(in crate::crdt) fn new(spans: impl IntoIterator<Item = Span>, refused: u64) -> Self {
        Self { reflected: spans.into_iter().map(Span::tags).collect(), refused, ask_again: false }
    }
}

/// What `mine` has and `theirs` has not, where each counts operations by author.
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(in crate::crdt) fn beyond(
    mine: impl IntoIterator<Item = (u64, u64)>,
    theirs: impl Fn(u64) -> u64,
) -> impl Iterator<Item = Span> {
    let mut spans: Vec<_> = mine
        .into_iter()
        .map(|(author, to)| Span { author, from: theirs(author), to })
        .filter(|span| span.from < span.to)
        .collect();
    spans.sort_unstable();
    spans.into_iter()
}

/// An author for a session that begins with a document of this length: libraries ask for a new author in every session.
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(in crate::crdt) fn new_author(seed: u64, length: u64) -> u64 {
    let node: u64 = Rng::seed_from_u64(seed).random();
    Rng::seed_from_u64(node ^ length).random()
}
