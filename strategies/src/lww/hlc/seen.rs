//! Which operations are taken into account here, for sidecars: a relay and an exchange of cells pass on operations of others.

use std::collections::BTreeSet;

use crate::replica::OpId;
use crate::sidecar::{Clock, Sidecar, Tags};

/// A prefix of each client's operations, and single ones beyond.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    through: Clock,
    beyond: BTreeSet<OpId>,
}

impl Seen {
    /// Adds an operation; `true` if it is new.
    pub(super) fn add(&mut self, op: OpId) -> bool {
        let through = self.through.entry(op.client).or_default();
        if op.n <= *through || !self.beyond.insert(op) {
            return false;
        }
        while self.beyond.remove(&OpId { client: op.client, n: *through + 1 }) {
            *through += 1;
        }
        true
    }

    /// Adds what a message accounts for; returns what is new.
    pub(super) fn add_all(&mut self, sidecar: &Sidecar) -> Vec<OpId> {
        let through = |(client, last): (&_, &u64)| {
            let (client, first) = (*client, self.through.get(client).copied().unwrap_or(0));
            (first + 1..=*last).map(move |n| OpId { client, n }).collect::<Vec<_>>()
        };
        let mut ops: Vec<OpId> = sidecar.seen.iter().flat_map(through).collect();
        ops.extend(&sidecar.carries);
        ops.retain(|op| self.add(*op));
        ops
    }

    pub(super) fn sidecar(&self) -> Sidecar {
        Sidecar { carries: self.beyond.iter().copied().collect(), tags: Tags::new(), seen: self.through.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::NodeId;

    #[test]
    fn gaps_close_and_nothing_is_new_twice() {
        let op = |n| OpId { client: NodeId(1), n };
        let mut seen = Seen::default();
        assert!(seen.add(op(3)) && seen.add(op(1)) && !seen.add(op(3)));
        assert_eq!((seen.sidecar().carries, seen.sidecar().seen[&NodeId(1)]), (vec![op(3)], 1));
        assert!(seen.add(op(2)));
        assert_eq!((seen.sidecar().carries.len(), seen.sidecar().seen[&NodeId(1)]), (0, 3));
        let more = Sidecar { carries: vec![op(7)], seen: [(NodeId(1), 5)].into(), ..Sidecar::none() };
        assert_eq!(seen.add_all(&more), [op(4), op(5), op(7)]);
        assert_eq!(seen.add_all(&more), []);
    }
}
