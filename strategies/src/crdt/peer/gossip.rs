//! Two replicas tell each other their versions when they connect. Every later update goes to everybody, or through the relay.

use std::collections::BTreeSet;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::library::begin;
use super::replica::MERGE;
use super::{Difference, Exchange, Format, Library, Local, Merged, Message, Missing};
use crate::crdt::forward::Forward;
use crate::replica::{Context, LinkState, NodeId, ProtocolError, Setup};
use crate::sidecar::{Sidecar, Tags};

pub(in crate::crdt) struct Gossip<L: Library> {
    genesis: Arc<[u8]>,
    genesis_mark: L::Mark,
    /// Ascending.
    connected: Vec<NodeId>,
    /// Peers that were sent our version on this connection.
    greeted: BTreeSet<NodeId>,
    ever_connected: BTreeSet<NodeId>,
    /// Room for updates on their way out, and for the message around them: people type one key at a time.
    updates: Vec<Vec<u8>>,
    buffer: Vec<u8>,
    /// Updates that arrived in this turn of the event loop.
    inbox: Vec<L::Update>,
    /// At a relay, what it forwards.
    forward: Forward,
    /// The document was replaced since a connection last opened.
    began_again: bool,
}

impl<L: Library> Gossip<L> {
    /// The library failed in the middle of a change.
    fn begin_again(&mut self, local: &mut Local<L>, cx: &mut Context<'_>) {
        cx.count("refused_by_library", 1);
        local.doc = begin(&self.genesis);
        local.sign(cx.rng().random());
        local.window.clear();
        self.greeted.clear();
        // Once for each connection: a peer that holds what the library cannot take would send it for ever.
        if !mem::replace(&mut self.began_again, true) {
            self.greet_all(local, cx);
        }
    }

    fn greet(&mut self, peer: NodeId, local: &mut Local<L>, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            cx.send(peer, L::Format::write_version(local.doc.version()), Sidecar::none());
        }
    }

    fn greet_all(&mut self, local: &mut Local<L>, cx: &mut Context<'_>) {
        self.connected.clone().into_iter().for_each(|peer| self.greet(peer, local, cx));
    }

    /// A peer says what it has: it gets what it lacks, and our version if it has what we lack.
    fn answer(&mut self, from: NodeId, theirs: &L::Version, local: &mut Local<L>, cx: &mut Context<'_>) {
        self.merge(local, cx);
        local.close(cx);
        let Difference { missing, lacking } = local.doc.compare(theirs);
        if let Some(Missing { updates, tags }) = missing {
            let bytes = L::Format::write_updates(&updates, &mut self.buffer);
            cx.send(from, bytes, Sidecar::tags(tags));
        }
        // At a client nothing waits here.
        self.forward.send_waiting(from, cx);
        if lacking {
            self.greet(from, local, cx);
        }
    }
}

impl<L: Library> Exchange<L> for Gossip<L> {
    fn new(setup: &Setup) -> Self {
        Self {
            genesis: setup.genesis.clone(),
            genesis_mark: begin::<L>(&setup.genesis).mark(),
            connected: Vec::new(),
            greeted: BTreeSet::new(),
            ever_connected: BTreeSet::new(),
            updates: Vec::new(),
            buffer: Vec::new(),
            inbox: Vec::new(),
            forward: Forward::default(),
            began_again: false,
        }
    }

    fn send(&mut self, local: &mut Local<L>, tags: Tags, cx: &mut Context<'_>) {
        local.doc.own(&mut self.updates);
        if !self.updates.is_empty() && !self.connected.is_empty() {
            let bytes = L::Format::write_updates(&self.updates, &mut self.buffer);
            cx.broadcast(self.connected.iter().copied(), bytes, Sidecar::tags(tags));
        }
        self.updates.clear();
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        local: &mut Local<L>,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        match L::Format::read_message(bytes)? {
            Message::Version(version) => self.answer(from, &version, local, cx),
            Message::Updates(updates) => {
                let updates = updates.into_iter().filter_map(|update| local.doc.read(update).transpose());
                let updates = updates.collect::<Result<Vec<_>, _>>()?;
                if local.is_relay && !updates.is_empty() {
                    self.forward.take(from, bytes, sidecar);
                }
                if self.inbox.is_empty() && !updates.is_empty() {
                    cx.set_timer(Duration::ZERO, MERGE);
                }
                self.inbox.extend(updates);
            }
        }
        Ok(())
    }

    /// Merges in one call.
    fn merge(&mut self, local: &mut Local<L>, cx: &mut Context<'_>) {
        if self.inbox.is_empty() {
            return;
        }
        local.close(cx);
        let updates = mem::take(&mut self.inbox);
        match catch_unwind(AssertUnwindSafe(|| local.doc.merge(updates))) {
            Ok(Merged { reflected, refused, ask_again }) => {
                reflected.into_iter().for_each(|tags| cx.reflected_tags(*tags.start(), *tags.end()));
                if refused > 0 {
                    cx.count("refused_by_library", refused);
                }
                let waits = local.is_relay && local.doc.waits();
                self.forward.send(self.connected.iter().copied(), waits, cx);
                if ask_again {
                    self.greeted.clear();
                    self.greet_all(local, cx);
                }
            }
            Err(_) => {
                self.forward.drop_arrived();
                self.begin_again(local, cx);
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, local: &mut Local<L>, cx: &mut Context<'_>) {
        self.greeted.remove(&peer);
        if state == LinkState::Down {
            self.connected.retain(|other| *other != peer);
            return;
        }
        if let Err(index) = self.connected.binary_search(&peer) {
            self.connected.insert(index, peer);
        }
        self.began_again = false;
        let again = !self.ever_connected.insert(peer);
        self.merge(local, cx);
        local.close(cx);
        // A client always tells a relay its version. Otherwise two that have never changed anything have nothing to tell
        // each other.
        if peer == NodeId::SERVER || again || local.doc.mark() != self.genesis_mark {
            self.greet(peer, local, cx);
        }
    }
}
