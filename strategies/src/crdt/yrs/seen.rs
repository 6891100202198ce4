//! Which operations are in a document as a whole, for sidecars only.
//!
//! Where messages overtake each other, a later operation of a client is here before an earlier one. A deletion leaves no gap in
//! the state vector, so the library cannot tell; the numbers of operations do.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::mem;

use crate::node::{NodeId, OpId};
use crate::sidecar::{Clock, Sidecar};

/// The operations that are in a document as a whole, apart from those that changed nothing.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The latest one of each client.
    latest: Clock,
    /// Earlier ones that are not here.
    missing: BTreeSet<OpId>,
}

impl Seen {
    /// Everything that a message accounts for is here.
    pub(super) fn add(&mut self, sidecar: &Sidecar) {
        for (client, n) in &sidecar.seen {
            let latest = self.latest.entry(*client).or_default();
            *latest = (*latest).max(*n);
            let settled: Vec<OpId> = self.missing_of(*client).take_while(|op| op.n <= *n).collect();
            settled.iter().for_each(|op| _ = self.missing.remove(op));
        }
        for op in &sidecar.carries {
            let latest = self.latest.entry(op.client).or_default();
            self.missing.extend((*latest + 1..op.n).map(|n| OpId { n, ..*op }));
            *latest = (*latest).max(op.n);
            self.missing.remove(op);
        }
        sidecar.void.iter().for_each(|op| _ = self.missing.remove(op));
    }

    /// Which operations up to the `n`-th of `client` are not here.
    pub(super) fn lacks(&self, client: NodeId, n: u64) -> impl Iterator<Item = OpId> {
        let latest = self.latest.get(&client).copied().unwrap_or(0);
        let later = (latest + 1..=n).map(move |n| OpId { client, n });
        self.missing_of(client).take_while(move |op| op.n <= n).chain(later)
    }

    /// Which operations that a message names are not here.
    pub(super) fn lacking(&self, sidecar: &Sidecar) -> Vec<OpId> {
        let named = sidecar.seen.iter().flat_map(|(client, n)| self.lacks(*client, *n));
        let single = sidecar.carries.iter().filter(|op| self.lacks(op.client, op.n).any(|lacking| lacking == **op));
        named.chain(single.copied()).collect()
    }

    /// A message that a relay passes on: with what is new here, if it has been a whole state for the relay. Its sender left out
    /// what the relay had, and with it what is in the relay's document already though a gap makes it `unsure`.
    pub(super) fn passed_on<'s>(&self, sidecar: &'s Sidecar, unsure: &[Sidecar]) -> Cow<'s, Sidecar> {
        if sidecar.seen.is_empty() && sidecar.shows.is_empty() {
            return Cow::Borrowed(sidecar);
        }
        let mut fresh = self.lacking(sidecar);
        fresh.retain(|op| !unsure.iter().any(|sidecar| sidecar.names(*op)));
        Cow::Owned(Sidecar { fresh: Some(fresh), ..sidecar.clone() })
    }

    /// What such a message accounts for here.
    pub(super) fn taken<'s>(&self, sidecar: &'s Sidecar) -> Cow<'s, Sidecar> {
        let Some(fresh) = &sidecar.fresh else { return Cow::Borrowed(sidecar) };
        let left_out: Vec<OpId> = self.lacking(sidecar).into_iter().filter(|op| !fresh.contains(op)).collect();
        if left_out.is_empty() {
            return Cow::Borrowed(sidecar);
        }
        // Of what was left out, deletions are in every state.
        let shows = left_out.into_iter().chain(sidecar.shows.iter().copied()).collect();
        Cow::Owned(Sidecar { shows, ..Sidecar::ops(fresh.iter().copied()) })
    }

    /// What an answer to a peer accounts for: the library leaves out the blocks behind a gap, and no deletions. `gapless` says
    /// that a relay knows of no gap in its document; a client takes every operation that is not here for one.
    pub(super) fn answer(&self, gapless: bool, unsure: &[Sidecar]) -> Sidecar {
        let mut sidecar = self.sidecar();
        if !gapless {
            sidecar.shows = mem::take(&mut sidecar.carries);
        }
        for unsure in unsure {
            sidecar.shows.extend(self.lacking(unsure));
        }
        sidecar
    }

    /// What a message with the whole document accounts for.
    pub(super) fn sidecar(&self) -> Sidecar {
        let mut sidecar = Sidecar::state(&self.latest);
        for (client, latest) in &self.latest {
            let Some(first) = self.missing_of(*client).next() else { continue };
            sidecar.seen.insert(*client, first.n - 1);
            let beyond = (first.n + 1..=*latest).map(|n| OpId { client: *client, n });
            sidecar.carries.extend(beyond.filter(|op| !self.missing.contains(op)));
        }
        sidecar
    }

    fn missing_of(&self, client: NodeId) -> impl Iterator<Item = OpId> {
        let end = OpId { client, n: u64::MAX };
        self.missing.range(OpId { client, n: 0 }..=end).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(n: u64) -> OpId {
        OpId { client: NodeId(1), n }
    }

    #[test]
    fn an_operation_that_was_overtaken_is_missing_until_it_is_here() {
        let mut seen = Seen::default();
        seen.add(&Sidecar::ops([op(1), op(4)]));
        let sidecar = seen.sidecar();
        assert_eq!((sidecar.seen[&NodeId(1)], sidecar.carries), (1, vec![op(4)]));
        assert_eq!(seen.lacks(NodeId(1), 5).collect::<Vec<_>>(), [op(2), op(3), op(5)]);
        seen.add(&Sidecar::op(op(3)));
        let mut other = Seen::default();
        other.add(&seen.sidecar());
        assert_eq!(other.lacks(NodeId(1), 4).collect::<Vec<_>>(), [op(2)]);
        seen.add(&Sidecar::op(op(2)));
        assert_eq!(seen.sidecar(), Sidecar::state(&[(NodeId(1), 4)].into()));
        other.add(&seen.sidecar());
        assert_eq!(other.sidecar(), seen.sidecar());
    }

    #[test]
    fn what_changed_nothing_is_not_missing() {
        let mut seen = Seen::default();
        seen.add(&Sidecar { void: vec![op(1), op(2)], ..Sidecar::op(op(3)) });
        assert_eq!(seen.sidecar(), Sidecar::state(&[(NodeId(1), 3)].into()));
    }

    #[test]
    fn what_a_relay_had_may_be_missing_where_it_passes_a_state_on() {
        let (mut relay, mut client) = (Seen::default(), Seen::default());
        relay.add(&Sidecar::ops([op(1), op(2)]));
        let state = Sidecar::state(&[(NodeId(1), 4)].into());
        let passed_on = relay.passed_on(&state, &[]);
        let taken = client.taken(&passed_on);
        assert_eq!((&taken.carries, &taken.shows), (&vec![op(3), op(4)], &vec![op(1), op(2)]));
        let unsure = [Sidecar::op(op(4))];
        assert_eq!(relay.passed_on(&state, &unsure).fresh, Some(vec![op(3)]));
        client.add(&client.taken(&passed_on));
        assert_eq!(client.lacks(NodeId(1), 4).collect::<Vec<_>>(), [op(1), op(2)]);
        client.add(&Sidecar::ops([op(1), op(2)]));
        assert_eq!(client.taken(&passed_on).seen, state.seen);
        // Where everything else has arrived, a state is a whole one.
        assert_eq!(relay.taken(&relay.passed_on(&state, &[])).seen, state.seen);
        assert_eq!(relay.passed_on(&Sidecar::op(op(9)), &[]).fresh, None);
    }

    #[test]
    fn an_answer_accounts_for_nothing_behind_a_gap() {
        let mut seen = Seen::default();
        seen.add(&Sidecar::ops([op(1), op(3)]));
        let unsure = [Sidecar::op(op(4))];
        let client = seen.answer(false, &unsure);
        assert_eq!((client.seen[&NodeId(1)], client.carries, client.shows), (1, vec![], vec![op(3), op(4)]));
        // A relay without a gap in its document: what is not here only deleted something.
        let relay = seen.answer(true, &[]);
        assert_eq!((relay.seen[&NodeId(1)], relay.carries, relay.shows), (1, vec![op(3)], vec![]));
    }
}
