//! Operational transformation: strategies that fit changes made at once to each other.

pub mod jupiter;
