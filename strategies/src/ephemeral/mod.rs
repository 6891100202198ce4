//! Strategies for what matters only while its user is present.

pub mod presence;
