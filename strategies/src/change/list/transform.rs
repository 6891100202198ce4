//! Fitting a change of a list to another one.

use std::cmp::min;

use super::cursor::Cursor;
use super::{Fate, Step, Steps, produced};

use Step::{Delete, Insert, Keep, Place, Take};

impl Steps {
    /// This change as it must be made after `other`, both made on the same list; in the form that decoding gives too. If it
    /// is `ahead`, this change wins where only one can, and its items come first where both insert at one place.
    #[must_use]
    pub fn transform(&self, other: &Steps, ahead: bool) -> Self {
        let their_takes = other.takes();
        // A move is void if the item is deleted, or if the other's move of the same item wins.
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
                    // What this change does with an item that the other one moves here.
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
}
