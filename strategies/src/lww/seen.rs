//! Which operations are reflected here, for sidecars: a relay, and a replica that sends all that it has, pass on operations of others.

use crate::prefix_set::PrefixSet;
use crate::replica::OpId;
use crate::sidecar::Sidecar;

/// The operations that are reflected here.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(PrefixSet);

impl Seen {
    /// Adds an operation; `true` if it is new.
    pub(super) fn add(&mut self, op: OpId) -> bool {
        self.0.insert(op)
    }

    /// Adds what a message accounts for; returns what is new.
    pub(super) fn add_all(&mut self, sidecar: &Sidecar) -> Vec<OpId> {
        let through = |(client, last): (&_, &u64)| {
            let client = *client;
            (self.0.through(client) + 1..=*last).map(move |n| OpId { client, n }).collect::<Vec<_>>()
        };
        let mut ops: Vec<OpId> = sidecar.seen.iter().flat_map(through).collect();
        ops.extend(&sidecar.carries);
        ops.retain(|op| self.add(*op));
        ops
    }

    /// What a message with the whole state accounts for.
    pub(super) fn sidecar(&self) -> Sidecar {
        Sidecar { carries: self.0.beyond().collect(), seen: self.0.prefixes().collect(), ..Sidecar::none() }
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
