//! Records what an operation does, edit by edit.

use yrs::{Array, IdSet, Map, MapRef, Out, SharedRef, TransactionMut};

use super::manager::{clock, runs};
use super::places::id;
use super::slots::{Entry, Footprint, Kind, Slot};
use crate::crdt::yrs::counter::{added, entry, is_counter};
use crate::crdt::yrs::library::{find, materialise};
use crate::document::{Document, Edit, Step};

/// Watches a transaction.
pub(in crate::crdt::yrs) struct Recorder {
    from: u32,
    slots: Vec<Slot>,
}

impl Recorder {
    pub(in crate::crdt::yrs) fn begin(txn: &TransactionMut<'_>) -> Self {
        Self { from: clock(txn), slots: Vec::new() }
    }

    /// Notes what has to be known of an edit before it is made.
    pub(in crate::crdt::yrs) fn before(
        &self,
        txn: &TransactionMut<'_>,
        root: &MapRef,
        edit: &Edit,
    ) -> Option<OpenSlot> {
        let (path, kind) = match edit {
            Edit::Put { path, .. } => (path, Kind::Put),
            Edit::Remove { path } => (path, Kind::Removed),
            Edit::Increment { path, by } => (path, Kind::Sum(*by)),
            Edit::ListMove { path, .. } => (path, Kind::Moved),
            Edit::ListRemove { path, .. } => (path, Kind::ItemsRemoved),
            Edit::ListInsert { .. } | Edit::TextSplice { .. } => return None,
        };
        let mut slot = Slot { kind, ids: clock(txn)..0, deleted: IdSet::new(), objects: Vec::new(), entry: None };
        let object = |out: Out| Some((id(&out)?, materialise(txn, &out)));
        match (edit, find(txn, root, path)) {
            // What this client has added is an entry of the counter's map.
            (Edit::Increment { by, .. }, Some(Out::YMap(map))) if is_counter(txn, &map) => {
                let key = entry(txn.doc().client_id());
                let was = added(txn, &map, &key);
                let wrote = was.unwrap_or(0).checked_add(*by).map(Document::Int);
                let was = was.map(Document::Int);
                slot.entry = Some(Entry { map: map.hook().into(), key: key.as_str().into(), was, wrote });
            }
            (Edit::ListMove { from, .. }, Some(Out::YArray(list))) => {
                slot.objects.extend(list.get(txn, u32::try_from(*from).ok()?).and_then(object));
            }
            (Edit::ListRemove { index, count, .. }, Some(Out::YArray(list))) => {
                let items =
                    (*index..index.saturating_add(*count)).map_while(|at| list.get(txn, u32::try_from(at).ok()?));
                slot.objects.extend(items.filter_map(object));
                if slot.objects.is_empty() {
                    return None;
                }
            }
            _ => {
                let (last, parent) = path.split_last()?;
                match (find(txn, root, parent)?, last) {
                    (Out::YMap(map), Step::Key(key)) => {
                        let out = map.get(txn, key);
                        let was = out.as_ref().map(|out| materialise(txn, out));
                        let wrote = match (edit, &was) {
                            (Edit::Put { value, .. }, _) => Some(value.clone()),
                            (Edit::Increment { by, .. }, Some(Document::Counter(sum))) => {
                                sum.checked_add(*by).map(Document::Counter)
                            }
                            _ => None,
                        };
                        slot.objects.extend(out.as_ref().and_then(id).zip(was.clone()));
                        slot.entry = Some(Entry { map: map.hook().into(), key: key.clone(), was, wrote });
                    }
                    (Out::YArray(list), Step::Index(index)) => {
                        // A counter that is an item is written anew like any value.
                        slot.kind = Kind::Put;
                        slot.objects.extend(list.get(txn, u32::try_from(*index).ok()?).and_then(object));
                    }
                    _ => return None,
                }
            }
        }
        Some(OpenSlot { slot, deleted: txn.delete_set().clone() })
    }

    pub(in crate::crdt::yrs) fn after(&mut self, txn: &TransactionMut<'_>, open: Option<OpenSlot>) {
        if let Some(OpenSlot { mut slot, deleted }) = open {
            slot.ids.end = clock(txn);
            slot.deleted = txn.delete_set().diff(&deleted);
            self.slots.push(slot);
        }
    }

    pub(in crate::crdt::yrs) fn end(self, txn: &TransactionMut<'_>) -> Footprint {
        let mut deleted = txn.delete_set().clone();
        self.slots.iter().for_each(|slot| deleted.diff_with(&slot.deleted));
        Footprint { inserted: self.from..clock(txn), deleted: runs(&deleted).collect(), slots: self.slots }
    }
}

/// A slot whose edit is being made.
pub(in crate::crdt::yrs) struct OpenSlot {
    slot: Slot,
    deleted: IdSet,
}

/// Whether an edit may delete something.
pub(in crate::crdt::yrs) fn may_delete(edit: &Edit) -> bool {
    !matches!(edit, Edit::ListInsert { .. } | Edit::TextSplice { delete: 0, .. })
}
