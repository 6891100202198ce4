//! Bugs in models: what an operation means to all replicas differs from what the workload's oracle assumes.
//!
//! Each bug causes kinds of findings of its workload's oracle, in a group that is otherwise correct and takes turns.

pub(super) mod booking;
pub(super) mod counter;
pub(super) mod json;
pub(super) mod kanban;
pub(super) mod notebook;
pub(super) mod presence;
pub(super) mod record;
pub(super) mod stack;
pub(super) mod text;

use std::time::Duration;

use syncbench_strategies::document::Edit;

use super::{Answer, Bug, Conditions, Mutant, USUAL, mutant, on};
use crate::finding::Kind;
use crate::oracle::FINDINGS;
use crate::pace::Pace;

/// Users act in turn, so nothing is lost to concurrency.
const IN_TURN: Conditions =
    Conditions { pace: Pace::Turns, ops: 120, sample_every: Some(Duration::from_secs(1)), ..USUAL };
/// The same where users act concurrently.
const TOGETHER: Conditions = Conditions { pace: Pace::Poisson, ..IN_TURN };
/// The same where users undo.
const UNDOING: Conditions = Conditions { undo: 0.3, ..IN_TURN };

/// A bug in the model of `serial`, which loses nothing itself when users take turns.
const fn meaning(
    name: &'static str,
    plants: &'static str,
    workload: &'static str,
    kinds: &'static [&'static Kind],
    bug: Bug,
) -> Mutant {
    Mutant { conditions: IN_TURN, kinds, ..mutant(name, plants, on("serial", workload), bug, &FINDINGS) }
}

/// The same plan with other edits.
fn edited(answer: Answer, change: impl FnOnce(&mut Vec<Edit>)) -> Answer {
    answer.map(|mut plan| {
        change(&mut plan.edits);
        plan
    })
}

/// The same plan without edits.
fn nothing(answer: Answer) -> Answer {
    edited(answer, Vec::clear)
}
