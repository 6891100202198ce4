//! Fractional indices: where an item stands in a list, as a byte string that sorts between its neighbours'.
//!
//! A byte string is read as digits after the point. A new index takes the fewest digits that lie between two others, and ends
//! with its maker's number, so that two clients in one gap do not make the same. At an open end it steps by one digit, so that
//! a list that only grows at its head or its end takes a byte more every hundred items, and not every eight.
//!
//! The well-known price: what two clients put into one gap at the same time interleaves, and items moved between the same two
//! neighbours over and over make long indices.

use std::sync::Arc;

/// An index. It is never empty and never ends with zero, so that there is room before every one.
pub(super) type Place = Arc<[u8]>;

/// Whether bytes from elsewhere can be one.
pub(super) fn is_place(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|last| *last != 0)
}

/// Places for `count` new items of `node` between two neighbours, ascending. `lower` is less than `upper`.
pub(super) fn spread(lower: Option<&[u8]>, upper: Option<&[u8]>, count: usize, node: u32) -> Vec<Place> {
    let mut places = Vec::with_capacity(count);
    match (lower, upper) {
        (_, None) => {
            for index in 0..count {
                let last = if index == 0 { lower } else { places.last().map(|place: &Place| &place[..]) };
                places.push(between(last, None, node));
            }
        }
        (None, Some(_)) => {
            for index in 0..count {
                let first = if index == 0 { upper } else { places.last().map(|place: &Place| &place[..]) };
                places.push(between(None, first, node));
            }
            places.reverse();
        }
        (Some(_), Some(_)) => halve(lower, upper, count, node, &mut places),
    }
    places
}

fn halve(lower: Option<&[u8]>, upper: Option<&[u8]>, count: usize, node: u32, places: &mut Vec<Place>) {
    if count > 0 {
        let middle = between(lower, upper, node);
        halve(lower, Some(&middle), count / 2, node, places);
        places.push(middle.clone());
        halve(Some(&middle), upper, count - 1 - count / 2, node, places);
    }
}

/// A place between two others; open at an end that is not given.
fn between(lower: Option<&[u8]>, upper: Option<&[u8]>, node: u32) -> Place {
    let low = lower.unwrap_or_default();
    let mut high = upper;
    let mut digits = Vec::new();
    loop {
        let at = digits.len();
        let from = low.get(at).map_or(0, |digit| u16::from(*digit));
        let to = high.map_or(256, |high| high.get(at).map_or(0, |digit| u16::from(*digit)));
        if to > from + 1 {
            let digit = match (lower, upper) {
                (_, None) => from + 1,
                (None, _) => to - 1,
                _ => from.midpoint(to),
            };
            digits.push(digit as u8);
            break;
        }
        // Below the next digit of the upper neighbour, anything behind the lower one will do.
        if to == from + 1 {
            high = None;
        }
        digits.push(from as u8);
    }
    digits.extend(signature(node));
    digits.into()
}

/// A number in bytes that are never zero.
fn signature(node: u32) -> impl Iterator<Item = u8> {
    let septets = (0..5).rev().map(move |index| (node >> (7 * index)) as u8 & 0x7f);
    septets.enumerate().skip_while(|(index, septet)| *index < 4 && *septet == 0).map(|(_, septet)| septet | 0x80)
}

/// Places for the items that are there at the beginning, far apart.
pub(super) fn first(count: usize) -> impl Iterator<Item = Place> {
    let width = (1..8).find(|width| 1u64 << (8 * width) > 4 * count as u64 + 4).unwrap_or(8);
    let step = (1u64 << (8 * width).min(63)) / (count as u64 + 1);
    (1..=count as u64).map(move |index| {
        let mut digits = (index * step).to_be_bytes()[8 - width..].to_vec();
        digits.push(0x80);
        digits.into()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ascending(places: &[Place]) -> bool {
        places.is_sorted_by(|a, b| a < b) && places.iter().all(|place| is_place(place))
    }

    #[test]
    fn the_first_places_ascend_at_any_length() {
        for count in [0, 1, 2, 63, 64, 300, 20_000] {
            let places: Vec<Place> = first(count).collect();
            assert_eq!(places.len(), count);
            assert!(ascending(&places), "{count}");
            assert!(places.iter().all(|place| place.len() <= 4));
        }
    }

    #[test]
    fn two_in_one_gap_differ_and_there_is_room_between_them() {
        let [a, b] = [1, 2].map(|node| spread(Some(&[5, 0x80]), Some(&[6, 0x80]), 1, node).remove(0));
        assert!(a < b);
        let inside = spread(Some(&a), Some(&b), 1, 3).remove(0);
        assert!(a < inside && inside < b);
    }

    #[test]
    fn growing_at_an_end_takes_a_byte_in_a_hundred() {
        for front in [true, false] {
            let mut end: Option<Place> = None;
            for _ in 0..1000 {
                let (lower, upper) = if front { (None, end.as_deref()) } else { (end.as_deref(), None) };
                end = Some(spread(lower, upper, 1, 1).remove(0));
            }
            assert!(end.unwrap().len() <= 12, "{front}");
        }
    }

    #[test]
    fn signatures_differ_and_have_no_zero() {
        let of = |node| signature(node).collect::<Vec<u8>>();
        let all: std::collections::BTreeSet<_> = [0, 1, 127, 128, 255, 256, 16_384, u32::MAX].map(of).into();
        assert_eq!(all.len(), 8);
        assert!(all.iter().flatten().all(|byte| *byte >= 0x80));
    }

    proptest! {
        #[test]
        fn lists_stay_in_order_whoever_inserts_where(inserts in prop::collection::vec((any::<u16>(), 1..6usize, 1..4u32), 1..60)) {
            let mut list: Vec<Place> = first(3).collect();
            for (at, count, node) in inserts {
                let at = at as usize % (list.len() + 1);
                let lower = at.checked_sub(1).map(|before| list[before].clone());
                let new = spread(lower.as_deref(), list.get(at).map(|place| &place[..]), count, node);
                prop_assert_eq!(new.len(), count);
                list.splice(at..at, new);
                prop_assert!(ascending(&list));
            }
        }
    }
}
