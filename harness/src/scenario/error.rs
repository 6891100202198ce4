//! What is wrong with a scenario.

use syncbench_strategies::selector::SelectorError;
use thiserror::Error;

use crate::trace::TraceError;

/// What is wrong with a scenario.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// A selector names or says something unknown.
    #[error("{field}: {error}")]
    Selector {
        /// The scenario's key, which is also the flag.
        field: &'static str,
        /// What is wrong.
        error: SelectorError,
    },
    /// A value lies outside its bounds.
    #[error("{field}: `{written}`: {expected}")]
    Value {
        /// The scenario's key, which is also the flag.
        field: &'static str,
        /// The value as it was written.
        written: String,
        /// What would have been right.
        expected: String,
    },
    /// The trace cannot be read.
    #[error("trace: {0}")]
    Trace(#[from] TraceError),
}

/// A value of `field` that lies outside its bounds.
pub(super) fn value(field: &'static str, written: impl ToString, expected: impl Into<String>) -> ScenarioError {
    ScenarioError::Value { field, written: written.to_string(), expected: expected.into() }
}

/// Says in which field a selector is wrong.
pub(super) fn at(field: &'static str) -> impl Fn(SelectorError) -> ScenarioError {
    move |error| ScenarioError::Selector { field, error }
}
