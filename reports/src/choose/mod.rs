//! Choosing a sync model for a product: what its team answers, and the decision that the measurements support.

pub mod answers;
pub mod axes;
pub mod decide;
pub mod decision;
pub mod entry;
pub mod flip;
pub mod harms;
pub mod interview;
pub mod labels;
pub mod possible;
pub mod questions;
pub mod quoted;
pub mod read;
pub mod record;
pub mod relax;
pub mod rule;
pub mod shapes;
mod shown;
pub mod span;
pub mod study;
pub mod vetoes;

pub use answers::Answers;
pub use decide::Verdict;
pub use decision::Decision;
