//! Edits: changes to a document at a path, the same for all models.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Document, Kind, MAX_DEPTH, Path};

/// A change to a document at a path.
///
/// Paths, list indices and text positions speak of the document just before this edit. Text positions and lengths are
/// Unicode code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// Sets a map entry, replaces a list item, or (with an empty path) the whole document.
    Put {
        /// Where; the parent must exist.
        path: Path,
        /// The new node.
        value: Document,
    },
    /// Removes an entry from a map.
    Remove {
        /// The entry; it must exist.
        path: Path,
    },
    /// Adds to a counter.
    Increment {
        /// The counter.
        path: Path,
        /// How much; may be negative.
        by: i64,
    },
    /// Inserts items into a list.
    ListInsert {
        /// The list.
        path: Path,
        /// The first new item's index, at most the list's length.
        index: usize,
        /// The new items.
        values: Vec<Document>,
    },
    /// Removes items from a list.
    ListRemove {
        /// The list.
        path: Path,
        /// The first item to be removed.
        index: usize,
        /// How many are removed.
        count: usize,
    },
    /// Moves one item within a list.
    ListMove {
        /// The list.
        path: Path,
        /// The item's index before.
        from: usize,
        /// The item's index after.
        to: usize,
    },
    /// Replaces a stretch of a text.
    TextSplice {
        /// The text.
        path: Path,
        /// The first code point that changes.
        pos: usize,
        /// How many code points are deleted.
        delete: usize,
        /// What is inserted instead.
        insert: String,
    },
}

/// The kinds of [`Edit`]; a strategy declares its support for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditKind {
    /// [`Edit::Put`]
    Put,
    /// [`Edit::Remove`]
    Remove,
    /// [`Edit::Increment`]
    Increment,
    /// [`Edit::ListInsert`]
    ListInsert,
    /// [`Edit::ListRemove`]
    ListRemove,
    /// [`Edit::ListMove`]
    ListMove,
    /// [`Edit::TextSplice`]
    TextSplice,
}

impl EditKind {
    /// All kinds, in the order of tables.
    pub const ALL: [EditKind; 7] = [
        EditKind::Put,
        EditKind::Remove,
        EditKind::Increment,
        EditKind::ListInsert,
        EditKind::ListRemove,
        EditKind::ListMove,
        EditKind::TextSplice,
    ];

    /// The name in tables and results.
    pub fn name(self) -> &'static str {
        match self {
            EditKind::Put => "put",
            EditKind::Remove => "remove",
            EditKind::Increment => "increment",
            EditKind::ListInsert => "list_insert",
            EditKind::ListRemove => "list_remove",
            EditKind::ListMove => "list_move",
            EditKind::TextSplice => "text_splice",
        }
    }
}

/// Why an edit does not fit a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// A step of the path leads nowhere.
    #[error("nothing at {path}")]
    NoSuchPath {
        /// The path that was asked for.
        path: Path,
    },
    /// The node that the edit changes, or whose entry it changes, is of another type.
    #[error("{path} is of kind {found}, not {expected}")]
    WrongKind {
        /// That node.
        path: Path,
        /// What the edit needs.
        expected: Kind,
        /// What is there.
        found: Kind,
    },
    /// An index, position or length lies outside the list or text.
    #[error("{path} has {len} entries, the edit needs {needed}")]
    OutOfBounds {
        /// The list or text.
        path: Path,
        /// How many entries the edit needs there to be.
        needed: usize,
        /// How many there are.
        len: usize,
    },
    /// The document would be nested deeper than [`MAX_DEPTH`].
    #[error("{path} would be nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Where the edit would put a node.
        path: Path,
    },
    /// The root is replaced, never removed.
    #[error("the root cannot be removed")]
    Root,
    /// A counter would leave the range of 64-bit integers, or the inverse of the increment would.
    #[error("the counter at {path} would overflow")]
    Overflow {
        /// The counter.
        path: Path,
    },
}

impl Edit {
    /// The kind of this edit.
    pub fn kind(&self) -> EditKind {
        match self {
            Edit::Put { .. } => EditKind::Put,
            Edit::Remove { .. } => EditKind::Remove,
            Edit::Increment { .. } => EditKind::Increment,
            Edit::ListInsert { .. } => EditKind::ListInsert,
            Edit::ListRemove { .. } => EditKind::ListRemove,
            Edit::ListMove { .. } => EditKind::ListMove,
            Edit::TextSplice { .. } => EditKind::TextSplice,
        }
    }

    /// Where the edit applies.
    pub fn path(&self) -> &Path {
        match self {
            Edit::Put { path, .. }
            | Edit::Remove { path }
            | Edit::Increment { path, .. }
            | Edit::ListInsert { path, .. }
            | Edit::ListRemove { path, .. }
            | Edit::ListMove { path, .. }
            | Edit::TextSplice { path, .. } => path,
        }
    }
}
