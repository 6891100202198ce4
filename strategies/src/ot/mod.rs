//! Operational transformation: changes as trees, how two that were made at once are fitted to each other, and the
//! strategies that do so.

#[cfg(test)]
mod agreement;
pub mod change;
pub mod jupiter;
#[cfg(test)]
mod laws;
pub mod list;
pub mod text;
