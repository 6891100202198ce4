//! Strategies whose positions are ids that clients make, with a server that applies edits as they arrive.

mod change;
mod inverse;
#[cfg(test)]
mod laws;
mod list;
mod state;
mod step;
pub mod text_ids;
mod translate;
mod tree;

pub(crate) use change::Change;
pub(crate) use inverse::Inverse;
pub(crate) use state::State;
