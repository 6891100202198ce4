//! How messages reach other clients: directly, or through the relay.
//!
//! A relay holds no rights. It takes every change as a client does, forwards it when what it depends on is here, and has it
//! for those who were away. Requests and their answers it forwards as they are. For a client that is not connected it
//! answers that nothing was transferred, so that the next one can be asked.

use std::mem;

use super::changes::carries;
use super::message::{Good, Message, Routed};
use super::peer::Peer;
use super::stock::{Change, Versions};
use crate::replica::{Context, NodeId, Topology};
use crate::sidecar::Sidecar;
use crate::wire::encode;

impl Peer {
    pub(super) fn is_relay(&self) -> bool {
        self.me == NodeId::SERVER
    }

    /// The neighbour through which messages from and to `node` go.
    pub(super) fn via(&self, node: NodeId) -> NodeId {
        let relayed = self.config.topology == Topology::Star && !self.is_relay();
        if relayed { NodeId::SERVER } else { node }
    }

    /// Whether a message to `client` can be sent now. A relay may know that the client is away.
    pub(super) fn is_reachable(&self, client: NodeId) -> bool {
        self.courier.is_connected(self.via(client))
    }

    pub(super) fn say(&mut self, to: NodeId, message: Message, cx: &mut Context<'_>) {
        self.send(self.via(to), &Routed { from: self.me, to: Some(to), message }, cx);
    }

    fn send(&mut self, neighbour: NodeId, routed: &Routed, cx: &mut Context<'_>) {
        self.courier.send([neighbour], encode(routed), Sidecar::none(), cx);
    }

    /// Sends a change to everybody but its author.
    pub(super) fn publish(&mut self, author: NodeId, change: Change, cx: &mut Context<'_>) {
        let routed = Routed { from: author, to: None, message: Message::Change(change) };
        self.courier.send(self.all_but(author), encode(&routed), Sidecar::none(), cx);
    }

    /// At a relay: sends what has arrived from a client that was away, since `before`, to all others.
    pub(super) fn forward_news(&mut self, from: NodeId, before: Versions, cx: &mut Context<'_>) {
        let sidecar = carries(&before, self.stock.versions());
        let news = self.stock.since(&before);
        let routed = Routed { from: self.me, to: None, message: Message::News { after: before, news } };
        self.courier.send(self.all_but(from), encode(&routed), sidecar, cx);
    }

    /// At a relay: forwards a request, or its answer.
    pub(super) fn forward(&mut self, to: NodeId, routed: Routed, cx: &mut Context<'_>) {
        let from = routed.from;
        match &routed.message {
            Message::Ask { good, .. } if !self.courier.is_connected(to) => {
                return self.decline(to, from, good.clone(), cx);
            }
            Message::Ask { good, .. } => drop(self.asked.insert((to, from, good.clone()))),
            Message::Answer { good, .. } => drop(self.asked.remove(&(from, to, good.clone()))),
            _ => {}
        }
        self.send(to, &routed, cx);
    }

    /// At a relay: answers in place of a client that left what it was asked for.
    pub(super) fn decline_for(&mut self, left: NodeId, cx: &mut Context<'_>) {
        for (holder, asker, good) in mem::take(&mut self.asked) {
            if holder == left {
                self.decline(holder, asker, good, cx);
            } else if asker != left {
                self.asked.insert((holder, asker, good));
            }
        }
    }

    fn decline(&mut self, holder: NodeId, asker: NodeId, good: Good, cx: &mut Context<'_>) {
        let message = Message::Answer { good, change: 0 };
        self.send(asker, &Routed { from: holder, to: Some(asker), message }, cx);
    }

    fn all_but(&self, node: NodeId) -> Vec<NodeId> {
        self.courier.connected().filter(|peer| *peer != node).collect()
    }
}
