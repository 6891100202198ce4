//! Undo: the library's own manager, given one block of one own operation at a time.
//!
//! What the operation put in is deleted where it still is. What it deleted comes back beside its tombstone, under new ids;
//! until it can no longer be taken back, its content is kept, as the manager of an editor keeps it. All that is remembered
//! here for that are ids, and of what is written over, which of them belong together:
//!
//! * an entry of a map, or an item of a list, that was written over gets its former value back while what was written is
//!   there: if anybody has written or deleted since, that stays;
//! * a counter, which is a value that is written anew, is moved back by as much if somebody has moved it since;
//! * an item that was moved, which to the library is one deleted and another like it put in, goes back from where it was
//!   moved to, with what was done in it since; if it is no longer there, it stays away.
//!
//! Any of the latest own operations can be taken back. What one of those that came before has put in does not come back
//! with what a later one had deleted, if it was taken back meanwhile. What is in an object that was removed, moved or
//! written over since is another thing than what was in it before: out of turn, what an operation did to the text or the
//! items in there may stay when it is taken back; and of an operation that moves an item and writes over what is in it,
//! what was there before may stay away. An operation that writes into something and then over that comes back with another
//! thing in its place: what was done in there before can then not be taken back.
//!
//! It is more than 500 lines: what is remembered and what is made of it are of no use without each other.

mod manager;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use smallvec::SmallVec;
use yrs::types::TypeRef;
use yrs::undo::UndoManager;
use yrs::{
    Array, ArrayRef, Assoc, BranchID, ClientID, ID, IdSet, Map, MapRef, Out, ReadTxn, SharedRef, StickyIndex, TextRef,
    Transact, TransactionMut,
};

pub(in crate::crdt) use self::manager::KEPT;
use self::manager::{Back, Run, clock, runs};
use crate::crdt::yrs_doc::{self, Doc, Place, find, materialise};
use crate::document::{Document, Edit, Key, Step, diff};
use crate::model::Rejected;

/// Own operations that can be taken back; older ones are refused. A hundred, as undo stacks of editors have by default.
const REMEMBERED: usize = 100;

/// What an operation did, by ids.
#[derive(Default)]
pub(in crate::crdt) struct Made {
    /// What it put in, of this client's.
    put_in: Range<u32>,
    /// What it deleted and wrote nothing over. In place: whatever is allocated for each keystroke and lives on comes between
    /// the library's blocks in memory, and it walks them one after another.
    deleted: SmallVec<[Run; 1]>,
    writes: Vec<Write>,
}

/// What an edit wrote, and what it deleted for that.
struct Write {
    what: What,
    /// The ids of what was written and of what is in it, of this client's.
    ids: Range<u32>,
    deleted: IdSet,
    /// The objects among that, and what was in them.
    objects: Vec<(ID, Document)>,
    entry: Option<Entry>,
}

enum What {
    /// An entry or an item.
    Put,
    /// Nothing: an entry was removed.
    Nothing,
    /// Nothing: items were removed, objects among them.
    NoItems,
    /// The sum of a counter that is an entry.
    Sum(i64),
    /// An item that was elsewhere.
    Moved,
}

/// An entry of a map, before and after.
#[derive(Clone)]
struct Entry {
    map: BranchID,
    key: Key,
    was: Option<Document>,
    wrote: Option<Document>,
}

/// Watches a transaction.
pub(in crate::crdt) struct Watch {
    from: u32,
    writes: Vec<Write>,
}

impl Watch {
    pub(in crate::crdt) fn begin(txn: &TransactionMut<'_>) -> Self {
        Self { from: clock(txn), writes: Vec::new() }
    }

    /// What is to be remembered of an edit, before it is made.
    pub(in crate::crdt) fn before(&self, txn: &TransactionMut<'_>, root: &MapRef, edit: &Edit) -> Option<Begun> {
        let (path, what) = match edit {
            Edit::Put { path, .. } => (path, What::Put),
            Edit::Remove { path } => (path, What::Nothing),
            Edit::Increment { path, by } => (path, What::Sum(*by)),
            Edit::ListMove { path, .. } => (path, What::Moved),
            Edit::ListRemove { path, .. } => (path, What::NoItems),
            Edit::ListInsert { .. } | Edit::TextSplice { .. } => return None,
        };
        let mut write = Write { what, ids: clock(txn)..0, deleted: IdSet::new(), objects: Vec::new(), entry: None };
        let object = |out: Out| Some((id(&out)?, materialise(txn, &out)));
        match edit {
            Edit::ListMove { from, .. } => {
                let Out::YArray(list) = find(txn, root, path)? else { return None };
                write.objects.extend(list.get(txn, u32::try_from(*from).ok()?).and_then(object));
            }
            Edit::ListRemove { index, count, .. } => {
                let Out::YArray(list) = find(txn, root, path)? else { return None };
                let items =
                    (*index..index.saturating_add(*count)).map_while(|at| list.get(txn, u32::try_from(at).ok()?));
                write.objects.extend(items.filter_map(object));
                if write.objects.is_empty() {
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
                        write.objects.extend(out.as_ref().and_then(id).zip(was.clone()));
                        write.entry = Some(Entry { map: map.hook().into(), key: key.clone(), was, wrote });
                    }
                    (Out::YArray(list), Step::Index(index)) => {
                        // A counter that is an item is written anew like any value.
                        write.what = What::Put;
                        write.objects.extend(list.get(txn, u32::try_from(*index).ok()?).and_then(object));
                    }
                    _ => return None,
                }
            }
        }
        Some(Begun { write, deleted: txn.delete_set().clone() })
    }

    pub(in crate::crdt) fn after(&mut self, txn: &TransactionMut<'_>, begun: Option<Begun>) {
        if let Some(Begun { mut write, deleted }) = begun {
            write.ids.end = clock(txn);
            write.deleted = txn.delete_set().diff(&deleted);
            self.writes.push(write);
        }
    }

    pub(in crate::crdt) fn end(self, txn: &TransactionMut<'_>) -> Made {
        let mut deleted = txn.delete_set().clone();
        self.writes.iter().for_each(|write| deleted.diff_with(&write.deleted));
        Made { put_in: self.from..clock(txn), deleted: runs(&deleted).collect(), writes: self.writes }
    }
}

/// An edit that is made now.
pub(in crate::crdt) struct Begun {
    write: Write,
    deleted: IdSet,
}

/// Whether an edit may delete something.
pub(in crate::crdt) fn may_delete(edit: &Edit) -> bool {
    !matches!(edit, Edit::ListInsert { .. } | Edit::TextSplice { delete: 0, .. })
}

/// The id of an object.
fn id(out: &Out) -> Option<ID> {
    let branch: BranchID = match out {
        Out::YMap(map) => map.hook().into(),
        Out::YArray(list) => list.hook().into(),
        Out::YText(text) => text.hook().into(),
        _ => return None,
    };
    if let BranchID::Nested(id) = branch { Some(id) } else { None }
}

/// The object with an id.
fn object(txn: &impl ReadTxn, id: &ID) -> Option<Out> {
    let branch = BranchID::get_nested(txn, id).filter(|branch| !branch.is_deleted())?;
    Some(match branch.type_ref() {
        TypeRef::Map => Out::YMap(MapRef::from(branch)),
        TypeRef::Array => Out::YArray(ArrayRef::from(branch)),
        TypeRef::Text => Out::YText(TextRef::from(branch)),
        _ => return None,
    })
}

/// The latest own operations. It is not saved: after a crash nothing can be taken back.
pub(in crate::crdt) struct History {
    client: ClientID,
    keeper: UndoManager<()>,
    /// Up to three times as many as can be taken back, so that content is forgotten for a hundred at once; and what was
    /// taken back matters to those that came after it.
    made: VecDeque<Remembered>,
    anew: Anew,
}

/// Where the ids of what was put back or moved begin, how many there are, where those begin that it has now, and which
/// operation moved it or was taken back. The new ones are this client's.
type Anew = BTreeMap<ID, (u32, u32, u64)>;

struct Remembered {
    n: u64,
    made: Made,
    /// All ids that what it had put in has had, if it was taken back.
    undone: Option<IdSet>,
    owed: Owed,
}

/// What could not be put back, as what it was in was away.
#[derive(Default)]
struct Owed {
    deleted: IdSet,
    entries: Vec<Entry>,
}

impl History {
    pub(in crate::crdt) fn new(doc: &Doc) -> Self {
        let keeper = manager::keeper(&doc.doc, &doc.root);
        Self { client: doc.doc.client_id(), keeper, made: VecDeque::new(), anew: Anew::new() }
    }

    /// An own operation was made; one that changed nothing too.
    pub(in crate::crdt) fn push(&mut self, doc: &Doc, n: u64, made: Made) {
        for write in &made.writes {
            if let What::Moved = write.what {
                // An item that is no object has one id.
                let only = || runs(&write.deleted).next().map(|run| ID::new(run.client, run.from));
                let from = write.objects.first().map(|(id, _)| *id).or_else(only);
                self.anew.extend(from.map(|from| (from, (1, write.ids.start, n))));
            }
        }
        self.made.push_back(Remembered { n, made, undone: None, owed: Owed::default() });
        if self.made.len() >= 3 * REMEMBERED {
            self.forget(doc);
        }
    }

    /// Forgets the oldest.
    fn forget(&mut self, doc: &Doc) {
        let mut deleted = IdSet::new();
        for Remembered { made, .. } in self.made.drain(..REMEMBERED) {
            deleted.merge_with(made.all_deleted());
        }
        if let Some(oldest) = self.made.front().map(|made| made.n) {
            self.anew.retain(|_, (.., n)| *n >= oldest);
        }
        if !deleted.is_empty() {
            manager::forget(&doc.doc, &doc.root, &deleted);
            self.keeper = manager::keeper(&doc.doc, &doc.root);
        }
    }

    /// Takes an operation back: the updates that this gives.
    pub(in crate::crdt) fn take_back(&mut self, doc: &Doc, n: u64) -> Result<Vec<Vec<u8>>, Rejected> {
        let oldest = self.made.len().saturating_sub(REMEMBERED);
        let found = self.made.iter().skip(oldest).position(|made| made.n == n && made.undone.is_none());
        let Some(index) = found.map(|index| index + oldest) else {
            return Err(Rejected::new("too_old", format!("operation {n} is no longer remembered")));
        };
        let put_in = self.made[index].made.put_in.clone();
        let (ever, now) = self.ids(&self.own(put_in.start, put_in.end));
        self.made[index].undone = Some(ever);
        let mut inverse = Inverse {
            doc,
            history: self,
            n,
            updates: Vec::new(),
            anew: Anew::new(),
            owing: Vec::new(),
            open: BTreeSet::new(),
        };
        let done = inverse.make(index, &now);
        let Inverse { updates, anew, .. } = inverse;
        self.anew.extend(anew);
        match done {
            Ok(owed) => {
                self.made.iter_mut().zip(owed).for_each(|(made, owed)| made.owed = owed);
                Ok(updates)
            }
            Err(reason) => {
                self.made[index].undone = None;
                Err(Rejected::new("edit_refused", reason))
            }
        }
    }

    fn own(&self, from: u32, to: u32) -> IdSet {
        Run { client: self.client, from, to }.ids()
    }

    /// All ids that something has had, and those that it has now.
    fn ids(&self, ids: &IdSet) -> (IdSet, IdSet) {
        let (mut ever, mut now, mut open) = (ids.clone(), ids.clone(), runs(ids).collect::<Vec<_>>());
        while let Some(run) = open.pop() {
            let Some((old, (len, new, _))) = self.anew.range(..ID::new(run.client, run.to)).next_back() else {
                continue;
            };
            let (from, to) = (run.from.max(old.clock), run.to.min(old.clock + len));
            if old.client == run.client && from < to {
                let start = new + (from - old.clock);
                let moved = Run { client: self.client, from: start, to: start + (to - from) };
                now.diff_with(&Run { client: run.client, from, to }.ids());
                now.merge_with(moved.ids());
                ever.merge_with(moved.ids());
                open.push(moved);
                open.push(Run { to: from, ..run });
            }
        }
        (ever, now)
    }

    /// What is to come back where this would, if some of it was put in by operations that were taken back.
    fn remaining(&self, deleted: &IdSet) -> IdSet {
        let undone = || self.made.iter().filter_map(|made| made.undone.as_ref().map(|ever| (&made.made, ever)));
        let mut remaining = deleted.clone();
        let wrote = |write: &&Write| !matches!(write.what, What::Nothing | What::NoItems);
        let mut writes: Vec<&Write> = undone().flat_map(|(made, _)| &made.writes).filter(wrote).collect();
        let ever = |write: &Write| self.ids(&self.own(write.ids.start, write.ids.start + 1)).0;
        while let Some(at) = writes.iter().position(|write| !remaining.intersect(&ever(write)).is_empty()) {
            remaining.merge_with(writes.swap_remove(at).deleted.clone());
        }
        undone().for_each(|(_, ever)| remaining.diff_with(ever));
        remaining
    }

    /// What own operations have deleted, and what is gone as they were taken back.
    fn deleted(&self) -> IdSet {
        let mut deleted = IdSet::new();
        for Remembered { made, undone, .. } in &self.made {
            deleted.merge_with(made.all_deleted());
            undone.iter().for_each(|ever| deleted.merge_with(ever.clone()));
        }
        deleted
    }
}

impl Made {
    /// What it deleted and wrote nothing over.
    fn deleted(&self) -> IdSet {
        let mut deleted = IdSet::new();
        self.deleted.iter().for_each(|run| deleted.insert(ID::new(run.client, run.from), run.to - run.from));
        deleted
    }

    fn all_deleted(&self) -> IdSet {
        let mut deleted = self.deleted();
        self.writes.iter().for_each(|write| deleted.merge_with(write.deleted.clone()));
        deleted
    }
}

/// What takes an operation back.
struct Inverse<'a> {
    doc: &'a Doc,
    history: &'a History,
    /// Which operation it is.
    n: u64,
    updates: Vec<Vec<u8>>,
    anew: Anew,
    /// Entries whose map is away or another one by now, so that their former values have to be written.
    owing: Vec<Entry>,
    /// Those of them that did not come back with what somebody else who took part had written over them.
    open: BTreeSet<(BranchID, Key)>,
}

/// What is to be done about something that was written.
enum Way {
    /// What was there comes back.
    Back,
    /// The same for an item that was moved, with what is in it by now where it was moved to.
    Home(ID),
    /// What was there comes back if nobody has written since.
    Unwritten,
    /// A counter is moved back. The map by its id: it may be gone by then, and the library's references do not know.
    Less { map: BranchID, key: Key, by: i64 },
}

impl Inverse<'_> {
    /// What of each of the own operations is still to be put back is returned.
    fn make(&mut self, index: usize, put_in: &IdSet) -> Result<Vec<Owed>, String> {
        let history = self.history;
        let made = &history.made[index].made;
        let gone = self.gone();
        let mut deleted = put_in.diff(&gone);
        self.owing.extend(history.made.iter().flat_map(|made| &made.owed.entries).cloned());
        let mut ways = Vec::new();
        for write in made.writes.iter().rev() {
            let now = history.ids(&history.own(write.ids.start, write.ids.start + 1)).1;
            let remaining = history.remaining(&write.deleted);
            let way = self.way(write, &now, now.intersect(&gone).is_empty(), remaining == write.deleted)?;
            match way {
                Some(Way::Less { .. }) => deleted.diff_with(&now),
                // With what this operation has done in it since, it is still needed.
                Some(Way::Home(_)) => deleted.diff_with(&history.ids(&history.own(write.ids.start, write.ids.end)).1),
                _ => {}
            }
            let away = write.entry.as_ref().filter(|entry| !self.is_in_place(&entry.map));
            self.owing.extend(away.cloned());
            ways.push((write, way, remaining, away));
        }
        let (library, root) = (&self.doc.doc, &self.doc.root);
        self.delete(deleted);
        let mut owed = Owed::default();
        for (write, way, remaining, away) in ways {
            let entry = write.entry.as_ref();
            match way {
                Some(Way::Less { map, key, by }) => self.less(&map, &key, by),
                Some(Way::Home(copy)) => {
                    let now = self.see(copy);
                    self.delete(history.ids(&history.own(write.ids.start, write.ids.end)).1.diff(&self.gone()));
                    drop(self.put_back(&remaining, true));
                    if let (Some((id, was)), Some(now)) = (write.objects.first(), now) {
                        self.fill(id, was);
                        if now != *was {
                            self.bring(id, &now);
                        }
                    }
                }
                Some(way) => {
                    let left = self.put_back(&remaining, matches!(way, Way::Back));
                    write.objects.iter().for_each(|(id, was)| self.fill(id, was));
                    match entry {
                        Some(entry) => owed.entries.extend(self.enter(entry)),
                        None => owed.deleted.merge_with(left),
                    }
                }
                None => owed.entries.extend(away.cloned()),
            }
        }
        // Last, as what it was in may be what came back.
        owed.deleted.merge_with(self.put_back(&history.remaining(&made.deleted()), true));
        let mut all = self.earlier();
        all[index] = owed;
        // What came back may have been written by what was taken back.
        for owed in all.iter_mut().rev() {
            let entries = std::mem::take(&mut owed.entries).into_iter();
            owed.entries = entries.filter(|entry| !self.settle(entry)).collect();
        }
        let mut back = IdSet::new();
        self.anew.values().for_each(|(len, new, _)| back.insert(ID::new(history.client, *new), *len));
        if !back.is_empty() {
            // The manager would keep the content of what it has put back for good.
            manager::release(library, root, &back);
        }
        Ok(all)
    }

    /// Puts back what was owed: what it was in may be there by now.
    fn earlier(&mut self) -> Vec<Owed> {
        let history = self.history;
        let one = |made: &Remembered| Owed {
            deleted: self.put_back(&history.remaining(&made.owed.deleted), false),
            entries: made.owed.entries.clone(),
        };
        history.made.iter().map(one).collect()
    }

    fn delete(&mut self, put_in: IdSet) {
        if !put_in.is_empty() {
            self.updates.extend(manager::delete(&self.doc.doc, &self.doc.root, put_in));
        }
    }

    /// What is in an object, if it is one.
    fn see(&self, id: ID) -> Option<Document> {
        let txn = self.doc.doc.transact();
        object(&txn, &id).map(|out| materialise(&txn, &out))
    }

    fn gone(&self) -> IdSet {
        self.doc.doc.transact().snapshot().delete_set
    }

    /// What is to be done about something that was written, if anything. It may still be there, and be all that there is to
    /// it: nothing of what it was written over was taken back.
    fn way(&self, write: &Write, now: &IdSet, stands: bool, whole: bool) -> Result<Option<Way>, String> {
        let back = |back: bool, way: Way| if back { Some(way) } else { None };
        Ok(match (&write.what, &write.entry) {
            (What::NoItems, _) => Some(Way::Back),
            (What::Nothing, entry) => {
                back(entry.as_ref().is_some_and(|entry| self.map(&entry.map).is_some()), Way::Unwritten)
            }
            (What::Put, _) => back(stands, Way::Back),
            (What::Moved, _) => {
                let copy = runs(now).next().map(|run| ID::new(run.client, run.from));
                copy.filter(|_| stands).map(Way::Home)
            }
            (What::Sum(_), _) if stands && whole => Some(Way::Back),
            (What::Sum(by), Some(Entry { map, key, .. })) => {
                let sum = self.map(map).and_then(|map| {
                    let txn = self.doc.doc.transact();
                    map.get(&txn, key).map(|out| materialise(&txn, &out))
                });
                if let Some(Document::Counter(sum)) = sum {
                    sum.checked_sub(*by).ok_or_else(|| format!("the counter {key} would overflow"))?;
                    Some(Way::Less { map: map.clone(), key: key.clone(), by: *by })
                } else {
                    None
                }
            }
            (What::Sum(_), None) => None,
        })
    }

    /// What an id has become, with what was put back a moment ago.
    fn latest(&self, id: ID) -> Option<ID> {
        let now = self.anew.get(&id).map(|(_, new, _)| ID::new(self.history.client, *new)).unwrap_or(id);
        let ids = Run { client: now.client, from: now.clock, to: now.clock + 1 }.ids();
        let run = runs(&self.history.ids(&ids).1).next().map(|run| ID::new(run.client, run.from))?;
        Some(self.anew.get(&run).map(|(_, new, _)| ID::new(self.history.client, *new)).unwrap_or(run))
    }

    fn branch(&self, map: &BranchID) -> Option<BranchID> {
        match map {
            BranchID::Root(_) => Some(map.clone()),
            BranchID::Nested(id) => self.latest(*id).map(BranchID::Nested),
        }
    }

    /// The map that had this id, if it is there.
    fn map(&self, map: &BranchID) -> Option<MapRef> {
        match self.branch(map)? {
            BranchID::Root(_) => Some(self.doc.root.clone()),
            BranchID::Nested(id) => match object(&self.doc.doc.transact(), &id) {
                Some(Out::YMap(map)) => Some(map),
                _ => None,
            },
        }
    }

    /// Whether the map that had this id is there, and has it.
    fn is_in_place(&self, map: &BranchID) -> bool {
        self.map(map).is_some() && self.branch(map).as_ref() == Some(map)
    }

    /// An object is back: what is missing in it, as others have written there meanwhile and nobody saw, is written anew.
    fn fill(&mut self, id: &ID, was: &Document) {
        fn fill(
            txn: &mut TransactionMut<'_>,
            out: &Out,
            was: &Document,
            owing: &BTreeSet<(BranchID, Key)>,
            open: &mut BTreeSet<(BranchID, Key)>,
        ) {
            match (out, was) {
                (Out::YMap(map), Document::Map(entries)) => {
                    for (key, was) in entries {
                        let entry = (map.hook().into(), key.clone());
                        match map.get(txn, key) {
                            Some(out) => fill(txn, &out, was, owing, open),
                            None if owing.contains(&entry) => drop(open.insert(entry)),
                            None => Place::Entry(map, key).write(txn, was),
                        }
                    }
                }
                (Out::YArray(list), Document::List(items)) if list.len(txn) as usize == items.len() => {
                    for (index, was) in (0..).zip(items) {
                        if let Some(out) = list.get(txn, index) {
                            fill(txn, &out, was, owing, open);
                        }
                    }
                }
                _ => {}
            }
        }
        let Some((_, new, _)) = self.anew.get(id) else { return };
        let id = ID::new(self.history.client, *new);
        let owing = self.owing.iter().filter_map(|entry| Some((self.branch(&entry.map)?, entry.key.clone())));
        let owing = owing.collect();
        let mut txn = self.doc.doc.transact_mut();
        if let Some(out) = object(&txn, &id) {
            fill(&mut txn, &out, was, &owing, &mut self.open);
        }
        self.updates.extend(txn.has_changes().then(|| txn.encode_update_v1()));
    }

    /// An entry that should be back and is not, as its map is another one by now, is written anew; it is owed if the map is
    /// away.
    fn enter(&mut self, entry: &Entry) -> Option<Entry> {
        let Some(map) = self.map(&entry.map) else { return Some(entry.clone()) };
        if let (Some(was), false) = (&entry.was, self.is_in_place(&entry.map)) {
            let mut txn = self.doc.doc.transact_mut();
            if map.get(&txn, &entry.key).is_none() {
                Place::Entry(&map, &entry.key).write(&mut txn, was);
                self.updates.push(txn.encode_update_v1());
            }
        }
        None
    }

    /// An entry that was owed gets its former value if its map is back with the value that was taken back: whether it is.
    fn settle(&mut self, entry: &Entry) -> bool {
        let Some(map) = self.map(&entry.map) else { return false };
        let open = self.open.remove(&(map.hook().into(), entry.key.clone()));
        let mut txn = self.doc.doc.transact_mut();
        let now = map.get(&txn, &entry.key).map(|out| materialise(&txn, &out));
        if now != entry.wrote && !open {
            return false;
        }
        match &entry.was {
            _ if now == entry.was => {}
            Some(was) => Place::Entry(&map, &entry.key).write(&mut txn, was),
            None => drop(map.remove(&mut txn, &entry.key)),
        }
        self.updates.extend(txn.has_changes().then(|| txn.encode_update_v1()));
        true
    }

    /// Puts back what was deleted, block by block: what is in something comes after that. An entry comes back only if
    /// nothing was written over it that others wrote, or if that is gone by now and does not matter (`anyway`). What does
    /// not come back is returned.
    fn put_back(&mut self, deleted: &IdSet, anyway: bool) -> IdSet {
        if deleted.is_empty() {
            return IdSet::new();
        }
        let (library, root) = (&self.doc.doc, &self.doc.root);
        // In a new list or text the library finds the place by the neighbours that something had, and by what those have
        // become. A tombstone that was put back before leads to its copy, wherever that is. If the copy were back already,
        // what is between the two would have it for a neighbour on both sides, and end on one side here and on the other
        // elsewhere (0.28.1). What is between them is newer than the copy or somebody else's: so theirs go first, then
        // one's own, the newest first.
        let (own, mut open): (Vec<Run>, Vec<Run>) =
            manager::blocks(library, deleted).into_iter().partition(|run| run.client == self.history.client);
        open.extend(own.into_iter().rev());
        let (mut gone, mut own) = (None, None);
        loop {
            let before = open.len();
            let mut at = 0;
            while let Some(run) = open.get(at) {
                let back = manager::put_back(library, root, run, IdSet::new()).or_else(|| {
                    // In another map than it was in, the library would put it behind what is in the old one.
                    if !manager::is_in_place(library, run) {
                        return None;
                    }
                    let over = if anyway {
                        gone.get_or_insert_with(|| self.gone())
                    } else {
                        own.get_or_insert_with(|| self.history.deleted())
                    };
                    manager::put_back(library, root, run, over.clone())
                });
                let Some(Back { update, now }) = back else {
                    at += 1;
                    continue;
                };
                self.anew.insert(ID::new(run.client, run.from), (run.to - run.from, now, self.n));
                self.updates.push(update);
                open.remove(at);
                if object(&library.transact(), &ID::new(self.history.client, now)).is_some() {
                    // From the beginning: what is in it may be there.
                    at = 0;
                }
            }
            if open.is_empty() || open.len() == before {
                let mut left = IdSet::new();
                open.into_iter().for_each(|run| left.merge_with(run.ids()));
                return left;
            }
        }
    }

    /// An item is back where it was moved from: brings what was done in it where it was moved to.
    fn bring(&mut self, id: &ID, now: &Document) {
        let Some((_, new, _)) = self.anew.get(id) else { return };
        let id = ID::new(self.history.client, *new);
        let mut txn = self.doc.doc.transact_mut();
        let Some(out) = object(&txn, &id) else { return };
        let was = materialise(&txn, &out);
        if was == *now {
            return;
        }
        if let Out::YMap(map) = &out {
            for edit in diff(&was, now) {
                // What makes one out of the other fits.
                drop(yrs_doc::apply(&mut txn, map, &edit, true));
            }
        } else if let Some(place) = StickyIndex::from_id(id, Assoc::After).get_offset(&txn) {
            let list = ArrayRef::from(place.branch);
            list.remove(&mut txn, place.index);
            Place::Item(&list, place.index).write(&mut txn, now);
        }
        self.updates.push(txn.encode_update_v1());
    }

    fn less(&mut self, map: &BranchID, key: &Key, by: i64) {
        let Some(map) = self.map(map) else { return };
        let mut txn = self.doc.doc.transact_mut();
        if let Some(Document::Counter(sum)) = map.get(&txn, key).map(|out| materialise(&txn, &out)) {
            Place::Entry(&map, key).write(&mut txn, &Document::Counter(sum.saturating_sub(by)));
            self.updates.push(txn.encode_update_v1());
        }
    }
}

#[cfg(test)]
mod tests;
