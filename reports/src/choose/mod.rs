//! Choosing a sync model for a product: what its team answers, and the decision that the measurements support.

pub mod answers;
pub mod decision;
pub mod interview;
pub mod questions;
pub mod read;
pub mod record;
pub mod span;

pub use answers::Answers;
pub use decision::Decision;
