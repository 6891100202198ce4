//! `lww-hlc`: cells with hybrid clocks, as in local-first databases.
//!
//! A document is a table of cells: leaves, containers, and the places of items in their lists, which are fractional indices.
//! Whoever writes a cell stamps it with a hybrid logical clock (milliseconds, count, node): the wall clock, or the latest
//! stamp that was heard of and a count, so that what somebody had seen is never later than what it wrote then. The latest
//! stamp of a cell wins, everywhere and whatever arrives first. An operation's cells have one stamp and travel together.
//!
//! When a connection opens, the two compare hashes over ranges of their cells in the order of writing (`hlc_ranges`), and
//! each gets what it lacks, whoever wrote it. In between, writes are sent once, acknowledged and sent again when lost
//! (`courier`). What is removed leaves a tombstone until `horizon`; then nothing is left of it, and whoever was away for
//! longer brings back what it still had. Stamps more than `drift` ahead of the own clock wait here until they are not
//! (`clock_ahead` counts them): Evolu refuses such a message and is offered it again with a later sync, which comes to the
//! same. There is no bound on how far behind a clock may be; its writes lose.
//!
//! A container that is removed takes along what was written below it before; what is written below it at the same time by
//! somebody else stays out of sight. Two who make a container at the same time make one.
//!
//! Source: Evolu (stamps, drift, range-based reconciliation since its version 6), TinyBase's MergeableStore (cells with
//! stamps, hashes to find differences); Kulkarni et al. 2014 for the clock, Meyer 2023 for the ranges.
//!
//! Trade-offs: works offline, merges field by field, needs nobody's permission, catches up by what differs; for silent loss
//! where two write one cell, sums and texts included, and for clocks that decide who wins.
//!
//! It is a few lines more than 500: a peer is one machine, and what it is made of already has files of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hlc_cells::{Hlc, Hops, Part, Stamp, Table, Value, Write};
use super::hlc_exchange::{Message, Session, check};
use super::hlc_ranges::{self, Range};
use super::hlc_seen::Seen;
use super::hlc_tree::{Draft, Maker, Tree};
use super::hlc_undo::History;
use crate::courier::{Courier, TICK};
use crate::document::{Document, EditKind};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::Sidecar;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Params, Spec, Support};
use crate::view::View;
use crate::wire::{decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "lww-hlc",
    family: "lww",
    summary: "cell by cell, the latest stamp of a hybrid clock wins; differences are found by hashes of ranges",
    source: "Evolu, TinyBase; Kulkarni et al. 2014",
    library: None,
    topology: Topology::Mesh,
    guarantees: GUARANTEES,
    params: PARAMS,
    support,
    content: Content::any,
    undo: UNDO,
    build,
};

pub(super) const GUARANTEES: Guarantees = Guarantees {
    converges: true,
    tolerates_duplicates: true,
    tolerates_reordering: true,
    tolerates_loss: true,
    works_offline: true,
    depends_on_clocks: true,
    grows: Growth::removals("tombstones, until the horizon"),
    ..Guarantees::NONE
};

pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "drift",
        kind: ParamKind::Span,
        default: "5m",
        help: "how far ahead of the own clock a stamp may be; what is further ahead waits. 5 minutes as in Evolu; the \
               library uhlc allows 500 ms",
    },
    Param {
        name: "horizon",
        kind: ParamKind::Span,
        default: "1440m",
        help: "how long the tombstone of what was removed is kept; who was away for longer brings it back. A day, the \
               longest span there is here; Cassandra keeps 10 days, Evolu and TinyBase for good",
    },
];

pub(super) const UNDO: Support = Support::Emulated("puts the old values back where nobody has written since");

pub(super) fn support(kind: EditKind) -> Support {
    match kind {
        EditKind::Put | EditKind::Remove => Support::Native,
        EditKind::Increment => Support::Emulated("a put of the sum"),
        EditKind::TextSplice => Support::Emulated("the whole text is one cell"),
        EditKind::ListInsert | EditKind::ListRemove | EditKind::ListMove => {
            Support::Emulated("items with ids, in the order of fractional indices")
        }
    }
}

pub(super) fn build(params: &Params) -> Box<dyn Strategy> {
    let ms = |name| u64::try_from(params.span(name).as_millis()).unwrap_or(u64::MAX);
    Box::new(LwwHlc { drift_ms: ms("drift"), horizon_ms: ms("horizon") })
}

const EARLY: u64 = TICK + 1;

/// Messages that may wait for the own clock: many times what a group writes while somebody's clock is wrong.
const MOST_EARLY: usize = 100_000;

#[derive(Clone, Copy)]
struct LwwHlc {
    drift_ms: u64,
    horizon_ms: u64,
}

/// What a crash leaves behind.
#[derive(Serialize, Deserialize)]
struct Saved {
    clock: Hlc,
    items: u64,
    cells: Vec<Write>,
}

impl Strategy for LwwHlc {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let genesis = Document::decode(&setup.genesis).expect("genesis is a document");
        Box::new(Peer::new(*self, setup, Tree::genesis(&genesis)))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let saved: Saved = decode(durable)?;
        check(&saved.cells)?;
        let mut table = Table::default();
        for write in &saved.cells {
            for (path, part) in &write.cells {
                table.merge(path, write.stamp, part);
            }
        }
        let mut peer = Peer::new(*self, setup, Tree::of(table));
        (peer.clock, peer.items) = (saved.clock, saved.items);
        Ok(Box::new(peer))
    }
}

struct Peer {
    config: LwwHlc,
    model: ModelRef,
    me: NodeId,
    tree: Tree,
    clock: Hlc,
    /// Items made here so far.
    items: u64,
    tombstones: BTreeSet<(Stamp, Hops)>,
    history: History,
    courier: Courier,
    sessions: BTreeMap<NodeId, Session>,
    /// Peers with which an exchange was begun on this connection.
    compared: BTreeSet<NodeId>,
    ever_connected: BTreeSet<NodeId>,
    /// Messages ahead of the own clock.
    early: Vec<(NodeId, Message, Sidecar)>,
    /// Timers that were set for them and are not due yet.
    timers: u32,
    /// For sidecars only: what is accounted for here, refused operations that nobody heard of, and for each peer what a
    /// relay has not passed on.
    seen: Seen,
    unheard: Vec<OpId>,
    unsaid: BTreeMap<NodeId, Vec<OpId>>,
}

impl Peer {
    fn new(config: LwwHlc, setup: &Setup, tree: Tree) -> Self {
        Self {
            config,
            model: setup.model.clone(),
            me: setup.node,
            tombstones: tree.table.tombstones(),
            tree,
            clock: Hlc::default(),
            items: 0,
            history: History::default(),
            courier: Courier::new(setup.node),
            sessions: BTreeMap::new(),
            compared: BTreeSet::new(),
            ever_connected: BTreeSet::new(),
            early: Vec::new(),
            timers: 0,
            seen: Seen::default(),
            unheard: Vec::new(),
            unsaid: BTreeMap::new(),
        }
    }

    /// Only a relay passes on what it gets: in a mesh everybody hears everybody, and who was away compares.
    fn is_relay(&self) -> bool {
        self.me == NodeId::SERVER
    }

    /// Makes an own write of whatever `make` does to the tree.
    fn write<E>(
        &mut self,
        id: OpId,
        cx: &mut Context<'_>,
        make: impl FnOnce(&mut Tree, &mut Maker<'_>, &mut Draft) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut draft = Draft::new(self.clock.next(wall_ms(cx), self.me.0));
        make(&mut self.tree, &mut Maker { node: self.me.0, items: &mut self.items }, &mut draft)?;
        let write = self.tree.finish(&draft);
        self.history.push(id, draft);
        self.seen.add(id);
        if write.cells.is_empty() {
            self.unheard.push(id);
            cx.void(id);
            return Ok(());
        }
        self.bury(std::slice::from_ref(&write));
        let carries = self.unheard.drain(..).chain([id]).collect();
        let sidecar = Sidecar { carries, ..Sidecar::none() };
        let to: Vec<NodeId> = self.courier.connected().collect();
        self.courier.send(to, encode(&Message::Writes(vec![write])), sidecar, cx);
        Ok(())
    }

    fn refuse(&mut self, id: OpId, reason: Rejected, cx: &mut Context<'_>) {
        self.seen.add(id);
        self.unheard.push(id);
        cx.rejected(id, reason);
    }

    /// Notes tombstones.
    fn bury(&mut self, writes: &[Write]) {
        for write in writes {
            let gone = |part: &Part| {
                matches!(part, Part::Value(Value::Gone) | Part::Instead(Value::Gone) | Part::Cleared(Value::Gone, _))
            };
            let graves = write.cells.iter().filter(|(_, part)| gone(part));
            self.tombstones.extend(graves.map(|(path, _)| (write.stamp, path.clone())));
        }
    }

    /// Forgets tombstones beyond the horizon.
    fn collect(&mut self, cx: &mut Context<'_>) {
        let now = wall_ms(cx);
        while self.tombstones.first().is_some_and(|(stamp, _)| stamp.ms.saturating_add(self.config.horizon_ms) < now) {
            let Some((stamp, path)) = self.tombstones.pop_first() else { break };
            let still =
                self.tree.table.value(&path).is_some_and(|cell| cell.stamp == stamp && cell.value == Value::Gone);
            if still {
                self.tree.forget(&path);
                cx.count("tombstones_collected", 1);
            }
        }
    }

    fn merge(&mut self, from: NodeId, writes: Vec<Write>, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let news = self.tree.merge(&writes, &mut self.clock);
        self.bury(&news);
        let older = writes.iter().map(|write| write.cells.len()).sum::<usize>()
            - news.iter().map(|write| write.cells.len()).sum::<usize>();
        if older > 0 {
            cx.count("older_ignored", older as u64);
        }
        self.learn(from, sidecar, cx);
        if self.is_relay() && !writes.is_empty() {
            self.pass_on(from, encode(&Message::Writes(writes)).into(), cx);
        }
    }

    /// Takes note of the operations that a message accounts for.
    fn learn(&mut self, from: NodeId, sidecar: &Sidecar, cx: &mut Context<'_>) {
        cx.reflected_all(sidecar);
        let new = self.seen.add_all(sidecar);
        if self.is_relay() {
            for peer in self.courier.connected().filter(|peer| *peer != from) {
                self.unsaid.entry(peer).or_default().extend(&new);
            }
        }
    }

    fn pass_on(&mut self, from: NodeId, body: Arc<[u8]>, cx: &mut Context<'_>) {
        let others: Vec<NodeId> = self.courier.connected().filter(|peer| *peer != from).collect();
        for peer in others {
            let carries = self.unsaid.remove(&peer).unwrap_or_default();
            let sidecar = Arc::new(Sidecar { carries, ..Sidecar::none() });
            match self.sessions.get_mut(&peer) {
                Some(session) => session.later.push((body.clone(), sidecar)),
                None => self.courier.send([peer], body.clone(), sidecar, cx),
            }
        }
    }

    fn say(&mut self, to: NodeId, message: &Message, sidecar: Sidecar, cx: &mut Context<'_>) {
        self.courier.send([to], encode(message), sidecar, cx);
    }

    fn open_session(&mut self, peer: NodeId) {
        self.compared.insert(peer);
        let session = Session::new(self.tree.table.clone(), self.seen.sidecar());
        self.sessions.insert(peer, session);
    }

    fn begin(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.open_session(peer);
        let (ranges, seen) = (hlc_ranges::open(&self.tree.table), self.seen.sidecar());
        self.say(peer, &Message::Begin(ranges), seen, cx);
    }

    fn close(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        for (body, sidecar) in self.sessions.remove(&peer).map(|session| session.later).unwrap_or_default() {
            self.courier.send([peer], body, sidecar, cx);
        }
    }

    /// The ranges that a peer sent are compared with what was here at the beginning.
    fn compare(&mut self, peer: NodeId, ranges: &[Range], first: bool, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        let open = hlc_ranges::answer(&session.table, ranges, &mut session.difference);
        let (want, seen) = (session.difference.want.clone(), session.seen.clone());
        if !open.is_empty() {
            self.say(peer, &Message::Ranges(open), Sidecar::none(), cx);
        } else if first {
            self.learn(peer, sidecar, cx);
            self.say(peer, &Message::Same, seen, cx);
            self.close(peer, cx);
        } else {
            self.say(peer, &Message::Wants(want), Sidecar::none(), cx);
        }
    }

    fn handle(&mut self, from: NodeId, message: Message, sidecar: &Sidecar, cx: &mut Context<'_>) {
        match message {
            Message::Writes(writes) => self.merge(from, writes, sidecar, cx),
            Message::Nudge if self.compared.contains(&from) => {}
            Message::Nudge => self.begin(from, cx),
            Message::Begin(ranges) => {
                self.open_session(from);
                self.compare(from, &ranges, true, sidecar, cx);
            }
            Message::Ranges(ranges) => self.compare(from, &ranges, false, sidecar, cx),
            Message::Same => {
                self.learn(from, sidecar, cx);
                self.close(from, cx);
            }
            Message::Wants(wanted) => {
                let Some(session) = self.sessions.get(&from) else { return };
                let message = Message::Items(session.items(&wanted), session.difference.want.clone());
                let seen = session.seen.clone();
                self.say(from, &message, seen, cx);
            }
            Message::Items(writes, wanted) => {
                let rest = self.sessions.get(&from).map(|session| (session.items(&wanted), session.seen.clone()));
                self.merge(from, writes, sidecar, cx);
                if let Some((rest, seen)) = rest {
                    self.say(from, &Message::Rest(rest), seen, cx);
                }
                self.close(from, cx);
            }
            Message::Rest(writes) => {
                self.merge(from, writes, sidecar, cx);
                self.close(from, cx);
            }
        }
    }

    /// How many milliseconds a message is too far ahead of the own clock.
    fn ahead(&self, message: &Message, cx: &Context<'_>) -> u64 {
        let latest = message.writes().iter().map(|write| write.stamp.ms).max().unwrap_or(0);
        latest.saturating_sub(wall_ms(cx).saturating_add(self.config.drift_ms))
    }

    fn wait_for_clock(&mut self, ms: u64, cx: &mut Context<'_>) {
        self.timers += 1;
        cx.set_timer(Duration::from_millis(ms), EARLY);
    }

    /// Takes in what is not too far ahead any more.
    fn take_early(&mut self, cx: &mut Context<'_>) {
        self.timers = self.timers.saturating_sub(1);
        let mut wait = None;
        for (from, message, sidecar) in std::mem::take(&mut self.early) {
            match self.ahead(&message, cx) {
                0 => self.handle(from, message, &sidecar, cx),
                ahead => {
                    wait = Some(wait.map_or(ahead, |wait: u64| wait.min(ahead)));
                    self.early.push((from, message, sidecar));
                }
            }
        }
        // A clock that was set back makes a timer come too soon.
        if let Some(wait) = wait.filter(|_| self.timers == 0) {
            self.wait_for_clock(wait, cx);
        }
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
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
        if ahead > 0 && self.early.len() >= MOST_EARLY {
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
            _ => self.take_early(cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.sessions.remove(&peer);
        self.compared.remove(&peer);
        self.unsaid.remove(&peer);
        if state == LinkState::Down {
            return self.courier.down(peer);
        }
        self.collect(cx);
        self.courier.up(peer);
        let again = !self.ever_connected.insert(peer);
        // Two that have never written anything have nothing to tell each other. The lower one cannot know that, if it is new.
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
