//! The library's undo manager, one step at a time.
//!
//! A manager puts back the deleted blocks of a stack item in the order of a hash set with random keys, so the same undo
//! gives blocks other ids in another process. One block has one order. So each step gets a separate manager, with one
//! stack item of one block. The library tells where the blocks of a text begin and end when it is asked for the
//! difference of two snapshots: one in which they are deleted, and one in which nothing is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use yrs::types::TypeRef;
use yrs::undo::{Options, StackItem, UndoManager};
use yrs::{Any, Assoc, ClientID, Doc, ID, IdSet, MapRef, Out, ReadTxn, Snapshot, StickyIndex, Text, TextRef, Transact};

/// The origin of transactions whose deleted content is to be kept.
pub(in crate::crdt::yrs) const KEPT: &str = "kept";

/// Consecutive ids of one client.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) client: ClientID,
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Run {
    pub(super) fn ids(&self) -> IdSet {
        let mut ids = IdSet::new();
        if self.from < self.to {
            ids.insert(ID::new(self.client, self.from), self.to - self.from);
        }
        ids
    }
}

/// The runs of a set, by client and clock.
pub(super) fn runs(ids: &IdSet) -> impl Iterator<Item = Run> {
    let of = |client: ClientID| move |range: &Range<u32>| Run { client, from: range.start, to: range.end };
    ids.iter().flat_map(move |(client, ranges)| ranges.iter().map(of(*client)))
}

fn options(item: StackItem<()>, other: Vec<StackItem<()>>) -> Options<()> {
    Options {
        capture_timeout_millis: 0,
        tracked_origins: Default::default(),
        // It exists for one step, which is not to be undone itself.
        capture_transaction: Some(Arc::new(|_| false)),
        timestamp: Arc::new(|| 0),
        init_undo_stack: vec![item],
        init_redo_stack: other,
    }
}

fn item(doc: &Doc, deleted: IdSet, inserted: IdSet) -> StackItem<()> {
    StackItem::new(doc.guid(), deleted, inserted)
}

/// A manager that keeps the content of what is deleted in transactions of [`KEPT`].
///
/// It remembers all of them, so it has to be replaced from time to time.
pub(super) fn keeper(doc: &Doc, root: &MapRef) -> UndoManager<()> {
    let mut manager = UndoManager::with_options(Options {
        capture_timeout_millis: 0,
        tracked_origins: Default::default(),
        capture_transaction: None,
        // With the time at 0, two changes are never merged into one.
        timestamp: Arc::new(|| 0),
        init_undo_stack: Vec::new(),
        init_redo_stack: Vec::new(),
    });
    manager.expand_scope(doc, root);
    manager.include_origin(KEPT);
    manager
}

/// Undoes a step. Returns the update, if it did anything.
fn step(doc: &Doc, root: &MapRef, item: StackItem<()>, others: Vec<StackItem<()>>) -> Option<Vec<u8>> {
    let mut manager = UndoManager::with_options(options(item, others));
    manager.expand_scope(doc, root);
    let made = Arc::new(Mutex::new(None));
    let put = made.clone();
    manager.observe_item_popped("update", move |txn, _| {
        *put.lock().unwrap_or_else(PoisonError::into_inner) = Some(txn.encode_update_v1());
    });
    manager.undo_blocking();
    made.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Deletes what was inserted.
pub(super) fn delete(doc: &Doc, root: &MapRef, inserted: IdSet) -> Option<Vec<u8>> {
    step(doc, root, item(doc, IdSet::new(), inserted), Vec::new())
}

/// A block that was restored.
pub(super) struct Back {
    pub(super) update: Vec<u8>,
    /// Its first new id; there are as many as it had before.
    pub(super) now: u32,
}

/// Puts back a deleted block, if its container is there. An entry of a map is restored unless it was overwritten with
/// something that is not in `over`.
pub(super) fn put_back(doc: &Doc, root: &MapRef, deleted: &Run, over: IdSet) -> Option<Back> {
    let others = if over.is_empty() { Vec::new() } else { vec![item(doc, over, IdSet::new())] };
    let now = clock(&doc.transact());
    let update = step(doc, root, item(doc, deleted.ids(), IdSet::new()), others)?;
    (clock(&doc.transact()) > now).then_some(Back { update, now })
}

/// The deleted blocks whose content is still kept.
pub(super) fn blocks(doc: &Doc, deleted: &IdSet) -> Vec<Run> {
    let mut txn = doc.transact_mut();
    let mut blocks = Vec::new();
    let mut texts = BTreeSet::new();
    let mut lengths = BTreeMap::new();
    let all = Snapshot::new(txn.state_vector(), IdSet::new());
    let without = Snapshot::new(txn.state_vector(), deleted.clone());
    for Run { client, mut from, to } in runs(deleted) {
        while from < to {
            let id = ID::new(client, from);
            let parent = || StickyIndex::from_id(id, Assoc::After).get_offset(&txn).map(|place| place.branch);
            let len = match lengths.get(&id) {
                Some(len) => Some(*len),
                None => match parent().filter(|parent| *parent.type_ref() == TypeRef::Text) {
                    Some(text) if texts.insert(text.id()) => {
                        let diff =
                            TextRef::from(text).diff_range(&mut txn, Some(&all), Some(&without), |block| block.id);
                        lengths
                            .extend(diff.into_iter().filter_map(|block| Some((block.ychange?, units(&block.insert)?))));
                        continue;
                    }
                    Some(_) => None,
                    // A value, or an object.
                    None => Some(1),
                },
            };
            if let Some(len) = len {
                blocks.push(Run { client, from, to: from + len });
            }
            from += len.unwrap_or(1);
        }
    }
    blocks
}

fn units(text: &Out) -> Option<u32> {
    if let Out::Any(Any::String(text)) = text { Some(text.encode_utf16().count() as u32) } else { None }
}

/// Whether the container of a deleted block is there.
pub(super) fn is_in_place(doc: &Doc, deleted: &Run) -> bool {
    let place = StickyIndex::from_id(ID::new(deleted.client, deleted.from), Assoc::After).get_offset(&doc.transact());
    place.is_some_and(|place| !place.branch.is_deleted())
}

/// The number of ids that this client has given.
pub(super) fn clock(txn: &impl ReadTxn) -> u32 {
    txn.store().get_local_state()
}

/// Stops keeping the content of these ids.
pub(super) fn release(doc: &Doc, root: &MapRef, ids: &IdSet) {
    let mut manager = UndoManager::with_options(options(item(doc, ids.clone(), IdSet::new()), Vec::new()));
    manager.expand_scope(doc, root);
    manager.clear_all();
}

/// Forgets the content of deleted ids.
pub(super) fn forget(doc: &Doc, root: &MapRef, deleted: &IdSet) {
    // Some share a block with others by now. A manager splits blocks before it checks whether they are in its scope.
    step(doc, &doc.get_or_insert_map(NOTHING), item(doc, deleted.clone(), IdSet::new()), Vec::new());
    release(doc, root, deleted);
    let mut txn = doc.transact_mut();
    txn.gc(Some(deleted));
    // This merges a block with the one after it, not with the one before it (0.28.1). So it runs once more, from the block
    // before, and far enough beyond the end for the length of that block. It leaves longer ones alone.
    for Run { client, from, to } in runs(deleted).filter(|run| run.from > 0) {
        txn.gc(Some(&Run { client, from: from - 1, to: to.saturating_add(NEAR) }.ids()));
    }
}

/// How far beyond forgotten content a block to merge with may reach. What is erased at once is seldom longer.
const NEAR: u32 = 128;

/// The name of a map that is never written to.
const NOTHING: &str = "nothing";
