//! Undo: former values are restored where nobody has written since.

use std::collections::{BTreeSet, VecDeque};

use super::cells::{Hops, Part, Value};
use super::clock::Stamp;
use super::table::Table;
use super::tree::{Before, Draft};
use crate::document::Document;
use crate::model::Rejected;
use crate::replica::OpId;
use crate::undo::UNDO_DEPTH;

struct Done {
    id: OpId,
    stamp: Stamp,
    written: BTreeSet<(Hops, bool)>,
    before: Before,
}

/// The last own operations.
pub(super) struct History {
    /// Users undo. Where they do not, nothing is kept.
    undo: bool,
    done: VecDeque<Done>,
}

impl History {
    /// Empty. It stays so unless users undo.
    pub(super) fn new(undo: bool) -> Self {
        Self { undo, done: VecDeque::new() }
    }

    /// A write that is about to be made.
    pub(super) fn draft(&self, stamp: Stamp) -> Draft {
        Draft::new(stamp, self.undo)
    }

    pub(super) fn push(&mut self, id: OpId, draft: Draft) {
        let Some(before) = draft.before else { return };
        if self.done.len() == UNDO_DEPTH {
            self.done.pop_front();
        }
        self.done.push_back(Done { id, stamp: draft.stamp, written: draft.written, before });
    }

    /// What to write to undo `target`.
    pub(super) fn inverse(&self, target: OpId, table: &Table) -> Result<Vec<(Hops, Option<Part>)>, Rejected> {
        let done = self.done.iter().find(|done| done.id == target).ok_or_else(|| Rejected::too_old(target))?;
        let part = |cell: &(Hops, bool)| done.before[cell].as_ref().map(|(_, part)| part.clone());
        let mut cells = Vec::new();
        let (mut kept, mut removed): (Vec<&Hops>, Option<&Hops>) = (Vec::new(), None);
        for cell in done.before.keys() {
            let (path, is_place) = cell;
            if removed.is_some_and(|removed| path.starts_with(removed)) {
                continue;
            }
            let now = table.part(path, *is_place);
            if !done.written.contains(cell) {
                // It was cleared. What was written there or around it since stays.
                let back =
                    part(cell).filter(|part| !matches!(part, Part::Value(Value::Gone) | Part::Instead(Value::Gone)));
                if now.is_none() && back.is_some() && !kept.iter().any(|kept| path.starts_with(kept)) {
                    cells.push((path.clone(), back));
                }
            } else if now.is_some_and(|(stamp, _)| stamp == done.stamp) {
                let back = part(cell);
                if back.is_none() && !is_place {
                    removed = Some(path);
                }
                cells.push((path.clone(), back));
            } else if sums_up(done.before[cell].as_ref()) {
                let why = "what was written since contains it: a sum or a text is one value";
                return Err(Rejected::new("depended_upon", why));
            } else if !is_place {
                kept.push(path);
            }
        }
        Ok(cells)
    }

    /// Forgets an operation that was undone, so that undoing a later one does not bring its values back.
    pub(super) fn forget(&mut self, target: OpId) {
        let Some(index) = self.done.iter().position(|done| done.id == target) else { return };
        let Some(done) = self.done.remove(index) else { return };
        for later in self.done.iter_mut().skip(index) {
            for (cell, was) in &mut later.before {
                if was.as_ref().is_some_and(|(stamp, _)| *stamp == done.stamp)
                    && let Some(before) = done.before.get(cell)
                {
                    was.clone_from(before);
                }
            }
        }
    }
}

/// Whether a new value of this kind contains the old one.
fn sums_up(was: Option<&(Stamp, Part)>) -> bool {
    let leaf = match was {
        Some((
            _,
            Part::Value(Value::Leaf(leaf)) | Part::Instead(Value::Leaf(leaf)) | Part::Cleared(Value::Leaf(leaf), _),
        )) => leaf,
        _ => return false,
    };
    matches!(leaf, Document::Counter(_) | Document::Text(_))
}
