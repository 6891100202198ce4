//! A client's operations that are not in the log yet.

use serde::{Deserialize, Serialize};

use crate::change::{Change, Slot};
use crate::document::{Document, Edit, Path, diff};
use crate::model::{ErasedModel, Operation, Plan, Rejected};
use crate::serial::splices::only_splices;
use crate::star::Outbox;

/// An operation without an answer, and what its user believes that it does: people type ahead of a screen that does not show
/// their keystrokes yet.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Queued {
    operation: Operation,
    /// What it does to the copy after the operations before it.
    change: Change,
    /// If it does nothing but type: the texts, and how long they were.
    typed: Vec<(Path, usize)>,
}

/// Own operations in their order.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Queue(pub(super) Outbox<Queued>);

impl Queue {
    /// The first operation.
    pub(super) fn first(&self) -> Option<(u64, &Queued)> {
        self.0.first_key_value().map(|(n, queued)| (*n, queued))
    }

    /// The copy, `data`, as this client's user believes it to be.
    fn believed(&self, data: &Document) -> Document {
        let mut believed = data.clone();
        for queued in self.0.values() {
            let mut next = believed.clone();
            if queued.change.apply(&mut next).is_ok() {
                believed = next;
            }
        }
        believed
    }

    /// Adds an operation that is planned as it is, when its turn comes.
    pub(super) fn push_plain(&mut self, n: u64, operation: Operation) {
        self.0.insert(n, Queued { operation, change: Change::Keep, typed: Vec::new() });
    }

    /// Adds an operation whose positions move along with the copy, `data`.
    pub(super) fn push(&mut self, model: &dyn ErasedModel, n: u64, operation: Operation, data: &Document) {
        let believed = self.believed(data);
        let edits = model.plan(&believed, &operation).map(|plan| plan.edits).unwrap_or_default();
        let (change, mut typed) = (Change::of(&edits), Vec::new());
        if change.is_some() && only_splices(&edits) {
            for path in edits.iter().map(Edit::path) {
                typed.push((path.clone(), believed.at(path).and_then(Document::size).unwrap_or(0)));
            }
        }
        self.0.insert(n, Queued { operation, change: change.unwrap_or_default(), typed });
    }

    /// The copy went through another client's change.
    pub(super) fn went_through(&mut self, mut theirs: Change) {
        for queued in self.0.values_mut() {
            let change = queued.change.transform(&theirs, true);
            theirs = theirs.transform(&queued.change, false);
            queued.change = change;
        }
    }

    /// The first operation, `n`, is no longer pending. `became` is what it did, if anything, to the copy `before`: those that
    /// follow were made on what its user believed that it does.
    pub(super) fn remove(&mut self, n: u64, before: &Document, became: Option<&Change>) {
        let Some(queued) = self.0.remove(&n) else { return };
        if became.is_some() && queued.moves() {
            // It is what its user believed.
            return;
        }
        let back = Some(&queued.change).filter(|change| !change.is_keep()).and_then(|change| change.invert(before));
        back.into_iter().chain(became.cloned()).for_each(|change| self.went_through(change));
    }
}

impl Queued {
    /// Whether it is carried out as its user believed, wherever that is by now.
    fn moves(&self) -> bool {
        !self.typed.is_empty() && types(&self.change)
    }

    /// The plan on the copy as it is now, `data`. Positions in texts are those that its user saw, moved by what came between.
    pub(super) fn plan(&self, model: &dyn ErasedModel, data: &Document) -> Result<Plan, Rejected> {
        let mut after = data.clone();
        if self.moves() && self.change.apply(&mut after).is_ok() {
            let outcome = model.plan(&self.roomy(data), &self.operation)?.outcome;
            return Ok(Plan { edits: diff(data, &after), outcome });
        }
        let plan = model.plan(data, &self.operation)?;
        data.produce(&plan.edits)?;
        Ok(plan)
    }

    /// The copy with texts at least as long as they were: the model decides on the state as it is now, and must not refuse a
    /// position only because others have deleted before it.
    fn roomy(&self, data: &Document) -> Document {
        let mut roomy = data.clone();
        for (path, len) in &self.typed {
            if let Some(Document::Text(text)) = data.at(path) {
                let (pos, missing) = (text.len_chars(), len.saturating_sub(text.len_chars()));
                // It fits: the text is there, and this is its end.
                let room = Edit::TextSplice { path: path.clone(), pos, delete: 0, insert: " ".repeat(missing) };
                let _ = roomy.apply(&room);
            }
        }
        roomy
    }
}

/// Whether a change still reaches a text, be it to do nothing there: the text was neither removed nor replaced.
fn types(change: &Change) -> bool {
    match change {
        Change::Text(_) | Change::List(_) => true,
        Change::Map(slots) => slots.values().any(|slot| matches!(slot, Slot::Inside(change) if types(change))),
        Change::Keep | Change::Set(_) | Change::Count(_) => false,
    }
}
