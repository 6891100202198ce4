//! Where an item stands in its list: a fraction, so that there is always room between two items.
//!
//! A whole number and, where two items have no whole number left between them, digits behind it. Items that are appended or
//! put in front take the next whole number, so their places stay short; only what is squeezed in between grows, by a digit
//! of 256 for some eight halvings. (Figma's blog has fractions between 0 and 1 only, whose length grows with every eighth
//! append; a whole part is the usual remedy.)

use serde::{Deserialize, Serialize};

/// Largest whole number, and with a minus the least: so far away that nobody comes there by counting.
const LIMIT: i64 = i64::MAX / 2;

/// A fraction. No two places are so close that there is none between them, because the last digit is never 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(i64, Vec<u8>)", into = "(i64, Vec<u8>)")]
pub(super) struct Place {
    whole: i64,
    digits: Vec<u8>,
}

impl From<Place> for (i64, Vec<u8>) {
    fn from(place: Place) -> Self {
        (place.whole, place.digits)
    }
}

impl TryFrom<(i64, Vec<u8>)> for Place {
    type Error = &'static str;

    fn try_from((whole, digits): (i64, Vec<u8>)) -> Result<Self, Self::Error> {
        // Below the very least place there would be no room.
        if !(-LIMIT..=LIMIT).contains(&whole) || digits.last() == Some(&0) || (whole == -LIMIT && digits.is_empty()) {
            return Err("no place in a list");
        }
        Ok(Self { whole, digits })
    }
}

impl Place {
    /// The place of the `index`-th item of a list that nobody has changed yet.
    pub(super) fn first(index: usize) -> Self {
        Self { whole: i64::try_from(index).unwrap_or(LIMIT).min(LIMIT), digits: Vec::new() }
    }

    /// `count` places in ascending order between two others; beyond all if there is no other.
    pub(super) fn between(low: Option<&Place>, high: Option<&Place>, count: usize) -> Vec<Place> {
        let mut places = Vec::new();
        match (low, high) {
            (Some(low), Some(high)) => halve(low, high, count, &mut places),
            (None, Some(high)) => {
                for _ in 0..count {
                    places.push(places.last().unwrap_or(high).below());
                }
                places.reverse();
            }
            (low, None) => {
                for _ in 0..count {
                    let next = places.last().or(low).map_or(Place::first(0), Place::above);
                    places.push(next);
                }
            }
        }
        places
    }

    fn above(&self) -> Self {
        match self.whole {
            LIMIT => Self { whole: LIMIT, digits: middle(&self.digits, None) },
            whole => Self { whole: whole + 1, digits: Vec::new() },
        }
    }

    fn below(&self) -> Self {
        // One more digit would have to stand before the least whole number's own.
        if self.whole <= -LIMIT + 1 && self.digits.is_empty() {
            return Self { whole: -LIMIT, digits: middle(&[], None) };
        }
        match self.whole {
            whole if whole > -LIMIT + 1 => Self { whole: whole - 1, digits: Vec::new() },
            whole => Self { whole, digits: middle(&[], Some(&self.digits)) },
        }
    }

    /// Between two different places.
    fn mean(low: &Place, high: &Place) -> Self {
        let next = Self { whole: low.whole + 1, digits: Vec::new() };
        if low.whole == high.whole {
            Self { whole: low.whole, digits: middle(&low.digits, Some(&high.digits)) }
        } else if next < *high {
            next
        } else {
            Self { whole: low.whole, digits: middle(&low.digits, None) }
        }
    }
}

/// From the middle to both sides, so that the digits of many places grow with the logarithm of their number only.
fn halve(low: &Place, high: &Place, count: usize, places: &mut Vec<Place>) {
    if count > 0 {
        let mean = Place::mean(low, high);
        halve(low, &mean, (count - 1) / 2, places);
        places.push(mean.clone());
        halve(&mean, high, count / 2, places);
    }
}

/// Digits between `low` and `high`; without an upper end where there is no `high`.
fn middle(low: &[u8], mut high: Option<&[u8]>) -> Vec<u8> {
    let mut digits = Vec::new();
    for at in 0.. {
        let from = u16::from(low.get(at).copied().unwrap_or(0));
        let to = high.map_or(256, |high| u16::from(high.get(at).copied().unwrap_or(0)));
        if to > from + 1 {
            digits.push(((from + to) / 2) as u8);
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
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn valid(place: &Place) -> bool {
        Place::try_from((place.whole, place.digits.clone())).is_ok()
    }

    fn digits() -> impl Strategy<Value = Vec<u8>> {
        vec(prop_oneof![Just(0u8), Just(1), Just(254), Just(255), any::<u8>()], 0..5)
    }

    fn place() -> impl Strategy<Value = Place> {
        let whole = prop_oneof![-3..3i64, Just(LIMIT), Just(LIMIT - 1), Just(-LIMIT), Just(1 - LIMIT)];
        (whole, digits()).prop_filter_map("no place", |pair| Place::try_from(pair).ok())
    }

    fn ascending(low: Option<&Place>, places: &[Place], high: Option<&Place>) -> bool {
        let all: Vec<&Place> = low.into_iter().chain(places).chain(high).collect();
        all.windows(2).all(|pair| pair[0] < pair[1]) && places.iter().all(valid)
    }

    proptest! {
        #[test]
        fn there_is_always_room(one in place(), other in place(), count in 0..9usize) {
            let (low, high) = (one.clone().min(other.clone()), one.max(other));
            let (low, high) = (Some(&low), Some(&high));
            for (low, high) in [(low, None), (None, high), (low, high.filter(|high| low != Some(*high)))] {
                let places = Place::between(low, high, count);
                prop_assert!(places.len() == count && ascending(low, &places, high), "{low:?} {places:?} {high:?}");
            }
        }
    }

    #[test]
    fn ends_cost_nothing_and_the_middle_little() {
        let mut list = Place::between(None, None, 1_000);
        list.splice(0..0, Place::between(None, list.first(), 1_000));
        assert!(ascending(None, &list, None) && list.iter().all(|place| place.digits.is_empty()));
        let inner = Place::between(Some(&list[0]), Some(&list[1]), 1_000);
        assert!(inner.iter().all(|place| place.digits.len() <= 2));
        // Always in front of the last one that was squeezed in.
        let mut last = list[1].clone();
        for _ in 0..80 {
            last = Place::mean(&list[0], &last);
        }
        assert!(last.digits.len() <= 12, "{last:?}");
    }

    #[test]
    fn what_leaves_no_room_is_refused() {
        for (whole, digits) in
            [(0, vec![0]), (0, vec![5, 0]), (-LIMIT, vec![]), (i64::MAX, vec![]), (i64::MIN, vec![1])]
        {
            assert!(Place::try_from((whole, digits)).is_err());
        }
    }
}
