//! Changes of a text: keep, insert, delete, from the beginning on; what follows the last step is kept.
//!
//! The form is that of `ot.js`, Quill's delta and the crate `operational-transform`. Lengths are code points.

use std::cmp::min;

use serde::{Deserialize, Serialize};

/// A step over a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// This many code points stay.
    Keep(usize),
    /// This is inserted.
    Insert(String),
    /// This many code points are deleted.
    Delete(usize),
}

use Step::{Delete, Insert, Keep};

/// Steps over a text, in their shortest form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Replaces `delete` code points at `pos`.
    pub fn splice(pos: usize, delete: usize, insert: &str) -> Self {
        let mut steps = Steps::default();
        steps.keep(pos);
        steps.insert(insert);
        steps.delete(delete);
        steps.trimmed()
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn keep(&mut self, n: usize) {
        match self.0.last_mut() {
            _ if n == 0 => {}
            Some(Keep(kept)) => *kept = kept.saturating_add(n),
            _ => self.0.push(Keep(n)),
        }
    }

    fn insert(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // An insertion and a deletion at one place: the insertion is written first, whichever was made first.
        let place = if let Some(Delete(_)) = self.0.last() { self.0.len() - 1 } else { self.0.len() };
        match place.checked_sub(1).and_then(|before| self.0.get_mut(before)) {
            Some(Insert(inserted)) => inserted.push_str(text),
            _ => self.0.insert(place, Insert(text.into())),
        }
    }

    fn delete(&mut self, n: usize) {
        match self.0.last_mut() {
            _ if n == 0 => {}
            Some(Delete(deleted)) => *deleted = deleted.saturating_add(n),
            _ => self.0.push(Delete(n)),
        }
    }

    fn trimmed(mut self) -> Self {
        if let Some(Keep(_)) = self.0.last() {
            self.0.pop();
        }
        self
    }

    /// This change and then `next`, as one.
    #[must_use]
    pub fn compose(&self, next: &Steps) -> Self {
        let mut out = Steps(Vec::with_capacity(self.0.len() + next.0.len()));
        let (mut first, mut second) = (Cursor::new(self), Cursor::new(next));
        loop {
            match (first.peek(), second.peek()) {
                (_, Some(Insert(text))) => {
                    out.insert(text);
                    second.skip();
                }
                (Some(Delete(_)), _) => out.delete(first.take(usize::MAX)),
                (None, None) => return out.trimmed(),
                (Some(Insert(text)), None | Some(Keep(_) | Delete(_))) => {
                    let n = second.limit();
                    let (part, len) = first.text(text, n);
                    if second.deletes() {
                        second.take(len);
                    } else {
                        out.insert(part);
                        second.take(len);
                    }
                }
                (None | Some(Keep(_)), _) => {
                    let n = min(first.limit(), second.limit());
                    let deletes = second.deletes();
                    first.take(n);
                    second.take(n);
                    if deletes { out.delete(n) } else { out.keep(n) }
                }
            }
        }
    }

    /// This change as it must be made after `other`, both made on the same text. Where both insert at one place, this one's
    /// text comes first if it is `ahead`.
    #[must_use]
    pub fn transform(&self, other: &Steps, ahead: bool) -> Self {
        let mut out = Steps(Vec::with_capacity(self.0.len() + other.0.len()));
        let (mut mine, mut theirs) = (Cursor::new(self), Cursor::new(other));
        loop {
            match (mine.peek(), theirs.peek()) {
                (None, _) => return out.trimmed(),
                (Some(Insert(text)), Some(Insert(_))) if ahead => {
                    let (part, _) = mine.text(text, usize::MAX);
                    out.0.push(Insert(part.into()));
                }
                (_, Some(Insert(text))) => {
                    let (_, len) = theirs.text(text, usize::MAX);
                    out.keep(len);
                }
                (Some(Insert(text)), _) => {
                    let (part, _) = mine.text(text, usize::MAX);
                    // Not through `insert`, which would put it before a deletion and so move it.
                    match out.0.last_mut() {
                        Some(Insert(inserted)) => inserted.push_str(part),
                        _ => out.0.push(Insert(part.into())),
                    }
                }
                (Some(Keep(_) | Delete(_)), _) => {
                    let n = min(mine.limit(), theirs.limit());
                    let (delete, gone) = (mine.deletes(), theirs.deletes());
                    mine.take(n);
                    theirs.take(n);
                    match (delete, gone) {
                        (_, true) => {}
                        (true, false) => out.delete(n),
                        (false, false) => out.keep(n),
                    }
                }
            }
        }
    }

    /// The change that takes this one back, given the code points of the text before it.
    #[must_use]
    pub fn invert(&self, slice: impl Fn(usize, usize) -> Option<String>) -> Option<Self> {
        let (mut out, mut at) = (Steps::default(), 0usize);
        for step in &self.0 {
            match step {
                Keep(n) => {
                    out.keep(*n);
                    at = at.checked_add(*n)?;
                }
                Insert(text) => out.delete(text.chars().count()),
                Delete(n) => {
                    let end = at.checked_add(*n)?;
                    out.insert(&slice(at, end)?);
                    at = end;
                }
            }
        }
        Some(out.trimmed())
    }
}

/// A position in a change. Beyond the last step everything is kept.
struct Cursor<'a> {
    steps: &'a [Step],
    /// How much of the first step has been read: code points, or bytes of an insertion.
    used: usize,
}

impl<'a> Cursor<'a> {
    fn new(steps: &'a Steps) -> Self {
        Self { steps: &steps.0, used: 0 }
    }

    fn peek(&self) -> Option<&'a Step> {
        self.steps.first()
    }

    fn deletes(&self) -> bool {
        matches!(self.peek(), Some(Delete(_)))
    }

    /// How many code points of the old text the current step still covers.
    fn limit(&self) -> usize {
        match self.peek() {
            Some(Keep(n) | Delete(n)) => n - self.used,
            _ => usize::MAX,
        }
    }

    fn skip(&mut self) {
        self.steps = &self.steps[1..];
        self.used = 0;
    }

    /// Advances by `n` code points of the old text, at most to the end of the step; gives how many it covered.
    fn take(&mut self, n: usize) -> usize {
        let n = min(n, self.limit());
        if let Some(Keep(len) | Delete(len)) = self.peek() {
            self.used += n;
            if self.used == *len {
                self.skip();
            }
        }
        n
    }

    /// The next code points of an insertion, at most `n`, and how many they are.
    fn text(&mut self, whole: &'a str, n: usize) -> (&'a str, usize) {
        let rest = &whole[self.used..];
        // No text has more code points than bytes.
        let found = if n >= rest.len() { None } else { rest.char_indices().nth(n) };
        let (bytes, len) = match found {
            Some((bytes, _)) => (bytes, n),
            None => (rest.len(), rest.chars().count()),
        };
        self.used += bytes;
        if self.used == whole.len() {
            self.skip();
        }
        (&rest[..bytes], len)
    }
}
