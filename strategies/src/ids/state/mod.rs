//! A document with its ids, and what a change does to it: the same on every replica that applies the same changes in the
//! same order.
//!
//! A change always gets its place; an edit in it whose target is gone does nothing, as in Weidner's description.

mod edits;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::{self, Change, Need, Node};
use super::inverse::Inverse;
use super::list::Id;
use super::step::Step;
use super::tree::{Found, Fresh, Ids, Mark, Slot};
use crate::document::{Document, Edit};
use crate::model::Rejected;
use crate::node::{NodeId, OpId};
use crate::replica::ProtocolError;
use crate::sidecar::Clock;
use crate::undo::UNDO_DEPTH;

/// Everything that replicas have to agree about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Saved", try_from = "Saved")]
pub(crate) struct State {
    pub(crate) document: Document,
    /// The ids of the whole document.
    pub(super) root: Slot,
    clients: BTreeMap<NodeId, Used>,
    /// Users undo, so marks say which operation changed what.
    undo: bool,
}

/// Which numbers and ids a client has used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Used {
    /// The last operation that has its place.
    pub(crate) n: u64,
    /// The next free id.
    pub(crate) next: u64,
    /// The latest of its undos that were barred, for a client that learns of them from a snapshot.
    pub(crate) barred: Vec<u64>,
}

impl Used {
    /// Whether a change can be the client's next one.
    pub(crate) fn precedes(&self, change: &Change) -> bool {
        change.n > self.n && change.first >= self.next && change.end().is_some()
    }

    /// The client's next change has its place.
    pub(crate) fn add(&mut self, change: &Change) {
        (self.n, self.next) = (change.n, change.end().unwrap_or(u64::MAX));
    }
}

/// How many barred undos of a client are remembered; as many as it can have pending.
const BARRED: usize = UNDO_DEPTH;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) root: Node,
    pub(super) clients: BTreeMap<NodeId, Used>,
    pub(super) undo: bool,
}

impl From<State> for Saved {
    fn from(State { document, root, clients, undo }: State) -> Self {
        Self { root: Node::of(document, Some(&root)), clients, undo }
    }
}

impl TryFrom<Saved> for State {
    type Error = ProtocolError;

    fn try_from(Saved { root: node, clients, undo }: Saved) -> Result<Self, ProtocolError> {
        let misfit = || ProtocolError::malformed("ids that do not fit the document");
        Ok(Self { root: node.slot().ok_or_else(misfit)?, document: node.value, clients, undo })
    }
}

/// What came of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// How many edits had no target.
    pub(crate) misfits: u64,
    /// Whether it has any effect.
    pub(crate) has_effect: bool,
    /// Whether a need was not met, so that nothing was applied.
    pub(crate) barred: bool,
}

impl State {
    /// The initial state: everything in it has ids of the server.
    pub(crate) fn genesis(document: Document, undo: bool) -> Self {
        let ids = Fresh { client: NodeId::SERVER, next: 0 }.ids(&document);
        Self { document, root: Slot { mark: Mark::default(), ids }, clients: BTreeMap::new(), undo }
    }

    /// What `client` has used.
    pub(crate) fn used(&self, client: NodeId) -> Used {
        self.clients.get(&client).cloned().unwrap_or_default()
    }

    /// The last operation of every client that has its place.
    pub(crate) fn clock(&self) -> Clock {
        self.clients.iter().map(|(client, used)| (*client, used.n)).collect()
    }

    /// Applies the next change of a client; collects its inverse where that is wanted.
    pub(crate) fn apply(&mut self, client: NodeId, change: &Change, mut inverse: Option<&mut Inverse>) -> Applied {
        let barred = !change.needs.iter().all(|need| self.meets(need));
        let used = self.clients.entry(client).or_default();
        used.add(change);
        if barred {
            used.barred.push(change.n);
            let forget = used.barred.len().saturating_sub(BARRED);
            used.barred.drain(..forget);
            return Applied { barred: true, ..Applied::default() };
        }
        let mut fresh = Fresh { client, next: change.first };
        let mut applied = Applied { has_effect: change.edits.is_empty(), ..Applied::default() };
        let op = OpId { client, n: change.n };
        for edit in &change.edits {
            let fits = self.edit(edit, op, &mut fresh, inverse.as_deref_mut());
            applied.has_effect |= fits;
            applied.misfits += u64::from(!fits);
        }
        if let Some(inverse) = inverse {
            inverse.edits.reverse();
        }
        applied
    }

    /// Carries out edits by indices as the operation `n` of `client`, with new ids from `first` on; gives them by ids. The
    /// state is invalid after an error.
    pub(crate) fn carry_out(
        &mut self,
        client: NodeId,
        n: u64,
        first: u64,
        edits: &[Edit],
        mut inverse: Option<&mut Inverse>,
    ) -> Result<Change, Rejected> {
        let misfit = |edit: &Edit| Rejected::new("edit_refused", format!("{edit:?} does not fit"));
        let mut fresh = Fresh { client, next: first };
        let mut change = Change { n, first, needs: Vec::new(), edits: Vec::with_capacity(edits.len()) };
        for edit in edits {
            for by_ids in self.translate(edit).ok_or_else(|| misfit(edit))? {
                if !self.edit(&by_ids, OpId { client, n }, &mut fresh, inverse.as_deref_mut()) {
                    return Err(misfit(edit));
                }
                change.edits.push(by_ids);
            }
        }
        if let Some(inverse) = inverse {
            inverse.edits.reverse();
        }
        self.clients.entry(client).or_default().add(&change);
        Ok(change)
    }

    /// The document with every text that a change edits as long as it would be if nothing had ever been deleted from it, so
    /// that any position in it is there.
    pub(crate) fn undeleted(&self, change: &Change) -> Document {
        let mut document = self.document.clone();
        for at in change.edits.iter().filter_map(change::Edit::typed_at) {
            let Some(found) = self.find(at) else { continue };
            if let (Ids::Text(order), Some(Document::Text(text))) = (found.ids, document.at(&found.path)) {
                let (pos, missing) = (text.len_chars(), order.total().unwrap_or(0).saturating_sub(text.len_chars()));
                let insert = " ".repeat(missing);
                // It fits: the text is there, and this is its end.
                let _ = document.apply(&Edit::TextSplice { path: found.path, pos, delete: 0, insert });
            }
        }
        document
    }

    /// Whether what an undo would remove is as it was made.
    pub(crate) fn meets(&self, need: &Need) -> bool {
        match need {
            Need::Put { at, by } => self.mark(at).is_some_and(|mark| mark.put == *by),
            Need::Absent { at } => self.mark(at).is_none(),
            Need::Moved { at, item, by } => self.moved(at, *item) == Some(*by),
        }
    }

    /// The mark of the node at `at`, if there is one.
    fn mark(&self, at: &[Step]) -> Option<Mark> {
        self.find(at)?;
        let Some((last, above)) = at.split_last() else { return Some(self.root.mark) };
        Some(self.find(above)?.ids.slot(last).map(|slot| slot.mark).unwrap_or_default())
    }

    /// Which operation moved an item last.
    fn moved(&self, at: &[Step], item: Id) -> Option<Option<OpId>> {
        let ids = self.find(at)?.ids;
        Some(ids.slot(&Step::Item(item)).and_then(|slot| slot.mark.moved))
    }

    pub(super) fn find(&self, at: &[Step]) -> Option<Found<'_>> {
        self.root.ids.find(&self.document, at)
    }
}
