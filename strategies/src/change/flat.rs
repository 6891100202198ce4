//! A change as it travels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Change, Misfit, Slot, list, misfit, text};
use crate::document::{Document, MAX_DEPTH, Path, Step};

/// What changes at each place, without nesting, so that hostile bytes cannot nest it deeply.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Flat(Vec<(Path, Leaf)>);

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
            plant(&mut change, &path, leaf).ok_or_else(|| misfit("two changes of one place"))?;
        }
        Ok(change)
    }
}

/// Adds the change at `path`. Changes inside a list come after the change of the list itself.
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
