//! Sets of numbers that fill up from below: all up to one of them, and exceptions beyond it.
//!
//! Operations of a client and messages of a connection are numbered from 1 and mostly arrive in order, so a set of them is
//! one number, and a few more where something overtook.

use std::collections::BTreeSet;

use crate::replica::{NodeId, OpId};

/// A set of numbers of one sequence that counts from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    through: u64,
    /// Never empty: most sequences have no exceptions, and sets of many sequences stay small.
    #[allow(
        clippy::box_collection,
        reason = "a pointer is a third of a set, and there is one in every set of a ledger"
    )]
    beyond: Option<Box<BTreeSet<u64>>>,
}

impl Prefix {
    /// All numbers up to this one are in the set; 0 where 1 is not.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// The numbers in the set that are not part of the prefix, ascending.
    pub fn beyond(&self) -> impl Iterator<Item = u64> {
        self.beyond.iter().flat_map(|beyond| beyond.iter().copied())
    }

    /// The largest number in the set; 0 where it is empty.
    pub fn last(&self) -> u64 {
        self.beyond.as_ref().and_then(|beyond| beyond.last().copied()).unwrap_or(self.through)
    }

    /// Whether `n` is in the set. 0 counts as part of every set.
    pub fn contains(&self, n: u64) -> bool {
        n <= self.through || self.beyond.as_ref().is_some_and(|beyond| beyond.contains(&n))
    }

    /// Adds `n`; false if it was there.
    pub fn insert(&mut self, n: u64) -> bool {
        if self.contains(n) {
            return false;
        }
        if n != self.through + 1 {
            return self.beyond.get_or_insert_default().insert(n);
        }
        self.through = n;
        if let Some(beyond) = &mut self.beyond {
            while beyond.remove(&(self.through + 1)) {
                self.through += 1;
            }
            if beyond.is_empty() {
                self.beyond = None;
            }
        }
        true
    }
}

/// A set of operations: a [`Prefix`] of each client's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrefixSet {
    /// By client number; ends with the last client of whom something is in the set.
    clients: Vec<Prefix>,
}

impl PrefixSet {
    /// All operations of `client` up to this one are in the set.
    pub fn through(&self, client: NodeId) -> u64 {
        self.of(client).map_or(0, Prefix::through)
    }

    /// The number of the last operation of `client` in the set.
    pub fn last(&self, client: NodeId) -> u64 {
        self.of(client).map_or(0, Prefix::last)
    }

    /// Whether `op` is in the set.
    pub fn contains(&self, op: OpId) -> bool {
        self.of(op.client).map_or(op.n == 0, |prefix| prefix.contains(op.n))
    }

    /// Adds `op`; false if it was there.
    pub fn insert(&mut self, op: OpId) -> bool {
        let slot = op.client.0 as usize;
        if self.clients.len() <= slot && op.n > 0 {
            self.clients.resize_with(slot + 1, Prefix::default);
        }
        self.clients.get_mut(slot).is_some_and(|prefix| prefix.insert(op.n))
    }

    /// The clients of whom something is in the set, ascending, each with its prefix.
    pub fn prefixes(&self) -> impl Iterator<Item = (NodeId, u64)> {
        self.met().map(|(client, prefix)| (client, prefix.through))
    }

    /// The operations in the set that are not part of a prefix, by client and number.
    pub fn beyond(&self) -> impl Iterator<Item = OpId> {
        self.met().flat_map(|(client, prefix)| prefix.beyond().map(move |n| OpId { client, n }))
    }

    fn met(&self) -> impl Iterator<Item = (NodeId, &Prefix)> {
        let clients = self.clients.iter().zip(0..).map(|(prefix, client)| (NodeId(client), prefix));
        clients.filter(|(_, prefix)| prefix.last() > 0)
    }

    fn of(&self, client: NodeId) -> Option<&Prefix> {
        self.clients.get(client.0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The set as a list of all numbers in it.
    fn plain(numbers: &[u64]) -> (Prefix, BTreeSet<u64>) {
        let (mut prefix, mut plain) = (Prefix::default(), BTreeSet::new());
        for n in numbers.iter().copied() {
            assert_eq!(prefix.insert(n), plain.insert(n), "{n} of {numbers:?}");
        }
        (prefix, plain)
    }

    #[test]
    fn a_gap_that_closes_joins_what_lies_beyond_it() {
        let mut prefix = Prefix::default();
        assert!(prefix.insert(3) && prefix.insert(1) && prefix.insert(4) && !prefix.insert(3));
        assert_eq!((prefix.through(), prefix.last(), prefix.beyond().collect::<Vec<_>>()), (1, 4, vec![3, 4]));
        assert!(prefix.insert(2));
        assert_eq!((prefix.through(), prefix.last(), prefix.beyond().count()), (4, 4, 0));
        // Nothing is left of the way there.
        assert_eq!(prefix, plain(&[1, 2, 3, 4]).0);
    }

    #[test]
    fn nobody_has_an_operation_0() {
        let mut set = PrefixSet::default();
        let zero = OpId { client: NodeId(3), n: 0 };
        assert!(!set.insert(zero) && set.contains(zero));
        assert_eq!(set, PrefixSet::default());
    }

    proptest! {
        #[test]
        fn a_prefix_is_a_set_of_numbers(numbers in prop::collection::vec(1u64..40, 0..80)) {
            let (prefix, plain) = plain(&numbers);
            for n in 1..=41 {
                prop_assert_eq!(prefix.contains(n), plain.contains(&n), "{}", n);
            }
            let through = (1..).find(|n| !plain.contains(n)).unwrap_or(0) - 1;
            prop_assert_eq!(prefix.through(), through);
            prop_assert_eq!(prefix.last(), plain.last().copied().unwrap_or(0));
            let beyond: Vec<u64> = plain.range(through + 1..).copied().collect();
            prop_assert_eq!(prefix.beyond().collect::<Vec<_>>(), beyond);
        }

        #[test]
        fn a_set_is_a_prefix_for_each_client(ops in prop::collection::vec((0u32..5, 1u64..20), 0..80)) {
            let (mut set, mut plain) = (PrefixSet::default(), BTreeSet::new());
            for (client, n) in ops {
                let op = OpId { client: NodeId(client), n };
                prop_assert_eq!(set.insert(op), plain.insert(op));
            }
            let mut all: BTreeSet<OpId> = set.beyond().collect();
            for (client, through) in set.prefixes() {
                prop_assert_eq!(through, set.through(client));
                all.extend((1..=through).map(|n| OpId { client, n }));
            }
            prop_assert_eq!(&all, &plain);
            let met: BTreeSet<NodeId> = plain.iter().map(|op| op.client).collect();
            prop_assert_eq!(set.prefixes().map(|(client, _)| client).collect::<BTreeSet<_>>(), met);
            for client in (0..6).map(NodeId) {
                let last = plain.iter().filter(|op| op.client == client).map(|op| op.n).max();
                prop_assert_eq!(set.last(client), last.unwrap_or(0));
                let same = (1..21).map(|n| OpId { client, n }).all(|op| set.contains(op) == plain.contains(&op));
                prop_assert!(same);
            }
        }

        #[test]
        fn equal_sets_are_equal_whatever_the_order(ops in prop::collection::vec((0u32..4, 1u64..9), 0..40), seed: u64) {
            let mut shuffled = ops.clone();
            shuffled.sort_by_key(|(client, n)| xxhash_rust::xxh3::xxh3_64_with_seed(&n.to_le_bytes(), seed ^ u64::from(*client)));
            let set = |ops: &[(u32, u64)]| {
                let mut set = PrefixSet::default();
                ops.iter().for_each(|(client, n)| _ = set.insert(OpId { client: NodeId(*client), n: *n }));
                set
            };
            prop_assert_eq!(set(&ops), set(&shuffled));
        }
    }
}
