//! Replicas that lose operations: a new install, a server restored from a backup, and clients that start over from what
//! such a server has.

use std::collections::BTreeSet;

use syncbench_strategies::replica::{NodeId, OpId, Time};

use super::{Entry, Fate, Ledger, slot};
use crate::op_set::OpSet;

/// Confirmed operations that the server lost when it was restored or rebuilt.
#[derive(Clone, Debug, Default)]
pub(super) struct Gone {
    lost: BTreeSet<OpId>,
    /// Whether some client has started over since. Until then clients still hold the lost operations.
    counts: bool,
}

impl Gone {
    /// Whether a report that names this operation, or a clock beyond it, means another one: the operation itself is lost.
    pub(super) fn is_gone(&self, op: OpId) -> bool {
        self.counts && self.lost.contains(&op)
    }
}

impl Ledger {
    /// What the replica of `node` reflects, the server included.
    pub fn reflected_at(&self, node: NodeId) -> &OpSet {
        self.replica(node).map_or(&self.server.reflected, |replica| replica.reflected())
    }

    /// Whether the device of this operation's user was wiped after it was issued: the user learns no fate that it did not
    /// know before.
    pub fn forgotten_by_user(&self, entry: &Entry) -> bool {
        self.replica(entry.id.client).and_then(|replica| replica.wiped).is_some_and(|wiped| entry.issued < wiped)
    }

    /// Operations that were confirmed and that no replica reflects any more, because every replica that reflected them went
    /// back to a state without them. Operations lost with a device that crashed for good are not among them.
    pub fn rolled_back(&self) -> impl Iterator<Item = &Entry> {
        let lost = |entry: &&Entry| {
            matches!(entry.fate, Fate::Confirmed(_))
                && !entry.censored
                && !entry.void
                && self.replicas.iter().any(|replica| replica.forgot.contains(entry.id))
                && !self.replicas.iter().any(|replica| replica.reflected().contains(entry.id))
                && !self.server.reflected.contains(entry.id)
        };
        self.entries().filter(lost)
    }

    /// Whether operations that count twice explain every state that users saw and the product does not allow. A document that
    /// was rebuilt from plain data does not say which operations are in it: a client without an answer hands its own in again.
    pub fn broken_by_repeats(&self) -> bool {
        let counts = |op: &OpId| self.entry(*op).is_some_and(|entry| !entry.is_effectless());
        self.broken > 0 && self.broken == self.broken_since && self.again.iter().any(counts)
    }

    /// A node has recovered with less than it had.
    pub(super) fn restore(&mut self, node: NodeId, at: Time, reflected: &OpSet, rebuilt: bool) {
        if rebuilt {
            self.rebuilt = reflected.clone();
        }
        if node == NodeId::SERVER {
            // An operation that was not confirmed may be sent again.
            let confirmed = self.entries().filter(|entry| matches!(entry.fate, Fate::Confirmed(_)));
            let lost = confirmed.map(|entry| entry.id).filter(|op| !reflected.contains(*op));
            self.gone = Gone { lost: lost.collect(), counts: false };
        }
        let issued = self.issued_by(node);
        if let Some(replica) = self.replicas.get_mut(slot(node)) {
            replica.wiped = Some(at);
        }
        self.lose(node, at, reflected, Some(issued));
    }

    /// A client replaces what it had from the server by what the server has now; `part` as in [`StartedOver`](syncbench_strategies::replica::Report::StartedOver).
    pub(super) fn start_over(&mut self, node: NodeId, part: Option<(u128, u128)>, at: Time) {
        self.gone.counts = true;
        let mut left = self.rebuilt.clone();
        if let Some((first, last)) = part {
            let replaced: BTreeSet<OpId> = self.tagged_within(first, last).collect();
            let reflected = self.reflected_at(node);
            let others =
                self.entries().map(|entry| entry.id).filter(|op| reflected.contains(*op) && !replaced.contains(op));
            others.for_each(|op| _ = left.insert(op));
        }
        self.lose(node, at, &left, None);
    }

    /// `node` reflects only the operations in `left` from now on, and operations without an effect, which cannot be missing.
    fn lose(&mut self, node: NodeId, at: Time, left: &OpSet, issued: Option<u64>) {
        match self.replicas.get_mut(slot(node)) {
            Some(replica) => replica.forget(node, issued),
            None => self.server.reflected = OpSet::default(),
        }
        let kept = |entry: &&Entry| left.contains(entry.id) || entry.is_effectless();
        let kept: Vec<OpId> = self.entries().filter(kept).map(|entry| entry.id).collect();
        for op in kept {
            let reported = self.replicas.get_mut(slot(node)).map_or(&mut self.server, |replica| &mut replica.reported);
            if reported.reflected.insert(op) {
                self.count(op, node, at);
            }
        }
        // Nothing waits for an operation that no replica has any more.
        let gone: Vec<OpId> = self.rolled_back().map(|entry| entry.id).collect();
        gone.iter().for_each(|op| _ = self.awaited.remove(op));
    }
}
