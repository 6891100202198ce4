//! The peers that receive what is new.

use std::collections::BTreeSet;

use crate::node::NodeId;
use crate::replica::LinkState;

/// The peers that are up to date and get everything new, ascending.
#[derive(Debug, Default)]
pub(crate) struct Joined(BTreeSet<NodeId>);

impl Joined {
    /// The peer has everything up to now. In the same call it must be sent what it misses, so that nothing falls between.
    pub(crate) fn insert(&mut self, peer: NodeId) {
        self.0.insert(peer);
    }

    /// A peer whose connection breaks has to join again.
    pub(crate) fn link(&mut self, peer: NodeId, state: LinkState) {
        if state == LinkState::Down {
            self.0.remove(&peer);
        }
    }

    pub(crate) fn contains(&self, peer: NodeId) -> bool {
        self.0.contains(&peer)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = NodeId> {
        self.0.iter().copied()
    }

    pub(crate) fn others(&self, peer: NodeId) -> impl Iterator<Item = NodeId> {
        self.all().filter(move |other| *other != peer)
    }
}
