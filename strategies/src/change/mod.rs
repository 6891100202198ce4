//! A change of a document as a tree: what happens at a node and inside it.
//!
//! [`Change::transform`] fits two changes of the same document to each other, so that both orders of application end in the
//! same document (TP1); a server that orders everything needs no more (Jupiter). Where both write one entry of a map or
//! replace one item, one write wins: that of the change which is `ahead`. A write beats changes inside the node that it
//! replaces, and a deletion beats everything inside.
//!
//! Sources: Nichols et al. 1995 (Jupiter), Ressel et al. 1996 (TP1), ShareDB's json0 and ot-json1.

#[cfg(test)]
mod agreement;
mod apply;
mod flat;
#[cfg(test)]
mod laws;
pub mod list;
pub mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::document::{Document, Edit, EditError, Key, Step};
use flat::Flat;

/// What happens at a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Flat", into = "Flat")]
pub enum Change {
    /// Nothing changes.
    #[default]
    Keep,
    /// The node is replaced.
    Set(Document),
    /// Entries of a map change.
    Map(BTreeMap<Key, Slot>),
    /// Items of a list change.
    List(list::Steps),
    /// Stretches of a text change.
    Text(text::Steps),
    /// A number is added to a counter.
    Count(i64),
}

/// What happens to an entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// It is written, whether it existed or not.
    Put(Document),
    /// It is removed.
    Remove,
    /// It changes inside.
    Inside(Change),
}

/// The change does not fit the document, or the change before it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the change does not fit: {0}")]
pub struct Misfit(String);

impl From<EditError> for Misfit {
    fn from(error: EditError) -> Self {
        Misfit(error.to_string())
    }
}

fn misfit(what: &str) -> Misfit {
    Misfit(what.into())
}

impl Change {
    /// Whether nothing changes.
    pub fn is_keep(&self) -> bool {
        match self {
            Change::Keep => true,
            Change::Map(slots) => slots.is_empty(),
            Change::List(steps) => steps.is_empty(),
            Change::Text(steps) => steps.is_empty(),
            Change::Set(_) | Change::Count(_) => false,
        }
    }

    /// A change of entries of a map. An entry in which nothing changes is left out, as it is from the encoding: client and
    /// server have to find two changes equal that encode alike.
    fn of_entries(mut slots: BTreeMap<Key, Slot>) -> Self {
        slots.retain(|_, slot| *slot != Slot::Inside(Change::Keep));
        if slots.is_empty() { Change::Keep } else { Change::Map(slots) }
    }

    /// A change of items of a list; see [`Change::of_entries`].
    fn of_items(steps: list::Steps) -> Self {
        if steps.is_empty() { Change::Keep } else { Change::List(steps) }
    }

    /// Edits that follow each other, as one change. `None` if they cannot.
    pub fn of(edits: &[Edit]) -> Option<Self> {
        edits.iter().try_fold(Change::Keep, |change, edit| change.compose(&Change::from(edit)))
    }

    /// This change and then `next`, as one. `None` where `next` does not fit.
    #[must_use]
    pub fn compose(&self, next: &Change) -> Option<Self> {
        Some(match (self, next) {
            (_, Change::Keep) => self.clone(),
            (Change::Keep, _) | (_, Change::Set(_)) => next.clone(),
            (Change::Set(value), _) => {
                let mut value = value.clone();
                next.apply(&mut value).ok()?;
                Change::Set(value)
            }
            (Change::Map(slots), Change::Map(then)) => {
                let mut slots = slots.clone();
                for (key, slot) in then {
                    let slot = match (slots.remove(key), slot) {
                        (Some(Slot::Put(mut value)), Slot::Inside(change)) => {
                            change.apply(&mut value).ok()?;
                            Slot::Put(value)
                        }
                        (Some(Slot::Inside(change)), Slot::Inside(then)) => Slot::Inside(change.compose(then)?),
                        (Some(Slot::Remove), Slot::Inside(_)) => return None,
                        (_, slot) => slot.clone(),
                    };
                    slots.insert(key.clone(), slot);
                }
                Change::of_entries(slots)
            }
            (Change::List(steps), Change::List(then)) => Change::of_items(steps.compose(then)?),
            (Change::Text(steps), Change::Text(then)) => Change::Text(steps.compose(then)),
            (Change::Count(by), Change::Count(then)) => {
                // An edit without an inverse is an error of the document.
                Change::Count(by.checked_add(*then).filter(|by| *by != i64::MIN)?)
            }
            _ => return None,
        })
    }

    /// This change as it must be made after `other`, both made on the same document. Where only one of them can win, this
    /// one does if it is `ahead`; then its insertions also come first where both insert at one place.
    #[must_use]
    pub fn transform(&self, other: &Change, ahead: bool) -> Self {
        match (self, other) {
            (_, Change::Keep) => self.clone(),
            (Change::Set(_), Change::Set(_)) if !ahead => Change::Keep,
            (Change::Set(_), _) => self.clone(),
            (Change::Map(slots), Change::Map(theirs)) => {
                let fitted = slots.iter().filter_map(|(key, slot)| {
                    let slot = match (slot, theirs.get(key)) {
                        (Slot::Inside(change), Some(Slot::Inside(other))) => {
                            Slot::Inside(change.transform(other, ahead))
                        }
                        (Slot::Inside(_), Some(Slot::Put(_) | Slot::Remove)) => return None,
                        (_, Some(Slot::Put(_) | Slot::Remove)) if !ahead => return None,
                        (slot, _) => slot.clone(),
                    };
                    Some((key.clone(), slot))
                });
                Change::of_entries(fitted.collect())
            }
            (Change::List(steps), Change::List(theirs)) => Change::of_items(steps.transform(theirs, ahead)),
            (Change::Text(steps), Change::Text(theirs)) => Change::Text(steps.transform(theirs, ahead)),
            (Change::Count(_), Change::Count(_)) => self.clone(),
            // The node was replaced, or the two were made on different documents.
            _ => Change::Keep,
        }
    }

    /// The change that undoes this one, given the document before it. `None` where this one does not fit.
    #[must_use]
    pub fn invert(&self, before: &Document) -> Option<Self> {
        Some(match (self, before) {
            (Change::Keep, _) => Change::Keep,
            (Change::Set(_), _) => Change::Set(before.clone()),
            (Change::Map(slots), Document::Map(map)) => {
                let mut inverse = BTreeMap::new();
                for (key, slot) in slots {
                    let slot = match (slot, map.get(key)) {
                        (Slot::Inside(change), Some(node)) => Slot::Inside(change.invert(node)?),
                        (Slot::Inside(_), None) => return None,
                        (_, Some(node)) => Slot::Put(node.clone()),
                        (Slot::Put(_), None) => Slot::Remove,
                        (Slot::Remove, None) => continue,
                    };
                    inverse.insert(key.clone(), slot);
                }
                Change::of_entries(inverse)
            }
            (Change::List(steps), Document::List(items)) => {
                Change::of_items(steps.invert(|index| items.get(index).cloned())?)
            }
            (Change::Text(steps), Document::Text(rope)) => {
                Change::Text(steps.invert(|from, to| Some(rope.get_slice(from..to)?.to_string()))?)
            }
            (Change::Count(by), Document::Counter(_)) => Change::Count(by.checked_neg()?),
            _ => return None,
        })
    }
}

impl From<&Edit> for Change {
    fn from(edit: &Edit) -> Self {
        let (path, change) = match edit {
            Edit::Put { path, value } => match path.split_last() {
                Some((Step::Key(key), above)) => (above, slot(key, Slot::Put(value.clone()))),
                _ => (&path[..], Change::Set(value.clone())),
            },
            Edit::Remove { path } => match path.split_last() {
                Some((Step::Key(key), above)) => (above, slot(key, Slot::Remove)),
                // No document has such an entry to remove.
                _ => (&path[..], Change::Keep),
            },
            Edit::Increment { path, by } => (&path[..], Change::Count(*by)),
            Edit::ListInsert { path, index, values } => {
                (&path[..], Change::of_items(list::Steps::insert(*index, values.clone())))
            }
            Edit::ListRemove { path, index, count } => {
                (&path[..], Change::of_items(list::Steps::delete(*index, *count)))
            }
            Edit::ListMove { path, from, to } => (&path[..], Change::of_items(list::Steps::moved(*from, *to))),
            Edit::TextSplice { path, pos, delete, insert } => {
                (&path[..], Change::Text(text::Steps::splice(*pos, *delete, insert)))
            }
        };
        path.iter().rev().fold(change, |change, step| match step {
            Step::Key(key) => slot(key, Slot::Inside(change)),
            Step::Index(index) => Change::of_items(list::Steps::inside(*index, change)),
        })
    }
}

fn slot(key: &Key, slot: Slot) -> Change {
    Change::of_entries([(key.clone(), slot)].into())
}
