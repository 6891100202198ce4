//! Strategies built on a library of conflict-free replicated data types.

#[cfg(feature = "automerge")]
pub mod automerge;
#[cfg(feature = "automerge")]
mod automerge_doc;
#[cfg(feature = "yrs")]
pub mod yrs;
#[cfg(feature = "yrs")]
mod yrs_doc;
