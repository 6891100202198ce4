//! Capsules: one file that replays one run exactly, with what was found in it.
//!
//! A capsule has the run's scenario, which users act when where that is fixed, what the oracles said, the digest of everything
//! that happened, and the build. Whoever reads it needs nothing else, except the trace where one is replayed.

mod build;
mod check;
mod compare;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;
use thiserror::Error;

use crate::actions::ScriptedAction;
use crate::finding::Finding;
use crate::results::{Cell, Environment, Outcome};
use crate::run::Planned;
use crate::scenario::Scenario;
use crate::shrink::Target;
pub use build::Build;

/// The version of capsules that this build writes and reads.
pub const SCHEMA: u32 = 1;
/// Largest capsule that is read: a script of a hundred thousand actions.
pub const MAX_BYTES: usize = 32 << 20;

/// One run, and what was found in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capsule {
    /// See [`SCHEMA`].
    pub schema: u32,
    /// What the capsule was written for: a kind of finding, the name of a broken claim, or `failed`.
    pub kind: String,
    /// One instance of it, in words.
    pub example: String,
    /// The conditions: one strategy, one workload, one network, one size, one seed.
    pub scenario: Scenario,
    /// Who acts when, where users do not come to act by their pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Vec<ScriptedAction>>,
    /// The content of the trace, where one is replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Digest>,
    /// What the run showed.
    pub found: Found,
    /// The build that found it.
    pub build: Build,
}

/// What a run showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Whether it came to its end.
    pub outcome: Outcome,
    /// Why, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Broken claims, or why nothing is known of them, a sentence each.
    pub claims: Vec<String>,
    /// What the oracles found.
    pub findings: Vec<Finding>,
    /// Everything that happened, in order.
    pub trace_digest: Option<Digest>,
}

impl Found {
    fn of(cell: &Cell) -> Self {
        Self {
            outcome: cell.outcome,
            reason: cell.reason.clone(),
            claims: cell.claims_reasons.clone(),
            findings: cell.findings.clone(),
            trace_digest: cell.trace_digest,
        }
    }
}

/// What is wrong with a capsule: where, and what was expected. One line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct CapsuleError(String);

impl Capsule {
    /// Of a run and its results, for one kind of what was found.
    pub fn of(planned: &Planned, cell: &Cell, target: &Target, environment: &Environment) -> Self {
        Self {
            schema: SCHEMA,
            kind: target.kind.clone(),
            example: target.found(cell).unwrap_or_default().to_owned(),
            scenario: Scenario::of_cell(planned),
            script: planned.script.as_ref().map(|script| script.to_vec()),
            trace: planned.workload.trace.as_ref().map(|trace| trace.digest),
            found: Found::of(cell),
            build: Build::of(environment),
        }
    }

    /// As it is written into a file.
    pub fn to_json(&self) -> String {
        // Plain data.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests;
