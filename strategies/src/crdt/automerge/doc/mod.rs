//! An automerge document in our own terms: a [`View`](crate::view::View), and edits that become changes.

mod edit;
mod view;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Change, ChangeHash, LoadOptions, ObjId, Prop, ROOT, ReadDoc, TextEncoding};

use super::chunks::saved;
use super::undo::{History, Was, twins};
use super::value::put;
use crate::crdt::last_text::LastText;
use crate::document::{Document, Edit};
use crate::model::Rejected;
use crate::replica::OpId;

/// The library with the text that was found last. Mutable access forgets that text, except through [`Cached::keep`].
pub(super) struct Cached {
    doc: AutoCommit,
    last: RefCell<LastText<ObjId>>,
}

impl Cached {
    fn new(doc: AutoCommit) -> Self {
        Self { doc, last: RefCell::default() }
    }

    /// For calls that leave the document as it is, or that note what becomes of the text.
    pub(super) fn keep(&mut self) -> &mut AutoCommit {
        &mut self.doc
    }
}

impl Deref for Cached {
    type Target = AutoCommit;

    fn deref(&self) -> &AutoCommit {
        &self.doc
    }
}

impl DerefMut for Cached {
    fn deref_mut(&mut self) -> &mut AutoCommit {
        self.last.get_mut().clear();
        &mut self.doc
    }
}

/// The library's document. All reading goes straight to it.
pub(super) struct Doc {
    pub(super) library: Cached,
    /// The edits in the change that is begun.
    begun: Vec<Edit>,
    /// Where users undo: the latest own operations.
    history: Option<History>,
    /// Own changes that were not sent yet.
    unsent: Vec<Change>,
    /// Changes that the library cannot take. Peers that could take them send them with every answer.
    pub(super) useless: BTreeSet<ChangeHash>,
}

impl Doc {
    /// The library's bytes for a document, the same for every replica and run. The root must be a map, as it is in the
    /// library; any other document becomes an empty one.
    pub(super) fn genesis(document: &Document) -> Vec<u8> {
        Self::written(document, [0u8; 16])
    }

    /// The same by an actor of this name.
    pub(super) fn written(document: &Document, actor: [u8; 16]) -> Vec<u8> {
        let actor = ActorId::from(actor.as_slice());
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(actor);
        if let Document::Map(map) = document {
            for (key, value) in map {
                put(&mut doc, &ROOT, Prop::from(&**key), value).expect("a new document takes any entry");
            }
            doc.commit_with(CommitOptions::default().with_time(0));
        }
        doc.save()
    }

    /// A copy from [`Doc::genesis`] or [`Doc::save`], of a random actor.
    pub(super) fn load(bytes: &[u8]) -> Result<Self, String> {
        saved(bytes)?;
        let options = LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint);
        let doc = AutoCommit::load_with_options(bytes, options).map_err(|error| error.to_string())?;
        Ok(Self {
            library: Cached::new(doc),
            begun: Vec::new(),
            history: None,
            unsent: Vec::new(),
            useless: BTreeSet::new(),
        })
    }

    /// Everything, including the change that is begun.
    pub(super) fn save(&self) -> Vec<u8> {
        self.library.clone().save()
    }

    /// Applies the edits of the issuer's operation `n`, all or none, as a part of the change that [`Doc::close`] ends. Where
    /// `more` is set, later edits may join that change. Returns whether they change anything.
    pub(super) fn edit(&mut self, n: u64, edits: &[Edit], more: bool) -> Result<bool, String> {
        let before = self.library.pending_ops();
        let mut last = self.library.last.take();
        let mut moved = Vec::new();
        for edit in edits {
            let item = match edit {
                Edit::ListMove { path, from, to } if self.history.is_some() => self.item(path, *from).zip(Some(*to)),
                _ => None,
            };
            if let Err(reason) = edit::apply(&mut self.library, edit, &mut last) {
                // The library can only go back to the beginning of the change: what was in it goes in again.
                self.library.rollback();
                let mut last = LastText::default();
                self.begun.iter().try_for_each(|edit| edit::apply(&mut self.library, edit, &mut last))?;
                return Err(reason);
            }
            if let Some(((list, old), to)) = item
                && let Ok(Some(new)) = self.library.get(&list, to)
            {
                twins(&self.library, &old, &Was::new(new), &mut |old, new| moved.push((old, new)));
            }
        }
        if more {
            self.begun.extend_from_slice(edits);
        }
        self.library.last.replace(last);
        let after = self.library.pending_ops();
        if let Some(history) = &mut self.history {
            history.push(n, before..after, moved);
        }
        Ok(after > before)
    }

    /// Ends the change that is begun. `None` if it is empty.
    pub(super) fn close(&mut self, time_s: i64) -> Option<ChangeHash> {
        self.begun.clear();
        let hash = self.library.keep().commit_with(CommitOptions::default().with_time(time_s))?;
        if let Some(history) = &mut self.history {
            history.committed(hash);
        }
        self.unsent.extend(self.library.keep().get_last_local_change());
        Some(hash)
    }

    /// From now on operations are remembered so that they can be undone.
    pub(super) fn remember(&mut self) {
        self.history = Some(History::default());
    }

    /// Begins a change that undoes an operation. Returns whether it changes anything.
    pub(super) fn undo(&mut self, target: OpId) -> Result<bool, Rejected> {
        let history = self.history.as_mut().ok_or_else(|| Rejected::too_old(target))?;
        history.undo(&mut self.library, target)
    }

    /// Merges changes. `false` if the library cannot take them: then nothing of them is visible, even if it panics.
    pub(super) fn merge(&mut self, changes: impl IntoIterator<Item = Change> + Clone) -> bool {
        self.guarded(|library| library.apply_changes(changes).is_ok())
    }

    /// Runs a merge. Where it panics, the document is rebuilt as it was.
    pub(super) fn guarded(&mut self, merge: impl FnOnce(&mut AutoCommit) -> bool) -> bool {
        let before = self.library.get_heads();
        let merged = catch_unwind(AssertUnwindSafe(|| merge(&mut self.library)));
        if merged.is_err() {
            // The library notes a change before it has read all of it. The history before that is still intact.
            let actor = self.library.get_actor().clone();
            let rebuilt = catch_unwind(AssertUnwindSafe(|| self.library.fork_at(&before)));
            if let Ok(Ok(doc)) = rebuilt {
                self.library = Cached::new(doc.with_actor(actor));
            }
        }
        merged.unwrap_or(false)
    }

    /// The hashes of the changes after `heads`; none if the library holds a forged change that it cannot read.
    pub(super) fn hashes_since(&mut self, heads: &[ChangeHash]) -> Vec<ChangeHash> {
        let read = || self.library.get_changes_meta(heads).into_iter().map(|meta| meta.hash).collect();
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
    }

    /// The changes after `heads`; none if the library holds a forged change that it cannot read.
    pub(super) fn changes_since(&mut self, heads: &[ChangeHash]) -> Vec<Change> {
        catch_unwind(AssertUnwindSafe(|| self.library.get_changes(heads))).unwrap_or_default()
    }

    /// Own changes since the last call.
    pub(super) fn take_unsent(&mut self) -> Vec<Change> {
        mem::take(&mut self.unsent)
    }
}
