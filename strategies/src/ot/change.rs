//! A change of a document as a tree: what happens at a node, and inside of what it holds.
//!
//! Two changes that were made on the same document are fitted to each other by [`Change::transform`], so that both orders
//! of application end in the same document (TP1); a server that orders everything needs no more (Jupiter). Where both
//! write one entry of a map or replace one item, only one of the writes can stand: that of the change which is `ahead`.
//! A write beats what happens inside of what it replaces, and a deletion beats everything inside.
//!
//! Sources: Nichols et al. 1995 (Jupiter), Ressel et al. 1996 (TP1), ShareDB's json0 and ot-json1.

use std::collections::BTreeMap;

use ropey::Rope;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{list, text};
use crate::document::{Document, Edit, EditError, Key, MAX_DEPTH, Path, Step};

/// What happens at a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Flat", into = "Flat")]
pub enum Change {
    /// Nothing.
    #[default]
    Keep,
    /// It is replaced.
    Set(Document),
    /// Entries of a map.
    Map(BTreeMap<Key, Slot>),
    /// Items of a list.
    List(list::Steps),
    /// A stretch of a text.
    Text(text::Steps),
    /// A counter is added to.
    Count(i64),
}

/// What happens to an entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// It is written, whether it was there or not.
    Put(Document),
    /// It goes.
    Remove,
    /// Something happens inside.
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
    /// Whether nothing happens.
    pub fn is_keep(&self) -> bool {
        match self {
            Change::Keep => true,
            Change::Map(slots) => slots.is_empty(),
            Change::List(steps) => steps.is_empty(),
            Change::Text(steps) => steps.is_empty(),
            Change::Set(_) | Change::Count(_) => false,
        }
    }

    /// Edits that were made one after the other, as one change. `None` if they cannot follow each other.
    pub fn of(edits: &[Edit]) -> Option<Self> {
        edits.iter().try_fold(Change::Keep, |change, edit| change.compose(&Change::from(edit)))
    }

    /// This change, then `next`, as one. `None` where `next` does not fit.
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
                Change::Map(slots)
            }
            (Change::List(steps), Change::List(then)) => Change::List(steps.compose(then)?),
            (Change::Text(steps), Change::Text(then)) => Change::Text(steps.compose(then)),
            (Change::Count(by), Change::Count(then)) => {
                // Documents refuse what has no inverse.
                Change::Count(by.checked_add(*then).filter(|by| *by != i64::MIN)?)
            }
            _ => return None,
        })
    }

    /// This change as it must be made after `other`, where both were made on the same document. Where only one of two can
    /// stand it is this one if it is `ahead`; then what it inserts also comes first where both insert at one place.
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
                Change::Map(fitted.collect())
            }
            (Change::List(steps), Change::List(theirs)) => Change::List(steps.transform(theirs, ahead)),
            (Change::Text(steps), Change::Text(theirs)) => Change::Text(steps.transform(theirs, ahead)),
            (Change::Count(_), Change::Count(_)) => self.clone(),
            // The node was replaced, or the two speak of different documents.
            _ => Change::Keep,
        }
    }

    /// What takes this change back, given the document before it. `None` where it does not fit.
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
                Change::Map(inverse)
            }
            (Change::List(steps), Document::List(items)) => {
                Change::List(steps.invert(|index| items.get(index).cloned())?)
            }
            (Change::Text(steps), Document::Text(rope)) => {
                Change::Text(steps.invert(|from, to| Some(rope.get_slice(from..to)?.to_string()))?)
            }
            (Change::Count(by), Document::Counter(_)) => Change::Count(by.checked_neg()?),
            _ => return None,
        })
    }

    /// Makes the change. On an error the document is as it was.
    pub fn apply(&self, document: &mut Document) -> Result<(), Misfit> {
        let mut edits = Vec::new();
        self.edits(&Path::root(), document, &mut edits)?;
        document.apply_all(&edits)?;
        Ok(())
    }

    /// The change as edits of the document whose node at `path` is `node`.
    fn edits(&self, path: &Path, node: &Document, out: &mut Vec<Edit>) -> Result<(), Misfit> {
        match (self, node) {
            (Change::Keep, _) => {}
            (Change::Set(value), _) => out.push(Edit::Put { path: path.clone(), value: value.clone() }),
            (Change::Map(slots), Document::Map(map)) => {
                for (key, slot) in slots {
                    let path = path.child(key.clone());
                    match (slot, map.get(key)) {
                        (Slot::Put(value), _) => out.push(Edit::Put { path, value: value.clone() }),
                        (Slot::Remove, Some(_)) => out.push(Edit::Remove { path }),
                        // Somebody else has removed it before.
                        (Slot::Remove, None) => {}
                        (Slot::Inside(change), Some(node)) => change.edits(&path, node, out)?,
                        (Slot::Inside(_), None) => return Err(misfit("a change inside of what is not there")),
                    }
                }
            }
            (Change::List(steps), Document::List(items)) => list_edits(steps, path, items, out)?,
            (Change::Text(steps), Document::Text(rope)) => text_edits(steps, path, rope, out)?,
            (Change::Count(by), Document::Counter(_)) => out.push(Edit::Increment { path: path.clone(), by: *by }),
            _ => return Err(misfit("a node of another kind")),
        }
        Ok(())
    }
}

fn list_edits(
    steps: &list::Steps,
    path: &Path,
    items: &imbl::Vector<Document>,
    out: &mut Vec<Edit>,
) -> Result<(), Misfit> {
    let none = || misfit("an item that is not there");
    let mut taken = BTreeMap::new();
    let mut old = 0usize;
    for step in steps.steps() {
        match step {
            list::Step::Keep(n) | list::Step::Delete(n) => old = old.saturating_add(*n),
            list::Step::Take(slot) => {
                let mut item = items.get(old).ok_or_else(none)?.clone();
                if let Some(change) = steps.inside.get(&old) {
                    change.apply(&mut item)?;
                }
                taken.insert(*slot, (old, item));
                old = old.saturating_add(1);
            }
            list::Step::Insert(_) | list::Step::Place(_) => {}
        }
    }
    if old > items.len() {
        return Err(none());
    }
    for (index, change) in &steps.inside {
        if !taken.values().any(|(old, _)| old == index) {
            change.edits(&path.child(*index), items.get(*index).ok_or_else(none)?, out)?;
        }
    }
    let mut at = 0usize;
    for step in steps.steps() {
        match step {
            list::Step::Keep(n) => at += n,
            list::Step::Insert(values) => {
                out.push(Edit::ListInsert { path: path.clone(), index: at, values: values.clone() });
                at += values.len();
            }
            list::Step::Delete(count) => {
                out.push(Edit::ListRemove { path: path.clone(), index: at, count: *count });
            }
            list::Step::Take(_) => out.push(Edit::ListRemove { path: path.clone(), index: at, count: 1 }),
            list::Step::Place(slot) => {
                let (_, item) = taken.get(slot).ok_or_else(none)?;
                out.push(Edit::ListInsert { path: path.clone(), index: at, values: vec![item.clone()] });
                at += 1;
            }
        }
    }
    Ok(())
}

/// Changes that touch a text more often than once in so many code points are made by writing that stretch anew.
const DENSE: usize = 64;

fn text_edits(steps: &text::Steps, path: &Path, rope: &Rope, out: &mut Vec<Edit>) -> Result<(), Misfit> {
    if steps.steps().len() > 8 && rope.len_chars() / steps.steps().len() < DENSE {
        out.push(rewritten(steps, path, rope)?);
        return Ok(());
    }
    let (mut at, mut left) = (0usize, rope.len_chars());
    for step in steps.steps() {
        let splice = |delete: usize, insert: &str| Edit::TextSplice {
            path: path.clone(),
            pos: at,
            delete,
            insert: insert.into(),
        };
        match step {
            text::Step::Keep(n) => {
                left = left.checked_sub(*n).ok_or_else(|| misfit("beyond the end of the text"))?;
                at += n;
            }
            text::Step::Insert(insert) => {
                out.push(splice(0, insert));
                at += insert.chars().count();
            }
            text::Step::Delete(delete) => {
                left = left.checked_sub(*delete).ok_or_else(|| misfit("beyond the end of the text"))?;
                out.push(splice(*delete, ""));
            }
        }
    }
    Ok(())
}

/// All steps as one edit of the stretch from the first to the last.
fn rewritten(steps: &text::Steps, path: &Path, rope: &Rope) -> Result<Edit, Misfit> {
    let (pos, steps) = match steps.steps() {
        [text::Step::Keep(n), rest @ ..] => (*n, rest),
        all => (0, all),
    };
    let spans = steps.iter().map(|step| match step {
        text::Step::Keep(n) | text::Step::Delete(n) => *n,
        text::Step::Insert(_) => 0,
    });
    let beyond = || misfit("beyond the end of the text");
    let delete = spans.fold(0, usize::saturating_add);
    let old = rope.get_slice(pos..pos.saturating_add(delete)).ok_or_else(beyond)?.to_string();
    let ascii = old.is_ascii();
    let (mut rest, mut insert) = (&old[..], String::with_capacity(old.len()));
    for step in steps {
        let mut next = |n: usize| {
            let bytes = if ascii { n } else { rest.char_indices().nth(n).map_or(rest.len(), |(at, _)| at) };
            let (taken, left) = rest.split_at(bytes);
            rest = left;
            taken
        };
        match step {
            text::Step::Keep(n) => insert.push_str(next(*n)),
            text::Step::Insert(text) => insert.push_str(text),
            text::Step::Delete(n) => drop(next(*n)),
        }
    }
    Ok(Edit::TextSplice { path: path.clone(), pos, delete, insert })
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
                (&path[..], Change::List(list::Steps::insert(*index, values.clone())))
            }
            Edit::ListRemove { path, index, count } => (&path[..], Change::List(list::Steps::delete(*index, *count))),
            Edit::ListMove { path, from, to } => (&path[..], Change::List(list::Steps::moved(*from, *to))),
            Edit::TextSplice { path, pos, delete, insert } => {
                (&path[..], Change::Text(text::Steps::splice(*pos, *delete, insert)))
            }
        };
        path.iter().rev().fold(change, |change, step| match step {
            Step::Key(key) => slot(key, Slot::Inside(change)),
            Step::Index(index) => Change::List(list::Steps::inside(*index, change)),
        })
    }
}

fn slot(key: &Key, slot: Slot) -> Change {
    Change::Map([(key.clone(), slot)].into())
}

/// A change as it travels: what happens at each place, without nesting, so that hostile bytes cannot nest it deeply.
#[derive(Clone, Serialize, Deserialize)]
struct Flat(Vec<(Path, Leaf)>);

#[derive(Clone, Serialize, Deserialize)]
enum Leaf {
    Set(Document),
    Put(Document),
    Remove,
    List(Vec<list::Step>),
    Text(text::Steps),
    Count(i64),
}

impl From<Change> for Flat {
    fn from(change: Change) -> Self {
        let mut leaves = Vec::new();
        flatten(&change, &Path::root(), &mut leaves);
        Flat(leaves)
    }
}

fn flatten(change: &Change, path: &Path, out: &mut Vec<(Path, Leaf)>) {
    match change {
        Change::Keep => {}
        Change::Set(value) => out.push((path.clone(), Leaf::Set(value.clone()))),
        Change::Map(slots) => {
            for (key, slot) in slots {
                let path = path.child(key.clone());
                match slot {
                    Slot::Put(value) => out.push((path, Leaf::Put(value.clone()))),
                    Slot::Remove => out.push((path, Leaf::Remove)),
                    Slot::Inside(change) => flatten(change, &path, out),
                }
            }
        }
        Change::List(steps) => {
            if !steps.steps().is_empty() {
                out.push((path.clone(), Leaf::List(steps.steps().to_vec())));
            }
            steps.inside.iter().for_each(|(index, change)| flatten(change, &path.child(*index), out));
        }
        Change::Text(steps) => out.push((path.clone(), Leaf::Text(steps.clone()))),
        Change::Count(by) => out.push((path.clone(), Leaf::Count(*by))),
    }
}

impl TryFrom<Flat> for Change {
    type Error = Misfit;

    fn try_from(Flat(leaves): Flat) -> Result<Self, Misfit> {
        let mut change = Change::Keep;
        for (path, leaf) in leaves {
            if path.len() > MAX_DEPTH {
                return Err(misfit("nested too deeply"));
            }
            plant(&mut change, &path, leaf).ok_or_else(|| misfit("two things happen at one place"))?;
        }
        Ok(change)
    }
}

/// Adds what happens at `path` to a change. What happens inside of a list comes after what happens to it.
fn plant(change: &mut Change, path: &[Step], leaf: Leaf) -> Option<()> {
    match (path, leaf) {
        ([], leaf) => {
            if *change != Change::Keep {
                return None;
            }
            *change = match leaf {
                Leaf::Set(value) => Change::Set(value),
                Leaf::List(steps) => Change::List(list::Steps::checked(steps)?),
                Leaf::Text(steps) => Change::Text(steps),
                Leaf::Count(by) => Change::Count(by),
                Leaf::Put(_) | Leaf::Remove => return None,
            };
        }
        ([Step::Key(key), below @ ..], leaf) => {
            if *change == Change::Keep {
                *change = Change::Map(BTreeMap::new());
            }
            let Change::Map(slots) = change else { return None };
            let written = match (below, leaf) {
                ([], Leaf::Put(value)) => Slot::Put(value),
                ([], Leaf::Remove) => Slot::Remove,
                (below, leaf) => {
                    let inside = slots.entry(key.clone()).or_insert(Slot::Inside(Change::Keep));
                    let Slot::Inside(inside) = inside else { return None };
                    return plant(inside, below, leaf);
                }
            };
            if slots.insert(key.clone(), written).is_some() {
                return None;
            }
        }
        ([Step::Index(index), below @ ..], leaf) => {
            if *change == Change::Keep {
                *change = Change::List(list::Steps::default());
            }
            let Change::List(steps) = change else { return None };
            plant(steps.enter(*index)?, below, leaf)?;
        }
    }
    Some(())
}
