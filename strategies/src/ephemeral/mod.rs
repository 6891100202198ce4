//! Strategies for what is worth knowing only while its author is there.

pub mod presence;
