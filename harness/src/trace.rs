//! Who may act when, for a replayed editing trace.

use syncbench_strategies::replica::NodeId;

/// The causal order of a recorded trace: for each client, what it had seen before each of its operations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// `needs[c][i]`: before client c+1 made its operation i+1, how many operations of each client it had seen.
    pub needs: Vec<Vec<Vec<u32>>>,
    /// `slots[c][i]`: that operation's place among all operations of the trace, from 0.
    pub slots: Vec<Vec<u32>>,
}

impl Schedule {
    /// What `client` must have seen before its `n`-th operation (from 1), by client; `None` when it has no such operation.
    pub fn before(&self, client: NodeId, n: u64) -> Option<&[u32]> {
        let (client, n) = index(client, n)?;
        self.needs.get(client)?.get(n).map(Vec::as_slice)
    }

    /// The place of the client's `n`-th operation among all.
    pub fn slot(&self, client: NodeId, n: u64) -> u32 {
        index(client, n).and_then(|(client, n)| self.slots.get(client)?.get(n).copied()).unwrap_or(0)
    }

    /// How many operations the client makes.
    pub fn len(&self, client: NodeId) -> u64 {
        index(client, 1).and_then(|(client, _)| self.needs.get(client)).map_or(0, |ops| ops.len() as u64)
    }
}

fn index(client: NodeId, n: u64) -> Option<(usize, usize)> {
    Some((usize::try_from(client.0).ok()?.checked_sub(1)?, usize::try_from(n).ok()?.checked_sub(1)?))
}
