//! Sets of operations that share what they have in common.
//!
//! A ledger keeps with every operation what its user's replica reflected at that moment. Two such sets differ in a few clients'
//! operations: a copy takes a pointer for each block of clients, and a block is copied when it changes while it is shared.

use std::sync::Arc;

use syncbench_strategies::prefix_set::Prefix;
use syncbench_strategies::replica::{NodeId, OpId};

/// Clients in a block: a kilobyte, so that a change copies little, and a set of a thousand clients has sixteen pointers.
const BLOCK: usize = 64;

/// A set of operations: a [`Prefix`] of each client's. A copy is cheap, as is a change of it.
#[derive(Clone, Debug, Default)]
pub struct OpSet {
    /// By client number; ends with the last block in which something is.
    blocks: Vec<Arc<[Prefix]>>,
}

impl OpSet {
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

    /// Whether every operation of `client` in `other` is in the set.
    pub fn has_all_of(&self, client: NodeId, other: &Self) -> bool {
        let has = |n| self.contains(OpId { client, n });
        other.through(client) <= self.through(client) && other.of(client).is_none_or(|prefix| prefix.beyond().all(has))
    }

    /// Adds `op`; false if it was there.
    pub fn insert(&mut self, op: OpId) -> bool {
        if self.contains(op) {
            return false;
        }
        let slot = op.client.0 as usize;
        if self.blocks.len() <= slot / BLOCK {
            // All new blocks are one until something is put into them.
            let empty: Arc<[Prefix]> = vec![Prefix::default(); BLOCK].into();
            self.blocks.resize(slot / BLOCK + 1, empty);
        }
        Arc::make_mut(&mut self.blocks[slot / BLOCK])[slot % BLOCK].insert(op.n)
    }

    /// The clients of whom something is in the set, ascending, each with its prefix.
    pub fn prefixes(&self) -> impl Iterator<Item = (NodeId, u64)> {
        self.met().map(|(client, prefix)| (client, prefix.through()))
    }

    /// The operations in the set that are not part of a prefix, by client and number.
    pub fn beyond(&self) -> impl Iterator<Item = OpId> {
        self.met().flat_map(|(client, prefix)| prefix.beyond().map(move |n| OpId { client, n }))
    }

    /// All operations in the set, by prefixes first.
    pub fn all(&self) -> impl Iterator<Item = OpId> {
        let prefixes = self.prefixes().flat_map(|(client, through)| (1..=through).map(move |n| OpId { client, n }));
        prefixes.chain(self.beyond())
    }

    fn met(&self) -> impl Iterator<Item = (NodeId, &Prefix)> {
        let clients = self.blocks.iter().flat_map(|block| block.iter()).zip(0..);
        clients.map(|(prefix, client)| (NodeId(client), prefix)).filter(|(_, prefix)| prefix.last() > 0)
    }

    fn of(&self, client: NodeId) -> Option<&Prefix> {
        let slot = client.0 as usize;
        self.blocks.get(slot / BLOCK)?.get(slot % BLOCK)
    }
}

impl FromIterator<OpId> for OpSet {
    fn from_iter<T: IntoIterator<Item = OpId>>(ops: T) -> Self {
        let mut set = Self::default();
        ops.into_iter().for_each(|op| _ = set.insert(op));
        set
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use syncbench_strategies::prefix_set::PrefixSet;

    use super::*;

    proptest! {
        #[test]
        fn a_set_is_a_prefix_set_and_its_copies_stay_as_they_were(
            ops in prop::collection::vec((0u32..200, 0u64..6), 0..120),
            copied_at in 0usize..120
        ) {
            let (mut set, mut plain) = (OpSet::default(), PrefixSet::default());
            let mut copies = None;
            for (place, (client, n)) in ops.into_iter().enumerate() {
                if place == copied_at {
                    copies = Some((set.clone(), plain.clone()));
                }
                let op = OpId { client: NodeId(client), n };
                prop_assert_eq!(set.insert(op), plain.insert(op));
            }
            let last = set.clone();
            for (set, plain) in copies.into_iter().chain([(set, plain)]) {
                let has_all_of = |client| (0..7).map(|n| OpId { client, n }).all(|op| set.contains(op) || !last.contains(op));
                prop_assert!((0..201).map(NodeId).all(|client| set.has_all_of(client, &last) == has_all_of(client)));
                prop_assert!((0..201).map(NodeId).all(|client| last.has_all_of(client, &set)));
                prop_assert!(set.prefixes().eq(plain.prefixes()));
                prop_assert!(set.beyond().eq(plain.beyond()));
                for client in (0..201).map(NodeId) {
                    prop_assert_eq!((set.through(client), set.last(client)), (plain.through(client), plain.last(client)));
                    let same = (0..7).map(|n| OpId { client, n }).all(|op| set.contains(op) == plain.contains(op));
                    prop_assert!(same);
                }
                prop_assert_eq!(set.all().collect::<OpSet>().all().count(), set.all().count());
            }
        }
    }
}
