//! What undoes a write.

use super::tree::{Node, Stone, Write};
use crate::document::Document;

/// What undoes one write, as far as that is known when it is made.
#[derive(Clone, Debug)]
pub(super) enum Back {
    /// The property gets its old value, whatever it holds by then.
    Write(Write),
    /// What was made where there was nothing is removed. A container that holds more by then stays, with the rest.
    Unmake { at: Vec<Stone>, made: Node },
    /// The counter is moved by `by`.
    Add { at: Vec<Stone>, by: i64 },
    /// The text gets its old value if it still is what was put.
    Retext { at: Vec<Stone>, put: Document, was: Document },
}
