//! What became of the characters that people typed into a text: each is unique, so the fate of each can be followed.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::replica::NodeId;

use crate::finding::{Findings, Kind, kinds};
use crate::ledger::Fate;
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;
use crate::typing::Seen;
use crate::workload::Issued;

/// A typing run: the author, and which of its runs.
type Run = (NodeId, i64);

kinds! {
    LOST_CHARACTER = lost("lost character", "A character was typed, nobody erased it, and it is gone.");
    DUPLICATED_CHARACTER = lost(
        "duplicated character",
        "A character that was typed once is in the text more than once."
    );
    CHARACTER_BACK_FROM_THE_DEAD = lost(
        "character back from the dead",
        "A character was erased, and it is in the text; counted in erasures."
    );
    MISPLACED_CHARACTER = lost(
        "misplaced character",
        "A character is not between the two neighbours where it was typed."
    );
    INTERLEAVED_RUN = lost(
        "interleaved run",
        "Two users typed at the same time, and their runs are shuffled; counted in pairs of runs."
    );
    WRONG_CHARACTER_DELETED = noted(
        "wrong character deleted",
        "An original character that nobody meant to erase is gone."
    );
    CHARACTER_FROM_NOWHERE = noted(
        "character from nowhere",
        "A character that nobody typed, or whose keystroke was rejected, is in the text."
    );
}

/// The kinds of findings that [`judge`] makes.
pub static KINDS: &[&Kind] = &[
    &LOST_CHARACTER,
    &DUPLICATED_CHARACTER,
    &CHARACTER_BACK_FROM_THE_DEAD,
    &MISPLACED_CHARACTER,
    &UNDO_WITHOUT_EFFECT,
    &INTERLEAVED_RUN,
    &WRONG_CHARACTER_DELETED,
    &CHARACTER_FROM_NOWHERE,
];

/// Where a character is in the final text.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    first: usize,
    last: usize,
    count: u64,
}

/// Kinds, counted in characters where nothing else is said; all but two are intents that did not have their effect:
/// * `lost character`: typed and acknowledged, to be erased by nobody, and gone;
/// * `duplicated character`: there more than once;
/// * `character back from the dead`: counted in acknowledged erasures whose character is there;
/// * `misplaced character`: not between the two neighbours where it was typed, those of them that are still there;
/// * `undo without effect`: taken back by its author and yet there; or erased, restored by who erased it, and yet gone;
/// * `interleaved run`: counted in pairs of runs that were typed at the same time and are now shuffled, a..b..a..b;
/// * `wrong character deleted` (noted): an original character that nobody meant to erase is gone; the erasure that hit it
///   is the intent that was lost, and is counted as such if its own character is there;
/// * `character from nowhere` (noted): nobody typed it, or whoever did was refused.
///
/// `acts` are the operations on this text, as the characters that each inserts.
pub(crate) fn judge(acts: &[Issued<'_, String>], original: &[char], order: &[char], findings: &mut Findings) {
    let mut places: BTreeMap<char, Places> = BTreeMap::new();
    for (at, char) in order.iter().enumerate() {
        let place = places.entry(*char).or_insert(Places { first: at, ..Places::default() });
        (place.last, place.count) = (at, place.count + 1);
    }
    let original: BTreeSet<char> = original.iter().copied().collect();
    let Intents { typed, erased, restored } = intents(acts);
    for (char, by) in &erased {
        let again = by.iter().filter(|act| act.outcome().is_some()).count() as u64;
        if places.contains_key(char) && again > 0 {
            findings.count(&CHARACTER_BACK_FROM_THE_DEAD, again, format_args!("{char:?}, erased in {}", by[0].id()));
        }
    }
    for (char, place) in &places {
        if !original.contains(char) && !typed.contains_key(char) {
            findings.count(&CHARACTER_FROM_NOWHERE, place.count, format_args!("{char:?} at {}", place.first));
        } else if place.count > 1 && !erased.contains_key(char) {
            let words = format_args!("{char:?} at {} and {}", place.first, place.last);
            findings.count(&DUPLICATED_CHARACTER, place.count - 1, words);
        }
    }
    let meant = |char: &char| erased.contains_key(char) || restored.contains_key(char);
    for char in original.iter().filter(|char| !places.contains_key(char) && !meant(char)) {
        findings.add(&WRONG_CHARACTER_DELETED, format_args!("{char:?}, an original character"));
    }
    for (char, act) in &typed {
        if act.outcome().is_some() && !meant(char) && !places.contains_key(char) {
            findings.add(&LOST_CHARACTER, format_args!("{char:?}, typed in {}", act.id()));
        } else if act.undone() && places.contains_key(char) {
            findings.add(&UNDO_WITHOUT_EFFECT, format_args!("{char:?}, typed and taken back in {}", act.id()));
        }
    }
    for (char, by) in restored.iter().filter(|(char, _)| !places.contains_key(char) && !erased.contains_key(char)) {
        if typed.get(char).is_none_or(|act| act.outcome().is_some()) {
            findings.add(&UNDO_WITHOUT_EFFECT, format_args!("{char:?}, erased and restored in {}", by.id()));
        }
    }
    let kept = |char: &char| places.get(char).copied().filter(|place| place.count == 1 && !erased.contains_key(char));
    let (mut runs, mut spans) = (BTreeMap::new(), BTreeMap::new());
    for act in acts.iter().filter(|act| act.outcome().is_some()) {
        let Some(seen) = Seen::read(&act.entry.seen) else { continue };
        let run: Run = (act.id().client, seen.run);
        for (char, place) in act.op.chars().filter_map(|char| Some((char, kept(&char)?))) {
            let neighbour = |char: Option<char>| char.and_then(|char| places.get(&char));
            if neighbour(seen.left).is_some_and(|left| left.first > place.first)
                || neighbour(seen.right).is_some_and(|right| right.last < place.first)
            {
                let words = format!("{char:?}, typed in {} between {:?} and {:?}", act.id(), seen.left, seen.right);
                findings.add(&MISPLACED_CHARACTER, words);
            } else {
                runs.insert(char, run);
                spans.entry(run).or_insert((act, act)).1 = act;
            }
        }
    }
    let order: Vec<Run> = order.iter().filter_map(|char| runs.get(char).copied()).collect();
    for (one, other) in shuffled(&order) {
        let ((begun, ended), (other_begun, other_ended)) = (spans[&one], spans[&other]);
        if !begun.follows(other_ended) && !other_begun.follows(ended) {
            let words = format!("{} to {}, {} to {}", begun.id(), ended.id(), other_begun.id(), other_ended.id());
            findings.add(&INTERLEAVED_RUN, words);
        }
    }
}

/// Who meant what with each character; those who were refused left aside.
#[derive(Default)]
struct Intents<'a> {
    /// Who typed it.
    typed: BTreeMap<char, &'a Issued<'a, String>>,
    /// Who meant to erase it, and did not take that back.
    erased: BTreeMap<char, Vec<&'a Issued<'a, String>>>,
    /// Who erased it and took that back.
    restored: BTreeMap<char, &'a Issued<'a, String>>,
}

fn intents<'a>(acts: &'a [Issued<'a, String>]) -> Intents<'a> {
    let mut intents = Intents::default();
    for act in acts.iter().filter(|act| !matches!(act.entry.fate, Fate::Rejected(_))) {
        intents.typed.extend(act.op.chars().map(|char| (char, act)));
        match Seen::read(&act.entry.seen).and_then(|seen| seen.erased) {
            Some(char) if act.undone() => {
                intents.restored.insert(char, act);
            }
            Some(char) => intents.erased.entry(char).or_default().push(act),
            None => {}
        }
    }
    intents
}

/// The pairs of runs by different authors that stand as a..b..a..b, given the run of every character in order.
fn shuffled(order: &[Run]) -> BTreeSet<(Run, Run)> {
    // Only runs in several pieces matter. What stood between two pieces may be gone then, and the run be whole.
    let mut pieces = order.to_vec();
    let places = loop {
        pieces.dedup();
        let mut places: BTreeMap<Run, Vec<usize>> = BTreeMap::new();
        pieces.iter().enumerate().for_each(|(at, run)| places.entry(*run).or_default().push(at));
        if places.values().all(|places| places.len() > 1) {
            break places;
        }
        pieces.retain(|run| places[run].len() > 1);
    };
    let mut pairs = BTreeSet::new();
    for (run, at) in &places {
        for gap in at.windows(2) {
            for other in &pieces[gap[0] + 1..gap[1]] {
                let outside = places[other].iter().any(|at| *at < gap[0] || *at > gap[1]);
                if outside && other.0 != run.0 {
                    pairs.insert((*run.min(other), *run.max(other)));
                }
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_shuffled_where_both_are_split() {
        let pairs = |order: &str| {
            let run = |char: char| (NodeId(if char.is_ascii_lowercase() { 1 } else { char as u32 }), char as i64);
            shuffled(&order.chars().map(run).collect::<Vec<_>>()).len()
        };
        for (order, expected) in
            [("", 0), ("AABB", 0), ("ABA", 0), ("BAB", 0), ("ABAB", 1), ("ABABA", 1), ("ACABDB", 0), ("ABCABC", 3)]
        {
            assert_eq!(pairs(order), expected, "{order}");
        }
        // Two runs of one author are not each other's rivals; a split by a run that is whole does not count.
        assert_eq!((pairs("abab"), pairs("ABBACA"), pairs("ABCCAB")), (0, 0, 1));
    }
}
