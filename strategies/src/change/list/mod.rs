//! Changes of a list: keep, insert, delete and move items, and changes inside items.
//!
//! A move takes an item at one place and puts it down at another. Places are gaps between the items of the old list, so an
//! insertion, or an item that is put down, keeps its place when its neighbours are deleted. The form is that of `ot-json1`
//! (pick and drop), on one list.

mod compose;
mod cursor;
mod transform;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Change;
use crate::document::Document;

/// A step over a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// This many items stay.
    Keep(usize),
    /// These items are inserted.
    Insert(Vec<Document>),
    /// This many items are deleted.
    Delete(usize),
    /// This item is taken, to be put down elsewhere.
    Take(u32),
    /// The item that was taken under this number is put down.
    Place(u32),
}

use Step::{Delete, Insert, Keep, Place, Take};

/// A change of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    steps: Vec<Step>,
    /// Changes inside items, by index in the old list. A deleted item has none.
    pub(super) inside: BTreeMap<usize, Change>,
}

/// What happens to an item of the old list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    Moves(u32),
}

impl Steps {
    /// One change inside one item.
    pub fn inside(index: usize, change: Change) -> Self {
        Self { steps: Vec::new(), inside: [(index, change)].into() }.trimmed()
    }

    /// From untrusted steps. `None` unless every item that is taken is put down, once.
    pub(super) fn checked(steps: Vec<Step>) -> Option<Self> {
        let mut numbers = (Vec::new(), Vec::new());
        let (mut old, mut new) = (0usize, 0usize);
        for step in &steps {
            match step {
                Take(slot) => numbers.0.push(*slot),
                Place(slot) => numbers.1.push(*slot),
                _ => {}
            }
            (old, new) = (old.checked_add(consumed(step))?, new.checked_add(produced(step))?);
        }
        numbers.0.sort_unstable();
        numbers.1.sort_unstable();
        let twice = numbers.0.windows(2).any(|pair| pair[0] == pair[1]);
        (numbers.0 == numbers.1 && !twice).then(|| Self::of(steps).renumbered())
    }

    /// The change inside an item, to be extended. `None` if the item is deleted.
    pub(super) fn enter(&mut self, index: usize) -> Option<&mut Change> {
        (self.fate(index) != Fate::Goes).then(|| self.inside.entry(index).or_default())
    }

    /// Inserts items at `index`.
    pub fn insert(index: usize, values: Vec<Document>) -> Self {
        Self::of([Keep(index), Insert(values)])
    }

    /// Deletes items from `index` on.
    pub fn delete(index: usize, count: usize) -> Self {
        Self::of([Keep(index), Delete(count)])
    }

    /// Moves an item.
    pub fn moved(from: usize, to: usize) -> Self {
        match from {
            _ if from == to => Self::default(),
            _ if from < to => Self::of([Keep(from), Take(0), Keep(to - from), Place(0)]),
            _ => Self::of([Keep(to), Place(0), Keep(from - to), Take(0)]),
        }
    }

    fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut out = Self::default();
        steps.into_iter().for_each(|step| out.push(step));
        out.trimmed()
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.inside.is_empty()
    }

    /// Whether something changes inside items.
    pub fn has_inside(&self) -> bool {
        !self.inside.is_empty()
    }

    fn push(&mut self, step: Step) {
        match (self.steps.last_mut(), step) {
            (_, Keep(0) | Delete(0)) => {}
            (_, Insert(values)) if values.is_empty() => {}
            (Some(Keep(n)), Keep(more)) | (Some(Delete(n)), Delete(more)) => *n = n.saturating_add(more),
            (Some(Insert(values)), Insert(more)) => values.extend(more),
            (_, step) => self.steps.push(step),
        }
    }

    fn trimmed(mut self) -> Self {
        while let Some(Keep(_)) = self.steps.last() {
            self.steps.pop();
        }
        self.inside.retain(|_, change| !change.is_keep());
        self
    }

    fn fate(&self, index: usize) -> Fate {
        let mut at = 0usize;
        for step in &self.steps {
            let end = at.saturating_add(consumed(step));
            if (at..end).contains(&index) {
                return match step {
                    Delete(_) => Fate::Goes,
                    Take(slot) => Fate::Moves(*slot),
                    _ => Fate::Stays,
                };
            }
            at = end;
        }
        Fate::Stays
    }

    /// The old index of the item taken under each number.
    fn takes(&self) -> BTreeMap<u32, usize> {
        let (mut at, mut takes) = (0usize, BTreeMap::new());
        for step in &self.steps {
            if let Take(slot) = step {
                takes.insert(*slot, at);
            }
            at = at.saturating_add(consumed(step));
        }
        takes
    }

    /// The new index of an old item; `None` if it is deleted.
    fn image(&self, index: usize) -> Option<usize> {
        let wanted = match self.fate(index) {
            Fate::Goes => return None,
            Fate::Moves(slot) => Some(slot),
            Fate::Stays => None,
        };
        let (mut old, mut new) = (0usize, 0usize);
        for step in &self.steps {
            match step {
                Place(slot) if Some(*slot) == wanted => return Some(new),
                Keep(n) if wanted.is_none() && index < old.saturating_add(*n) => return Some(new + (index - old)),
                _ => {}
            }
            old = old.saturating_add(consumed(step));
            new = new.saturating_add(produced(step));
        }
        Some(new.saturating_add(index.saturating_sub(old)))
    }

    /// Numbers moves in the order in which items are taken.
    fn renumbered(mut self) -> Self {
        let takes = self.steps.iter().filter_map(|step| if let Take(slot) = step { Some(*slot) } else { None });
        let numbers: BTreeMap<u32, u32> = takes.zip(0..).collect();
        for step in &mut self.steps {
            if let Take(slot) | Place(slot) = step {
                *slot = numbers.get(slot).copied().unwrap_or(*slot);
            }
        }
        self
    }

    /// The change that undoes this one, given the items of the old list.
    #[must_use]
    pub fn invert(&self, item: impl Fn(usize) -> Option<Document>) -> Option<Self> {
        let (mut out, mut old) = (Steps::default(), 0usize);
        for step in &self.steps {
            out.push(match step {
                Keep(n) => Keep(*n),
                Insert(values) => Delete(values.len()),
                Delete(n) => Insert((old..old.checked_add(*n)?).map(&item).collect::<Option<_>>()?),
                Take(slot) => Place(*slot),
                Place(slot) => Take(*slot),
            });
            old = old.checked_add(consumed(step))?;
        }
        for (index, change) in &self.inside {
            out.inside.insert(self.image(*index)?, change.invert(&item(*index)?)?);
        }
        Some(out.renumbered().trimmed())
    }
}

/// How many items of the old list a step covers.
fn consumed(step: &Step) -> usize {
    match step {
        Keep(n) | Delete(n) => *n,
        Take(_) => 1,
        Insert(_) | Place(_) => 0,
    }
}

/// How many items of the new list a step covers.
fn produced(step: &Step) -> usize {
    match step {
        Keep(n) => *n,
        Insert(values) => values.len(),
        Place(_) => 1,
        Delete(_) | Take(_) => 0,
    }
}
