//! Strategies built on a library of conflict-free replicated data types.

pub mod automerge;
mod automerge_doc;
