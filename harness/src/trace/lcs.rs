//! The longest common subsequence of two texts, exactly, 64 cells at a time.

use std::collections::BTreeMap;

/// Which characters of `a` the two texts have in common, in order: one of their longest common subsequences.
///
/// Bit-parallel after Crochemore et al. (2001) and Hyyro (2004), halved again and again after Hirschberg (1975):
/// `O(n * m / 64)` steps and `O(n + m)` memory, after what both texts begin and end with has been set aside. Two unrelated
/// texts of 100,000 characters take about a second.
pub(super) fn common_subsequence(a: &[char], b: &[char]) -> Vec<bool> {
    let mut kept = vec![false; a.len()];
    mark(a, b, &mut kept);
    kept
}

fn mark(a: &[char], b: &[char], kept: &mut [bool]) {
    let before = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    kept[..before].fill(true);
    let (a, b, kept) = (&a[before..], &b[before..], &mut kept[before..]);
    let after = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b, (kept, end)) = (&a[..a.len() - after], &b[..b.len() - after], kept.split_at_mut(a.len() - after));
    end.fill(true);
    if a.is_empty() || b.is_empty() {
        return;
    }
    if let [only] = a {
        kept[0] = b.contains(only);
        return;
    }
    let (first, second) = a.split_at(a.len() / 2);
    let forward = lengths(first.iter(), b.iter(), b.len());
    let backward = lengths(second.iter().rev(), b.iter().rev(), b.len());
    let common = |cut: &usize| forward[*cut] + backward[b.len() - cut];
    let cut = (0..=b.len()).max_by_key(common).unwrap_or(0);
    let (kept_first, kept_second) = kept.split_at_mut(first.len());
    mark(first, &b[..cut], kept_first);
    mark(second, &b[cut..], kept_second);
}

/// Where one character is in a text: a word's index and its bits; words without any are left out.
type Places = Vec<(usize, u64)>;

/// How many characters the whole of `a` has in common with each beginning of `b`, the empty one first.
fn lengths<'a>(a: impl Iterator<Item = &'a char>, b: impl Iterator<Item = &'a char>, len: usize) -> Vec<u32> {
    let mut places: BTreeMap<char, Places> = BTreeMap::new();
    for (index, char) in b.enumerate() {
        let (word, bit) = (index / 64, 1 << (index % 64));
        let places = places.entry(*char).or_default();
        match places.last_mut() {
            Some((last, bits)) if *last == word => *bits |= bit,
            _ => places.push((word, bit)),
        }
    }
    // One column of the table, as differences: a bit is 0 where the length grows by one.
    let mut column = vec![u64::MAX; len.div_ceil(64)];
    for char in a {
        if let Some(places) = places.get(char) {
            advance(&mut column, places);
        }
    }
    let mut lengths = Vec::with_capacity(len + 1);
    lengths.push(0);
    for index in 0..len {
        lengths.push(lengths[index] + u32::from(column[index / 64] >> (index % 64) & 1 == 0));
    }
    lengths
}

/// The next column: `column = (column + (column & places)) | (column & !places)`, over all words.
///
/// A word changes only where the character is or a carry comes in, so the others are skipped. Bits beyond the text stay 1:
/// the character is never there, and `x | ...` keeps bits that are set.
fn advance(column: &mut [u64], places: &Places) {
    let mut carry_into = None;
    for &(word, bits) in places {
        // Carries ripple through words without the character.
        while let Some(at) = carry_into.filter(|at| *at < word) {
            carry_into = step(column, at, 0, true);
        }
        carry_into = step(column, word, bits, carry_into.is_some());
    }
    while let Some(at) = carry_into {
        carry_into = step(column, at, 0, true);
    }
}

/// Steps one word of a column; where the carry goes, if there is one.
fn step(column: &mut [u64], at: usize, bits: u64, carry: bool) -> Option<usize> {
    let word = column.get_mut(at)?;
    let old = *word;
    let (sum, over) = old.overflowing_add(old & bits);
    let (sum, over_again) = sum.overflowing_add(u64::from(carry));
    *word = sum | (old & !bits);
    (over || over_again).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn common(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let kept = common_subsequence(&a, &b);
        let common: Vec<char> = a.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(char, _)| *char).collect();
        // It is one of both texts.
        let mut rest = b.iter();
        assert!(common.iter().all(|char| rest.any(|other| other == char)));
        common.len()
    }

    /// The table as it is in textbooks.
    fn naive(a: &str, b: &str) -> usize {
        let b: Vec<char> = b.chars().collect();
        let mut row = vec![0; b.len() + 1];
        for x in a.chars() {
            let mut diagonal = 0;
            for (index, y) in b.iter().enumerate() {
                let above = row[index + 1];
                row[index + 1] = if x == *y { diagonal + 1 } else { above.max(row[index]) };
                diagonal = above;
            }
        }
        row[b.len()]
    }

    #[test]
    fn small_ones() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 0),
            ("abc", "abc", 3),
            ("abcde", "ace", 3),
            ("ab", "ba", 1),
            ("xay", "xby", 2),
            ("aaa", "aa", 2),
            ("grüße 🎈", "grusse 🎈", 5),
        ] {
            assert_eq!(common(a, b), expected, "{a:?} {b:?}");
            assert_eq!(common(b, a), expected, "{b:?} {a:?}");
        }
    }

    #[test]
    fn carries_cross_words() {
        let a = "ab".repeat(200);
        for b in ["a".repeat(300), "b".repeat(64), "ba".repeat(200), format!("{}z", "ab".repeat(150)), "aab".repeat(99)]
        {
            assert_eq!(common(&a, &b), naive(&a, &b));
            assert_eq!(common(&b, &a), naive(&a, &b));
        }
    }

    proptest! {
        #[test]
        fn as_the_textbook_says(a in "[ab]{0,300}", b in "[abc]{0,300}") {
            prop_assert_eq!(common(&a, &b), naive(&a, &b));
        }

        #[test]
        fn with_many_letters(a in "[a-zäöü🎈]{0,200}", b in "[a-zäöü🎈]{0,200}") {
            prop_assert_eq!(common(&a, &b), naive(&a, &b));
        }

        #[test]
        fn after_a_few_edits(a in "[a-d]{65,400}", at in 0usize..60, gone in 0usize..5, new in "[a-d]{0,5}") {
            let b = format!("{}{new}{}", &a[..at], &a[at + gone..]);
            prop_assert_eq!(common(&a, &b), naive(&a, &b));
        }
    }
}
