//! Typing runs that are shuffled with each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use syncbench_strategies::replica::{NodeId, OpId};

use super::Keystroke;

/// A typing run: its user, and its number among that user's runs.
type Run = (NodeId, i64);

/// The first and the last keystroke of a run.
#[derive(Clone, Copy)]
struct Span<'a> {
    first: &'a Keystroke<'a>,
    last: &'a Keystroke<'a>,
}

impl Span<'_> {
    /// Neither run was begun by a user who had seen the end of the other.
    fn concurrent_with(&self, other: &Self) -> bool {
        !self.first.follows(other.last) && !other.first.follows(self.last)
    }

    fn ids(&self) -> Ends {
        Ends(self.first.id(), self.last.id())
    }
}

/// The first and the last operation of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends(OpId, OpId);

impl Ends {
    pub(super) fn first(self) -> OpId {
        self.0
    }
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.0, self.1)
    }
}

/// The runs of a text.
#[derive(Default)]
pub(super) struct Runs<'a> {
    of: BTreeMap<char, Run>,
    spans: BTreeMap<Run, Span<'a>>,
}

impl<'a> Runs<'a> {
    /// Adds a character of a user's run; in the order in which the user typed.
    pub(super) fn add(&mut self, char: char, keystroke: &'a Keystroke<'a>, run: i64) {
        let run = (keystroke.id().client, run);
        self.of.insert(char, run);
        self.spans.entry(run).or_insert(Span { first: keystroke, last: keystroke }).last = keystroke;
    }

    /// The pairs of concurrent runs that the text shuffles, of each the one that began earlier first.
    pub(super) fn interleaved(&self, text: &[char]) -> Vec<(Ends, Ends)> {
        let order: Vec<Run> = text.iter().filter_map(|char| self.of.get(char).copied()).collect();
        let spans = shuffled(&order).into_iter().map(|(one, other)| (self.spans[&one], self.spans[&other]));
        let spans = spans.filter(|(one, other)| one.concurrent_with(other));
        let began = |span: &Span<'_>| (span.first.entry.issued, span.first.id());
        let ordered = |(one, other)| if began(&one) <= began(&other) { (one, other) } else { (other, one) };
        spans.map(ordered).map(|(one, other)| (one.ids(), other.ids())).collect()
    }
}

/// The pairs of runs by different users that are ordered a..b..a..b, given the run of every character in order.
fn shuffled(order: &[Run]) -> BTreeSet<(Run, Run)> {
    // Only runs in several pieces matter. Without the whole runs between them, two pieces may be one.
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
        // One user's two runs do not compete; a split by a run that is whole does not count.
        assert_eq!((pairs("abab"), pairs("ABBACA"), pairs("ABCCAB")), (0, 0, 1));
    }
}
