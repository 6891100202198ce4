//! The algorithm `ddmin` of Zeller and Hildebrandt (2002).

/// A part of a list that passes the test as the whole list does, and of which no single entry can be left out; `None` where
/// that is the whole list. Parts keep the order.
pub(super) fn ddmin<T: Clone>(list: &[T], mut passes: impl FnMut(&[T]) -> bool) -> Option<Vec<T>> {
    let mut least = list.to_vec();
    let mut parts = 2;
    while !least.is_empty() {
        parts = parts.min(least.len());
        match smaller(&least, parts, &mut passes) {
            Some((found, next)) => (least, parts) = (found, next),
            None if parts == least.len() => break,
            None => parts *= 2,
        }
    }
    (least.len() < list.len()).then_some(least)
}

/// One of so many parts alone, or everything but one of them, and into how many parts that is cut next.
fn smaller<T: Clone>(list: &[T], parts: usize, passes: &mut impl FnMut(&[T]) -> bool) -> Option<(Vec<T>, usize)> {
    let bound = |part: usize| part * list.len() / parts;
    if parts > 1 {
        let alone = (0..parts).map(|part| &list[bound(part)..bound(part + 1)]);
        for part in alone {
            if passes(part) {
                return Some((part.to_vec(), 2));
            }
        }
    }
    // Of two parts, everything but one is the other.
    for part in (0..parts).filter(|_| parts != 2) {
        let rest = [&list[..bound(part)], &list[bound(part + 1)..]].concat();
        if passes(&rest) {
            return Some((rest, parts.saturating_sub(1).max(2)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_single_culprit_is_found_in_few_tests() {
        let list: Vec<u32> = (0..1_000).collect();
        let mut tests = 0;
        let least = ddmin(&list, |part| {
            tests += 1;
            part.contains(&617)
        });
        assert_eq!(least, Some(vec![617]));
        assert!(tests < 40, "{tests}");
        assert_eq!(ddmin(&[617], |part| part.contains(&617)), None);
        assert_eq!(ddmin(&[1, 2, 3], |_| true), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn no_entry_of_what_is_left_can_be_left_out(
            length in 0usize..40,
            needed in prop::collection::btree_set(0usize..40, 0..6),
        ) {
            let list: Vec<usize> = (0..length).collect();
            let needed: Vec<usize> = needed.into_iter().filter(|index| *index < length).collect();
            let passes = |part: &[usize]| needed.iter().all(|index| part.contains(index));
            let least = ddmin(&list, passes).unwrap_or_else(|| list.clone());
            prop_assert_eq!(&least, &needed);
            prop_assert_eq!(ddmin(&least, passes), None);
        }

        /// Entries that are needed one in place of another: what is left depends on the order of trials, and is minimal.
        #[test]
        fn what_is_left_is_minimal_where_several_parts_pass(length in 1usize..30, each in 2usize..7, sum in 1usize..60) {
            let list: Vec<usize> = (0..length).collect();
            let passes = |part: &[usize]| part.iter().filter(|n| *n % each == 0).sum::<usize>() >= sum;
            prop_assume!(passes(&list));
            let least = ddmin(&list, passes).unwrap_or_else(|| list.clone());
            prop_assert!(passes(&least));
            for out in 0..least.len() {
                let rest = [&least[..out], &least[out + 1..]].concat();
                prop_assert!(!passes(&rest), "{least:?} without {out}");
            }
        }
    }
}
