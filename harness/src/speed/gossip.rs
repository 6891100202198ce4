//! A strategy without a document: tokens of 64 bytes, each handed on to a random peer.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, Rejected};
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Guarantees, Spec};
use syncbench_strategies::view::View;

/// Tokens that each host starts.
pub(super) const TOKENS: u64 = 10;
/// How often each of them is delivered.
pub(super) const HOPS: u64 = 1_000;

/// The spec.
pub(super) static SPEC: Spec =
    Spec::own("gossip", "tokens on a random walk", Topology::Mesh, Guarantees::NONE, |_| Box::new(Gossip));

struct Gossip;

impl Strategy for Gossip {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let peers = setup.peers.clone();
        let neighbour = peers.iter().find(|peer| **peer > setup.node).or(peers.first()).copied();
        Box::new(Host { peers, neighbour, shown: Document::Null })
    }

    fn restore(&self, setup: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(self.replica(setup))
    }
}

struct Host {
    peers: Vec<NodeId>,
    /// The next one in a ring: each host starts its tokens there.
    neighbour: Option<NodeId>,
    shown: Document,
}

/// A token with so many deliveries to come.
fn token(hops: u64) -> [u8; 64] {
    let mut token = [0; 64];
    token[..8].copy_from_slice(&hops.to_le_bytes());
    token
}

impl Replica for Host {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_document", "a token has no user"));
    }

    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let Some(hops) = bytes.first_chunk() else { return Err(ProtocolError::malformed("no token")) };
        let hops = u64::from_le_bytes(*hops);
        if hops > 1 {
            let place = crate::rng::below(cx.rng(), self.peers.len());
            cx.send(self.peers[place], token(hops - 1), Sidecar::none());
        }
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        if state == LinkState::Up && self.neighbour == Some(peer) {
            (0..TOKENS).for_each(|_| cx.send(peer, token(HOPS), Sidecar::none()));
        }
    }

    fn view(&self) -> &dyn View {
        &self.shown
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
