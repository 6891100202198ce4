//! Two changes of a list as one.

use std::cmp::min;
use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::{Fate, Step, Steps, consumed, produced};
use crate::document::Document;

use Step::{Delete, Insert, Keep, Place, Take};

/// Where an item of the new list comes from.
#[derive(Clone, Debug)]
enum Origin {
    Old(usize),
    New(Document),
}

impl Steps {
    /// This change and then `next`, as one. `None` where `next` does not fit the inserted items.
    #[must_use]
    pub fn compose(&self, next: &Steps) -> Option<Self> {
        let (origins, places) = self.origins(next)?;
        // Of the items that this change puts down: those that `next` deletes, and those that it moves.
        let gone: Vec<u32> =
            places.iter().filter(|(_, at)| next.fate(**at) == Fate::Goes).map(|(slot, _)| *slot).collect();
        let again: Vec<u32> =
            places.iter().filter(|(_, at)| matches!(next.fate(**at), Fate::Moves(_))).map(|(slot, _)| *slot).collect();
        let mine = self.takes();
        let first_free = mine.keys().next_back().map_or(0, |slot| slot + 1);
        let slot_of = |index: &usize| mine.iter().find(|(_, at)| *at == index).map(|(slot, _)| *slot);
        let next_takes = next.takes();
        let single = self.single();
        let (mut out, mut first, mut second) = (Steps::default(), Cursor::new(&single), Cursor::new(next));
        let mut new = 0usize;
        while first.peek().is_some() || second.peek().is_some() {
            let (a, b) = (first.peek(), second.peek());
            match (a, b) {
                (_, Some(Insert(values))) => {
                    out.push(Insert(values.clone()));
                    second.skip();
                }
                (_, Some(Place(slot))) => {
                    match next_takes.get(slot).and_then(|at| origins.get(at)) {
                        Some(Origin::New(value)) => out.push(Insert(vec![value.clone()])),
                        // Moved twice: taken at its first place, put down at its last.
                        Some(Origin::Old(index)) => out.push(Place(slot_of(index).unwrap_or(first_free + slot))),
                        None => return None,
                    }
                    second.skip();
                }
                (Some(Delete(_)), _) => out.push(Delete(first.take(usize::MAX))),
                (Some(Take(slot)), _) => {
                    out.push(if gone.contains(slot) { Delete(1) } else { Take(*slot) });
                    first.skip();
                }
                (Some(Place(slot)), _) => {
                    if !gone.contains(slot) && !again.contains(slot) {
                        out.push(Place(*slot));
                    }
                    second.take(1);
                    first.skip();
                    new += 1;
                }
                (Some(Insert(_)), _) => {
                    if let (None | Some(Keep(_)), Some(Origin::New(value))) = (b, origins.get(&new)) {
                        out.push(Insert(vec![value.clone()]));
                    }
                    second.take(1);
                    first.skip();
                    new += 1;
                }
                (None | Some(Keep(_)), _) => {
                    let n = min(first.limit(), second.limit());
                    match b {
                        Some(Delete(_)) => out.push(Delete(n)),
                        Some(Take(slot)) => out.push(Take(first_free + slot)),
                        _ => out.push(Keep(n)),
                    }
                    new = new.saturating_add(n);
                    first.take(n);
                    second.take(n);
                }
            }
        }
        out.inside = self.inside.clone();
        for (at, change) in &next.inside {
            if let Some(Origin::Old(index)) = origins.get(at) {
                let before = out.inside.remove(index).unwrap_or_default();
                out.inside.insert(*index, before.compose(change)?);
            }
        }
        let deleted: Vec<usize> = out.inside.keys().copied().filter(|index| out.fate(*index) == Fate::Goes).collect();
        deleted.iter().for_each(|index| drop(out.inside.remove(index)));
        Some(out.renumbered().trimmed())
    }

    /// The same, with a separate step for every inserted item.
    fn single(&self) -> Self {
        let mut steps = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            match step {
                Insert(values) => steps.extend(values.iter().map(|value| Insert(vec![value.clone()]))),
                step => steps.push(step.clone()),
            }
        }
        Self { steps, inside: BTreeMap::new() }
    }

    /// Where the items come from that `next` touches or that are inserted here, with the changes of `next` inside inserted
    /// items already made; and where each item that was taken is put down.
    fn origins(&self, next: &Steps) -> Option<(BTreeMap<usize, Origin>, BTreeMap<u32, usize>)> {
        let (mut origins, mut places, takes) = (BTreeMap::new(), BTreeMap::new(), self.takes());
        let asked: Vec<usize> = next.takes().into_values().chain(next.inside.keys().copied()).collect();
        let (mut old, mut new) = (0usize, 0usize);
        let kept = |old: usize, new: usize, n: usize, origins: &mut BTreeMap<usize, Origin>| {
            for at in asked.iter().filter(|at| **at >= new && **at - new < n) {
                origins.insert(*at, Origin::Old(old.saturating_add(at - new)));
            }
        };
        for step in &self.steps {
            match step {
                Keep(n) => kept(old, new, *n, &mut origins),
                Insert(values) => {
                    for (at, value) in values.iter().enumerate() {
                        let mut value = value.clone();
                        if let Some(change) = next.inside.get(&(new + at)) {
                            change.apply(&mut value).ok()?;
                        }
                        origins.insert(new + at, Origin::New(value));
                    }
                }
                Place(slot) => {
                    origins.insert(new, Origin::Old(*takes.get(slot)?));
                    places.insert(*slot, new);
                }
                Delete(_) | Take(_) => {}
            }
            old = old.checked_add(consumed(step))?;
            new = new.checked_add(produced(step))?;
        }
        kept(old, new, usize::MAX, &mut origins);
        Some((origins, places))
    }
}
