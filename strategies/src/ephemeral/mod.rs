//! Strategies for what matters only while its author is present.

pub mod presence;
