//! What one client's replica reflects, and when it takes part.

use syncbench_strategies::prefix_set::PrefixSet;
use syncbench_strategies::replica::{OpId, Time};
use xxhash_rust::xxh3::xxh3_128;

use super::reported::Reported;

/// One client's replica.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    pub(super) reported: Reported,
    /// A hash of the operations that it reflects, the same for equal sets.
    pub hash: u128,
    /// How many operations it reflects.
    pub count: u64,
    /// Since when it takes part; `None` before it has joined, and while it is crashed.
    pub live_since: Option<Time>,
    /// From when to when it took part before it crashed.
    pub(super) lives: Vec<(Time, Time)>,
    pub(super) crashed_for_good: bool,
}

impl Replica {
    /// The operations that it reflects.
    pub fn reflected(&self) -> &PrefixSet {
        &self.reported.reflected
    }

    /// Counts one more operation that it reflects.
    pub(super) fn count(&mut self, op: OpId) {
        let mut key = [0; 12];
        key[..4].copy_from_slice(&op.client.0.to_le_bytes());
        key[4..].copy_from_slice(&op.n.to_le_bytes());
        self.hash ^= xxh3_128(&key);
        self.count += 1;
    }

    pub(super) fn was_live(&self, at: Time) -> bool {
        self.live_since.is_some_and(|since| since <= at)
            || self.lives.iter().any(|(since, until)| *since <= at && at < *until)
    }

    /// It crashes; `for_good` if it never recovers.
    pub(super) fn crash(&mut self, at: Time, for_good: bool) {
        self.crashed_for_good = for_good;
        if let Some(since) = self.live_since.take() {
            self.lives.push((since, at));
        }
    }
}
