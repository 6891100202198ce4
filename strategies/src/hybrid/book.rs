//! Which operation went to which of the two strategies, and as what. Each of them counts its own operations without gaps.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::replica::{NodeId, OpId};
use crate::sidecar::Sidecar;

/// One of the strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Lane {
    /// The one that carries texts.
    Text,
    /// The one that carries everything else.
    Rest,
    /// The server's own client of the text strategy; see the [strategy](super::router).
    House,
}

impl Lane {
    /// The lane with this number, as it stands in front of a message and in a timer's tag.
    pub(super) fn of(number: u64) -> Option<Self> {
        [Lane::Text, Lane::Rest, Lane::House].into_iter().find(|lane| lane.number() == number)
    }

    pub(super) fn number(self) -> u64 {
        self as u64
    }
}

/// How many operations a client remembers after they were settled, for undo: more than the strategies themselves remember.
const REMEMBERED: usize = 1000;

/// A client's operations.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Book {
    /// Where each went, by its own number.
    homes: BTreeMap<u64, (Lane, u64)>,
    /// The other way round.
    own: BTreeMap<(Lane, u64), u64>,
    issued: BTreeMap<Lane, u64>,
    unsettled: BTreeSet<u64>,
}

impl Book {
    /// Enters the own operation `n`; gives its number in that lane.
    pub(super) fn enter(&mut self, lane: Lane, n: u64) -> u64 {
        let issued = self.issued.entry(lane).or_default();
        *issued += 1;
        self.homes.insert(n, (lane, *issued));
        self.own.insert((lane, *issued), n);
        self.unsettled.insert(n);
        let number = *issued;
        while self.homes.len() > REMEMBERED
            && let Some((n, home)) = self.homes.first_key_value().map(|(n, home)| (*n, *home))
            && !self.unsettled.contains(&n)
        {
            self.homes.remove(&n);
            self.own.remove(&home);
        }
        number
    }

    /// The own operation behind a lane's.
    pub(super) fn own(&self, lane: Lane, number: u64) -> Option<u64> {
        self.own.get(&(lane, number)).copied()
    }

    /// Where an own operation went.
    pub(super) fn home(&self, n: u64) -> Option<(Lane, u64)> {
        self.homes.get(&n).copied()
    }

    pub(super) fn settle(&mut self, n: u64) {
        self.unsettled.remove(&n);
    }
}

/// What a lane's operation is called for the probes.
pub(super) fn tag(lane: Lane, id: OpId) -> u128 {
    u128::from(lane.number()) << 96 | u128::from(id.client.0) << 64 | u128::from(id.n)
}

/// Turns what a lane says about a message into tags, which mean the same at every replica.
#[derive(Default)]
pub(super) struct Tags {
    /// How far each peer has been told of a client's operations on this connection.
    told: BTreeMap<(NodeId, Lane, NodeId), u64>,
    /// How far this replica itself has reported them.
    reported: BTreeMap<(Lane, NodeId), u64>,
}

/// A clock's jump is spelt out for no more operations than this. Honest clocks move on with the messages.
const LONGEST: u64 = 1 << 16;

impl Tags {
    /// A connection opened or broke: what was told may have been lost.
    pub(super) fn forget(&mut self, peer: NodeId) {
        self.told.retain(|(other, ..), _| *other != peer);
    }

    /// The tags of what this replica has taken into account by a clock and not reported yet, from the first to the last.
    pub(super) fn through(&mut self, lane: Lane, client: NodeId, n: u64) -> (u128, u128) {
        let reported = self.reported.entry((lane, client)).or_default();
        let first = reported.saturating_add(1);
        *reported = (*reported).max(n);
        (tag(lane, OpId { client, n: first }), tag(lane, OpId { client, n }))
    }

    /// A message's sidecar.
    pub(super) fn of(&mut self, to: NodeId, lane: Lane, sidecar: &Sidecar) -> Sidecar {
        let mut tags = sidecar.tags.clone();
        tags.extend(sidecar.carries.iter().map(|id| tag(lane, *id)));
        for (client, n) in &sidecar.seen {
            let told = self.told.entry((to, lane, *client)).or_default();
            let from = (*told).max(n.saturating_sub(LONGEST));
            tags.extend((from + 1..=*n).map(|n| tag(lane, OpId { client: *client, n })));
            *told = (*told).max(*n);
        }
        Sidecar::tags(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_is_settled_and_old() {
        let mut book = Book::default();
        assert_eq!([book.enter(Lane::Rest, 1), book.enter(Lane::Text, 2), book.enter(Lane::Rest, 4)], [1, 1, 2]);
        assert_eq!((book.home(4), book.own(Lane::Text, 1)), (Some((Lane::Rest, 2)), Some(2)));
        let last = REMEMBERED as u64 + 5;
        book.settle(1);
        for n in 5..=last {
            book.enter(Lane::Text, n);
            book.settle(n);
        }
        assert_eq!((book.home(1), book.own(Lane::Rest, 1)), (None, None));
        // The next in line has no answer yet.
        assert_eq!((book.home(2), book.homes.len()), (Some((Lane::Text, 1)), last as usize - 2));
    }

    #[test]
    fn a_clock_is_spelt_out_once_for_each_connection() {
        let (mut tags, peer, client) = (Tags::default(), NodeId(1), NodeId(2));
        let mut count =
            |to: u32, n: u64| tags.of(NodeId(to), Lane::Rest, &Sidecar::state(&[(client, n)].into())).tags.len();
        assert_eq!([count(1, 3), count(1, 5), count(1, 5), count(3, 5)], [3, 2, 0, 5]);
        tags.forget(peer);
        let all = tags.of(peer, Lane::Rest, &Sidecar::state(&[(client, 5)].into()));
        assert_eq!(all.tags.to_vec(), (1..=5).map(|n| tag(Lane::Rest, OpId { client, n })).collect::<Vec<_>>());
        assert_eq!(tags.of(peer, Lane::Text, &Sidecar::state(&[(client, u64::MAX)].into())).tags.len() as u64, LONGEST);
    }
}
