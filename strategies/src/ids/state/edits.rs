//! What each kind of edit does to a document and its ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::State;
use crate::document::{self, Document, Path};
use crate::ids::change::{Content, Edit, Kept, Need, Node};
use crate::ids::inverse::Inverse;
use crate::ids::list::{Id, IdList, Piece, Span};
use crate::ids::step::{At, Step};
use crate::ids::tree::{Fresh, Ids, Mark, Slot};
use crate::node::OpId;

/// What an edit takes new ids from, and adds its inverse to.
struct Ends<'a> {
    fresh: &'a mut Fresh,
    inverse: Option<&'a mut Inverse>,
}

impl Ends<'_> {
    /// Adds the inverse of the edit, where that is wanted.
    fn inverted_by(self, edit: impl FnOnce() -> Edit) {
        if let Some(inverse) = self.inverse {
            inverse.edits.push(edit());
        }
    }
}

impl State {
    /// One edit; whether it fits.
    pub(crate) fn edit(&mut self, edit: &Edit, op: OpId, fresh: &mut Fresh, inverse: Option<&mut Inverse>) -> bool {
        let ends = Ends { fresh, inverse };
        match edit {
            Edit::Put { at, value } => {
                // These ids are used even if the edit does not fit.
                let ids = ends.fresh.ids(value);
                let put = self.undo.then_some(op);
                self.put(at, value, |mark| Slot { mark: Mark { put, ..mark }, ids }, ends)
            }
            Edit::Restore { at, node } => match node.slot() {
                // If it was moved since, it stays there.
                Some(slot) => {
                    let moved = |mark: Mark| Mark { moved: mark.moved, ..slot.mark };
                    self.put(at, &node.value, |mark| Slot { mark: moved(mark), ids: slot.ids }, ends)
                }
                None => None,
            },
            Edit::Remove { at } => self.remove(at, ends),
            Edit::Increment { at, by } => self.increment(at, *by, ends),
            Edit::Insert { at, behind, content } => self.insert(at, *behind, content, ends),
            Edit::Delete { at, spans } => self.delete(at, spans, ends),
            Edit::Bring { at, spans } => self.bring(at, spans, ends),
            Edit::Move { at, item, behind } => self.relocate(at, *item, *behind, Some(op), ends),
            Edit::MoveBack { at, item, behind, by } => self.relocate(at, *item, *behind, *by, ends),
        }
        .is_some()
    }

    fn path(&self, at: &[Step]) -> Option<Path> {
        Some(self.find(at)?.path)
    }

    fn put(&mut self, at: &At, value: &Document, slot: impl FnOnce(Mark) -> Slot, ends: Ends<'_>) -> Option<()> {
        let path = match at.split_last() {
            Some((Step::Key(key), above)) => self.path(above)?.child(key.clone()),
            _ => self.path(at)?,
        };
        let known = match at.split_last() {
            None => Some(&self.root),
            Some((last, above)) => self.find(above)?.ids.slot(last),
        };
        let slot = slot(known.map(|known| known.mark).unwrap_or_default());
        let (by, absent) = (slot.mark.put, known.is_none() && slot.is_empty());
        let old = self.document.apply(&document::Edit::Put { path, value: value.clone() }).ok()?;
        let before = match at.split_last() {
            _ if absent => slot,
            None => std::mem::replace(&mut self.root, slot),
            Some((last, above)) => std::mem::replace(self.root.ids.below_mut(above)?.slot_mut(last)?, slot),
        };
        if let Some(inverse) = ends.inverse {
            inverse.need(Need::Put { at: at.clone(), by });
            inverse.edits.push(match old {
                document::Edit::Put { value, .. } => {
                    Edit::Restore { at: at.clone(), node: Node::of(value, Some(&before)) }
                }
                _ => Edit::Remove { at: at.clone() },
            });
        }
        Some(())
    }

    fn remove(&mut self, at: &At, ends: Ends<'_>) -> Option<()> {
        let (last, above) = at.split_last()?;
        let path = self.path(at)?;
        let old = self.document.apply(&document::Edit::Remove { path }).ok()?;
        let slot = match (self.root.ids.below_mut(above), last) {
            (Some(Ids::Map(slots)), Step::Key(key)) => slots.remove(key),
            _ => None,
        };
        if let (Some(inverse), document::Edit::Put { value, .. }) = (ends.inverse, old) {
            inverse.need(Need::Absent { at: at.clone() });
            inverse.edits.push(Edit::Restore { at: at.clone(), node: Node::of(value, slot.as_deref()) });
        }
        Some(())
    }

    fn increment(&mut self, at: &At, by: i64, ends: Ends<'_>) -> Option<()> {
        let path = self.path(at)?;
        self.document.apply(&document::Edit::Increment { path, by }).ok()?;
        // An increment that was applied has an inverse.
        ends.inverted_by(|| Edit::Increment { at: at.clone(), by: -by });
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

    fn insert(&mut self, at: &At, behind: Option<Id>, content: &Content, ends: Ends<'_>) -> Option<()> {
        let span = ends.fresh.span(content.len());
        let slots = match content {
            Content::Text(_) => imbl::OrdMap::new(),
            Content::Items(items) => ends.fresh.slots(span, items.iter()),
        };
        let (path, order) = self.order(at)?;
        let index = order.index_after(behind)?;
        // No honest client gives an id to two things.
        if order.knows_any(span) {
            return None;
        }
        self.document.apply(&show(path, index, content)).ok()?;
        let (_, order) = self.order(at)?;
        order.insert(behind, span);
        self.add_slots(at, slots);
        ends.inverted_by(|| Edit::Delete { at: at.clone(), spans: vec![span] });
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

    fn delete(&mut self, at: &At, spans: &[Span], ends: Ends<'_>) -> Option<()> {
        let mut taken = Vec::new();
        for span in spans {
            let mut left = *span;
            while left.len > 0 {
                let (path, order) = self.order(at)?;
                // The items of a list that was replaced are not here.
                let Some(piece) = order.piece(left) else { break };
                order.set_gone(&piece, piece.gone.saturating_add(1));
                let kept = if piece.gone == 0 { self.hide(at, path, &piece, ends.inverse.is_some()) } else { None };
                taken.push((piece.span, kept));
                left = left.from(piece.span.len);
            }
        }
        let any = !taken.is_empty() || spans.is_empty();
        ends.inverted_by(|| Edit::Bring { at: at.clone(), spans: taken });
        any.then_some(())
    }

    /// Takes deleted content out of the document; gives it if it is to be kept.
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

    /// Takes out the slots of deleted items.
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

    fn bring(&mut self, at: &At, spans: &[(Span, Option<Kept>)], ends: Ends<'_>) -> Option<()> {
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
        ends.inverted_by(|| Edit::Delete { at: at.clone(), spans: taken });
        any.then_some(())
    }

    /// Puts deleted content into the document again.
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

    fn relocate(&mut self, at: &At, item: Id, behind: Option<Id>, by: Option<OpId>, ends: Ends<'_>) -> Option<()> {
        let left = ends.fresh.span(1).first;
        let before = self.moved(at, item)?;
        let (path, order) = self.order(at)?;
        let (old, new) = order.relocate(item, behind, left)?;
        self.document.apply(&document::Edit::ListMove { path, from: old, to: new }).ok()?;
        if self.undo {
            self.root.ids.below_mut(at)?.slot_mut(&Step::Item(item))?.mark.moved = by;
        }
        if let Some(inverse) = ends.inverse {
            inverse.need(Need::Moved { at: at.clone(), item, by });
            inverse.edits.push(Edit::MoveBack { at: at.clone(), item, behind: Some(left), by: before });
        }
        Some(())
    }
}

fn show(path: Path, index: usize, content: &Content) -> document::Edit {
    match content {
        Content::Text(text) => document::Edit::TextSplice { path, pos: index, delete: 0, insert: text.clone() },
        Content::Items(items) => document::Edit::ListInsert { path, index, values: items.clone() },
    }
}
