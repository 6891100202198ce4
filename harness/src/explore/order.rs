//! Which steps depend on each other: what schedules that differ only in the order of independent steps have in common.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use super::step::Step;

/// For each node a hash of the inputs that it has consumed, in order, and last a hash of the order of actions where that
/// matters. Two prefixes with equal hashes are linear orders of the same partial order, and leave every replica, link
/// and timer in the same state: what a link holds follows from what its sender has consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Past(Vec<u128>);

impl Past {
    pub(super) fn new(clients: u32) -> Self {
        Self(vec![0; clients as usize + 2])
    }

    /// The past after one more step at this place.
    pub(super) fn after(&self, step: Step, places: Vec<usize>) -> Self {
        let mut next = self.clone();
        for place in places {
            let mut line = [0; 24];
            line[..16].copy_from_slice(&next.0[place].to_le_bytes());
            line[16..].copy_from_slice(&code(step).to_le_bytes());
            next.0[place] = xxh3_128(&line);
        }
        next
    }

    /// One number for the whole past.
    pub(super) fn key(&self) -> u128 {
        let bytes: Vec<u8> = self.0.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        xxh3_128(&bytes)
    }
}

fn code(step: Step) -> u64 {
    let (kind, a, b) = match step {
        Step::Act(client) => (1, client.0, 0),
        Step::Deliver { from, to } => (2, from.0, to.0),
        Step::Timer => (3, 0, 0),
        Step::Break(client) => (4, client.0, 0),
        Step::Open(client) => (5, client.0, 0),
        Step::Crash(client) => (6, client.0, 0),
        Step::Recover(client) => (7, client.0, 0),
        Step::Join(client) => (8, client.0, 0),
    };
    kind << 56 | u64::from(a) << 28 | u64::from(b)
}

/// Most steps of a schedule whose orders are counted: the bits of a set.
const MOST_STEPS: usize = 128;

/// For each step the set of steps that must come before it, as bits: the last ones at its places, and the step that sent
/// what it consumed. `None` for a schedule that is too long.
pub(super) fn before(places: Vec<Vec<usize>>, causes: &[Option<usize>]) -> Option<Vec<u128>> {
    let count = places.len();
    if count > MOST_STEPS {
        return None;
    }
    let mut before = vec![0u128; count];
    let mut last: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, places) in places.into_iter().enumerate() {
        let causes = places.iter().filter_map(|place| last.get(place).copied()).chain(causes[index]);
        before[index] = causes.map(|cause| before[cause] | 1 << cause).fold(0, |all, some| all | some);
        last.extend(places.into_iter().map(|place| (place, index)));
    }
    Some(before)
}

/// In how many orders the steps of a schedule can be taken without any replica noticing; `None` if these are too many to
/// count.
pub(super) fn linear_orders(before: &[u128]) -> Option<u64> {
    // Sets of steps that have been taken, with the number of orders that lead there.
    let mut ways: BTreeMap<u128, u64> = BTreeMap::from([(0, 1)]);
    for _ in 0..before.len() {
        let mut next: BTreeMap<u128, u64> = BTreeMap::new();
        for (taken, orders) in ways {
            for (index, needed) in before.iter().enumerate() {
                if taken & (1 << index) == 0 && needed & !taken == 0 {
                    let sum = next.entry(taken | 1 << index).or_default();
                    *sum = sum.checked_add(orders)?;
                }
            }
        }
        ways = next;
    }
    ways.into_values().next()
}
