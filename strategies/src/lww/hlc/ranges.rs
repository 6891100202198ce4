//! Finds the cells that two replicas do not share, by hashes of ranges.
//!
//! Both order their cells by stamp. One sends a hash of all. Where hashes differ, the other sends hashes of parts, and so on,
//! until a part is small enough to list its cells one by one. New cells are at the end of the order, so a few hashes cover the
//! rest (Meyer 2023; the numbers are those of Negentropy). Each side compares what it held when the exchange began.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::cells::Element;
use super::table::Table;
use crate::wire::encode;

/// Parts that a range is split into.
const PARTS: usize = 16;
/// Ranges of at most this many cells are listed.
const LISTED: u64 = 32;

/// What one side says about a range: from the end of the range before, up to but not including `end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    end: Option<Element>,
    says: Says,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Says {
    /// Nothing: the difference in it is known.
    Resolved,
    Hash {
        sum: [u8; 8],
        count: u64,
    },
    /// These are the cells here.
    List(Vec<Element>),
}

/// The difference, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Difference {
    /// What the other lacks.
    pub(super) give: Vec<Element>,
    /// What this side lacks.
    pub(super) want: Vec<Element>,
}

type Ends = (Bound<Element>, Bound<Element>);

fn within(table: &Table, ends: Ends) -> impl Iterator<Item = &Element> {
    table.elements().range(ends).map(|(element, _)| element)
}

fn hash(table: &Table, ends: Ends) -> Says {
    let (mut sum, mut count) = (0u64, 0);
    for element in within(table, ends) {
        sum = sum.wrapping_add(xxh3_64(&encode(element)));
        count += 1;
    }
    Says::Hash { sum: sum.to_le_bytes(), count }
}

/// The first message of an exchange.
pub(super) fn open(table: &Table) -> Vec<Range> {
    vec![Range { end: None, says: hash(table, (Bound::Unbounded, Bound::Unbounded)) }]
}

/// Whether these ranges are in order.
pub(super) fn are_sound(ranges: &[Range]) -> bool {
    let ends: Vec<_> = ranges.iter().map_while(|range| range.end).collect();
    ends.is_sorted_by(|a, b| a < b) && ends.len() + 1 >= ranges.len()
}

/// Answers what the other side says about its ranges, and notes the differences that this resolves. An empty answer means
/// that nothing is open.
pub(super) fn answer(table: &Table, ranges: &[Range], difference: &mut Difference) -> Vec<Range> {
    let mut answer = Vec::new();
    let mut start = Bound::Unbounded;
    for range in ranges {
        let end = range.end.map_or(Bound::Unbounded, Bound::Excluded);
        match &range.says {
            Says::Resolved => resolved(&mut answer, range.end),
            Says::List(theirs) => {
                resolve(table, (start, end), theirs, difference);
                resolved(&mut answer, range.end);
            }
            Says::Hash { count: theirs, .. } => {
                let mine = hash(table, (start, end));
                let Says::Hash { count, .. } = mine else { continue };
                if mine == range.says {
                    resolved(&mut answer, range.end);
                } else if count <= LISTED {
                    let list = within(table, (start, end)).copied().collect();
                    answer.push(Range { end: range.end, says: Says::List(list) });
                } else if *theirs <= LISTED {
                    // They list theirs next.
                    answer.push(Range { end: range.end, says: mine });
                } else {
                    split(table, (start, end), range.end, count, &mut answer);
                }
            }
        }
        start = range.end.map_or(Bound::Unbounded, Bound::Included);
    }
    if answer.iter().all(|range| range.says == Says::Resolved) { Vec::new() } else { answer }
}

/// Adds a resolved range. Neighbours become one range.
fn resolved(answer: &mut Vec<Range>, end: Option<Element>) {
    match answer.last_mut() {
        Some(last) if last.says == Says::Resolved => last.end = end,
        _ => answer.push(Range { end, says: Says::Resolved }),
    }
}

fn resolve(table: &Table, ends: Ends, theirs: &[Element], difference: &mut Difference) {
    let listed: BTreeSet<&Element> = theirs.iter().collect();
    difference.give.extend(within(table, ends).filter(|element| !listed.contains(element)));
    difference.want.extend(theirs.iter().filter(|element| !table.elements().contains_key(*element)));
}

fn split(table: &Table, (mut start, end): Ends, last: Option<Element>, count: u64, answer: &mut Vec<Range>) {
    let size = (count as usize).div_ceil(PARTS);
    let firsts: Vec<Element> = within(table, (start, end)).step_by(size).skip(1).copied().collect();
    for first in firsts {
        answer.push(Range { end: Some(first), says: hash(table, (start, Bound::Excluded(first))) });
        start = Bound::Included(first);
    }
    answer.push(Range { end: last, says: hash(table, (start, end)) });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lww::hlc::cells::{Hop, Hops, Part, Value};
    use crate::lww::hlc::clock::Stamp;

    /// A table of cells with these numbers, the later ones written later.
    fn table(numbers: impl IntoIterator<Item = u64>) -> Table {
        let mut table = Table::default();
        for number in numbers {
            let path: Hops = [Hop::Key(number.to_string().into())].into();
            let stamp = Stamp { ms: 1 + number / 10, count: 0, node: 1 };
            table.merge(&path, stamp, &Part::Value(Value::Map));
        }
        table
    }

    /// Runs an exchange; what each side found, rounds, and bytes that travelled.
    fn exchange(a: &Table, b: &Table) -> ([Difference; 2], usize, usize) {
        let mut found = [Difference::default(), Difference::default()];
        let (mut ranges, mut bytes, mut rounds) = (open(a), 0, 0);
        while !ranges.is_empty() {
            assert!(are_sound(&ranges));
            bytes += encode(&ranges).len();
            let side = (rounds + 1) % 2;
            ranges = answer([a, b][side], &ranges, &mut found[side]);
            rounds += 1;
        }
        (found, rounds, bytes)
    }

    fn all(table: &Table) -> BTreeSet<Element> {
        table.elements().keys().copied().collect()
    }

    fn assert_found(a: &Table, b: &Table) -> (usize, usize) {
        let ([one, other], rounds, bytes) = exchange(a, b);
        let set = |mine: &[Element], theirs: &[Element]| -> BTreeSet<Element> {
            mine.iter().chain(theirs).copied().collect()
        };
        assert_eq!(set(&one.give, &other.want), all(a).difference(&all(b)).copied().collect());
        assert_eq!(set(&one.want, &other.give), all(b).difference(&all(a)).copied().collect());
        (rounds, bytes)
    }

    #[test]
    fn equal_tables_need_one_hash() {
        let table = table(0..1000);
        let (rounds, bytes) = assert_found(&table, &table);
        assert_eq!(rounds, 1);
        assert!(bytes < 20, "{bytes}");
    }

    #[test]
    fn a_few_new_cells_among_many_cost_a_few_hashes() {
        let (few, many) = (table(0..10_000), table(0..10_005));
        let (rounds, bytes) = assert_found(&few, &many);
        assert!(rounds <= 6 && bytes < 2_000, "{rounds} {bytes}");
        assert_found(&many, &few);
        assert_found(&table([]), &many);
        assert_found(&many, &table([]));
    }

    #[test]
    fn ranges_out_of_order_are_not_sound() {
        let (a, b) = (table(0..200), table(100..300));
        let ranges = answer(&b, &open(&a), &mut Difference::default());
        assert!(are_sound(&ranges) && ranges.len() > 2);
        let mut turned = ranges.clone();
        turned.swap(0, 1);
        assert!(!are_sound(&turned));
        turned = ranges;
        turned[0].end = None;
        assert!(!are_sound(&turned));
    }

    proptest! {
        #[test]
        fn the_difference_is_found_whatever_it_is(
            a in prop::collection::btree_set(0..600u64, 0..300),
            b in prop::collection::btree_set(0..600u64, 0..300),
        ) {
            assert_found(&table(a), &table(b));
        }
    }
}
