//! Fractional indices: the place of an item in its list, with room between any two places.
//!
//! A place is a whole number and digits of base 256 behind the point. Items that are appended or prepended take the next whole
//! number, so their places stay short. Only places in between grow, by a digit for about eight halvings. (Figma's blog has
//! fractions between 0 and 1 only, whose length grows with every eighth append; a whole part is the usual remedy.)
//!
//! A new place may end with its maker's signature, so that two clients in one gap do not make the same place; places without
//! one may tie. No library has both: those with signed places need a source of randomness, the others tie.
//!
//! The well-known price: what two clients concurrently insert into one gap interleaves, and items moved between the same two
//! neighbours over and over make long places.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::wire;

/// The largest whole number, and negated the smallest: too far away to be reached by counting.
const LIMIT: i64 = i64::MAX / 2;

/// A fraction. No two places are so close that there is none between them, because the last digit is never 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub(super) struct Place {
    whole: i64,
    #[serde(with = "wire::bytes")]
    digits: Arc<[u8]>,
}

/// An unchecked place.
#[derive(Deserialize)]
struct Raw {
    whole: i64,
    #[serde(with = "wire::bytes")]
    digits: Arc<[u8]>,
}

impl TryFrom<Raw> for Place {
    type Error = &'static str;

    fn try_from(Raw { whole, digits }: Raw) -> Result<Self, Self::Error> {
        // Below the smallest place there would be no room.
        if !(-LIMIT..=LIMIT).contains(&whole) || digits.last() == Some(&0) || (whole == -LIMIT && digits.is_empty()) {
            return Err("no place in a list");
        }
        Ok(Self { whole, digits })
    }
}

impl Place {
    /// The place of the `index`-th item of a list that was never changed.
    pub(super) fn first(index: usize) -> Self {
        Self { whole: i64::try_from(index).unwrap_or(LIMIT).min(LIMIT), digits: Arc::default() }
    }
}

/// Makes places.
#[derive(Clone, Debug, Default)]
pub(super) struct Ruler {
    /// The end of every place that it makes: bytes that are never zero.
    signature: Vec<u8>,
}

impl Ruler {
    /// Makes places that no other node makes.
    pub(super) fn signed(node: u32) -> Self {
        let septets = (0..5).rev().map(move |index| (node >> (7 * index)) as u8 & 0x7f);
        let digits = septets.enumerate().skip_while(|(index, septet)| *index < 4 && *septet == 0);
        Self { signature: digits.map(|(_, septet)| septet | 0x80).collect() }
    }

    /// `count` places in ascending order between `low` and `high`, or beyond all if one of them is `None`.
    pub(super) fn between(&self, low: Option<&Place>, high: Option<&Place>, count: usize) -> Vec<Place> {
        let mut places = Vec::new();
        match (low, high) {
            (Some(low), Some(high)) => self.halve(low, high, count, &mut places),
            (None, Some(high)) => {
                for _ in 0..count {
                    places.push(self.below(places.last().unwrap_or(high)));
                }
                places.reverse();
            }
            (low, None) => {
                for _ in 0..count {
                    places.push(places.last().or(low).map_or_else(|| self.place(0, &[]), |low| self.above(low)));
                }
            }
        }
        places
    }

    /// From the middle to both sides, so that the number of digits grows with the logarithm of `count`.
    fn halve(&self, low: &Place, high: &Place, count: usize, places: &mut Vec<Place>) {
        if count > 0 {
            let mean = self.mean(low, high);
            self.halve(low, &mean, (count - 1) / 2, places);
            places.push(mean.clone());
            self.halve(&mean, high, count / 2, places);
        }
    }

    fn place(&self, whole: i64, digits: &[u8]) -> Place {
        let digits = match digits.len() + self.signature.len() {
            // All of these are one.
            0 => Arc::default(),
            _ => digits.iter().chain(&self.signature).copied().collect(),
        };
        Place { whole, digits }
    }

    fn above(&self, low: &Place) -> Place {
        match low.whole {
            LIMIT => self.place(LIMIT, &middle(&low.digits, None)),
            whole => self.place(whole + 1, &[]),
        }
    }

    fn below(&self, high: &Place) -> Place {
        match high.whole {
            // The smallest whole number needs a digit behind it.
            whole if whole <= -LIMIT + 1 && high.digits.is_empty() => self.place(-LIMIT, &middle(&[], None)),
            whole if whole > -LIMIT + 1 => self.place(whole - 1, &[]),
            whole => self.place(whole, &middle(&[], Some(&high.digits))),
        }
    }

    /// A place between two different ones, whatever digits follow.
    fn mean(&self, low: &Place, high: &Place) -> Place {
        if low.whole == high.whole {
            self.place(low.whole, &middle(&low.digits, Some(&high.digits)))
        } else if low.whole + 1 < high.whole {
            self.place(low.whole.midpoint(high.whole), &[])
        } else {
            self.place(low.whole, &middle(&low.digits, None))
        }
    }
}

/// Digits between `low` and `high`, whatever follows them; without an upper end where there is no `high`.
fn middle(low: &[u8], mut high: Option<&[u8]>) -> Vec<u8> {
    let mut digits = Vec::new();
    for at in 0.. {
        let from = u16::from(low.get(at).copied().unwrap_or(0));
        let to = high.map_or(256, |high| u16::from(high.get(at).copied().unwrap_or(0)));
        if to > from + 1 {
            digits.push(from.midpoint(to) as u8);
            break;
        }
        // Whatever follows a smaller digit is below `high`.
        if from < to {
            high = None;
        }
        digits.push(from as u8);
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{decode, encode};

    fn raw(whole: i64, digits: &[u8]) -> Result<Place, &'static str> {
        Place::try_from(Raw { whole, digits: digits.into() })
    }

    fn digits() -> impl Strategy<Value = Vec<u8>> {
        vec(prop_oneof![Just(0u8), Just(1), Just(254), Just(255), any::<u8>()], 0..5)
    }

    fn place() -> impl Strategy<Value = Place> {
        let whole = prop_oneof![-3..3i64, Just(LIMIT), Just(LIMIT - 1), Just(-LIMIT), Just(1 - LIMIT)];
        (whole, digits()).prop_filter_map("no place", |(whole, digits)| raw(whole, &digits).ok())
    }

    fn ruler() -> impl Strategy<Value = Ruler> {
        prop_oneof![Just(Ruler::default()), (0..300u32).prop_map(Ruler::signed)]
    }

    fn ascending(low: Option<&Place>, places: &[Place], high: Option<&Place>) -> bool {
        let all: Vec<&Place> = low.into_iter().chain(places).chain(high).collect();
        let valid = |place: &Place| raw(place.whole, &place.digits).is_ok();
        all.windows(2).all(|pair| pair[0] < pair[1]) && places.iter().all(valid)
    }

    proptest! {
        #[test]
        fn there_is_always_room(one in place(), other in place(), count in 0..9usize, ruler in ruler()) {
            let (low, high) = (one.clone().min(other.clone()), one.max(other));
            let (low, high) = (Some(&low), Some(&high));
            for (low, high) in [(low, None), (None, high), (low, high.filter(|high| low != Some(*high)))] {
                let places = ruler.between(low, high, count);
                prop_assert!(places.len() == count && ascending(low, &places, high), "{low:?} {places:?} {high:?}");
            }
        }

        #[test]
        fn lists_stay_in_order_wherever_anybody_inserts(inserts in vec((any::<u16>(), 1..6usize, 1..4u32), 1..60)) {
            let mut list: Vec<Place> = (0..3).map(Place::first).collect();
            for (at, count, node) in inserts {
                let at = at as usize % (list.len() + 1);
                let low = at.checked_sub(1).map(|before| list[before].clone());
                let new = Ruler::signed(node).between(low.as_ref(), list.get(at), count);
                list.splice(at..at, new);
                prop_assert!(ascending(None, &list, None));
            }
        }
    }

    #[test]
    fn ends_cost_nothing_and_the_middle_little() {
        let ruler = Ruler::default();
        let mut list = ruler.between(None, None, 1_000);
        list.splice(0..0, ruler.between(None, list.first(), 1_000));
        assert!(ascending(None, &list, None) && list.iter().all(|place| place.digits.is_empty()));
        let inner = ruler.between(Some(&list[0]), Some(&list[1]), 1_000);
        assert!(inner.iter().all(|place| place.digits.len() <= 2));
        // Always in front of the last one.
        let mut last = list[1].clone();
        for _ in 0..80 {
            last = ruler.mean(&list[0], &last);
        }
        assert!(last.digits.len() <= 12, "{last:?}");
    }

    #[test]
    fn signed_places_in_one_gap_differ_and_have_room_between() {
        let gap = [Place::first(5), Place::first(6)];
        let made = |ruler: Ruler| ruler.between(Some(&gap[0]), Some(&gap[1]), 1).remove(0);
        let [a, b] = [1, 2].map(|node| made(Ruler::signed(node)));
        assert!(a < b && ascending(Some(&a), &Ruler::signed(3).between(Some(&a), Some(&b), 1), Some(&b)));
        assert_eq!(made(Ruler::default()), made(Ruler::default()));
    }

    #[test]
    fn signatures_differ_and_have_no_zero() {
        let of = |node| Ruler::signed(node).signature;
        let all: BTreeSet<_> = [0, 1, 127, 128, 255, 256, 16_384, u32::MAX].map(of).into();
        assert_eq!(all.len(), 8);
        assert!(all.iter().flatten().all(|byte| *byte >= 0x80));
    }

    #[test]
    fn places_without_room_below_are_malformed() {
        for (whole, digits) in [(0, &[0][..]), (0, &[5, 0]), (-LIMIT, &[]), (i64::MAX, &[]), (i64::MIN, &[1])] {
            assert!(raw(whole, digits).is_err());
            assert!(decode::<Place>(&encode(&Place { whole, digits: digits.into() })).is_err());
        }
        let fine = Place { whole: -3, digits: [0, 7].into() };
        assert_eq!(decode::<Place>(&encode(&fine)).unwrap(), fine);
    }
}
