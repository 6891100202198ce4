//! One client.

use std::collections::BTreeMap;
use std::mem;

use super::entry::Entry;
use super::{Message, Presence};
use crate::document::{Document, Edit};
use crate::model::{ModelRef, Operation};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Time};
use crate::sidecar::{Clock, Sidecar};
use crate::view::View;
use crate::wire;

/// What is known of another client.
#[derive(Debug, Default)]
pub(super) struct Peer {
    connected: bool,
    /// The newest clock that was received on this connection.
    clock: Option<u64>,
    pub(super) entry: Option<Entry>,
    last_received: Time,
}

pub(super) struct Client {
    spans: Presence,
    model: ModelRef,
    pub(super) node: NodeId,
    /// What all clients started from.
    pub(super) base: Document,
    /// The same with everybody's entries.
    pub(super) view: Document,
    clock: u64,
    pub(super) own: Option<Entry>,
    /// When this client's entry was last sent to everybody.
    said: Time,
    pub(super) peers: BTreeMap<NodeId, Peer>,
    ticking: bool,
    /// For sidecars only: the last own operation.
    issued: u64,
}

impl Client {
    pub(super) fn new(spans: Presence, setup: &Setup, genesis: Document) -> Self {
        Self {
            spans,
            model: setup.model.clone(),
            node: setup.node,
            view: genesis.clone(),
            base: genesis,
            clock: 0,
            own: None,
            said: Time::ZERO,
            peers: setup.peers.iter().map(|peer| (*peer, Peer::default())).collect(),
            ticking: false,
            issued: 0,
        }
    }

    /// Starts the ticks.
    fn start(&mut self, cx: &mut Context<'_>) {
        if !mem::replace(&mut self.ticking, true) {
            cx.set_timer(self.spans.tick(), 0);
        }
    }

    /// This client's entry under a new clock.
    fn word(&mut self) -> (Vec<u8>, Sidecar) {
        self.clock += 1;
        let state = Message::State { clock: self.clock, entry: self.own.clone() };
        (wire::encode(&state), Sidecar::state(&Clock::from([(self.node, self.issued)])))
    }

    fn say(&mut self, cx: &mut Context<'_>) {
        let (bytes, sidecar) = self.word();
        let connected = self.peers.iter().filter(|(_, peer)| peer.connected).map(|(node, _)| *node);
        cx.broadcast(connected, bytes, sidecar);
        self.said = cx.now();
    }

    fn tell(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let (bytes, sidecar) = self.word();
        cx.send(peer, bytes, sidecar);
    }

    fn hear(
        &mut self,
        from: NodeId,
        clock: u64,
        entry: Option<Entry>,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let peer = self.peers.get(&from).ok_or_else(|| ProtocolError::Unexpected(format!("{from} is no peer")))?;
        if peer.clock.is_some_and(|newest| newest >= clock) {
            cx.count("older_ignored", 1);
            return Ok(());
        }
        if peer.entry != entry {
            self.view = self.showing(from, peer.entry.as_ref(), entry.as_ref())?;
        }
        if let Some(peer) = self.peers.get_mut(&from) {
            (peer.clock, peer.entry, peer.last_received) = (Some(clock), entry, cx.now());
        }
        Ok(())
    }

    /// Stops showing a client that was silent for too long. Its clock stays: what arrives late is still old.
    fn give_up(&mut self, node: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.get_mut(&node) else { return };
        if let Some(entry) = peer.entry.take() {
            // It was put there, and no other client may write there.
            let _ = self.view.apply(&Edit::Remove { path: entry.path });
            cx.count("timed_out", 1);
        }
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.start(cx);
        self.issued = id.n;
        let changed = self.model.plan(&self.view, operation).and_then(|plan| {
            let (own, view) = self.change(&plan.edits)?;
            Ok((own, view, plan.outcome))
        });
        cx.reflected(id);
        match changed {
            Ok((own, view, outcome)) => {
                (self.own, self.view) = (own, view);
                self.say(cx);
                cx.shown(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        match wire::decode(bytes)? {
            Message::State { clock, entry } => self.hear(from, clock, entry, cx)?,
            Message::Ask if self.peers.contains_key(&from) => self.tell(from, cx),
            Message::Ask => return Err(ProtocolError::Unexpected(format!("{from} is no peer"))),
        }
        cx.reflected_all(sidecar);
        Ok(())
    }

    fn timer(&mut self, _: u64, cx: &mut Context<'_>) {
        cx.set_timer(self.spans.tick(), 0);
        if self.own.is_some() && cx.now().since(self.said) >= self.spans.heartbeat {
            self.say(cx);
            cx.count("heartbeats", 1);
        }
        let silent = self.peers.iter().filter(|(_, peer)| peer.entry.is_some());
        let silent: Vec<_> =
            silent.map(|(node, peer)| (*node, cx.now().since(peer.last_received), peer.connected)).collect();
        for (node, silence, connected) in silent {
            if silence >= self.spans.timeout {
                self.give_up(node, cx);
            } else if connected && silence >= self.spans.heartbeat + 2 * self.spans.tick() {
                // A heartbeat may be a tick and a transmission late; from the second tick on it counts as lost.
                cx.send(node, wire::encode(&Message::Ask), Sidecar::none());
                cx.count("asked", 1);
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.start(cx);
        let Some(known) = self.peers.get_mut(&peer) else { return };
        known.connected = state == LinkState::Up;
        if known.connected {
            // A new connection, and perhaps a new session of its owner: clocks begin anew.
            known.clock = None;
            self.tell(peer, cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
