//! What became of the characters that users typed into a text: each is unique, so the oracle can follow each one.

mod runs;

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Kind, kinds};
use crate::findings::Findings;
use crate::ledger::Fate;
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;
use crate::typing::Seen;
use crate::workload::Issued;

kinds! {
    LOST_CHARACTER = lost(
        "lost character",
        "An operation typed a character that nobody erased, and it is gone; however many it typed."
    );
    DUPLICATED_CHARACTER = lost(
        "duplicated character",
        "An operation typed a character that nobody erased, or restored one, and it is in the text more than once."
    );
    RESURRECTED_CHARACTER = lost(
        "resurrected character",
        "An operation erased a character, and it is in the text."
    );
    MISPLACED_CHARACTER = lost(
        "misplaced character",
        "An operation typed a character that is not between its neighbours of that time; those that are gone do not matter."
    );
    INTERLEAVED_RUN = lost(
        "interleaved run",
        "Two users typed at the same time, and their runs are shuffled: the first operation of the run that began later, \
         whichever and however many runs it is shuffled with."
    );
    WRONG_CHARACTER_ERASED = noted(
        "wrong character erased",
        "A character of the initial text is gone, and nobody meant to erase it."
    );
    CHARACTER_FROM_NOWHERE = noted(
        "character from nowhere",
        "A character is in the text that nobody typed, whose keystroke was rejected, or once more than any operation \
         explains; counted in copies."
    );
}

/// The kinds of findings that `judge` makes.
pub static KINDS: &[&Kind] = &[
    &LOST_CHARACTER,
    &DUPLICATED_CHARACTER,
    &RESURRECTED_CHARACTER,
    &MISPLACED_CHARACTER,
    &UNDO_WITHOUT_EFFECT,
    &INTERLEAVED_RUN,
    &WRONG_CHARACTER_ERASED,
    &CHARACTER_FROM_NOWHERE,
];

/// A keystroke: the characters that it types, if any. What it erases is in its [`Seen`].
pub(crate) type Keystroke<'a> = Issued<'a, String>;

/// Judges the text `last`, which was `original` before all keystrokes on it.
pub(crate) fn judge(keystrokes: &[Keystroke<'_>], original: &[char], last: &[char], findings: &mut Findings) {
    let text = Text::new(keystrokes, original, last);
    text.judge_presence(findings);
    text.judge_absence(findings);
    text.judge_order(keystrokes, last, findings);
}

/// Where a character is in the final text.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    first: usize,
    last: usize,
    count: u64,
}

/// The final text, and what users meant with each character. Rejected keystrokes are left out.
#[derive(Default)]
struct Text<'a> {
    original: BTreeSet<char>,
    places: BTreeMap<char, Places>,
    /// The keystroke that typed each character.
    typed: BTreeMap<char, &'a Keystroke<'a>>,
    /// The keystrokes that were to erase a character, and were not undone.
    erased: BTreeMap<char, Vec<&'a Keystroke<'a>>>,
    /// The keystroke that was to erase a character, and was undone.
    restored: BTreeMap<char, &'a Keystroke<'a>>,
}

impl<'a> Text<'a> {
    fn new(keystrokes: &'a [Keystroke<'a>], original: &[char], last: &[char]) -> Self {
        let mut text = Self { original: original.iter().copied().collect(), ..Self::default() };
        for (at, char) in last.iter().enumerate() {
            let place = text.places.entry(*char).or_insert(Places { first: at, ..Places::default() });
            (place.last, place.count) = (at, place.count + 1);
        }
        for keystroke in keystrokes.iter().filter(|keystroke| !matches!(keystroke.entry.fate, Fate::Rejected(_))) {
            text.typed.extend(keystroke.op.chars().map(|char| (char, keystroke)));
            match Seen::read(&keystroke.entry.seen).and_then(|seen| seen.erased) {
                Some(char) if keystroke.undone() => drop(text.restored.insert(char, keystroke)),
                Some(char) => text.erased.entry(char).or_default().push(keystroke),
                None => {}
            }
        }
        text
    }

    /// What is there and should not be, or should be there once.
    fn judge_presence(&self, findings: &mut Findings) {
        for (char, by) in self.erased.iter().filter(|(char, _)| self.places.contains_key(char)) {
            for erased in by.iter().filter(|keystroke| keystroke.outcome().is_some()) {
                findings.lost(erased.id(), &RESURRECTED_CHARACTER, format_args!("{char:?}, erased in {}", erased.id()));
            }
        }
        for (char, place) in &self.places {
            if !self.original.contains(char) && !self.typed.contains_key(char) {
                findings.note(&CHARACTER_FROM_NOWHERE, place.count, format_args!("{char:?} at {}", place.first));
            } else if place.count > 1 && !self.erased.contains_key(char) {
                let words = format_args!("{char:?} at {} and {}", place.first, place.last);
                let by = self.typed.get(char).filter(|typed| typed.outcome().is_some()).or(self.restored.get(char));
                if by.is_none_or(|by| {
                    !findings.lost(by.id(), &DUPLICATED_CHARACTER, words) && !findings.is_lost(by.id())
                }) {
                    findings.note(&CHARACTER_FROM_NOWHERE, place.count - 1, words);
                }
            }
        }
    }

    /// What should be there and is not, and what was undone.
    fn judge_absence(&self, findings: &mut Findings) {
        let gone = |char: &char| !self.places.contains_key(char);
        let erased = |char: &char| self.erased.contains_key(char) || self.restored.contains_key(char);
        for char in self.original.iter().filter(|char| gone(char) && !erased(char)) {
            // The erasure that hit it is the lost operation, and counted where its own character is still there.
            findings.note(&WRONG_CHARACTER_ERASED, 1, format_args!("{char:?}, a character of the initial text"));
        }
        for (char, keystroke) in &self.typed {
            let id = keystroke.id();
            if keystroke.outcome().is_some() && gone(char) && !erased(char) {
                findings.lost(id, &LOST_CHARACTER, format_args!("{char:?}, typed in {id}"));
            } else if keystroke.undone() && !gone(char) {
                findings.lost(id, &UNDO_WITHOUT_EFFECT, format_args!("{char:?}, typed and undone in {id}"));
            }
        }
        for (char, by) in self.restored.iter().filter(|(char, _)| gone(char) && !self.erased.contains_key(char)) {
            if self.typed.get(char).is_none_or(|keystroke| keystroke.outcome().is_some()) {
                let id = by.id();
                findings.lost(id, &UNDO_WITHOUT_EFFECT, format_args!("{char:?}, erased and restored in {id}"));
            }
        }
    }

    /// Characters that are there once and that nobody erased: each between its neighbours, runs in one piece.
    fn judge_order(&self, keystrokes: &[Keystroke<'_>], last: &[char], findings: &mut Findings) {
        let mut runs = runs::Runs::default();
        for keystroke in keystrokes.iter().filter(|keystroke| keystroke.outcome().is_some()) {
            let Some(seen) = Seen::read(&keystroke.entry.seen) else { continue };
            for char in keystroke.op.chars().filter(|char| !self.erased.contains_key(char)) {
                let Some(place) = self.places.get(&char).filter(|place| place.count == 1) else { continue };
                let neighbour = |char: Option<char>| char.and_then(|char| self.places.get(&char));
                if neighbour(seen.left).is_some_and(|left| left.first > place.first)
                    || neighbour(seen.right).is_some_and(|right| right.last < place.first)
                {
                    let id = keystroke.id();
                    let between = format!("between {:?} and {:?}", seen.left, seen.right);
                    findings.lost(id, &MISPLACED_CHARACTER, format_args!("{char:?}, typed in {id} {between}"));
                } else {
                    runs.add(char, keystroke, seen.run);
                }
            }
        }
        for (earlier, later) in runs.interleaved(last) {
            findings.lost(later.first(), &INTERLEAVED_RUN, format_args!("{later} amid {earlier}"));
        }
    }
}
