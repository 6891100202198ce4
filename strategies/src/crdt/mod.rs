//! Strategies built on a library of conflict-free replicated data types.

#[cfg(feature = "automerge")]
pub mod automerge;
#[cfg(feature = "diamond")]
pub mod diamond;
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
mod forward;
#[cfg(any(feature = "automerge", feature = "loro"))]
mod last_text;
#[cfg(feature = "loro")]
pub mod loro;
#[cfg(any(feature = "automerge", feature = "loro", feature = "diamond"))]
mod peer;
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
mod splices;
#[cfg(all(test, any(feature = "automerge", feature = "yrs", feature = "loro")))]
mod trials;
#[cfg(feature = "yrs")]
pub mod yrs;

/// What every library of this family claims: it merges whatever arrives, in any order.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro", feature = "diamond"))]
const MERGES: crate::spec::Guarantees = crate::spec::Guarantees {
    converges: true,
    tolerates_duplicates: true,
    tolerates_reordering: true,
    works_offline: true,
    needs_server: true,
    confirms_alone: true,
    // A change waits for all that its author had seen (automerge and diamond-types: its heads; loro: its frontiers).
    sessions: crate::spec::Sessions::CAUSAL,
    ..crate::spec::Guarantees::NONE
};
