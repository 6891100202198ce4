//! Changes of a list: keep, insert, delete and move items, and changes inside of items.
//!
//! A move takes an item up at one place and puts it down at another. Places are gaps between the items of the list as it
//! was, so an insert, or an item that is put down, has its place also when its neighbours go. The form is that of
//! `ot-json1` (pick and drop), on one list.

use std::cmp::min;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::document::Document;

/// A step over a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// So many items stay.
    Keep(usize),
    /// These come in.
    Insert(Vec<Document>),
    /// So many items go.
    Delete(usize),
    /// This item is taken up, to be put down elsewhere.
    Take(u32),
    /// The item that is taken up under this number is put down.
    Place(u32),
}

use Step::{Delete, Insert, Keep, Place, Take};

/// A change of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    steps: Vec<Step>,
    /// Changes inside of items, by index in the old list. None of an item that is deleted.
    pub(super) inside: BTreeMap<usize, Change>,
}

/// What becomes of an item of the old list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    Moves(u32),
}

/// Where an item of the new list comes from.
#[derive(Clone, Debug)]
enum Origin {
    Old(usize),
    New(Document),
}

impl Steps {
    /// One change inside of one item.
    pub fn inside(index: usize, change: Change) -> Self {
        Self { steps: Vec::new(), inside: [(index, change)].into() }
    }

    /// From steps that come from elsewhere. `None` unless every item that is taken up is put down, once.
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

    /// The change inside of an item, to be added to. `None` if the item is deleted.
    pub(super) fn enter(&mut self, index: usize) -> Option<&mut Change> {
        (self.fate(index) != Fate::Goes).then(|| self.inside.entry(index).or_default())
    }

    /// Items that come in at `index`.
    pub fn insert(index: usize, values: Vec<Document>) -> Self {
        Self::of([Keep(index), Insert(values)])
    }

    /// Items that go from `index` on.
    pub fn delete(index: usize, count: usize) -> Self {
        Self::of([Keep(index), Delete(count)])
    }

    /// An item that moves.
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

    /// Whether something changes inside of items.
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

    /// The old index of the item that is taken up under each number.
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

    /// Where an item of the old list is in the new one; `None` if it is deleted.
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

    /// This change as it must be made after `other`, where both were made on the same list, in the one form that it has
    /// also after a journey. This one wins what only one
    /// can have, and its items come first where both put some at one place, if it is `ahead`.
    #[must_use]
    pub fn transform(&self, other: &Steps, ahead: bool) -> Self {
        let their_takes = other.takes();
        // A move is void if the item is gone, or if the other's move of the same item wins.
        let void: Vec<u32> = self
            .takes()
            .into_iter()
            .filter(|(_, index)| match other.fate(*index) {
                Fate::Goes => true,
                Fate::Moves(_) => !ahead,
                Fate::Stays => false,
            })
            .map(|(slot, _)| slot)
            .collect();
        let (mut out, mut mine, mut theirs) = (Steps::default(), Cursor::new(self), Cursor::new(other));
        while mine.peek().is_some() || theirs.peek().is_some() {
            let (a, b) = (mine.peek(), theirs.peek());
            let comes = |step: Option<&Step>| matches!(step, Some(Insert(_) | Place(_)));
            if comes(a) && (ahead || !comes(b)) {
                match a {
                    Some(Place(slot)) if void.contains(slot) => {}
                    Some(step) => out.push(step.clone()),
                    None => {}
                }
                mine.skip();
            } else if comes(b) {
                match b {
                    // What this change does with an item that the other has moved here.
                    Some(Place(slot)) => out.push(match their_takes.get(slot).map(|index| self.fate(*index)) {
                        Some(Fate::Goes) => Delete(1),
                        Some(Fate::Moves(slot)) if ahead => Take(slot),
                        _ => Keep(1),
                    }),
                    Some(step) => out.push(Keep(produced(step))),
                    None => {}
                }
                theirs.skip();
            } else {
                let n = min(mine.limit(), theirs.limit());
                if let None | Some(Keep(_)) = b {
                    match a {
                        Some(Delete(_)) => out.push(Delete(n)),
                        Some(Take(slot)) => out.push(Take(*slot)),
                        _ => out.push(Keep(n)),
                    }
                }
                mine.take(n);
                theirs.take(n);
            }
        }
        for (index, change) in &self.inside {
            if let Some(image) = other.image(*index) {
                let over = other.inside.get(index);
                out.inside.insert(image, over.map_or_else(|| change.clone(), |over| change.transform(over, ahead)));
            }
        }
        out.renumbered().trimmed()
    }

    /// This change, then `next`, as one. `None` where `next` does not fit items that came in.
    #[must_use]
    pub fn compose(&self, next: &Steps) -> Option<Self> {
        let (origins, places) = self.origins(next)?;
        // Of the items that this change puts down: those that the next deletes.
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
                        // Moved twice: it is taken up where it was first, and put down where it is last.
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

    /// The same with every item that comes in as a step of its own.
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

    /// Where those items of the new list come from that `next` speaks of or that came in here, with the changes of `next`
    /// inside of items that came in already made; and where each item that was taken up is put down.
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

    /// Numbers moves in the order in which items are taken up.
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

    /// What takes this change back, given the items of the old list.
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

/// How many items of the old list a step goes over.
fn consumed(step: &Step) -> usize {
    match step {
        Keep(n) | Delete(n) => *n,
        Take(_) => 1,
        Insert(_) | Place(_) => 0,
    }
}

/// How many items of the new list a step goes over.
fn produced(step: &Step) -> usize {
    match step {
        Keep(n) => *n,
        Insert(values) => values.len(),
        Place(_) => 1,
        Delete(_) | Take(_) => 0,
    }
}

/// A place in a change, by items of the old list. Beyond its end everything is kept.
struct Cursor<'a> {
    steps: &'a [Step],
    used: usize,
}

impl<'a> Cursor<'a> {
    fn new(steps: &'a Steps) -> Self {
        Self { steps: &steps.steps, used: 0 }
    }

    fn peek(&self) -> Option<&'a Step> {
        self.steps.first()
    }

    fn limit(&self) -> usize {
        match self.peek() {
            Some(step @ (Keep(_) | Delete(_) | Take(_))) => consumed(step) - self.used,
            _ => usize::MAX,
        }
    }

    fn skip(&mut self) {
        self.steps = &self.steps[1..];
        self.used = 0;
    }

    fn take(&mut self, n: usize) -> usize {
        let n = min(n, self.limit());
        if let Some(step @ (Keep(_) | Delete(_) | Take(_))) = self.peek() {
            self.used += n;
            if self.used == consumed(step) {
                self.skip();
            }
        }
        n
    }
}
