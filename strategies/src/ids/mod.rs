//! Strategies whose positions are ids that clients make, with a server that applies edits as they arrive.

pub(crate) mod change;
pub(crate) mod list;
pub(crate) mod state;
pub mod text_ids;
pub(crate) mod tree;
