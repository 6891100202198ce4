//! One replica with its user: what it does in a turn.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use syncbench_strategies::replica::{Effect, LinkState, NodeId, OpId, Report, Time};
use syncbench_strategies::sidecar::Sidecar;

use super::post::{Letter, Outbox};
use super::samples::Samples;
use crate::clock::WALL_AT_START;
use crate::engines::load::User;
use crate::engines::node::{Input, Node};
use crate::ledger::{Action, OwnOperations};

/// Most letters that a replica handles in a turn. No source: a turn costs some locks, a place in the queue and a reading of the
/// clock, about as much as one cheap message; with 64 of these that is a few percent, and nobody waits long for its turn.
const BUNCH: usize = 64;

pub(super) struct Participant {
    node: Node,
    peers: Vec<NodeId>,
    connected: bool,
    user: Option<User>,
    /// Most operations of its user on their way.
    inflight: u64,
    /// What has come in and was not handled yet.
    pub(super) letters: VecDeque<Letter>,
    pub(super) book: Book,
}

/// What is kept of a participant's doings.
pub(super) struct Book {
    id: NodeId,
    own: OwnOperations,
    /// Operations of its user.
    pub(super) issued: u64,
    pub(super) confirmed: u64,
    pub(super) rejected: u64,
    /// These by code.
    pub(super) rejections: BTreeMap<Cow<'static, str>, u64>,
    /// Messages that its replica could not take.
    pub(super) protocol_errors: u64,
    /// Messages that it sent.
    pub(super) messages: u64,
    /// The operations that it reflects, in order, and those of its user, where that is wanted.
    pub(super) order: Option<Vec<OpId>>,
    pub(super) actions: Vec<Action>,
    pub(super) samples: Samples,
}

impl Participant {
    pub(super) fn new(node: Node, peers: Vec<NodeId>, user: Option<User>, inflight: u64, book: Book) -> Self {
        Self { node, peers, connected: false, user, inflight, letters: VecDeque::new(), book }
    }

    pub(super) fn replica(&self) -> &Node {
        &self.node
    }

    /// Operations that its user will still issue.
    pub(super) fn has_user_waiting(&self) -> bool {
        self.user.as_ref().is_some_and(|user| !user.done())
    }

    /// Connects in its first turn. Then handles what has come in.
    pub(super) fn receive(&mut self, now: Time, out: &mut Outbox) {
        let Self { node, peers, connected, letters, book, .. } = self;
        let wall = now + WALL_AT_START;
        if !std::mem::replace(connected, true) {
            for peer in peers {
                let result = node.pass(Input::Link(*peer, LinkState::Up), now, wall, |effect| book.carry(effect, out));
                book.complain(result.is_err());
            }
        }
        // Nothing that travels depends on a sidecar, and nobody probes.
        let sidecar = Sidecar::none();
        for _ in 0..BUNCH {
            let Some(letter) = letters.pop_front() else { break };
            let result = match &letter {
                Letter::Message { from, bytes } => {
                    out.handle(*from);
                    node.pass(Input::Receive(*from, bytes, &sidecar), now, wall, |effect| book.carry(effect, out))
                }
                Letter::Timer(tag) => node.pass(Input::Timer(*tag), now, wall, |effect| book.carry(effect, out)),
            };
            book.complain(result.is_err());
        }
    }

    /// Its user acts until as many operations are on their way as may be, `unhandled` messages among them that no receiver has
    /// handled yet. True if it acted.
    pub(super) fn act(&mut self, unhandled: u64, now: Time, out: &mut Outbox) -> bool {
        let Self { node, peers, user, inflight, book, .. } = self;
        let Some(user) = user else { return false };
        let mut acted = false;
        let wall = now + WALL_AT_START;
        let before = out.messages();
        while !user.done()
            && book.issued - book.confirmed - book.rejected < *inflight
            && unhandled + out.messages() - before < *inflight * peers.len() as u64
        {
            acted = true;
            user.begin(now);
            let Some(action) = user.act(node.replica.view(), book.own.own()) else { continue };
            let op = book.own.own().next;
            book.own.issue(&action);
            book.issued += 1;
            book.samples.issued(op);
            let result = node.pass(Input::of(op, &action), now, wall, |effect| book.carry(effect, out));
            book.complain(result.is_err());
            if book.order.is_some() {
                book.actions.push(action);
            }
        }
        acted
    }
}

impl Book {
    pub(super) fn new(id: NodeId, samples: Samples, ordered: bool) -> Self {
        Self {
            id,
            own: OwnOperations::new(id),
            issued: 0,
            confirmed: 0,
            rejected: 0,
            rejections: BTreeMap::new(),
            protocol_errors: 0,
            messages: 0,
            order: ordered.then(Vec::new),
            actions: Vec::new(),
            samples,
        }
    }

    fn carry(&mut self, effect: Effect, out: &mut Outbox) {
        match effect {
            Effect::Send { to, bytes, .. } => {
                self.messages += 1;
                out.send(self.id, to, bytes);
            }
            Effect::SetTimer { after, tag } => out.timers.push((after, tag)),
            Effect::Report(report) => self.report(&report),
        }
    }

    fn report(&mut self, report: &Report) {
        match report {
            Report::Reflected(op) => {
                if let Some(order) = &mut self.order {
                    order.push(*op);
                }
                if self.id != NodeId::SERVER {
                    self.samples.reflected(*op);
                }
                // What others do says nothing about its own operations.
                if op.client != self.id {
                    return;
                }
            }
            Report::Shown(op) => self.samples.shown(*op),
            Report::Confirmed(op, _) => {
                self.confirmed += 1;
                self.samples.confirmed(*op);
            }
            Report::Rejected(op, reason) => {
                self.rejected += 1;
                *self.rejections.entry(reason.code.clone()).or_default() += 1;
                self.samples.rejected(*op);
            }
            _ => {}
        }
        if self.id != NodeId::SERVER {
            self.own.report(report);
        }
    }

    fn complain(&mut self, error: bool) {
        self.protocol_errors += u64::from(error);
    }
}
