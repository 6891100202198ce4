//! Replicas that lose operations which they had: a new install, a server that is restored from a backup, and whoever
//! takes over what such a server has.

use std::collections::BTreeSet;

use syncbench_strategies::replica::{NodeId, OpId, Time};

use super::{Entry, Fate, Ledger, slot};
use crate::op_set::OpSet;

/// Confirmed operations that the server lost when it went back.
#[derive(Clone, Debug, Default)]
pub(super) struct Gone {
    lost: BTreeSet<OpId>,
    /// Whether some client has started over since.
    counts: bool,
}

impl Gone {
    /// Whether a report that names this operation, or a clock that counts beyond it, does not mean it.
    pub(super) fn is_gone(&self, op: OpId) -> bool {
        self.counts && self.lost.contains(&op)
    }
}

impl Ledger {
    /// What the replica of `node` reflects, the server included.
    pub fn reflected_at(&self, node: NodeId) -> &OpSet {
        self.replica(node).map_or(&self.server.reflected, |replica| replica.reflected())
    }

    /// Whether the device of this operation's user has lost everything since: its user learns no fate that it did not know
    /// before.
    pub fn forgotten_by_user(&self, entry: &Entry) -> bool {
        self.replica(entry.id.client).and_then(|replica| replica.wiped).is_some_and(|wiped| entry.issued < wiped)
    }

    /// Operations that were confirmed, and that no replica reflects any more, as all that had them have gone back to a state
    /// without them. What went with a device that crashed for good is not among them.
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

    /// A node has come back with less than it had.
    pub(super) fn restore(&mut self, node: NodeId, at: Time, reflected: &OpSet, rebuilt: bool) {
        if rebuilt {
            self.rebuilt = reflected.clone();
        }
        if node == NodeId::SERVER {
            // One that was not confirmed may come again.
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

    /// What a client had from the server was replaced by what the server has now; `part` as in [`StartedOver`](syncbench_strategies::replica::Report::StartedOver).
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

    /// Of what `node` reflects only these operations are left, and those that have no effect that could be missing.
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
        // Nobody waits for what is nowhere any more.
        let gone: Vec<OpId> = self.rolled_back().map(|entry| entry.id).collect();
        gone.iter().for_each(|op| _ = self.awaited.remove(op));
    }
}
