//! A Loro document in our own terms: a [`View`](crate::view::View), and edits applied in one commit.
//!
//! Maps, lists, texts and counters are the library's containers below one root map; everything else is a plain value.

mod edit;
#[cfg(test)]
mod tests;
mod value;
mod view;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use loro::{
    ContainerID, ExportMode, IdSpan, ImportStatus, LoroDoc, LoroMap, LoroText, Subscription, VersionRange,
    VersionVector,
};
use serde::{Deserialize, Serialize};

use self::edit::Place;
use crate::crdt::last_text::LastText;
use crate::crdt::peer::{Committed, Difference, Library, Merged, Missing, Sealed, Span, beyond, new_author};
use crate::document::{Document, Edit};
use crate::model::Rejected;
use crate::replica::{Mishap, OpId, ProtocolError};
use crate::spec::Support;
use crate::undo::UndoMemory;

/// The library's document. All reading goes straight to it. `MERGEABLE`: empty containers that two clients make at once are
/// one container.
pub(super) struct Doc<const MERGEABLE: bool> {
    doc: LoroDoc,
    root: LoroMap,
    author: u64,
    /// How many own operations there are, and how many of them were handed out.
    made: i32,
    sent: i32,
    /// Where users undo: the latest own operations.
    recent: Option<UndoMemory<Option<Span>>>,
    /// Containers that an undo made anew, for the undos that follow, in the order of their names.
    remade: BTreeMap<String, (ContainerID, ContainerID)>,
    last: RefCell<LastText<LoroText>>,
    /// How many operations of each author there are once nothing waits for its dependencies any more.
    awaited: BTreeMap<u64, i32>,
    /// Where the library puts the update of each commit, if it is asked to.
    each: Option<(Arc<Mutex<Vec<Vec<u8>>>>, Subscription)>,
}

/// The author of the genesis.
const GENESIS: u64 = 1;

/// The library's version vector; it travels as the library encodes it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub(super) struct Version(VersionVector);

impl From<Version> for Vec<u8> {
    fn from(version: Version) -> Self {
        version.0.encode()
    }
}

impl TryFrom<Vec<u8>> for Version {
    type Error = String;

    fn try_from(bytes: Vec<u8>) -> Result<Self, String> {
        VersionVector::decode(&bytes).map(Self).map_err(|error| error.to_string())
    }
}

impl<const MERGEABLE: bool> Doc<MERGEABLE> {
    /// The library's bytes for a document, by this author.
    fn written(document: &Document, author: u64) -> Vec<u8> {
        let mut doc = Self::empty();
        doc.set_author(author);
        if let Document::Map(map) = document {
            for (key, value) in map {
                Place::Entry(doc.root.clone(), key.clone()).write(value).expect("a new document takes any entry");
            }
        }
        doc.doc.commit();
        doc.save()
    }

    fn empty() -> Self {
        let doc = LoroDoc::new();
        let root = doc.get_map("root");
        Self {
            doc,
            root,
            author: 0,
            made: 0,
            sent: 0,
            recent: None,
            remade: BTreeMap::new(),
            last: RefCell::default(),
            awaited: BTreeMap::new(),
            each: None,
        }
    }

    fn set_author(&mut self, author: u64) {
        // Every number but one can be a peer's; that one is as likely as any other.
        self.author = author.min(u64::MAX - 1);
        self.doc.set_peer_id(self.author).expect("nothing waits to be committed");
        self.count();
        self.sent = self.made;
    }

    /// Counts own operations. Returns the new ones, if any.
    fn count(&mut self) -> Option<Span> {
        let (author, before) = (self.author, self.made);
        self.made = match self.doc.oplog_frontiers().as_single() {
            // The latest of all operations was made here.
            Some(last) if last.peer == author => last.counter + 1,
            _ => self.doc.oplog_vv().get(&author).copied().unwrap_or(0),
        };
        (self.made > before).then_some(Span { author, from: before as u64, to: self.made as u64 })
    }

    /// Takes note of what the library keeps until its dependencies are here.
    fn await_pending(&mut self, status: ImportStatus) {
        for (author, (_, end)) in status.pending.iter().flat_map(VersionRange::iter) {
            let awaited = self.awaited.entry(*author).or_default();
            *awaited = (*awaited).max(*end);
        }
    }

    /// Commits the inverse of own operations.
    fn invert(&mut self, span: Span) -> Result<Option<Span>, String> {
        self.last.take();
        let ids = IdSpan::new(span.author, span.from as i32, span.to as i32);
        // The library takes a map of its own kind.
        let mut remade = self.remade.values().cloned().collect();
        let undone = self.doc.inner().undo_internal(ids, &mut remade, None, &mut |_| ());
        self.remade = remade.into_iter().map(|(was, is)| (was.to_string(), (was, is))).collect();
        undone.map(drop).map_err(|error| error.to_string())?;
        self.doc.commit();
        Ok(self.count())
    }
}

/// What one version has and another has not.
fn between(have: &VersionVector, lack: &VersionVector) -> Vec<Span> {
    let counts = have.iter().map(|(author, count)| (*author, u64::try_from(*count).unwrap_or(0)));
    beyond(counts, |author| lack.get(&author).map_or(0, |count| u64::try_from(*count).unwrap_or(0))).collect()
}

impl<const MERGEABLE: bool> Library for Doc<MERGEABLE> {
    type Format = Sealed;
    type Update = Vec<u8>;
    type Version = Version;
    type Mark = usize;

    fn genesis(document: &Document) -> Vec<u8> {
        Self::written(document, GENESIS)
    }

    fn rebuild(document: &Document, seed: u64) -> Vec<u8> {
        Self::written(document, new_author(seed, 0))
    }

    fn mishap(mishap: Mishap) -> Support {
        match mishap {
            Mishap::Twin => Support::Unsupported(
                "the library asserts that the changes of one peer follow each other, and ends the process (loro 1.17.1)",
            ),
            Mishap::NewInstall => Support::Native,
        }
    }

    fn load(bytes: &[u8]) -> Result<Self, String> {
        let doc = Self::empty();
        doc.doc.import(bytes).map_err(|error| error.to_string())?;
        Ok(doc)
    }

    fn save(&self) -> Vec<u8> {
        self.doc.export(ExportMode::Snapshot).expect("a snapshot of the latest version can be made at any time")
    }

    fn sign(&mut self, seed: u64) {
        self.set_author(new_author(seed, self.doc.len_ops() as u64));
    }

    fn mark(&mut self) -> usize {
        self.doc.len_ops()
    }

    fn commit(&mut self, n: u64, edits: &[Edit], _: bool) -> Result<Committed, String> {
        // The library cannot go back from the middle of a commit, but from a commit it can.
        let way_back = (edits.len() > 1).then(|| self.doc.oplog_frontiers());
        let mut last = self.last.take();
        let applied = edits.iter().try_for_each(|edit| self.apply(edit, &mut last));
        self.doc.commit();
        if applied.is_ok() {
            self.last.replace(last);
        }
        if let (Err(reason), Some(way_back)) = (&applied, way_back) {
            self.doc.revert_to(&way_back).map_err(|error| format!("{reason}; {error}"))?;
            self.doc.commit();
        }
        let made = self.count();
        applied?;
        if let Some(recent) = &mut self.recent {
            recent.push(n, made);
        }
        Ok(made.into())
    }

    fn remember(&mut self) {
        self.recent = Some(UndoMemory::default());
    }

    fn undo(&mut self, target: OpId) -> Result<Committed, Rejected> {
        let recent = self.recent.as_mut().ok_or_else(|| Rejected::too_old(target))?;
        let span = *recent.get(target)?;
        recent.remove(target.n);
        let undone = span.map_or(Ok(None), |span| self.invert(span));
        undone.map(Committed::from).map_err(|reason| Rejected::new("edit_refused", reason))
    }

    /// An update made during the commit costs less than one that the library is asked for afterwards, which takes another
    /// commit.
    fn each(&mut self) {
        let made = Arc::new(Mutex::new(Vec::new()));
        let put = made.clone();
        let subscription = self.doc.subscribe_local_update(Box::new(move |update| {
            put.lock().unwrap_or_else(PoisonError::into_inner).push(update.clone());
            true
        }));
        self.each = Some((made, subscription));
    }

    fn own(&mut self, updates: &mut Vec<Vec<u8>>) {
        let (from, to) = (self.sent, self.made);
        self.sent = to;
        let each = self.each.as_ref().and_then(|(made, _)| {
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            let last = made.pop();
            // One update of several commits is smaller than theirs together.
            let alone = made.is_empty();
            made.clear();
            last.filter(|_| alone)
        });
        if from < to {
            updates.push(each.unwrap_or_else(|| {
                let own = ExportMode::updates_in_range(vec![IdSpan::new(self.author, from, to)]);
                self.doc.export(own).expect("own operations are there")
            }));
        }
    }

    fn version(&mut self) -> Version {
        Version(self.doc.oplog_vv())
    }

    fn compare(&mut self, Version(theirs): &Version) -> Difference {
        let mine = self.doc.oplog_vv();
        let spans = between(&mine, theirs);
        let update = || self.doc.export(ExportMode::updates(theirs)).expect("what is here can be exported");
        let missing = (!spans.is_empty()).then(|| Missing::new(update(), spans));
        Difference { missing, lacking: !between(theirs, &mine).is_empty() }
    }

    fn read(&self, update: Vec<u8>) -> Result<Option<Vec<u8>>, ProtocolError> {
        Ok(Some(update))
    }

    fn merge(&mut self, updates: Vec<Vec<u8>>) -> Merged {
        self.last.take();
        let before = self.doc.oplog_vv();
        let mut refused = 0;
        match self.doc.import_batch(&updates) {
            Ok(status) => self.await_pending(status),
            // One by one, for the valid ones. Updates that are here already change nothing.
            Err(_) => {
                for update in &updates {
                    match self.doc.import(update) {
                        Ok(status) => self.await_pending(status),
                        Err(_) => refused += 1,
                    }
                }
            }
        }
        Merged::new(between(&self.doc.oplog_vv(), &before), refused)
    }

    fn waits(&mut self) -> bool {
        if !self.awaited.is_empty() {
            let here = self.doc.oplog_vv();
            self.awaited.retain(|author, end| here.get(author).is_none_or(|count| count < end));
        }
        !self.awaited.is_empty()
    }
}
