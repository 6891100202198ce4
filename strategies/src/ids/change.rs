//! Edits by ids, as they travel: paths through lists name items, positions are "behind this one".

use serde::{Deserialize, Serialize};

use super::list::{Id, Span};
use super::tree::needed;
use crate::document::{Document, Key};
use crate::replica::OpId;

/// One step down the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    Key(Key),
    Item(Id),
}

/// From the root to a node.
pub(crate) type At = Vec<Step>;

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

    /// How many ids what is in the items needs.
    fn inside(&self) -> u64 {
        match self {
            Content::Text(_) => 0,
            Content::Items(items) => items.iter().map(needed).sum(),
        }
    }

    /// `len` of them from `offset` on.
    pub(crate) fn part(&self, offset: u64, len: u64) -> Content {
        let [offset, len] = [offset, len].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        match self {
            Content::Text(text) => Content::Text(text.chars().skip(offset).take(len).collect()),
            Content::Items(items) => Content::Items(items.iter().skip(offset).take(len).cloned().collect()),
        }
    }
}

/// What one edit does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Edit {
    /// Sets an entry of a map, replaces an item, or (at the root) everything. It stands as put by `by`, if that is given:
    /// an undo brings back what another operation had put.
    Put { at: At, value: Document, by: Option<OpId> },
    /// Takes an entry out of a map.
    Remove { at: At },
    /// Adds to a counter.
    Increment { at: At, by: i64 },
    /// Puts new characters or items right behind the one with this id, deleted or not, or in front of everything. Their ids
    /// are the next ones of the change.
    Insert { at: At, behind: Option<Id>, content: Content },
    /// Deletes characters or items; their places stay.
    Delete { at: At, spans: Vec<Span> },
    /// Takes back one deletion of each of these. What nobody else has deleted is shown again, with this content.
    Bring { at: At, spans: Vec<(Span, Option<Content>)> },
    /// Gives an item, deleted or not, the place right behind another one. It stands as moved by `by`, if that is given.
    Move { at: At, item: Id, behind: Option<Id>, by: Option<OpId> },
}

impl Edit {
    /// How many new ids it gives out.
    fn ids(&self) -> u64 {
        match self {
            Edit::Put { value, .. } => needed(value),
            Edit::Insert { content, .. } => content.len() + content.inside(),
            Edit::Bring { spans, .. } => {
                spans.iter().filter_map(|(_, content)| content.as_ref()).map(Content::inside).sum()
            }
            Edit::Remove { .. } | Edit::Increment { .. } | Edit::Delete { .. } | Edit::Move { .. } => 0,
        }
    }
}

/// What must still be true for an undo: else somebody has built upon what it would take back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Need {
    /// This stands as put by this operation.
    Put { at: At, by: OpId },
    /// There is no such entry.
    Absent { at: At },
    /// This item stands as moved by this operation.
    Moved { at: At, item: Id, by: OpId },
}

/// What an operation became on its author's screen; all of it is carried out at once, and nothing of it where a need is
/// not met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// The operation's number among its author's.
    pub(crate) n: u64,
    /// The first of the new ids, counted by their author.
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
