//! Strategies in which the last writer wins.

pub mod document;
mod fractional;
pub mod hlc;
mod hlc_cells;
mod hlc_exchange;
mod hlc_ranges;
pub mod hlc_relay;
mod hlc_seen;
#[cfg(test)]
mod hlc_tests;
mod hlc_tree;
mod hlc_undo;
pub mod property;
