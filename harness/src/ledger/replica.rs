//! What one client's replica reflects, and when it takes part.

use std::collections::BTreeSet;

use syncbench_strategies::replica::{NodeId, OpId, Time};
use xxhash_rust::xxh3::xxh3_128;

use super::reported::Reported;
use crate::op_set::OpSet;

/// One client's replica.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    pub(super) reported: Reported,
    /// A hash of the operations that it reflects and of those that are pending, the same for equal sets. Of what is pending a
    /// part may be shown, so two replicas that reflect the same operations need not show the same.
    pub hash: u128,
    /// How many operations it reflects.
    pub count: u64,
    /// How many operations had been issued in the run when the latest of those was that it has reflected at any time.
    pub(super) latest: u64,
    /// Since when it takes part; `None` before it has joined, and while it is crashed.
    pub live_since: Option<Time>,
    /// From when to when it took part before it crashed.
    pub(super) lives: Vec<(Time, Time)>,
    pub(super) crashed_for_good: bool,
    /// When it last lost everything.
    pub(super) wiped: Option<Time>,
    /// Operations that it reflected before it lost them.
    pub(super) forgot: OpSet,
    /// Operations that have arrived and wait for others.
    pending: BTreeSet<OpId>,
}

/// What a replica has of an operation.
#[derive(Clone, Copy)]
enum Has {
    Reflected = 0,
    Pending = 1,
}

fn hash(op: OpId, has: Has) -> u128 {
    let mut key = [0; 13];
    key[..4].copy_from_slice(&op.client.0.to_le_bytes());
    key[4..12].copy_from_slice(&op.n.to_le_bytes());
    key[12] = has as u8;
    xxh3_128(&key)
}

impl Replica {
    /// The operations that it reflects.
    pub fn reflected(&self) -> &OpSet {
        &self.reported.reflected
    }

    /// Counts one more operation that it reflects, issued as the run's `place`-th.
    pub(super) fn count(&mut self, op: OpId, place: u64) {
        if self.pending.remove(&op) {
            self.hash ^= hash(op, Has::Pending);
        }
        self.hash ^= hash(op, Has::Reflected);
        self.count += 1;
        self.latest = self.latest.max(place);
    }

    /// An operation has arrived and waits for others.
    pub(super) fn wait(&mut self, op: OpId) {
        if !self.reflected().contains(op) && self.pending.insert(op) {
            self.hash ^= hash(op, Has::Pending);
        }
    }

    pub(super) fn was_live(&self, at: Time) -> bool {
        self.live_since.is_some_and(|since| since <= at)
            || self.lives.iter().any(|(since, until)| *since <= at && at < *until)
    }

    /// The replica of `client` loses everything that it reflected. `issued` is set where the whole device is lost: the number
    /// of operations that its user had issued.
    pub(super) fn forget(&mut self, client: NodeId, issued: Option<u64>) {
        let reflected = self.reported.forget(client, issued);
        reflected.all().for_each(|op| _ = self.forgot.insert(op));
        self.pending.clear();
        (self.hash, self.count) = (0, 0);
    }

    /// It crashes; `for_good` if it never recovers.
    pub(super) fn crash(&mut self, at: Time, for_good: bool) {
        self.crashed_for_good = for_good;
        // What waits is not saved.
        for op in std::mem::take(&mut self.pending) {
            self.hash ^= hash(op, Has::Pending);
        }
        if let Some(since) = self.live_since.take() {
            self.lives.push((since, at));
        }
    }
}
