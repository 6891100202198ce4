//! One client's entry.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Path};

/// What a client shows of itself: one value, beside what all clients started from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: Path,
    pub(super) value: Document,
}
