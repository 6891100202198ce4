//! Every decoder under coverage-guided fuzzing: what each target does with an input, and real inputs to start from.

mod bounded;
#[path = "../../harness/tests/suite/common/mod.rs"]
mod common;
mod replicas;
pub mod targets;
