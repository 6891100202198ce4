//! What a trace is made of.

use serde::{Deserialize, Serialize};

/// A change of a text, in code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// The first character that changes.
    pub pos: usize,
    /// How many go.
    pub delete: usize,
    /// What comes instead.
    pub insert: String,
}

/// One txn: changes, each on the text after the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOp(pub Vec<Splice>);
