//! Positions in texts: the one thing in an operation that others' changes move.

use crate::document::{Edit, EditKind};

/// Whether an operation with these edits is positions in texts and nothing else. Whatever else operations name (an item, a
/// key, an end of a list) is found again by reducing them again.
pub(super) fn only_splices(edits: &[Edit]) -> bool {
    !edits.is_empty() && edits.iter().all(|edit| edit.kind() == EditKind::TextSplice)
}
