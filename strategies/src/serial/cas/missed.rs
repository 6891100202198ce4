//! What came between an operation and its place in the log.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::document::{Document, Edit, EditKind, diff};
use crate::model::{ErasedModel, Operation, Plan, Rejected};
use crate::replica::ProtocolError;
use crate::serial::journal::Edits;
use crate::serial::splices::only_splices;

/// A change of this client's copy.
#[derive(Clone, Serialize, Deserialize)]
struct Step {
    edits: Edits,
    inverse: Edits,
    /// Whether this client made it: what its user typed before comes first where both insert at one place.
    own: bool,
}

/// The changes of this client's copy since its user issued the first operation that is not in the log yet.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Missed {
    /// How many changes came before those that are kept.
    forgotten: u64,
    steps: VecDeque<Step>,
}

impl Missed {
    /// How many changes there were: an operation that is issued now has missed none after that.
    pub(super) fn here(&self) -> u64 {
        self.forgotten + self.steps.len() as u64
    }

    /// The copy went through this change.
    pub(super) fn add(&mut self, edits: Edits, inverse: &[Edit], own: bool) {
        self.steps.push_back(Step { edits, inverse: Edits::of(inverse), own });
    }

    /// No operation was issued before `here`.
    pub(super) fn forget_before(&mut self, here: u64) {
        let count = usize::try_from(here.saturating_sub(self.forgotten)).unwrap_or(usize::MAX).min(self.steps.len());
        self.steps.drain(..count);
        self.forgotten += count as u64;
    }

    /// Plans an operation that was issued at `here` on the copy as it is now, `data`. Positions in texts are those that its
    /// user saw, moved by what came between.
    pub(super) fn plan(
        &self,
        model: &dyn ErasedModel,
        data: &Document,
        here: u64,
        operation: &Operation,
    ) -> Result<Plan, Rejected> {
        let first = usize::try_from(here.saturating_sub(self.forgotten)).unwrap_or(usize::MAX).min(self.steps.len());
        let plan = match self.steps.len() - first {
            0 => None,
            _ => self.moved(model, data, first, operation)?,
        };
        let plan = plan.map_or_else(|| model.plan(data, operation), Ok)?;
        data.produce(&plan.edits)?;
        Ok(plan)
    }

    /// The plan of an operation that only types, moved over the steps from `first` on; `None` for any other operation.
    fn moved(
        &self,
        model: &dyn ErasedModel,
        data: &Document,
        first: usize,
        operation: &Operation,
    ) -> Result<Option<Plan>, Rejected> {
        let Some(seen) = self.before(data, first) else { return Ok(None) };
        let Ok(meant) = model.plan(&seen, operation) else { return Ok(None) };
        if !only_splices(&meant.edits) {
            return Ok(None);
        }
        let Some(change) = self.carry(&meant.edits, first) else { return Ok(None) };
        // The model decides on the state as it is now, but for the texts in which its user pointed at something.
        let plan = model.plan(&overlay(data, &seen, &meant.edits), operation)?;
        if !only_splices(&plan.edits) {
            return Ok(None);
        }
        let mut after = data.clone();
        if change.apply(&mut after).is_err() {
            return Ok(None);
        }
        Ok(Some(Plan { edits: diff(data, &after), outcome: plan.outcome }))
    }

    /// The copy before the steps from `first` on.
    fn before(&self, data: &Document, first: usize) -> Option<Document> {
        let mut seen = data.clone();
        for step in self.steps.range(first..).rev() {
            seen.apply_all(&step.inverse.unpack().ok()?).ok()?;
        }
        Some(seen)
    }

    /// Splices made before the steps from `first` on, as the change that they are after them. `None` where a text was
    /// removed or replaced: nothing is left of what its user pointed at.
    fn carry(&self, splices: &[Edit], first: usize) -> Option<Change> {
        self.steps.range(first..).try_fold(Change::of(splices)?, |change, step| {
            let edits = step.edits.unpack().ok()?;
            let ends = |edit: &Edit| matches!(edit.kind(), EditKind::Put | EditKind::Remove | EditKind::ListRemove);
            let ended = |splice: &Edit| edits.iter().any(|edit| ends(edit) && splice.path().starts_with(edit.path()));
            if splices.iter().any(ended) { None } else { Some(change.transform(&Change::of(&edits)?, !step.own)) }
        })
    }

    /// Fails on what cannot be decoded.
    pub(super) fn check(&self) -> Result<(), ProtocolError> {
        self.steps.iter().try_for_each(|step| step.edits.unpack().and(step.inverse.unpack()).map(drop))
    }
}

/// `data`, with those texts that are spliced as they are in `seen`.
fn overlay(data: &Document, seen: &Document, splices: &[Edit]) -> Document {
    let mut overlaid = data.clone();
    for path in splices.iter().map(Edit::path) {
        if let (Some(Document::Text(_)), Some(text)) = (data.at(path), seen.at(path)) {
            // It fits: a text takes the place of a text.
            let _ = overlaid.apply(&Edit::Put { path: path.clone(), value: text.clone() });
        }
    }
    overlaid
}
