//! Strategies built on a library of conflict-free replicated data types.

#[cfg(feature = "automerge")]
pub mod automerge;
#[cfg(feature = "automerge")]
mod automerge_doc;
#[cfg(feature = "diamond")]
pub mod diamond;
#[cfg(feature = "diamond")]
mod diamond_doc;
#[cfg(feature = "loro")]
pub mod loro;
#[cfg(feature = "loro")]
mod loro_doc;
#[cfg(any(feature = "loro", feature = "diamond"))]
mod mesh;
#[cfg(feature = "yrs")]
pub mod yrs;
#[cfg(feature = "yrs")]
mod yrs_doc;
