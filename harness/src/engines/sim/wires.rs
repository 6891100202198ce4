//! All ends of all connections, in one table by node and peer.

use syncbench_strategies::replica::{NodeId, Topology};

use crate::network::Link;
use crate::task::Task;
use crate::wire::Wire;

/// The ends of all connections of a run.
pub(super) struct Wires {
    topology: Topology,
    /// By node number, then by place among its peers.
    ends: Vec<Vec<Wire>>,
}

impl Wires {
    /// Of a run that has not begun: all connections are down.
    pub(super) fn new(task: &Task<'_>) -> Self {
        let topology = task.topology();
        let ends = (0..=task.clients).map(NodeId).map(|node| {
            // A mesh has no node 0.
            let peers = match (topology, node) {
                (Topology::Mesh, NodeId::SERVER) => Vec::new(),
                _ => topology.peers(node, task.clients),
            };
            let end = |peer| Wire::new(Link::new(&task.profile, task.transport, task.seed, node, peer), node, peer);
            peers.into_iter().map(end).collect()
        });
        Self { topology, ends: ends.collect() }
    }

    /// The end at a node of its connection with a peer.
    pub(super) fn get(&self, (node, peer): (NodeId, NodeId)) -> Option<&Wire> {
        self.ends.get(node.0 as usize)?.get(self.place(node, peer)?)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, (node, peer): (NodeId, NodeId)) -> Option<&mut Wire> {
        let place = self.place(node, peer)?;
        self.ends.get_mut(node.0 as usize)?.get_mut(place)
    }

    /// All ends.
    pub(super) fn all(&self) -> impl Iterator<Item = &Wire> {
        self.ends.iter().flatten()
    }

    /// Every node with each of its peers, ascending.
    pub(super) fn pairs(&self) -> Vec<(NodeId, NodeId)> {
        self.all().map(|wire| (wire.node(), wire.peer())).collect()
    }

    /// Where the peer stands among those of the node, as [`Topology::peers`] lists them; `None` where they are not peers.
    fn place(&self, node: NodeId, peer: NodeId) -> Option<usize> {
        match (self.topology, node, peer) {
            _ if node == peer => None,
            (Topology::Star, NodeId::SERVER, _) => (peer.0 as usize).checked_sub(1),
            (Topology::Star, _, NodeId::SERVER) => Some(0),
            (Topology::Star, ..) | (Topology::Mesh, _, NodeId::SERVER) => None,
            (Topology::Mesh, ..) => (peer.0 as usize).checked_sub(1 + usize::from(peer > node)),
        }
    }
}
