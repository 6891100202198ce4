//! Strategies in which a server puts operations into one order.

pub mod optimistic;
mod order;
pub mod reducer;
mod sessions;
