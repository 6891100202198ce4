//! Strategies whose server puts operations into one order.

pub mod cas;
mod journal;
pub mod optimistic;
mod order;
pub mod patches;
pub mod reducer;
mod splices;
