//! Strategies in which the last writer wins.

pub mod document;
mod fractional;
pub mod hlc;
pub mod property;
mod seen;
