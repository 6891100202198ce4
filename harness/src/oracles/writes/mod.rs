//! What became of the values that users wrote into places: kept, replaced by a user who had seen them, or lost.
//!
//! **The rule.** A confirmed write is lost when its value is not in the final state and no user replaced it knowingly. Two
//! kinds of operations replace a value knowingly:
//! * one whose user saw the value in the place where the operation replaced or removed it. It is not enough that the write
//!   was reflected at the user's replica: of two concurrent writes one wins, and users who act later follow both and have
//!   seen one.
//! * one by the user of the write itself, in the same place, issued while the write was not reflected at that user's replica:
//!   not yet, or not any more since the device was wiped. The screen did not show it, and its user knows what it wrote.
//!
//! An undone operation is as if it had never been: it replaced nothing, and what it had replaced must be back. There are
//! two exceptions. Where its own value was replaced knowingly, that replaced what was there before as well. Where its
//! effect is still there, the undo itself is lost, see `Writes::undo_failed`, and not also the values that the effect
//! hides.
//!
//! An operation that was neither confirmed nor rejected may have had its effect. If it would have replaced a value
//! knowingly, the value is not lost. If it is concurrent to the write, the value is lost whether it happened or not.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::NodeId;

use crate::finding::kinds;
use crate::history::Issued;
use crate::ledger::Entry;

kinds! {
    OVERWRITTEN = lost(
        "overwritten",
        "A user set a value, and another user who had not seen it set the same place at the same time and won."
    );
    EDIT_LOST_TO_DELETE = lost(
        "edit lost to delete",
        "A user changed something that another user, who had not seen the change, deleted at the same time."
    );
    EDIT_LOST = lost(
        "edit lost",
        "A user set a value, and it is gone although nobody who had seen it replaced or deleted it, and no concurrent \
         operation explains it."
    );
}

/// A place that users write into, which may lie in another: a field in a record.
pub(crate) trait Place {
    /// Whether it is `outer`, or lies in it.
    fn within(&self, outer: &Self) -> bool;
}

/// What an operation does to places and values.
#[derive(Clone, Debug)]
pub(crate) enum Effect<P, V> {
    /// Creates a place, with values whose fate is not judged.
    Create(P),
    /// Replaces what is in a place by a value.
    Put(P, V),
    /// Adds a value to those in a place.
    Add(P, V),
    /// Removes a place with all that is in it.
    Remove(P),
    /// Removes from a place what its user saw, and nothing else.
    Take(P),
}

impl<P: Place, V> Effect<P, V> {
    fn place(&self) -> &P {
        match self {
            Effect::Create(place)
            | Effect::Put(place, _)
            | Effect::Add(place, _)
            | Effect::Remove(place)
            | Effect::Take(place) => place,
        }
    }

    /// The value that it writes.
    pub(crate) fn value(&self) -> Option<&V> {
        match self {
            Effect::Put(_, value) | Effect::Add(_, value) => Some(value),
            Effect::Create(_) | Effect::Remove(_) | Effect::Take(_) => None,
        }
    }

    fn removes(&self, place: &P) -> bool {
        matches!(self, Effect::Remove(own) if place.within(own))
    }

    /// Whether it replaces or removes what is in `place`, whatever it is.
    fn clears(&self, place: &P) -> bool {
        self.removes(place) || matches!(self, Effect::Put(own, _) if place.within(own))
    }
}

/// An operation that writes values into places.
pub(crate) trait Writing {
    /// The places.
    type Place: Place;
    /// The values. Where they are unique, a value names the operation that wrote it.
    type Value: Ord + Clone;

    /// What it does.
    fn effect(&self) -> Effect<Self::Place, Self::Value>;

    /// The values on its user's screen that it replaced or removed, from what its user saw.
    fn replaced(&self, seen: &Document) -> BTreeSet<Self::Value>;
}

/// An operation that was not rejected.
pub(crate) struct Step<'a, O: Writing> {
    /// The operation.
    pub(crate) issued: &'a Issued<'a, O>,
    /// What it does.
    pub(crate) effect: Effect<O::Place, O::Value>,
    /// The values that it replaced or removed, as far as its user saw them.
    pub(crate) replaced: BTreeSet<O::Value>,
}

impl<'a, O: Writing> Step<'a, O> {
    fn entry(&self) -> &'a Entry {
        self.issued.entry
    }
}

/// Why a value was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// A concurrent write to the same place won.
    Overwritten,
    /// A concurrent operation removed the place.
    Removed,
    /// None of these explains it, and a user undid something there.
    Undone,
    /// Nothing explains it.
    Unexplained,
}

/// All operations on some places that belong together, and what is there at the end.
pub(crate) struct Writes<'a, O: Writing> {
    steps: Vec<Step<'a, O>>,
    shown: BTreeSet<O::Value>,
    /// Values of which a user saw a part, or a part is there at the end.
    glimpsed: BTreeSet<O::Value>,
    /// The steps that replaced each value.
    replacers: BTreeMap<O::Value, Vec<usize>>,
    /// The steps that wrote each value.
    writers: BTreeMap<O::Value, Vec<usize>>,
    /// The steps of each user, in the order of their numbers, from one loss of what its replica reflected to the next.
    users: BTreeMap<NodeId, Vec<Vec<usize>>>,
}

impl<'a, O: Writing> Writes<'a, O> {
    /// `shown` are the values that are there at the end. Rejected operations are left out.
    pub(crate) fn new(operations: impl IntoIterator<Item = &'a Issued<'a, O>>, shown: BTreeSet<O::Value>) -> Self {
        let mut writes = Self {
            steps: Vec::new(),
            shown,
            glimpsed: BTreeSet::new(),
            replacers: BTreeMap::new(),
            writers: BTreeMap::new(),
            users: BTreeMap::new(),
        };
        let mut users: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
        for issued in operations.into_iter().filter(|issued| !issued.rejected()) {
            let (effect, replaced) = (issued.op.effect(), issued.op.replaced(&issued.entry.seen));
            let index = writes.steps.len();
            for value in &replaced {
                writes.replacers.entry(value.clone()).or_default().push(index);
            }
            if let Some(value) = effect.value() {
                writes.writers.entry(value.clone()).or_default().push(index);
            }
            users.entry(issued.id().client).or_default().push(index);
            writes.steps.push(Step { issued, effect, replaced });
        }
        for (user, mut steps) in users {
            steps.sort_by_key(|index| writes.steps[*index].entry().id.n);
            let keeps = |one: &usize, next: &usize| writes.steps[*next].entry().keeps_own(writes.steps[*one].entry());
            let lives = steps.chunk_by(keeps).map(<[usize]>::to_vec).collect();
            writes.users.insert(user, lives);
        }
        writes
    }

    /// Adds values of which a part was seen.
    pub(crate) fn glimpse(&mut self, values: impl IntoIterator<Item = O::Value>) {
        self.glimpsed.extend(values);
    }

    /// The operations that were not rejected.
    pub(crate) fn steps(&self) -> &[Step<'a, O>] {
        &self.steps
    }

    /// Whether a part of this value was seen, or is there at the end, without the rest.
    pub(crate) fn glimpsed(&self, value: &O::Value) -> bool {
        self.glimpsed.contains(value)
    }

    /// The operations that wrote this value and were not rejected.
    pub(crate) fn writers(&self, value: &O::Value) -> impl Iterator<Item = &Step<'a, O>> {
        self.writers.get(value).into_iter().flatten().map(|index| &self.steps[*index])
    }

    /// How the value of the step at `index` was lost, if it was; of a confirmed write that was not undone.
    pub(crate) fn loss(&self, index: usize) -> Option<Loss> {
        let step = &self.steps[index];
        let value = step.effect.value().filter(|_| step.issued.outcome().is_some())?;
        (!self.shown.contains(value) && !self.replaced(index)).then(|| self.cause(step))
    }

    /// Whether a user replaced the value of this step knowingly.
    fn replaced(&self, index: usize) -> bool {
        let step = &self.steps[index];
        let Some(value) = step.effect.value() else { return false };
        let saw = self.replacers.get(value).into_iter().flatten().copied();
        let mut saw = saw.filter(|later| self.steps[*later].entry().follows(step.entry()));
        // Operations of the same user that overtake this one come right after it, and right after a loss of what its replica
        // reflected.
        let overtaking = self.users[&step.issued.id().client].iter().flat_map(|life| {
            let after = life.partition_point(|other| self.steps[*other].entry().id.n <= step.entry().id.n);
            let later = life[after..].iter().copied();
            later.take_while(|later| self.steps[*later].entry().overtakes(step.entry()))
        });
        let mut overtaking = overtaking.filter(|later| self.steps[*later].effect.clears(step.effect.place()));
        saw.any(|later| self.holds(later)) || overtaking.any(|later| self.holds(later))
    }

    /// Whether what this step replaced may be missing.
    fn holds(&self, index: usize) -> bool {
        !self.steps[index].issued.undone() || self.undo_failed(index) || self.replaced(index)
    }

    /// Why the value of a step is gone. What is there at the end explains it best.
    fn cause(&self, step: &Step<'a, O>) -> Loss {
        let place = step.effect.place();
        let concurrent = |other: &&Step<'a, O>| other.entry().stands() && other.entry().concurrent_with(step.entry());
        let rivals = |known: fn(&Self, &O::Value) -> bool| {
            self.steps.iter().filter(concurrent).any(|other| match &other.effect {
                Effect::Put(own, value) => {
                    place.within(own) && Some(value) != step.effect.value() && known(self, value)
                }
                _ => false,
            })
        };
        if rivals(|writes, value| writes.shown.contains(value)) {
            Loss::Overwritten
        } else if self.steps.iter().filter(concurrent).any(|other| other.effect.removes(place)) {
            Loss::Removed
        } else if rivals(|writes, value| writes.replacers.contains_key(value) || writes.glimpsed(value)) {
            Loss::Overwritten
        } else if self.disturbed(place) {
            Loss::Undone
        } else {
            Loss::Unexplained
        }
    }

    /// Whether a user undid something in this place or around it.
    pub(crate) fn disturbed(&self, place: &O::Place) -> bool {
        let mut undone = self.steps.iter().filter(|step| step.issued.undone()).map(|step| step.effect.place());
        undone.any(|own| own.within(place) || place.within(own))
    }

    /// Whether the step at `index` was undone and its effect is still there, for no other reason: its value, or that all
    /// of what it removed is missing.
    pub(crate) fn undo_failed(&self, index: usize) -> bool {
        let step = &self.steps[index];
        let place = step.effect.place();
        let others = || self.steps.iter().filter(|other| other.issued.id() != step.issued.id());
        match &step.effect {
            _ if !step.issued.undone() => false,
            Effect::Create(_) => false,
            // A value that is not unique may have been there before, or come from another operation.
            Effect::Put(_, value) | Effect::Add(_, value) => {
                self.shown.contains(value) && !step.replaced.contains(value) && self.writers[value].len() == 1
            }
            Effect::Remove(_) | Effect::Take(_) => {
                let missing = |value: &O::Value| !self.shown.contains(value);
                let withdrawn = |value: &O::Value| {
                    self.writers.get(value).is_some_and(|by| by.iter().any(|index| self.steps[*index].issued.undone()))
                };
                let replaced = |value: &O::Value| {
                    let by = self.replacers.get(value).into_iter().flatten();
                    by.copied().any(|other| other != index && self.steps[other].entry().stands())
                };
                let cleared = || others().any(|other| other.entry().stands() && other.effect.clears(place));
                let unmade = || {
                    others().any(|other| {
                        matches!(&other.effect, Effect::Create(own) if other.issued.undone() && place.within(own))
                    })
                };
                // A value that a concurrent operation wrote there keeps the place from being restored.
                let occupied = || {
                    others().any(|other| {
                        other.entry().stands()
                            && other.effect.place().within(place)
                            && other.entry().concurrent_with(step.entry())
                            && other.effect.value().is_some_and(|value| self.shown.contains(value))
                    })
                };
                step.replaced.iter().all(missing)
                    && step.replaced.iter().any(|value| !withdrawn(value) && !replaced(value))
                    && !cleared()
                    && !unmade()
                    && !occupied()
            }
        }
    }

    /// The values that are there at the end in the place that the step at `index` removed, and that were written
    /// concurrently.
    pub(crate) fn written_concurrently(&self, index: usize) -> impl Iterator<Item = &O::Value> {
        let step = &self.steps[index];
        let others = self.steps.iter().filter(move |other| {
            other.effect.place().within(step.effect.place()) && other.entry().concurrent_with(step.entry())
        });
        others.filter_map(|other| other.effect.value()).filter(|value| self.shown.contains(*value))
    }
}

#[cfg(test)]
mod tests;
