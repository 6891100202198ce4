//! One client, or the relay.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

use super::Presence;
use super::entry::Entry;
use super::message::Message;
use crate::document::{Document, Edit};
use crate::model::{ModelRef, Operation};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Time, Topology};
use crate::sidecar::{Clock, Sidecar};
use crate::star::reject_at_server;
use crate::view::View;
use crate::wire;

/// What is known of another client.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// The newest clock that was received on this connection.
    clock: Option<u64>,
    pub(super) entry: Option<Entry>,
    last_received: Option<Time>,
    /// For sidecars only, where states are forwarded: what the last one carried.
    carries: Sidecar,
}

pub(super) struct Client {
    config: Presence,
    model: ModelRef,
    pub(super) node: NodeId,
    connected: BTreeSet<NodeId>,
    /// What all clients started from.
    pub(super) base: Document,
    /// The same with everybody's entries.
    pub(super) view: Document,
    /// Counts the states that were sent.
    clock: u64,
    pub(super) own: Option<Entry>,
    /// When this client's entry was last sent to everybody.
    said: Time,
    /// All other clients.
    pub(super) peers: BTreeMap<NodeId, Peer>,
    ticking: bool,
    /// For sidecars only: the last own operation.
    issued: u64,
}

impl Client {
    pub(super) fn new(config: Presence, setup: &Setup, genesis: Document) -> Self {
        let others = Topology::Mesh.peers(setup.node, setup.clients);
        Self {
            config,
            model: setup.model.clone(),
            node: setup.node,
            connected: BTreeSet::new(),
            view: genesis.clone(),
            base: genesis,
            clock: 0,
            own: None,
            said: Time::ZERO,
            peers: others.into_iter().map(|peer| (peer, Peer::default())).collect(),
            ticking: false,
            issued: 0,
        }
    }

    fn is_relay(&self) -> bool {
        self.node == NodeId::SERVER
    }

    /// Whether what others send comes through a relay.
    fn is_relayed(&self) -> bool {
        self.config.topology == Topology::Star && !self.is_relay()
    }

    /// From where the states of `client` arrive here.
    fn source(&self, client: NodeId) -> NodeId {
        if self.is_relayed() { NodeId::SERVER } else { client }
    }

    fn is_neighbour(&self, node: NodeId) -> bool {
        if self.is_relayed() { node == NodeId::SERVER } else { self.peers.contains_key(&node) }
    }

    /// Starts the ticks.
    fn start(&mut self, cx: &mut Context<'_>) {
        if !mem::replace(&mut self.ticking, true) {
            cx.set_timer(self.config.tick(), 0);
        }
    }

    /// A client's entry under a new clock: this client's own, or another's that is forwarded.
    fn word(&mut self, of: NodeId) -> (Vec<u8>, Sidecar) {
        self.clock += 1;
        let (entry, carries) = match self.peers.get(&of) {
            Some(peer) => (peer.entry.clone(), peer.carries.clone()),
            None => (self.own.clone(), Sidecar::state(&Clock::from([(self.node, self.issued)]))),
        };
        (wire::encode(&Message::State { of, clock: self.clock, entry }), carries)
    }

    /// Sends this client's entry to everybody.
    fn say(&mut self, cx: &mut Context<'_>) {
        let (bytes, sidecar) = self.word(self.node);
        cx.broadcast(self.connected.iter().copied(), bytes, sidecar);
        self.said = cx.now();
    }

    /// Sends a client's entry to one peer.
    fn tell(&mut self, to: NodeId, of: NodeId, cx: &mut Context<'_>) {
        let (bytes, sidecar) = self.word(of);
        cx.send(to, bytes, sidecar);
    }

    /// At a relay, sends a client's entry to all others.
    fn forward(&mut self, of: NodeId, cx: &mut Context<'_>) {
        if self.is_relay() {
            let (bytes, sidecar) = self.word(of);
            cx.broadcast(self.connected.iter().copied().filter(|peer| *peer != of), bytes, sidecar);
        }
    }

    fn hear(
        &mut self,
        of: NodeId,
        clock: u64,
        entry: Option<Entry>,
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let peer = self.peers.get(&of).ok_or_else(|| ProtocolError::Unexpected(format!("{of} is no peer")))?;
        if peer.clock.is_some_and(|newest| newest >= clock) {
            cx.count("older_ignored", 1);
            return Ok(());
        }
        if peer.entry != entry {
            self.view = self.showing(of, peer.entry.as_ref(), entry.as_ref())?;
        }
        let carries = if self.is_relay() { sidecar.clone() } else { Sidecar::none() };
        let peer = Peer { clock: Some(clock), entry, last_received: Some(cx.now()), carries };
        self.peers.insert(of, peer);
        self.forward(of, cx);
        Ok(())
    }

    /// Answers who asks for a client's entry. A relay knows no better than who asks when it has to ask itself, and forwards
    /// the answer.
    fn answer(&mut self, from: NodeId, of: NodeId, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let known = self.peers.get(&of).filter(|_| self.is_relay());
        if of != self.node && known.is_none() {
            return Err(ProtocolError::Unexpected(format!("{of} is not here")));
        }
        let late = known.is_some_and(|peer| peer.entry.is_some() && self.silence(peer, cx) >= self.config.late());
        if !late {
            self.tell(from, of, cx);
        }
        Ok(())
    }

    fn silence(&self, peer: &Peer, cx: &Context<'_>) -> Duration {
        cx.now().since(peer.last_received.unwrap_or(Time::ZERO))
    }

    /// Stops showing a client that was silent for too long. Its clock stays: what arrives late is still old.
    fn give_up(&mut self, node: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.get_mut(&node) else { return };
        if let Some(entry) = peer.entry.take() {
            // It was put there, and no other client may write there.
            let _ = self.view.apply(&Edit::Remove { path: entry.path });
            cx.count("timed_out", 1);
            self.forward(node, cx);
        }
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.is_relay() {
            return reject_at_server(id, cx);
        }
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
        let message = wire::decode(bytes)?;
        if !self.is_neighbour(from) {
            return Err(ProtocolError::Unexpected(format!("{from} is no neighbour")));
        }
        match message {
            Message::State { of, clock, entry } if self.source(of) == from => {
                self.hear(of, clock, entry, sidecar, cx)?;
            }
            Message::State { of, .. } => {
                return Err(ProtocolError::Unexpected(format!("{from} does not speak for {of}")));
            }
            Message::Ask { of } => self.answer(from, of, cx)?,
        }
        cx.reflected_all(sidecar);
        Ok(())
    }

    fn timer(&mut self, _: u64, cx: &mut Context<'_>) {
        cx.set_timer(self.config.tick(), 0);
        if self.own.is_some() && cx.now().since(self.said) >= self.config.heartbeat {
            self.say(cx);
            cx.count("heartbeats", 1);
        }
        let shown = self.peers.iter().filter(|(_, peer)| peer.entry.is_some());
        let silent: Vec<_> = shown.map(|(node, peer)| (*node, self.silence(peer, cx))).collect();
        for (of, silence) in silent {
            let source = self.source(of);
            if silence >= self.config.timeout {
                self.give_up(of, cx);
            } else if self.connected.contains(&source) && silence >= self.config.late() {
                cx.send(source, wire::encode(&Message::Ask { of }), Sidecar::none());
                cx.count("asked", 1);
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.start(cx);
        if state == LinkState::Down {
            self.connected.remove(&peer);
            return;
        }
        self.connected.insert(peer);
        // A new connection, and perhaps a new session of its owner: clocks begin anew.
        let through: Vec<NodeId> = self.peers.keys().copied().filter(|of| self.source(*of) == peer).collect();
        for of in through {
            if let Some(known) = self.peers.get_mut(&of) {
                known.clock = None;
            }
        }
        if self.is_relay() {
            let known = self.peers.iter().filter(|(of, known)| **of != peer && known.last_received.is_some());
            let known: Vec<NodeId> = known.map(|(of, _)| *of).collect();
            known.into_iter().for_each(|of| self.tell(peer, of, cx));
        } else {
            self.tell(peer, self.node, cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
