//! A document with its ids, and what a change does to it: the same on every replica that carries out the same changes in
//! the same order.
//!
//! A change always gets its place; an edit in it whose target is gone does nothing, as in Weidner's description.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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
    root: Slot,
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
struct Saved {
    root: Node,
    authors: BTreeMap<NodeId, Author>,
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

/// What takes a change back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Back {
    pub(crate) needs: Vec<Need>,
    pub(crate) edits: Vec<Edit>,
}

impl Back {
    /// The latest need at a place is the one that counts.
    fn need(&mut self, need: Need) {
        let place = |need: &Need| match need {
            Need::Put { at, .. } | Need::Absent { at } => (at.clone(), None),
            Need::Moved { at, item, .. } => (at.clone(), Some(*item)),
        };
        self.needs.retain(|known| place(known) != place(&need));
        self.needs.push(need);
    }

    /// Completes what takes a change back by what was known when it was made: what somebody else had deleted in between
    /// was not there any more to be kept.
    pub(crate) fn complete(&mut self, made: &Back) {
        for edit in &mut self.edits {
            let Edit::Bring { at, spans } = edit else { continue };
            let known = made.edits.iter().filter_map(|edit| match edit {
                Edit::Bring { at: place, spans } if place == at => Some(spans),
                _ => None,
            });
            let known: Vec<_> =
                known.flatten().filter_map(|(span, content)| Some((*span, content.as_ref()?))).collect();
            let complete = |(span, content): (Span, Option<Kept>)| match content {
                Some(_) => vec![(span, content)],
                None => recall(span, &known),
            };
            *spans = std::mem::take(spans).into_iter().flat_map(complete).collect();
        }
    }
}

/// These ids with the content that they are known to have had.
fn recall(span: Span, known: &[(Span, &Kept)]) -> Vec<(Span, Option<Kept>)> {
    let (mut left, mut parts) = (span, Vec::new());
    while left.len > 0 {
        let found = known.iter().find_map(|(span, content)| Some((span.offset(left.first)?, span, *content)));
        let Some((offset, span, content)) = found else {
            parts.push((left, None));
            break;
        };
        let part = left.to(span.len - offset);
        parts.push((part, Some(content.part(offset, part.len))));
        left = left.from(part.len);
    }
    parts
}

/// Where an edit comes from.
struct Source<'a> {
    fresh: &'a mut Fresh,
    back: Option<&'a mut Back>,
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

    /// Who moved an item last, deleted or not.
    fn moved(&self, at: &[Step], item: Id) -> Option<Option<OpId>> {
        let ids = self.find(at)?.ids;
        Some(ids.slot(&Step::Item(item)).and_then(|slot| slot.mark.moved))
    }

    fn find(&self, at: &[Step]) -> Option<Found<'_>> {
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
                Some(slot) => self.put(at, &node.value, |_| slot, from),
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
        from.back.map(|back| back.edits.push(Edit::Increment { at: at.clone(), by: -by }));
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
        self.document.apply(&show(path, index, content)).ok()?;
        let (_, order) = self.order(at)?;
        order.insert(behind, span);
        self.add_slots(at, slots);
        from.back.map(|back| back.edits.push(Edit::Delete { at: at.clone(), spans: vec![span] }));
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
        from.back.map(|back| back.edits.push(Edit::Bring { at: at.clone(), spans: taken }));
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
        from.back.map(|back| back.edits.push(Edit::Delete { at: at.clone(), spans: taken }));
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
        let before = self.moved(at, item)?;
        let (path, order) = self.order(at)?;
        let was_behind = order.predecessor(item)?;
        let shown = order.relocate(item, behind)?;
        self.root.ids.below_mut(at)?.slot_mut(&Step::Item(item))?.mark.moved = by;
        if let Some(back) = from.back {
            back.need(Need::Moved { at: at.clone(), item, by });
            back.edits.push(Edit::MoveBack { at: at.clone(), item, behind: was_behind, by: before });
        }
        // Of a deleted item only the place has changed, which nobody sees.
        let (from, to) = shown?;
        self.document.apply(&document::Edit::ListMove { path, from, to }).ok()?;
        Some(())
    }

    /// An edit by indices as edits by ids, to be carried out one after the other. `None` if it does not fit.
    pub(crate) fn translate(&self, edit: &document::Edit) -> Option<Vec<Edit>> {
        let at = match edit {
            // The last step of a put may lead to nothing yet.
            document::Edit::Put { path, .. } => match path.split_last() {
                Some((document::Step::Key(key), above)) => {
                    let mut at = self.root.ids.steps(above)?;
                    at.push(Step::Key(key.clone()));
                    at
                }
                _ => self.root.ids.steps(path)?,
            },
            _ => self.root.ids.steps(edit.path())?,
        };
        let order = || match self.find(&at)?.ids {
            Ids::Text(order) => Some(order),
            Ids::List(items) => Some(&items.order),
            Ids::None | Ids::Map(_) => None,
        };
        let behind = |index: usize| match index.checked_sub(1) {
            Some(before) => Some(Some(order()?.at(before)?)),
            None => Some(None),
        };
        let delete = |index: usize, count: usize| {
            let spans = order()?.spans(index..index.checked_add(count)?)?;
            Some(Edit::Delete { at: at.clone(), spans })
        };
        Some(match edit {
            document::Edit::Put { value, .. } => vec![Edit::Put { at, value: value.clone() }],
            document::Edit::Remove { .. } => vec![Edit::Remove { at }],
            document::Edit::Increment { by, .. } => vec![Edit::Increment { at, by: *by }],
            document::Edit::ListInsert { index, values, .. } => {
                let (behind, content) = (behind(*index)?, Content::Items(values.clone()));
                if values.is_empty() { Vec::new() } else { vec![Edit::Insert { at, behind, content }] }
            }
            document::Edit::ListRemove { index, count, .. } => {
                let delete = delete(*index, *count)?;
                if *count == 0 { Vec::new() } else { vec![delete] }
            }
            document::Edit::ListMove { from, to, .. } => {
                let (item, last) = (order()?.at(*from)?, order()?.shown()?.checked_sub(1)?);
                if *to > last {
                    return None;
                }
                // The place is told by what will be in front of it, when the item itself is not there.
                let behind = behind(if to > from { *to + 1 } else { *to })?;
                if from == to { Vec::new() } else { vec![Edit::Move { at, item, behind }] }
            }
            document::Edit::TextSplice { pos, delete: count, insert, .. } => {
                let (behind, content) = (behind(*pos)?, Content::Text(insert.clone()));
                let mut edits = Vec::new();
                if *count > 0 {
                    edits.push(delete(*pos, *count)?);
                }
                if !insert.is_empty() {
                    edits.push(Edit::Insert { at, behind, content });
                }
                edits
            }
        })
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::document::generate::{Dice, dice, document};
    use crate::wire::{decode, encode};

    const ME: NodeId = NodeId(1);

    /// A change of one edit by indices, carried out; what takes it back.
    fn carry(state: &mut State, author: NodeId, n: u64, edit: &document::Edit) -> (Change, Back) {
        let edits = state.translate(edit).expect("an edit that fits");
        let change = Change { n, first: state.author(author).next, needs: Vec::new(), edits };
        assert!(follows(&state.author(author), &change));
        let mut back = Back::default();
        let done = state.carry_out(author, &change, Some(&mut back));
        assert_eq!(done, Done { misfits: 0, stands: true, barred: false }, "{edit:?}");
        (change, back)
    }

    fn take_back(state: &mut State, author: NodeId, n: u64, back: Back) -> Done {
        let change = Change { n, first: state.author(author).next, needs: back.needs, edits: back.edits };
        state.carry_out(author, &change, None)
    }

    fn saved(state: &State) -> State {
        decode(&encode(state)).unwrap()
    }

    fn fitting(roll: &Dice, state: &State) -> document::Edit {
        roll.fitting(&state.document)
    }

    proptest! {
        #[test]
        fn by_ids_as_by_indices(start in document(), rolls in vec(dice(), 1..12)) {
            let mut state = State::genesis(start);
            let (mut other, mut plain) = (state.clone(), state.document.clone());
            for (n, roll) in (1..).zip(&rolls) {
                let edit = fitting(roll, &state);
                plain.apply(&edit).unwrap();
                let (change, _) = carry(&mut state, ME, n, &edit);
                prop_assert_eq!(&state.document, &plain, "{:?}", edit);
                let change: Change = decode(&encode(&change)).unwrap();
                other.carry_out(ME, &change, None);
                prop_assert_eq!(encode(&other), encode(&state));
                // What comes back from what was saved goes on as the other does.
                other = saved(&other);
                prop_assert_eq!(encode(&other), encode(&state));
            }
        }

        #[test]
        fn what_was_done_last_can_be_taken_back_one_by_one(start in document(), rolls in vec(dice(), 1..8)) {
            let mut state = State::genesis(start);
            let mut made = Vec::new();
            for (n, roll) in (1..).zip(&rolls) {
                let (edit, before) = (fitting(roll, &state), state.document.clone());
                made.push((before, carry(&mut state, ME, n, &edit).1));
            }
            for (n, (before, back)) in (100..).zip(made.into_iter().rev()) {
                let done = take_back(&mut state, ME, n, back);
                prop_assert!(!done.barred && done.misfits == 0);
                prop_assert_eq!(&state.document, &before);
            }
        }

        #[test]
        fn any_change_on_any_state_is_carried_out_or_not(
            start in document(),
            rolls in vec((dice(), any::<bool>()), 1..10),
        ) {
            // Two branches, each replayed on the other: nothing fits, and nothing falls over.
            let genesis = State::genesis(start);
            let mut branches = [genesis.clone(), genesis];
            let mut changes = Vec::new();
            for (n, (roll, side)) in (1..).zip(&rolls) {
                let (state, author) = (&mut branches[usize::from(*side)], NodeId(1 + u32::from(*side)));
                let edit = fitting(roll, state);
                changes.push((author, carry(state, author, n, &edit).0));
            }
            for (author, change) in &changes {
                let state = &mut branches[usize::from(author.0 == 1)];
                state.carry_out(*author, change, Some(&mut Back::default()));
                prop_assert_eq!(encode(&saved(state)), encode(state));
            }
        }
    }

    fn text(state: &State) -> String {
        state.document.to_string().trim_matches('"').to_owned()
    }

    fn splice(pos: usize, delete: usize, insert: &str) -> document::Edit {
        document::Edit::TextSplice { path: Path::root(), pos, delete, insert: insert.into() }
    }

    #[test]
    fn what_two_deleted_comes_back_when_both_take_it_back() {
        let genesis = State::genesis(Document::text("abcd"));
        let (mut one, mut other) = (genesis.clone(), genesis.clone());
        let (mine, _) = carry(&mut one, NodeId(1), 1, &splice(0, 3, ""));
        let (theirs, made) = carry(&mut other, NodeId(2), 1, &splice(1, 3, ""));
        let (mut state, mut back, mut last) = (genesis, Back::default(), Back::default());
        state.carry_out(NodeId(1), &mine, Some(&mut back));
        state.carry_out(NodeId(2), &theirs, Some(&mut last));
        last.complete(&made);
        assert_eq!(text(&state), "");
        take_back(&mut state, NodeId(1), 2, back);
        assert_eq!(text(&state), "a");
        take_back(&mut state, NodeId(2), 2, last);
        assert_eq!(text(&state), "abcd");
    }

    #[test]
    fn a_put_is_taken_back_only_while_it_stands() {
        let put = |value: i64| document::Edit::Put { path: crate::path!["x"], value: value.into() };
        let mut state = State::genesis(Document::map([("x", 0)]));
        let (_, mine) = carry(&mut state, NodeId(1), 1, &put(1));
        let (_, same) = carry(&mut state, NodeId(2), 1, &put(1));
        assert!(take_back(&mut state, NodeId(1), 2, mine.clone()).barred);
        assert_eq!(state.author(NodeId(1)).barred, [2]);
        assert_eq!(state.document.to_string(), "{x:1}");
        // The other's is gone, and so the first stands again.
        assert!(!take_back(&mut state, NodeId(2), 2, same).barred);
        assert!(!take_back(&mut state, NodeId(1), 3, mine).barred);
        assert_eq!(state.document.to_string(), "{x:0}");
    }

    #[test]
    fn a_moved_item_is_one_item_and_goes_back_unless_somebody_else_moved_it() {
        let to = |from, to| document::Edit::ListMove { path: Path::root(), from, to };
        let genesis = State::genesis(Document::list([3, 2, 1]));
        let (mut one, mut other) = (genesis.clone(), genesis.clone());
        let (mine, _) = carry(&mut one, NodeId(1), 1, &to(0, 2));
        let (theirs, _) = carry(&mut other, NodeId(2), 1, &to(0, 1));
        let (mut state, mut back, mut last) = (genesis, Back::default(), Back::default());
        state.carry_out(NodeId(1), &mine, Some(&mut back));
        assert_eq!(state.document.to_string(), "[2,1,3]");
        state.carry_out(NodeId(2), &theirs, Some(&mut last));
        assert_eq!(state.document.to_string(), "[2,3,1]");
        assert!(take_back(&mut state, NodeId(1), 2, back).barred);
        assert!(!take_back(&mut state, NodeId(2), 2, last).barred);
        assert_eq!(state.document.to_string(), "[2,1,3]");
    }

    #[test]
    fn who_goes_on_behind_what_was_deleted_finds_the_place() {
        let genesis = State::genesis(Document::text("ab cd"));
        let (mut one, mut state) = (genesis.clone(), genesis);
        let (behind, _) = carry(&mut one, NodeId(1), 1, &splice(2, 0, "!"));
        carry(&mut state, NodeId(2), 1, &splice(0, 3, ""));
        carry(&mut state, NodeId(2), 2, &splice(0, 0, "> "));
        assert!(state.carry_out(NodeId(1), &behind, None).stands);
        assert_eq!(text(&state), "> !cd");
    }

    #[test]
    fn tampered_ids_are_refused() {
        let state = State::genesis(Document::list([Document::text("ab"), Document::Null]));
        let saved = Saved::from(state.clone());
        for value in [Document::text("ab"), Document::list([Document::Null, Document::text("abc")]), Document::Null] {
            let root = Node { value, ..saved.root.clone() };
            assert!(State::try_from(Saved { root, ..saved.clone() }).is_err());
        }
        assert_eq!(encode(&State::try_from(saved).unwrap()), encode(&state));
    }
}
