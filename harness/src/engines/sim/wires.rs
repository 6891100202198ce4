//! All ends of all connections, in one table by node and peer.

use syncbench_strategies::replica::{NodeId, Topology};

use crate::network::{Link, Terms};
use crate::task::Task;
use crate::wire::Wire;

/// The ends of all connections of a run.
pub(super) struct Wires {
    topology: Topology,
    clients: u32,
    /// By node number, then by place among its peers.
    ends: Vec<Wire>,
}

impl Wires {
    /// Of a run that has not begun: all connections are down.
    pub(super) fn new(task: &Task<'_>) -> Self {
        let topology = task.topology();
        let terms = Terms::new(&task.profile, task.transport, task.seed);
        let ends = (0..=task.clients).map(NodeId).flat_map(|node| {
            // A mesh has no node 0.
            let peers = match (topology, node) {
                (Topology::Mesh, NodeId::SERVER) => Vec::new(),
                _ => topology.peers(node, task.clients),
            };
            let terms = &terms;
            peers.into_iter().map(move |peer| Wire::new(Link::new(terms, &task.profile, node, peer)))
        });
        Self { topology, clients: task.clients, ends: ends.collect() }
    }

    /// The end at a node of its connection with a peer.
    pub(super) fn get(&self, (node, peer): (NodeId, NodeId)) -> Option<&Wire> {
        self.ends.get(self.place(node, peer)?)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, (node, peer): (NodeId, NodeId)) -> Option<&mut Wire> {
        let place = self.place(node, peer)?;
        self.ends.get_mut(place)
    }

    /// All ends.
    pub(super) fn all(&self) -> impl Iterator<Item = &Wire> {
        self.ends.iter()
    }

    /// Every node with each of its peers, ascending.
    pub(super) fn pairs(&self) -> Vec<(NodeId, NodeId)> {
        self.all().map(|wire| (wire.node(), wire.peer())).collect()
    }

    /// Where the end is in the table; `None` where the two are not peers.
    fn place(&self, node: NodeId, peer: NodeId) -> Option<usize> {
        let (from, to, clients) = (node.0 as usize, peer.0 as usize, self.clients as usize);
        if from == to || from.max(to) > clients {
            return None;
        }
        match self.topology {
            // The server's ends come first.
            Topology::Star if from == 0 => Some(to - 1),
            Topology::Star if to == 0 => Some(clients + from - 1),
            Topology::Star => None,
            Topology::Mesh if from == 0 || to == 0 => None,
            Topology::Mesh => Some((from - 1) * (clients - 1) + to - 1 - usize::from(to > from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_where_it_is_looked_for() {
        for topology in [Topology::Star, Topology::Mesh] {
            for clients in [1, 2, 5] {
                let first = u32::from(topology == Topology::Mesh);
                let nodes = || (first..=clients).map(NodeId);
                let pairs =
                    nodes().flat_map(|node| topology.peers(node, clients).into_iter().map(move |peer| (node, peer)));
                let wires = Wires { topology, clients, ends: Vec::new() };
                let places: Vec<_> = pairs.map(|(node, peer)| wires.place(node, peer)).collect();
                assert_eq!(places, (0..places.len()).map(Some).collect::<Vec<_>>());
                assert_eq!(wires.place(NodeId(1), NodeId(1)), None);
                assert_eq!(wires.place(NodeId(1), NodeId(clients + 1)), None);
            }
        }
    }
}
