//! Capsules: one file that replays one run exactly, with what was found in it.
//!
//! A capsule holds the run's scenario, the script of its users where one is fixed, the findings of the oracles, the digest of
//! everything that happened, and the build. It is all that is needed to replay the run, except the trace of a replayed trace.

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
/// Most bytes of a capsule that is read: enough for a script of a hundred thousand actions.
pub const MAX_BYTES: usize = 32 << 20;

/// One run, and what was found in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capsule {
    /// See [`SCHEMA`].
    pub schema: u32,
    /// What the capsule was written for: a kind of finding, the name of a broken claim, or `failed`.
    pub kind: String,
    /// One instance of that kind, in words.
    pub example: String,
    /// The conditions: one strategy, one workload, one network, one size, one seed.
    pub scenario: Scenario,
    /// The script: who acts when. Absent where users act by their pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Vec<ScriptedAction>>,
    /// The digest of the trace, where one is replayed.
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
    /// Whether the run ended by itself.
    pub outcome: Outcome,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Broken claims, or why nothing is known of them, a sentence each.
    pub claims: Vec<String>,
    /// The findings of the oracles.
    pub findings: Vec<Finding>,
    /// The digest of all events, in order.
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
    /// A capsule of a run and its results, for one kind of finding.
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

    /// The capsule as the text of its file.
    pub fn to_json(&self) -> String {
        // Plain data.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests;
