//! Edits by ids, as they travel: paths through lists name items, positions are "behind this one".

use serde::{Deserialize, Serialize};

use super::list::{Id, Span};
use super::step::At;
use super::tree::{Flat, Mark, Slot, needed};
use crate::document::Document;
use crate::replica::OpId;

/// New characters, or new items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Content {
    Text(String),
    Items(Vec<Document>),
}

impl Content {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Content::Text(text) => text.chars().count() as u64,
            Content::Items(items) => items.len() as u64,
        }
    }

    /// How many ids it needs, with what is in the items.
    fn ids(&self) -> u64 {
        match self {
            Content::Text(_) => self.len(),
            Content::Items(items) => self.len() + items.iter().map(needed).sum::<u64>(),
        }
    }
}

/// Characters or items that were deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kept {
    Text(String),
    Items(Vec<Node>),
}

impl Kept {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Kept::Text(text) => text.chars().count() as u64,
            Kept::Items(items) => items.len() as u64,
        }
    }

    /// `len` of them from `offset` on.
    pub(crate) fn part(&self, offset: u64, len: u64) -> Kept {
        let [offset, len] = [offset, len].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        match self {
            Kept::Text(text) => Kept::Text(text.chars().skip(offset).take(len).collect()),
            Kept::Items(items) => Kept::Items(items.iter().skip(offset).take(len).cloned().collect()),
        }
    }
}

/// A node that was taken out, with all ids inside it, so that edits that name them find them again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) value: Document,
    pub(crate) mark: Mark,
    pub(crate) ids: Flat,
}

impl Node {
    pub(crate) fn of(value: Document, slot: Option<&Slot>) -> Self {
        let mark = slot.map(|slot| slot.mark).unwrap_or_default();
        let ids = slot.map(|slot| Flat::of(&value, &slot.ids)).unwrap_or_default();
        Self { value, mark, ids }
    }

    /// Its slot. `None` if the ids do not fit it.
    pub(crate) fn slot(&self) -> Option<Slot> {
        Some(Slot { mark: self.mark, ids: self.ids.clone().ids(&self.value).ok()? })
    }
}

/// What one edit does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Edit {
    /// Sets an entry of a map, replaces an item, or (at the root) everything.
    Put { at: At, value: Document },
    /// Puts back what was there before; it counts as put by the operation that had put it then.
    Restore { at: At, node: Node },
    /// Takes an entry out of a map.
    Remove { at: At },
    /// Adds to a counter.
    Increment { at: At, by: i64 },
    /// Inserts characters or items right behind the one with this id, deleted or not, or in front of everything. Their ids
    /// are the next ones of the change.
    Insert { at: At, behind: Option<Id>, content: Content },
    /// Deletes characters or items; their tombstones stay.
    Delete { at: At, spans: Vec<Span> },
    /// Undoes one deletion of each of these. What is then deleted by nobody is shown again, as it was.
    Bring { at: At, spans: Vec<(Span, Option<Kept>)> },
    /// Moves an item right behind another one, deleted or not. The next id is left at its old place.
    Move { at: At, item: Id, behind: Option<Id> },
    /// Moves an item back; it counts as moved by the operation that had moved it there.
    MoveBack { at: At, item: Id, behind: Option<Id>, by: Option<OpId> },
}

impl Edit {
    /// The text or the list that it edits by ids.
    pub(crate) fn typed_at(&self) -> Option<&At> {
        match self {
            Edit::Insert { at, .. } | Edit::Delete { at, .. } => Some(at),
            _ => None,
        }
    }

    /// How many new ids it uses.
    fn ids(&self) -> u64 {
        match self {
            Edit::Put { value, .. } => needed(value),
            Edit::Insert { content, .. } => content.ids(),
            Edit::Move { .. } | Edit::MoveBack { .. } => 1,
            _ => 0,
        }
    }
}

/// What must still hold for an undo: else another operation depends on what it would undo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Need {
    /// This was put by this operation, or (if none) is there from the beginning.
    Put { at: At, by: Option<OpId> },
    /// This entry does not exist.
    Absent { at: At },
    /// This item was last moved by this operation.
    Moved { at: At, item: Id, by: Option<OpId> },
}

/// An operation as edits, made on its user's view; it is applied as a whole, and not at all if a need is not met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// The operation's number among its client's.
    pub(crate) n: u64,
    /// The first of the new ids, counted by its client.
    pub(crate) first: u64,
    pub(crate) needs: Vec<Need>,
    pub(crate) edits: Vec<Edit>,
}

impl Change {
    /// The number after the last new id, unless that is beyond all numbers.
    pub(crate) fn end(&self) -> Option<u64> {
        self.edits.iter().try_fold(self.first, |sum, edit| sum.checked_add(edit.ids()))
    }
}
