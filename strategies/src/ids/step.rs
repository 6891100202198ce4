//! Paths by ids: keys and items, whatever their indices are by now.

use serde::{Deserialize, Serialize};

use super::list::Id;
use crate::document::Key;

/// One step down the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    Key(Key),
    Item(Id),
}

/// From the root to a node.
pub(crate) type At = Vec<Step>;
