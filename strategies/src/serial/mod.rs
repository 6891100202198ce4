//! Strategies in which a server puts operations into one order.

pub mod cas;
mod immer;
mod journal;
pub mod optimistic;
mod order;
pub mod patches;
pub mod reducer;
mod sessions;
