//! What each claim of a strategy's spec means, as a check.
//!
//! A check takes any strategy: the contract suite holds the registered ones to their claims, and the mutants show that each
//! check catches something.

mod clean;
mod faults;
mod hostile;
mod memory;
mod refusal;
mod restore;
mod same;
mod undo;

pub use clean::{blind, clocks};
pub use faults::{converges, datagrams, tolerates_disorder, unclaimed_is_unsupported, works_offline};
pub use hostile::{hostile_durable, hostile_harmless, hostile_refused, mutate};
pub use memory::history;
pub use refusal::{malformed, refuses, serializable};
pub use restore::restores;
pub use same::{same_again, threads};
pub use undo::undo;
