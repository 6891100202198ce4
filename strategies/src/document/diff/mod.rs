//! From two states to the edits between them.
//!
//! This turns a reducer over plain data into edits (Immer's `produceWithPatches`). On lists it keeps more of the intent than
//! Immer does: an item put in front is one insertion, not a change of every item behind it.

mod common;
#[cfg(test)]
mod tests;

use imbl::ordmap::DiffItem;
use ropey::Rope;

use super::{Document, Edit, Key, List, MAX_DEPTH, Path, Step};
use common::{End, common, common_items, same};

/// The edits that turn `before` into `after`: `before.clone().apply_all(&diff(before, after))` gives `after` exactly.
///
/// * Maps: key by key; an entry that only one side has is removed or put.
/// * Lists: equal items at both ends stay. Of the rest, one item that moved is a move; if the number of items is the same,
///   they are compared one by one; otherwise they are removed and the new ones inserted.
/// * Texts: one splice between the common prefix and the common suffix, in code points.
/// * Counters: one increment; up to three if the difference exceeds 64 bits.
/// * Anything else that differs in kind or content: a put.
///
/// The diff is one of many; it need not be the shortest, and it cannot know which of two equal items or letters was
/// meant. Work is at most proportional to the nodes of both documents times their depth; what they share in memory is
/// skipped. `after` keeps to [`MAX_DEPTH`], as all documents from edits or bytes do; the edits to a deeper one are errors.
pub fn diff(before: &Document, after: &Document) -> Vec<Edit> {
    let mut differ = Differ { path: Vec::new(), edits: Vec::new() };
    differ.node(before, after);
    differ.edits
}

struct Differ {
    /// The node being compared.
    path: Vec<Step>,
    edits: Vec<Edit>,
}

impl Differ {
    fn here(&self) -> Path {
        self.path.clone().into()
    }

    fn child(&mut self, step: impl Into<Step>, before: &Document, after: &Document) {
        self.path.push(step.into());
        self.node(before, after);
        self.path.pop();
    }

    fn node(&mut self, before: &Document, after: &Document) {
        match (before, after) {
            (Document::Counter(before), Document::Counter(after)) => self.counter(*before, *after),
            (Document::Text(before), Document::Text(after)) => self.text(before, after),
            (Document::List(before), Document::List(after)) if self.path.len() < MAX_DEPTH => self.list(before, after),
            (Document::Map(before), Document::Map(after)) if self.path.len() < MAX_DEPTH => {
                for item in before.diff(after) {
                    match item {
                        DiffItem::Add(key, value) => self.put(key, value),
                        DiffItem::Update { old: (key, old), new: (_, new) } => self.child(key.clone(), old, new),
                        DiffItem::Remove(key, _) => {
                            let path = self.here().child(key.clone());
                            self.edits.push(Edit::Remove { path });
                        }
                    }
                }
            }
            _ if same(before, after) => {}
            _ => self.edits.push(Edit::Put { path: self.here(), value: after.clone() }),
        }
    }

    fn put(&mut self, key: &Key, value: &Document) {
        let path = self.here().child(key.clone());
        self.edits.push(Edit::Put { path, value: value.clone() });
    }

    fn counter(&mut self, before: i64, after: i64) {
        let mut rest = i128::from(after) - i128::from(before);
        while rest != 0 {
            // Not the least integer, which has no inverse. Every sum on the way lies between the two values.
            let by = rest.clamp(-i128::from(i64::MAX), i128::from(i64::MAX)) as i64;
            self.edits.push(Edit::Increment { path: self.here(), by });
            rest -= i128::from(by);
        }
    }

    fn text(&mut self, before: &Rope, after: &Rope) {
        if before.is_instance(after) {
            return;
        }
        let (old, new) = (before.len_chars(), after.len_chars());
        let prefix = common(before.chars(), after.chars());
        if prefix == old.max(new) {
            return;
        }
        let suffix = common(before.chars_at(old).reversed(), after.chars_at(new).reversed());
        // The ends may overlap, as in "aa" to "aaa".
        let suffix = suffix.min(old.min(new) - prefix);
        self.edits.push(Edit::TextSplice {
            path: self.here(),
            pos: prefix,
            delete: old - prefix - suffix,
            insert: after.slice(prefix..new - suffix).to_string(),
        });
    }

    fn list(&mut self, before: &List, after: &List) {
        if before.ptr_eq(after) {
            return;
        }
        let (old, new) = (before.len(), after.len());
        let prefix = common_items(before, after, End::Front);
        let suffix = common_items(before, after, End::Back).min(old.min(new) - prefix);
        let gone = before.range(prefix..old - suffix);
        let come = after.range(prefix..new - suffix);
        if gone.len() != come.len() {
            if !gone.is_empty() {
                self.edits.push(Edit::ListRemove { path: self.here(), index: prefix, count: gone.len() });
            }
            if !come.is_empty() {
                let values = come.iter().cloned().collect();
                self.edits.push(Edit::ListInsert { path: self.here(), index: prefix, values });
            }
        } else if let Some((from, to)) = moved(&gone, &come) {
            self.edits.push(Edit::ListMove { path: self.here(), from: prefix + from, to: prefix + to });
        } else {
            for (offset, (before, after)) in gone.iter().zip(&come).enumerate() {
                self.child(prefix + offset, before, after);
            }
        }
    }
}

/// From where to where one item moved, if nothing else happened. Equal items at the ends have been cut off, so it must have
/// moved from one end to the other.
fn moved(before: &List, after: &List) -> Option<(usize, usize)> {
    let last = before.len().checked_sub(1)?;
    let rotates = |one: &List, other: &List| {
        one.get(0).zip(other.get(last)).is_some_and(|(first, last)| same(first, last))
            && common_items(&one.range(1..last + 1), &other.range(0..last), End::Front) == last
    };
    if rotates(before, after) {
        Some((0, last))
    } else if rotates(after, before) {
        Some((last, 0))
    } else {
        None
    }
}
