//! A bounded counter: who may take how much from a number that must not fall below zero.
//!
//! Every replica writes only its own row, and every number in it only grows. So two versions of a row merge by taking the
//! larger of each number: a row that arrives twice or late is harmless, and a transferred right never exists twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::replica::NodeId;

/// What one replica did with a counter since the genesis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    /// Rights that it made: its initial share, and what it added.
    made: u64,
    /// Rights that it spent.
    used: u64,
    /// Rights that it transferred.
    given: BTreeMap<NodeId, u64>,
}

impl Row {
    /// The replicas that it gave something to.
    pub(super) fn receivers(&self) -> impl Iterator<Item = NodeId> {
        self.given.keys().copied()
    }
}

/// How the initial stock is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// Equal shares. The rest goes round, so that single items have different owners.
    Equal,
    /// The first client gets all.
    First,
}

/// All rows of one counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rights(BTreeMap<NodeId, Row>);

impl Rights {
    /// Shares out `value` among `nodes`; the rest begins with the one at `place`.
    pub(super) fn share(value: i64, split: Split, place: usize, nodes: &[NodeId]) -> Self {
        let mut rows: BTreeMap<NodeId, Row> = nodes.iter().map(|node| (*node, Row::default())).collect();
        let count = nodes.len().max(1) as u64;
        let (each, rest) = match split {
            Split::Equal => (value.max(0).unsigned_abs() / count, value.max(0).unsigned_abs() % count),
            Split::First => (0, 0),
        };
        for (index, node) in nodes.iter().enumerate() {
            let turn = (index + nodes.len() - place % nodes.len()) % nodes.len();
            let row = rows.entry(*node).or_default();
            row.made = each + u64::from((turn as u64) < rest);
            if index == 0 {
                // What is below zero is nobody's right; it counts for the sum only.
                row.used = value.min(0).unsigned_abs();
                if split == Split::First {
                    row.made = value.max(0).unsigned_abs();
                }
            }
        }
        Self(rows)
    }

    /// The whole stock, as far as this replica knows.
    pub(super) fn total(&self) -> i64 {
        let sum: i128 = self.0.values().map(|row| i128::from(row.made) - i128::from(row.used)).sum();
        sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// What `node` may spend or transfer. Exact for this replica itself, apart from what is on its way here; a guess for
    /// others.
    pub(super) fn of(&self, node: NodeId) -> i64 {
        let own = self.0.get(&node).map_or(0, |row| {
            let given: i128 = row.given.values().map(|amount| i128::from(*amount)).sum();
            i128::from(row.made) - i128::from(row.used) - given
        });
        let got: i128 = self.0.values().filter_map(|row| row.given.get(&node)).map(|amount| i128::from(*amount)).sum();
        (own + got).clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// Whether `amount` can be added without leaving the range of a counter.
    pub(super) fn can_make(&self, amount: u64) -> bool {
        let room = i128::from(i64::MAX) - i128::from(self.total());
        let largest = self.0.values().map(|row| row.made).max().unwrap_or(0);
        i128::from(amount) <= room && largest.checked_add(amount).is_some()
    }

    pub(super) fn make(&mut self, node: NodeId, amount: u64) {
        let row = self.0.entry(node).or_default();
        row.made = row.made.saturating_add(amount);
    }

    pub(super) fn spend(&mut self, node: NodeId, amount: u64) {
        let row = self.0.entry(node).or_default();
        row.used = row.used.saturating_add(amount);
    }

    pub(super) fn give(&mut self, from: NodeId, to: NodeId, amount: u64) {
        let given = self.0.entry(from).or_default().given.entry(to).or_default();
        *given = given.saturating_add(amount);
    }

    pub(super) fn row(&self, node: NodeId) -> Row {
        self.0.get(&node).cloned().unwrap_or_default()
    }

    /// Merges another version of a row.
    pub(super) fn merge(&mut self, node: NodeId, row: &Row) {
        let mine = self.0.entry(node).or_default();
        mine.made = mine.made.max(row.made);
        mine.used = mine.used.max(row.used);
        for (to, amount) in &row.given {
            let given = mine.given.entry(*to).or_default();
            *given = (*given).max(*amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];

    fn held(rights: &Rights) -> [i64; 3] {
        NODES.map(|node| rights.of(node))
    }

    #[test]
    fn the_rest_goes_round_and_nothing_is_lost() {
        for (place, expected) in [(0, [4, 3, 3]), (1, [3, 4, 3]), (2, [3, 3, 4]), (3, [4, 3, 3])] {
            assert_eq!(held(&Rights::share(10, Split::Equal, place, &NODES)), expected);
        }
        assert_eq!(held(&Rights::share(1, Split::Equal, 1, &NODES)), [0, 1, 0]);
        assert_eq!(held(&Rights::share(10, Split::First, 1, &NODES)), [10, 0, 0]);
        for value in [-7, 0, 1, 10, i64::MAX] {
            for split in [Split::Equal, Split::First] {
                assert_eq!(Rights::share(value, split, 2, &NODES).total(), value);
            }
        }
    }

    #[test]
    fn a_transfer_changes_the_owner_and_not_the_sum() {
        let mut rights = Rights::share(9, Split::Equal, 0, &NODES);
        rights.give(NODES[0], NODES[1], 2);
        rights.spend(NODES[1], 4);
        rights.make(NODES[2], 5);
        assert_eq!((held(&rights), rights.total()), ([1, 1, 8], 10));
    }

    #[test]
    fn rows_merge_in_any_order_and_any_number_of_times() {
        let mut here = Rights::share(9, Split::Equal, 0, &NODES);
        let mut there = here.clone();
        there.give(NODES[0], NODES[1], 1);
        let early = there.row(NODES[0]);
        there.give(NODES[0], NODES[1], 1);
        there.spend(NODES[0], 1);
        let late = there.row(NODES[0]);
        for row in [&late, &early, &late] {
            here.merge(NODES[0], row);
            assert_eq!(here, there);
        }
    }

    #[test]
    fn numbers_at_their_limits_do_not_wrap() {
        let mut rights = Rights::share(i64::MAX, Split::First, 0, &NODES);
        assert!(!rights.can_make(1));
        rights.spend(NODES[0], 1);
        assert!(rights.can_make(1) && !rights.can_make(2));
        let wild = Row { made: u64::MAX, used: 0, given: BTreeMap::from([(NODES[1], u64::MAX)]) };
        NODES.iter().for_each(|node| rights.merge(*node, &wild));
        rights.make(NODES[0], 1);
        assert_eq!(rights.total(), i64::MAX);
        assert_eq!(held(&rights), [-1, i64::MAX, 0]);
    }
}
