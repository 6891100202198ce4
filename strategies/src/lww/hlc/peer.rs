//! One client, or the relay.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::cells::Write;
use super::clock::Hlc;
use super::message::Message;
use super::outbox::Outbox;
use super::session::Session;
use super::tombstones::Tombstones;
use super::tree::{Draft, Maker, Tree};
use super::undo::History;
use super::{LwwHlc, Saved};
use crate::courier::{Courier, TICK};
use crate::document::Document;
use crate::lww::seen::Seen;
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::star::reject_at_server;
use crate::view::View;
use crate::wire::{decode, encode};

const EARLY: u64 = TICK + 1;

/// The tag of the timer at the end of a send window.
const FLUSH: u64 = EARLY + 1;

/// Messages that may wait for the replica's own clock: many times what a group writes while one clock is wrong.
const MAX_EARLY: usize = 100_000;

pub(super) struct Peer {
    drift_ms: u64,
    horizon_ms: u64,
    model: ModelRef,
    pub(super) me: NodeId,
    /// Its name in stamps and ids.
    name: u32,
    pub(super) tree: Tree,
    pub(super) clock: Hlc,
    /// Items made here so far.
    pub(super) items: u64,
    tombstones: Tombstones,
    history: History,
    pub(super) courier: Courier,
    /// Own writes on their way out.
    outbox: Outbox,
    pub(super) sessions: BTreeMap<NodeId, Session>,
    /// Peers with which an exchange was begun on this connection.
    pub(super) compared: BTreeSet<NodeId>,
    ever_connected: BTreeSet<NodeId>,
    /// Messages ahead of the replica's own clock.
    early: Vec<(NodeId, Message, Sidecar)>,
    /// Pending timers for them.
    timers: u32,
    /// For sidecars only: operations reflected here, and for each peer what a relay has not passed on.
    pub(super) seen: Seen,
    unforwarded: BTreeMap<NodeId, Vec<OpId>>,
}

impl Peer {
    pub(super) fn new(config: &LwwHlc, setup: &Setup, tree: Tree) -> Self {
        Self {
            drift_ms: config.drift_ms,
            horizon_ms: config.horizon_ms,
            outbox: Outbox::new(config.window.clone()),
            model: setup.model.clone(),
            me: setup.node,
            name: setup.id_number(),
            tombstones: Tombstones::of(&tree.table),
            tree,
            clock: Hlc::default(),
            items: 0,
            history: History::new(setup.undo),
            courier: Courier::new(setup.node),
            sessions: BTreeMap::new(),
            compared: BTreeSet::new(),
            ever_connected: BTreeSet::new(),
            early: Vec::new(),
            timers: 0,
            seen: Seen::default(),
            unforwarded: BTreeMap::new(),
        }
    }

    /// Only a relay passes on what it gets. In a mesh all clients send to each other, and compare after an absence.
    fn is_relay(&self) -> bool {
        self.me == NodeId::SERVER
    }

    /// Makes a write of what `make` does to the tree.
    fn write<E>(
        &mut self,
        id: OpId,
        cx: &mut Context<'_>,
        make: impl FnOnce(&mut Tree, &mut Maker<'_>, &mut Draft) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut draft = self.history.draft(self.clock.next(wall_ms(cx), self.name));
        make(&mut self.tree, &mut Maker { node: self.name, items: &mut self.items }, &mut draft)?;
        let write = self.tree.finish(&draft);
        self.history.push(id, draft);
        self.seen.add(id);
        if write.cells.is_empty() {
            self.outbox.carries.push(id);
            cx.void(id);
            return Ok(());
        }
        self.tombstones.note(std::slice::from_ref(&write));
        self.outbox.carries.push(id);
        self.outbox.writes.push(write);
        if self.outbox.window.change(FLUSH, cx) {
            self.flush(cx);
        }
        Ok(())
    }

    /// Sends what was not sent yet.
    fn flush(&mut self, cx: &mut Context<'_>) {
        let (writes, sidecar) = self.outbox.take();
        let to: Vec<NodeId> = self.courier.connected().collect();
        self.courier.send(to, encode(&Message::Writes(writes)), sidecar, cx);
    }

    fn refuse(&mut self, id: OpId, reason: Rejected, cx: &mut Context<'_>) {
        self.seen.add(id);
        self.outbox.carries.push(id);
        cx.rejected(id, reason);
    }

    /// Forgets tombstones beyond the horizon.
    fn collect(&mut self, cx: &mut Context<'_>) {
        let collected = self.tombstones.collect(wall_ms(cx), self.horizon_ms, &mut self.tree);
        (0..collected).for_each(|_| cx.count("tombstones_collected", 1));
    }

    pub(super) fn merge(&mut self, from: NodeId, writes: Vec<Write>, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let news = self.tree.merge(&writes, &mut self.clock);
        self.tombstones.note(&news);
        let older = writes.iter().map(|write| write.cells.len()).sum::<usize>()
            - news.iter().map(|write| write.cells.len()).sum::<usize>();
        if older > 0 {
            cx.count("older_ignored", older as u64);
        }
        self.learn(from, sidecar, cx);
        if self.is_relay() && !writes.is_empty() {
            self.pass_on(from, encode(&Message::Writes(writes)).into(), cx);
        }
        self.give_up(cx);
    }

    /// Reports the operations that a message makes reflected here.
    pub(super) fn learn(&mut self, from: NodeId, sidecar: &Sidecar, cx: &mut Context<'_>) {
        cx.reflected_all(sidecar);
        let new = self.seen.add_all(sidecar);
        if self.is_relay() {
            for peer in self.courier.connected().filter(|peer| *peer != from) {
                self.unforwarded.entry(peer).or_default().extend(&new);
            }
        }
    }

    fn pass_on(&mut self, from: NodeId, body: Arc<[u8]>, cx: &mut Context<'_>) {
        let others: Vec<NodeId> = self.courier.connected().filter(|peer| *peer != from).collect();
        for peer in others {
            let carries = self.unforwarded.remove(&peer).unwrap_or_default();
            let sidecar = Arc::new(Sidecar { carries, ..Sidecar::none() });
            match self.sessions.get_mut(&peer) {
                Some(session) => session.later.push((body.clone(), sidecar)),
                None => self.courier.send([peer], body.clone(), sidecar, cx),
            }
        }
    }

    /// Operations of which there is nothing to pass on have lost to later ones, which the peers have or will get. While
    /// cells are compared with a peer, it may get those only now.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>) {
        for (peer, ops) in self.unforwarded.iter_mut().filter(|(peer, _)| !self.sessions.contains_key(peer)) {
            ops.drain(..).for_each(|op| cx.overwritten(op, *peer));
        }
    }

    pub(super) fn say(&mut self, to: NodeId, message: &Message, sidecar: Sidecar, cx: &mut Context<'_>) {
        self.courier.send([to], encode(message), sidecar, cx);
    }

    /// By how many milliseconds a message is too far ahead of the replica's own clock.
    fn ahead(&self, message: &Message, cx: &Context<'_>) -> u64 {
        let latest = message.writes().iter().map(|write| write.stamp.ms).max().unwrap_or(0);
        latest.saturating_sub(wall_ms(cx).saturating_add(self.drift_ms))
    }

    fn wait_for_clock(&mut self, ms: u64, cx: &mut Context<'_>) {
        self.timers += 1;
        cx.set_timer(Duration::from_millis(ms), EARLY);
    }

    /// Handles the messages that are no longer too far ahead.
    fn take_early(&mut self, cx: &mut Context<'_>) {
        self.timers = self.timers.saturating_sub(1);
        let mut wait = None;
        for (from, message, sidecar) in mem::take(&mut self.early) {
            match self.ahead(&message, cx) {
                0 => self.handle(from, message, &sidecar, cx),
                ahead => {
                    wait = Some(wait.map_or(ahead, |wait: u64| wait.min(ahead)));
                    self.early.push((from, message, sidecar));
                }
            }
        }
        // If the clock was set back, the timer came too soon.
        if let Some(wait) = wait.filter(|_| self.timers == 0) {
            self.wait_for_clock(wait, cx);
        }
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.is_relay() {
            return reject_at_server(id, cx);
        }
        self.collect(cx);
        let plan = match self.model.plan(self.tree.document(), operation) {
            Ok(plan) => plan,
            Err(reason) => return self.refuse(id, reason, cx),
        };
        let made = self.write(id, cx, |tree, maker, draft| tree.edit(&plan.edits, maker, draft));
        match made {
            Ok(()) => accepted(id, plan.outcome, cx),
            Err(error) => self.refuse(id, Rejected::new("edit_refused", error.to_string()), cx),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let cells = match self.history.inverse(target, &self.tree.table) {
            Ok(cells) => cells,
            Err(reason) => return self.refuse(id, reason, cx),
        };
        self.history.forget(target);
        let made = self.write(id, cx, |tree, _, draft| {
            tree.put_back(cells, draft);
            Ok::<(), std::convert::Infallible>(())
        });
        match made {
            Ok(()) => accepted(id, Document::Null, cx),
            Err(never) => match never {},
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let opened = self.courier.open(from, bytes)?;
        let message: Option<Message> = opened.body.map(decode).transpose()?;
        message.iter().try_for_each(Message::check)?;
        let ahead = message.as_ref().map_or(0, |message| self.ahead(message, cx));
        if ahead > 0 && self.early.len() >= MAX_EARLY {
            return Err(ProtocolError::Unexpected("too much is ahead of this clock".into()));
        }
        self.courier.accept(from, &opened, cx);
        let Some(message) = message else { return Ok(()) };
        if ahead > 0 {
            cx.count("clock_ahead", 1);
            self.early.push((from, message, sidecar.clone()));
            self.wait_for_clock(ahead, cx);
        } else {
            self.collect(cx);
            self.handle(from, message, sidecar, cx);
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        match tag {
            TICK => self.courier.tick(cx),
            FLUSH => {
                if self.outbox.window.timer(!self.outbox.writes.is_empty(), FLUSH, cx) {
                    self.flush(cx);
                }
            }
            _ => self.take_early(cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.sessions.remove(&peer);
        self.compared.remove(&peer);
        self.unforwarded.remove(&peer);
        if state == LinkState::Down {
            return self.courier.down(peer);
        }
        self.collect(cx);
        self.courier.up(peer);
        let again = !self.ever_connected.insert(peer);
        // Two that have never written anything have nothing to tell each other. A new lower node cannot know that the other has.
        let news = !self.clock.is_new();
        if self.me < peer && (again || news) {
            self.begin(peer, cx);
        } else if self.me > peer && news {
            self.say(peer, &Message::Nudge, Sidecar::none(), cx);
        }
    }

    fn view(&self) -> &dyn View {
        self.tree.document()
    }

    fn durable(&self) -> Vec<u8> {
        let cells = self.tree.table.writes(self.tree.table.elements().keys());
        encode(&Saved { clock: self.clock, items: self.items, cells })
    }

    fn saved_sidecar(&self) -> Sidecar {
        self.seen.sidecar()
    }

    fn recall(&mut self, saved: &Sidecar) {
        self.seen.add_all(saved);
    }
}

fn wall_ms(cx: &Context<'_>) -> u64 {
    cx.wall_clock().0 / 1_000_000
}

fn accepted(id: OpId, outcome: Outcome, cx: &mut Context<'_>) {
    cx.shown(id);
    cx.reflected(id);
    cx.confirmed(id, outcome);
}
