//! Undo of a client's own operation on a document that others have replaced since.
//!
//! For each own operation its inverse is kept, and what has changed until the next one. To undo it, the inverse is
//! fitted to all of that, as in operational transformation. What own operations changed is known exactly. What others
//! changed can only be derived from two whole documents. These do not tell whether the others' document was made from
//! the client's operation or has overwritten it, nor whether somebody put `more` in front of the user's `m` or `orem`
//! behind it. Where that matters the undo is rejected.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::change::{Change, Slot};
use crate::change::{list, text};
use crate::document::{Document, Edit, diff};
use crate::model::Rejected;
use crate::replica::OpId;
use crate::undo::UNDO_DEPTH;

/// The latest own operations. It is not saved: after a crash nothing can be undone.
pub(super) struct History {
    /// Users undo. Where they do not, nothing is kept.
    undo: bool,
    made: VecDeque<Made>,
}

/// One of this client's operations.
struct Made {
    n: u64,
    edits: Vec<Edit>,
    inverse: Vec<Edit>,
    /// What others changed until the next own operation, in two readings: in a text, as far in front and as far behind as
    /// possible. `None` if it is too much to follow.
    others: Option<[Change; 2]>,
}

/// A document that differs from the one before in more places than this was rewritten, and nothing is followed through that.
/// Composing changes takes quadratic time. Most operations make fewer than five edits, and a new document contains a few
/// operations.
const MOST_EDITS: usize = 100;

impl History {
    /// Empty. It stays so unless users undo.
    pub(super) fn new(undo: bool) -> Self {
        Self { undo, made: VecDeque::new() }
    }

    /// Adds one of this client's operations, with its inverse.
    pub(super) fn push(&mut self, n: u64, edits: Vec<Edit>, inverse: Vec<Edit>) {
        if !self.undo {
            return;
        }
        self.made.push_back(Made { n, edits, inverse, others: Some([Change::Keep, Change::Keep]) });
        if self.made.len() > UNDO_DEPTH {
            self.made.pop_front();
        }
    }

    /// Notes that another document has replaced the one here.
    pub(super) fn replaced(&mut self, before: &Document, after: &Document) {
        let Some(last) = self.made.back_mut() else { return };
        let Some([in_front, behind]) = &last.others else { return };
        let edits = diff(before, after);
        if edits.len() > MOST_EDITS {
            last.others = None;
            return;
        }
        let compose = |first: &Change, edits: &[Edit]| first.compose(&Change::of(edits)?);
        last.others = compose(in_front, &slid(&edits, before))
            .zip(compose(behind, &edits))
            .map(|(in_front, behind)| [in_front, behind]);
    }

    /// The document as it is `now` without one of this client's operations.
    pub(super) fn undo(&self, target: OpId, now: &Document) -> Result<Document, Rejected> {
        let found = self.made.iter().position(|made| made.n == target.n);
        let index = found.ok_or_else(|| Rejected::too_old(target))?;
        let [one, other] = [0, 1].map(|reading| {
            let mut document = now.clone();
            self.fitted(index, reading)?.apply(&mut document).ok()?;
            Some(document)
        });
        let depended = || Rejected::new("depended_upon", "others have changed what it changed");
        one.filter(|document| Some(document) == other.as_ref()).ok_or_else(depended)
    }

    /// The inverse of one of this client's operations, fitted to the document as it is now, if that is certain.
    fn fitted(&self, index: usize, reading: usize) -> Option<Change> {
        let change = |edits: &[Edit]| if edits.len() > MOST_EDITS { None } else { Change::of(edits) };
        let mut inverse = change(&self.made[index].inverse)?;
        for (later, made) in self.made.range(index..).enumerate() {
            if later > 0 {
                inverse = inverse.transform(&change(&made.edits)?, false);
            }
            let others = &made.others.as_ref()?[reading];
            let fitted = inverse.transform(others, false);
            if !certain(&inverse, others, &fitted) {
                return None;
            }
            inverse = fitted;
        }
        Some(inverse)
    }
}

/// The same edits with every splice of a text as far in front as possible; [`diff`] puts it as far behind as possible.
fn slid(edits: &[Edit], before: &Document) -> Vec<Edit> {
    let (mut document, mut slid) = (before.clone(), edits.to_vec());
    for edit in &mut slid {
        let now = document.clone();
        // A diff fits the document that it was made from.
        let _ = document.apply(edit);
        let Edit::TextSplice { path, pos, delete, insert } = edit else { continue };
        let (Some(Document::Text(before)), Some(Document::Text(after))) = (now.at(path), document.at(path)) else {
            continue;
        };
        // In the longer of both texts, what comes or goes is between two parts that are in both.
        let (longer, len) = match (*delete, insert.chars().count()) {
            (0, len) => (after, len),
            (len, 0) => (before, len),
            _ => continue,
        };
        while *pos > 0 && longer.get_char(*pos - 1) == longer.get_char(*pos + len - 1) {
            *pos -= 1;
        }
        if *delete == 0 {
            *insert = longer.get_slice(*pos..*pos + len).map(|slice| slice.to_string()).unwrap_or_default();
        }
    }
    slid
}

/// Whether `fitted` undoes what `inverse` does, and no more, whatever operations led to `others`.
fn certain(inverse: &Change, others: &Change, fitted: &Change) -> bool {
    let inside = |key| match fitted {
        Change::Map(slots) => match slots.get(key) {
            Some(Slot::Inside(change)) => change,
            _ => &Change::Keep,
        },
        _ => &Change::Keep,
    };
    match (inverse, others, fitted) {
        (Change::Map(slots), Change::Map(theirs), _) => {
            slots.iter().all(|(key, slot)| match (slot, theirs.get(key)) {
                (Slot::Inside(slot), Some(Slot::Inside(theirs))) => certain(slot, theirs, inside(key)),
                // The last write of an entry, or its removal, wins.
                _ => true,
            })
        }
        (Change::List(steps), Change::List(theirs), fitted) => {
            let left = match fitted {
                Change::List(fitted) => items(fitted),
                _ => Some(0),
            };
            !steps.has_inside() && !theirs.has_inside() && items(steps).is_some_and(|n| left == Some(n))
        }
        (Change::Text(steps), Change::Text(_), Change::Text(fitted)) => {
            letters(steps).is_some_and(|n| letters(fitted) == Some(n))
        }
        (Change::Count(_), Change::Count(_), _) => false,
        _ => true,
    }
}

/// How many items go, if nothing else happens.
fn items(steps: &list::Steps) -> Option<usize> {
    steps.steps().iter().try_fold(0, |sum: usize, step| match step {
        list::Step::Keep(_) => Some(sum),
        list::Step::Delete(n) => sum.checked_add(*n),
        _ => None,
    })
}

/// How many letters go, if nothing else happens.
fn letters(steps: &text::Steps) -> Option<usize> {
    steps.steps().iter().try_fold(0, |sum: usize, step| match step {
        text::Step::Keep(_) => Some(sum),
        text::Step::Delete(n) => sum.checked_add(*n),
        text::Step::Insert(_) => None,
    })
}
