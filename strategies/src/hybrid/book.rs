//! Which operation went to which of the two strategies, and under which number: each counts its operations without gaps.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::node::{NodeId, OpId};
use crate::sidecar::Sidecar;

/// A replica within the router, and the messages for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Lane {
    /// Of the strategy that carries texts.
    Text,
    /// Of the strategy that carries everything else.
    Rest,
    /// The server's own client of the text strategy; see the [strategy](super::router).
    Resident,
}

impl Lane {
    /// The lane with this number.
    pub(super) fn of(number: u64) -> Option<Self> {
        [Lane::Text, Lane::Rest, Lane::Resident].into_iter().find(|lane| lane.number() == number)
    }

    /// Its number, in front of a message and in a timer's tag.
    pub(super) fn number(self) -> u64 {
        self as u64
    }
}

/// How many operations a client with undo remembers, resolved ones included: more than the strategies themselves remember.
/// Without undo it remembers those that are not resolved.
const REMEMBERED: usize = 1000;

/// A client's operations.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Book {
    /// The lane and number of each, by its own number.
    homes: BTreeMap<u64, (Lane, u64)>,
    /// The other way round.
    own: BTreeMap<(Lane, u64), u64>,
    issued: BTreeMap<Lane, u64>,
    unresolved: BTreeSet<u64>,
}

impl Book {
    /// Of a client that was installed anew so often: its numbers follow those of the installs before, which nobody knows here.
    pub(super) fn of_install(install: u32) -> Self {
        let before = u64::from(install) * LONGEST;
        let issued = if before == 0 { BTreeMap::new() } else { [(Lane::Text, before), (Lane::Rest, before)].into() };
        Self { issued, ..Self::default() }
    }

    /// Enters this client's operation `n`; gives its number in that lane.
    pub(super) fn enter(&mut self, lane: Lane, n: u64, undo: bool) -> u64 {
        let issued = self.issued.entry(lane).or_default();
        *issued += 1;
        self.homes.insert(n, (lane, *issued));
        self.own.insert((lane, *issued), n);
        self.unresolved.insert(n);
        let number = *issued;
        let remembered = if undo { REMEMBERED } else { 0 };
        while self.homes.len() > remembered
            && let Some((n, home)) = self.homes.first_key_value().map(|(n, home)| (*n, *home))
            && !self.unresolved.contains(&n)
        {
            self.homes.remove(&n);
            self.own.remove(&home);
        }
        number
    }

    /// This client's operation behind one of a lane's.
    pub(super) fn own(&self, lane: Lane, number: u64) -> Option<u64> {
        self.own.get(&(lane, number)).copied()
    }

    /// The lane and number of one of this client's operations.
    pub(super) fn home(&self, n: u64) -> Option<(Lane, u64)> {
        self.homes.get(&n).copied()
    }

    /// Whether any of this client's operations is not resolved.
    pub(super) fn has_unresolved(&self) -> bool {
        !self.unresolved.is_empty()
    }

    /// One of this client's operations is resolved.
    pub(super) fn resolve(&mut self, n: u64) {
        self.unresolved.remove(&n);
    }
}

/// The tag of a lane's operation, for probes.
pub(super) fn tag(lane: Lane, id: OpId) -> u128 {
    u128::from(lane.number()) << 96 | u128::from(id.client.0) << 64 | u128::from(id.n)
}

/// The tags of all operations of a lane, from the first to the last.
pub(super) fn tags_of(lane: Lane) -> (u128, u128) {
    let first = u128::from(lane.number()) << 96;
    (first, first | ((1 << 96) - 1))
}

/// Turns a lane's sidecars and reports into tags, which mean the same at every replica.
#[derive(Default)]
pub(super) struct Tags {
    /// Up to where each peer has been informed of a client's operations on this connection.
    told: BTreeMap<(NodeId, Lane, NodeId), u64>,
    /// Up to where this replica has reported them.
    reported: BTreeMap<(Lane, NodeId), u64>,
}

impl Tags {
    /// What this replica had of a lane was replaced: all of it may be reported again.
    pub(super) fn start_over(&mut self, lane: Lane) {
        self.reported.retain(|(reported, _), _| *reported != lane);
    }
}

/// A jump of a clock is spelt out for at most this many operations. Honest clocks advance with the messages, and jump where a
/// client was installed anew.
const LONGEST: u64 = 1 << 16;

impl Tags {
    /// A connection opened or broke: what was sent may have been lost.
    pub(super) fn forget(&mut self, peer: NodeId) {
        self.told.retain(|(other, ..), _| *other != peer);
    }

    /// The tags, from the first to the last, that a clock says are reflected here and that were not reported yet.
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
            tags.extend((from.saturating_add(1)..=*n).map(|n| tag(lane, OpId { client: *client, n })));
            *told = (*told).max(*n);
        }
        Sidecar::tags(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_resolved_operations_are_forgotten() {
        let mut book = Book::default();
        assert_eq!(
            [book.enter(Lane::Rest, 1, true), book.enter(Lane::Text, 2, true), book.enter(Lane::Rest, 4, true)],
            [1, 1, 2]
        );
        assert_eq!((book.home(4), book.own(Lane::Text, 1)), (Some((Lane::Rest, 2)), Some(2)));
        let last = REMEMBERED as u64 + 5;
        book.resolve(1);
        for n in 5..=last {
            book.enter(Lane::Text, n, true);
            book.resolve(n);
        }
        assert_eq!((book.home(1), book.own(Lane::Rest, 1)), (None, None));
        // The next in line has no answer yet.
        assert_eq!((book.home(2), book.homes.len()), (Some((Lane::Text, 1)), last as usize - 2));
        book.resolve(2);
        book.resolve(4);
        book.enter(Lane::Text, last + 1, false);
        assert_eq!((book.home(last), book.homes.len()), (None, 1));
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
