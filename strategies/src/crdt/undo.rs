//! What undo has in common in all libraries.

use crate::model::Rejected;
use crate::replica::OpId;

/// How many own operations can be undone: a hundred, as undo stacks of editors have by default.
pub(super) const DEPTH: usize = 100;

/// The operation is older than the last [`DEPTH`], or already undone.
pub(super) fn too_old(target: OpId) -> Rejected {
    Rejected::new("too_old", format!("{target} is no longer remembered"))
}
