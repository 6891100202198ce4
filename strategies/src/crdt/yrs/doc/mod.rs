//! A Yjs document in our own terms: a [`View`](crate::view::View), and edits applied in one transaction.
//!
//! Maps, lists and texts are the library's shared types below one root map; everything else is a plain value, but for
//! counters: see `counter`. The library counts a text in UTF-16 units, and
//! positions here are code points. They are the same until somebody writes a character of two units; from then on a position
//! is found by walking the text.

#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, VecDeque};

use yrs::updates::decoder::Decode;
use yrs::{ClientID, OffsetKind, Options, ReadTxn, StateVector, Transact, Update, Uuid, WriteTxn};

use super::counter::Counters;
use super::edit::{self, Place, Writing, apply};
use super::fits;
use super::library::Library;
use super::undo::{self, Footprint, Recorder};
use crate::crdt::splices;
use crate::document::{Document, Edit};

/// Updates that wait for their dependencies. Beyond this many the oldest are dropped, and arrive again with the next
/// connection.
const MAX_WAITING: usize = 10_000;

/// The library's document. All reading goes straight to it.
pub(super) struct Doc {
    pub(super) library: Library,
    /// Updates that depend on what is missing.
    waiting: VecDeque<Waiting>,
    /// At a relay: clients of whose blocks some are here before earlier ones, and where the latest of those begin. The library
    /// takes such blocks at once, and leaves them out of what a peer lacks until the gap before them is closed.
    gaps: Option<BTreeMap<ClientID, u32>>,
    /// There may be a character of two UTF-16 units.
    wide: bool,
    /// What own edits do is recorded, and what they delete is kept, so that they can be undone.
    records: bool,
}

/// An update that depends on what is missing.
struct Waiting {
    update: Vec<u8>,
    /// The messages that brought it.
    messages: Vec<u64>,
}

/// What became of updates, by the messages that brought them; a message is named once for each of its updates.
#[derive(Default)]
pub(super) struct Arrived {
    /// All of the update is in the document now.
    pub(super) integrated: Vec<u64>,
    /// More of the update is in the document now, and not all.
    pub(super) advanced: Vec<u64>,
    /// The update was dropped: too many wait.
    pub(super) dropped: Vec<u64>,
}

/// What became of an update.
struct Integrated {
    /// All of it is in the document now.
    whole: bool,
    /// Some of it is new.
    news: bool,
}

/// What one transaction did.
pub(super) struct Written {
    /// For everybody else.
    pub(super) update: Vec<u8>,
    /// What undo needs; empty where it is not recorded.
    pub(super) footprint: Footprint,
}

impl Doc {
    /// The library's bytes for a document, the same for every replica and run. The root must be a map, as it is in the
    /// library; any other document becomes an empty one.
    pub(super) fn genesis(document: &Document, counters: Counters) -> Vec<u8> {
        Self::written(document, 1, counters)
    }

    /// The same by this client.
    pub(super) fn written(document: &Document, client: u64, counters: Counters) -> Vec<u8> {
        let doc = Self::empty(client, counters);
        if let Document::Map(map) = document {
            let mut txn = doc.library.doc.transact_mut();
            for (key, value) in map {
                Place::Entry(&doc.library.root, key).write(&mut txn, value, counters);
            }
        }
        doc.save()
    }

    fn empty(client: u64, counters: Counters) -> Self {
        let options = Options {
            guid: Uuid::from("syncbench"),
            offset_kind: OffsetKind::Utf16,
            ..Options::with_client_id(ClientID::new(client))
        };
        let doc = yrs::Doc::with_options(options);
        let root = doc.get_or_insert_map("root");
        Self {
            library: Library { doc, root, counters },
            wide: false,
            records: false,
            waiting: VecDeque::new(),
            gaps: None,
        }
    }

    /// A copy from [`Doc::genesis`] or [`Doc::save`].
    pub(super) fn load(bytes: &[u8], client: u64, counters: Counters) -> Result<Self, String> {
        let mut doc = Self::empty(client, counters);
        doc.apply(bytes, 0)?;
        Ok(doc)
    }

    /// Gaps are noted from now on.
    pub(super) fn relay(&mut self) {
        self.gaps = Some(BTreeMap::new());
    }

    /// Whether own edits are recorded from now on, so that they can be undone.
    pub(super) fn record(&mut self, records: bool) {
        self.records = records;
    }

    /// Everything, as one update.
    pub(super) fn save(&self) -> Vec<u8> {
        self.missing(&StateVector::default())
    }

    /// What a peer with this state vector lacks, except updates that wait here: their authors send them.
    pub(super) fn missing(&self, state: &StateVector) -> Vec<u8> {
        self.library.doc.transact().encode_diff_v1(state)
    }

    pub(super) fn state(&self) -> StateVector {
        self.library.doc.transact().state_vector()
    }

    /// Merges an update from a message. It waits if what it depends on is missing. Returns what became of it, and of others
    /// that waited for it.
    pub(super) fn apply(&mut self, bytes: &[u8], message: u64) -> Result<Arrived, String> {
        let mut arrived = Arrived::default();
        let Integrated { whole, news } = self.integrate(bytes)?;
        if whole {
            arrived.integrated.push(message);
        } else if let Some(same) = self.waiting.iter_mut().find(|waiting| waiting.update == bytes) {
            same.messages.push(message);
        } else {
            let too_many = (self.waiting.len() + 1).saturating_sub(MAX_WAITING);
            arrived.dropped.extend(self.waiting.drain(..too_many).flat_map(|waiting| waiting.messages));
            self.waiting.push_back(Waiting { update: bytes.to_vec(), messages: vec![message] });
        }
        // Waiting updates may have waited for a part of this one, and others for parts of those. One at a time: if the
        // library fails, the others still wait.
        let mut in_vain = if whole || news { 0 } else { self.waiting.len() };
        while in_vain < self.waiting.len() {
            let Some(waiting) = self.waiting.pop_front() else { break };
            let Integrated { whole, news } = self.integrate(&waiting.update)?;
            if whole {
                arrived.integrated.extend(waiting.messages);
            } else {
                if news {
                    arrived.advanced.extend(&waiting.messages);
                }
                self.waiting.push_back(waiting);
            }
            in_vain = if whole || news { 0 } else { in_vain + 1 };
        }
        Ok(arrived)
    }

    /// Merges an update. Of one that arrives before its dependencies, the library keeps the rest, merged with whatever else is
    /// waiting, and loses entries of maps on the way (0.28.1). So that rest is dropped, and the update is kept here and merged
    /// again.
    fn integrate(&mut self, bytes: &[u8]) -> Result<Integrated, String> {
        let update = Update::decode_v1(bytes).map_err(|error| error.to_string())?;
        // A character of two units begins with such a byte in UTF-8. Other bytes may look like it; that costs time only.
        self.wide |= bytes.iter().any(|byte| (0xf0..0xf5).contains(byte));
        let begins = self.gaps.as_ref().map(|_| update.state_vector_lower());
        let mut txn = self.library.doc.transact_mut();
        txn.apply_update(update).map_err(|error| error.to_string())?;
        if let (Some(gaps), Some(begins)) = (&mut self.gaps, begins) {
            begins.iter().for_each(|(client, clock)| {
                let gap = gaps.entry(*client).or_default();
                *gap = (*gap).max(*clock);
            });
            let state = txn.state_vector();
            gaps.retain(|client, clock| state.get(client) <= *clock);
        }
        Ok(Integrated { whole: txn.prune_pending().is_none(), news: txn.has_changes() })
    }

    /// Whether every update that was merged has all its dependencies, and a peer that compares gets it.
    pub(super) fn whole(&self) -> bool {
        self.waiting.is_empty() && self.gaps.as_ref().is_none_or(BTreeMap::is_empty)
    }

    /// Applies edits as one transaction, all or none. `None` where they change nothing.
    pub(super) fn commit(&mut self, edits: &[Edit]) -> Result<Option<Written>, String> {
        if edits.iter().any(|edit| matches!(edit, Edit::Put { path, .. } | Edit::Remove { path } if path.is_empty())) {
            return Err("the root cannot be replaced".into());
        }
        if let [_, _, ..] = edits {
            // The library has no way back from the middle of a transaction.
            match splices::check(self, edits) {
                Some(checked) => checked?,
                None => fits::check(self, edits)?,
            }
        }
        self.wide |= edits.iter().any(edit::writes_wide);
        let mut txn = if self.records && edits.iter().any(undo::may_delete) {
            self.library.doc.transact_mut_with(undo::KEPT)
        } else {
            self.library.doc.transact_mut()
        };
        let writing = Writing { wide: self.wide, counters: self.library.counters };
        let mut recorder = self.records.then(|| Recorder::begin(&txn));
        for edit in edits {
            let open = recorder.as_ref().and_then(|recorder| recorder.before(&txn, &self.library.root, edit));
            apply(&mut txn, &self.library.root, edit, writing)?;
            if let Some(recorder) = &mut recorder {
                recorder.after(&txn, open);
            }
        }
        let footprint = |recorder: Option<Recorder>| recorder.map(|recorder| recorder.end(&txn)).unwrap_or_default();
        Ok(txn.has_changes().then(|| Written { update: txn.encode_update_v1(), footprint: footprint(recorder) }))
    }
}
