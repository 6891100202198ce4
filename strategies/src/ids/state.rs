//! A document with its ids, and what a change does to it: the same on every replica that carries out the same changes in
//! the same order.
//!
//! A change always gets its place; an edit in it whose target is gone does nothing, as in Weidner's description.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::back::Back;
use super::change::{At, Change, Content, Edit, Kept, Need, Node, Step};
use super::list::{Id, IdList, Piece, Span};
use super::tree::{Found, Fresh, Ids, Mark, Slot};
use crate::document::{self, Document, Path};
use crate::replica::{NodeId, OpId, ProtocolError};
use crate::sidecar::Clock;

/// Everything that a replica has to agree about with the others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Saved", try_from = "Saved")]
pub(crate) struct State {
    pub(crate) document: Document,
    /// Beside the whole document.
    pub(super) root: Slot,
    authors: BTreeMap<NodeId, Author>,
}

/// What an author has used up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Author {
    /// The last operation that has its place.
    pub(crate) n: u64,
    /// The next free id.
    pub(crate) next: u64,
    /// The last of its undos that were barred, for who hears of them by a snapshot.
    pub(crate) barred: Vec<u64>,
}

impl Author {
    /// One more change of its has its place.
    pub(crate) fn took(&mut self, change: &Change) {
        (self.n, self.next) = (change.n, change.end().unwrap_or(u64::MAX));
    }
}

/// How many barred undos are remembered of an author; as many as it can have under way.
const BARRED: usize = UNDO_DEPTH;

/// How many own operations a client can take back, as for `ot`.
pub(crate) const UNDO_DEPTH: usize = 100;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) root: Node,
    pub(super) authors: BTreeMap<NodeId, Author>,
}

impl From<State> for Saved {
    fn from(State { document, root, authors }: State) -> Self {
        Self { root: Node::of(document, Some(&root)), authors }
    }
}

impl TryFrom<Saved> for State {
    type Error = ProtocolError;

    fn try_from(Saved { root: node, authors }: Saved) -> Result<Self, ProtocolError> {
        let misfit = || ProtocolError::malformed("ids that do not fit the document");
        Ok(Self { root: node.slot().ok_or_else(misfit)?, document: node.value, authors })
    }
}

/// What carrying out a change led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Edits whose target is gone.
    pub(crate) misfits: u64,
    /// Whether anything of it is there.
    pub(crate) stands: bool,
    /// Whether a need was not met.
    pub(crate) barred: bool,
}

/// Where an edit comes from.
struct Source<'a> {
    fresh: &'a mut Fresh,
    back: Option<&'a mut Back>,
}

impl Source<'_> {
    /// What takes the edit back, where that is wanted.
    fn back_by(self, edit: impl FnOnce() -> Edit) {
        if let Some(back) = self.back {
            back.edits.push(edit());
        }
    }
}

impl State {
    /// The beginning: everything in it has ids of the server.
    pub(crate) fn genesis(document: Document) -> Self {
        let ids = Fresh { client: NodeId::SERVER, next: 0 }.ids(&document);
        Self { document, root: Slot { mark: Mark::default(), ids }, authors: BTreeMap::new() }
    }

    /// What `client` has used up.
    pub(crate) fn author(&self, client: NodeId) -> Author {
        self.authors.get(&client).cloned().unwrap_or_default()
    }

    /// The last operation of every client that has its place.
    pub(crate) fn clock(&self) -> Clock {
        self.authors.iter().map(|(client, author)| (*client, author.n)).collect()
    }

    /// Carries out a change that [`follows`]; collects what takes it back where that is wanted.
    pub(crate) fn carry_out(&mut self, author: NodeId, change: &Change, mut back: Option<&mut Back>) -> Done {
        let barred = !change.needs.iter().all(|need| self.meets(need));
        let used = self.authors.entry(author).or_default();
        used.took(change);
        if barred {
            used.barred.push(change.n);
            let forget = used.barred.len().saturating_sub(BARRED);
            used.barred.drain(..forget);
            return Done { barred: true, ..Done::default() };
        }
        let mut fresh = Fresh { client: author, next: change.first };
        let mut done = Done { stands: change.edits.is_empty(), ..Done::default() };
        let op = OpId { client: author, n: change.n };
        for edit in &change.edits {
            let fits = self.edit(edit, op, &mut fresh, back.as_deref_mut());
            done.stands |= fits;
            done.misfits += u64::from(!fits);
        }
        if let Some(back) = back {
            back.edits.reverse();
        }
        done
    }

    /// Whether what an undo would take back is still as it was made.
    pub(crate) fn meets(&self, need: &Need) -> bool {
        match need {
            Need::Put { at, by } => self.mark(at).is_some_and(|mark| mark.put == *by),
            Need::Absent { at } => self.mark(at).is_none(),
            Need::Moved { at, item, by } => self.moved(at, *item) == Some(*by),
        }
    }

    /// Who did what to the node at `at`, if there is one.
    fn mark(&self, at: &[Step]) -> Option<Mark> {
        self.find(at)?;
        let Some((last, above)) = at.split_last() else { return Some(self.root.mark) };
        Some(self.find(above)?.ids.slot(last).map(|slot| slot.mark).unwrap_or_default())
    }

    /// Who moved an item last.
    fn moved(&self, at: &[Step], item: Id) -> Option<Option<OpId>> {
        let ids = self.find(at)?.ids;
        Some(ids.slot(&Step::Item(item)).and_then(|slot| slot.mark.moved))
    }

    pub(super) fn find(&self, at: &[Step]) -> Option<Found<'_>> {
        self.root.ids.find(&self.document, at)
    }

    /// One edit; whether it fits.
    pub(crate) fn edit(&mut self, edit: &Edit, op: OpId, fresh: &mut Fresh, back: Option<&mut Back>) -> bool {
        let from = Source { fresh, back };
        match edit {
            Edit::Put { at, value } => {
                // Ids are used up whether they are needed or not.
                let ids = from.fresh.ids(value);
                self.put(at, value, |mark| Slot { mark: Mark { put: Some(op), ..mark }, ids }, from)
            }
            Edit::Restore { at, node } => match node.slot() {
                // Where somebody has moved it since it stays.
                Some(slot) => {
                    let moved = |mark: Mark| Mark { moved: mark.moved, ..slot.mark };
                    self.put(at, &node.value, |mark| Slot { mark: moved(mark), ids: slot.ids }, from)
                }
                None => None,
            },
            Edit::Remove { at } => self.remove(at, from),
            Edit::Increment { at, by } => self.increment(at, *by, from),
            Edit::Insert { at, behind, content } => self.insert(at, *behind, content, from),
            Edit::Delete { at, spans } => self.delete(at, spans, from),
            Edit::Bring { at, spans } => self.bring(at, spans, from),
            Edit::Move { at, item, behind } => self.relocate(at, *item, *behind, Some(op), from),
            Edit::MoveBack { at, item, behind, by } => self.relocate(at, *item, *behind, *by, from),
        }
        .is_some()
    }

    fn path(&self, at: &[Step]) -> Option<Path> {
        Some(self.find(at)?.path)
    }

    fn put(&mut self, at: &At, value: &Document, slot: impl FnOnce(Mark) -> Slot, from: Source<'_>) -> Option<()> {
        let path = match at.split_last() {
            Some((Step::Key(key), above)) => self.path(above)?.child(key.clone()),
            _ => self.path(at)?,
        };
        let inverse = self.document.apply(&document::Edit::Put { path, value: value.clone() }).ok()?;
        let place = match at.split_last() {
            None => &mut self.root,
            Some((last, above)) => self.root.ids.below_mut(above)?.slot_mut(last)?,
        };
        let slot = slot(place.mark);
        let by = slot.mark.put;
        let before = std::mem::replace(place, slot);
        if let Some(back) = from.back {
            back.need(Need::Put { at: at.clone(), by });
            back.edits.push(match inverse {
                document::Edit::Put { value, .. } => {
                    Edit::Restore { at: at.clone(), node: Node::of(value, Some(&before)) }
                }
                _ => Edit::Remove { at: at.clone() },
            });
        }
        Some(())
    }

    fn remove(&mut self, at: &At, from: Source<'_>) -> Option<()> {
        let (last, above) = at.split_last()?;
        let path = self.path(at)?;
        let inverse = self.document.apply(&document::Edit::Remove { path }).ok()?;
        let slot = match (self.root.ids.below_mut(above), last) {
            (Some(Ids::Map(slots)), Step::Key(key)) => slots.remove(key),
            _ => None,
        };
        if let (Some(back), document::Edit::Put { value, .. }) = (from.back, inverse) {
            back.need(Need::Absent { at: at.clone() });
            back.edits.push(Edit::Restore { at: at.clone(), node: Node::of(value, slot.as_deref()) });
        }
        Some(())
    }

    fn increment(&mut self, at: &At, by: i64, from: Source<'_>) -> Option<()> {
        let path = self.path(at)?;
        self.document.apply(&document::Edit::Increment { path, by }).ok()?;
        // An increment that was carried out has an inverse.
        from.back_by(|| Edit::Increment { at: at.clone(), by: -by });
        Some(())
    }

    /// The order of the text or the list at `at`, and where that is.
    fn order(&mut self, at: &[Step]) -> Option<(Path, &mut IdList)> {
        let path = self.path(at)?;
        match self.root.ids.below_mut(at)? {
            Ids::Text(order) => Some((path, order)),
            Ids::List(items) => Some((path, &mut Arc::make_mut(items).order)),
            Ids::None | Ids::Map(_) => None,
        }
    }

    fn insert(&mut self, at: &At, behind: Option<Id>, content: &Content, from: Source<'_>) -> Option<()> {
        let span = from.fresh.span(content.len());
        let slots = match content {
            Content::Text(_) => imbl::OrdMap::new(),
            Content::Items(items) => from.fresh.slots(span, items.iter()),
        };
        let (path, order) = self.order(at)?;
        let index = order.index_after(behind)?;
        // Nobody honest gives an id to two things.
        if order.knows_any(span) {
            return None;
        }
        self.document.apply(&show(path, index, content)).ok()?;
        let (_, order) = self.order(at)?;
        order.insert(behind, span);
        self.add_slots(at, slots);
        from.back_by(|| Edit::Delete { at: at.clone(), spans: vec![span] });
        Some(())
    }

    fn add_slots(&mut self, at: &[Step], slots: impl IntoIterator<Item = (Id, Arc<Slot>)>) {
        let mut slots = slots.into_iter().peekable();
        if slots.peek().is_none() {
            return;
        }
        if let Some(Ids::List(items)) = self.root.ids.below_mut(at) {
            let items = Arc::make_mut(items);
            slots.for_each(|(id, slot)| drop(items.slots.insert(id, slot)));
        }
    }

    fn delete(&mut self, at: &At, spans: &[Span], from: Source<'_>) -> Option<()> {
        let mut taken = Vec::new();
        for span in spans {
            let mut left = *span;
            while left.len > 0 {
                let (path, order) = self.order(at)?;
                // What a list that was replaced had in it is not here.
                let Some(piece) = order.piece(left) else { break };
                order.set_gone(&piece, piece.gone.saturating_add(1));
                let kept = if piece.gone == 0 { self.hide(at, path, &piece, from.back.is_some()) } else { None };
                taken.push((piece.span, kept));
                left = left.from(piece.span.len);
            }
        }
        let any = !taken.is_empty() || spans.is_empty();
        from.back_by(|| Edit::Bring { at: at.clone(), spans: taken });
        any.then_some(())
    }

    /// Takes what was deleted out of the document; gives it if it is to be kept.
    fn hide(&mut self, at: &[Step], path: Path, piece: &Piece, keep: bool) -> Option<Kept> {
        let (index, count) = (piece.index, usize::try_from(piece.span.len).ok()?);
        let edit = match self.document.at(&path)? {
            Document::Text(_) => document::Edit::TextSplice { path, pos: index, delete: count, insert: String::new() },
            _ => document::Edit::ListRemove { path, index, count },
        };
        let inverse = self.document.apply(&edit).ok()?;
        let slots = self.drop_slots(at, piece.span);
        match inverse {
            document::Edit::TextSplice { insert, .. } if keep => Some(Kept::Text(insert)),
            document::Edit::ListInsert { values, .. } if keep => {
                let ids = (0..).map(|offset| piece.span.from(offset).first);
                let node = |(value, id)| Node::of(value, slots.get(&id).map(|slot| &**slot));
                Some(Kept::Items(values.into_iter().zip(ids).map(node).collect()))
            }
            _ => None,
        }
    }

    /// Takes out what stands beside deleted items.
    fn drop_slots(&mut self, at: &[Step], span: Span) -> BTreeMap<Id, Arc<Slot>> {
        match self.root.ids.below_mut(at) {
            Some(Ids::List(items)) if !items.slots.is_empty() => {
                let range = span.first..span.from(span.len).first;
                let gone: Vec<Id> = items.slots.range(range).map(|(id, _)| *id).collect();
                let slots = &mut Arc::make_mut(items).slots;
                gone.into_iter().filter_map(|id| Some((id, slots.remove(&id)?))).collect()
            }
            _ => BTreeMap::new(),
        }
    }

    fn bring(&mut self, at: &At, spans: &[(Span, Option<Kept>)], from: Source<'_>) -> Option<()> {
        let mut taken = Vec::new();
        for (span, kept) in spans {
            let kept = kept.as_ref().filter(|kept| kept.len() == span.len);
            let mut left = *span;
            while left.len > 0 {
                let Some(piece) = self.order(at)?.1.piece(left) else { break };
                let part = || Some(kept?.part(span.len - left.len, piece.span.len));
                let fits = match piece.gone {
                    0 => false,
                    1 => part().and_then(|part| self.unhide(at, &piece, part)).is_some(),
                    _ => true,
                };
                if fits {
                    self.order(at)?.1.set_gone(&piece, piece.gone - 1);
                    taken.push(piece.span);
                }
                left = left.from(piece.span.len);
            }
        }
        let any = !taken.is_empty() || spans.is_empty();
        from.back_by(|| Edit::Delete { at: at.clone(), spans: taken });
        any.then_some(())
    }

    /// Puts what was deleted into the document again.
    fn unhide(&mut self, at: &[Step], piece: &Piece, kept: Kept) -> Option<()> {
        let (path, mut slots) = (self.path(at)?, Vec::new());
        let content = match kept {
            Kept::Text(text) => Content::Text(text),
            Kept::Items(nodes) => {
                for (offset, node) in (0..).zip(&nodes) {
                    slots.push((piece.span.from(offset).first, Arc::new(node.slot()?)));
                }
                Content::Items(nodes.into_iter().map(|node| node.value).collect())
            }
        };
        self.document.apply(&show(path, piece.index, &content)).ok()?;
        self.add_slots(at, slots.into_iter().filter(|(_, slot)| !slot.is_empty()));
        Some(())
    }

    fn relocate(&mut self, at: &At, item: Id, behind: Option<Id>, by: Option<OpId>, from: Source<'_>) -> Option<()> {
        let left = from.fresh.span(1).first;
        let before = self.moved(at, item)?;
        let (path, order) = self.order(at)?;
        let (old, new) = order.relocate(item, behind, left)?;
        self.document.apply(&document::Edit::ListMove { path, from: old, to: new }).ok()?;
        self.root.ids.below_mut(at)?.slot_mut(&Step::Item(item))?.mark.moved = by;
        if let Some(back) = from.back {
            back.need(Need::Moved { at: at.clone(), item, by });
            back.edits.push(Edit::MoveBack { at: at.clone(), item, behind: Some(left), by: before });
        }
        Some(())
    }
}

/// Whether a change of `author` can be its next one.
pub(crate) fn follows(author: &Author, change: &Change) -> bool {
    change.n > author.n && change.first >= author.next && change.end().is_some()
}

fn show(path: Path, index: usize, content: &Content) -> document::Edit {
    match content {
        Content::Text(text) => document::Edit::TextSplice { path, pos: index, delete: 0, insert: text.clone() },
        Content::Items(items) => document::Edit::ListInsert { path, index, values: items.clone() },
    }
}
