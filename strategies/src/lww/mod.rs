//! Strategies in which the last writer wins.

pub mod document;
pub mod property;
