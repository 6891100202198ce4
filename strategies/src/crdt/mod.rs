//! Strategies built on a library of conflict-free replicated data types.

#[cfg(feature = "automerge")]
pub mod automerge;
#[cfg(feature = "diamond")]
pub mod diamond;
#[cfg(any(feature = "automerge", feature = "loro"))]
mod last_text;
#[cfg(feature = "loro")]
pub mod loro;
#[cfg(any(feature = "automerge", feature = "loro", feature = "diamond"))]
mod mesh;
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
mod splices;
#[cfg(all(test, any(feature = "automerge", feature = "yrs", feature = "loro")))]
mod trials;
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
mod undo;
#[cfg(feature = "yrs")]
pub mod yrs;
