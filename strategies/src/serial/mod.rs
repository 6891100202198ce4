//! Strategies in which a server puts operations into one order.

mod log;
pub mod reducer;
