//! The client: one write inflight, tried again after a mismatch.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Cas;
use super::message::{ToClient, ToServer};
use super::queue::Queue;
use crate::change::Change;
use crate::document::{Document, diff};
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::journal::{Edits, Entry, News};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Placed, Uplink, Verdict, count_duplicates, from_server, unseen};
use crate::view::View;
use crate::wire::{decode, encode};

/// In the tag of the timers of retries, beside the era; an uplink's own tags are far smaller.
const RETRY: u64 = 1 << 63;

/// An operation in a write.
#[derive(Serialize, Deserialize)]
struct Tried {
    n: u64,
    edits: Edits,
    outcome: Outcome,
}

impl Tried {
    fn of(n: u64, plan: &Plan) -> Self {
        Self { n, edits: Edits::of(&plan.edits), outcome: plan.outcome.clone() }
    }
}

/// A write that was sent and not answered.
#[derive(Serialize, Deserialize)]
struct Inflight {
    base: u64,
    /// Its operations that have no place yet.
    tried: VecDeque<Tried>,
}

#[derive(Serialize, Deserialize)]
struct State {
    seq: u64,
    data: Document,
    /// The last own operation that has its place.
    last: u64,
    /// Own operations without an answer; the first ones are tried.
    queue: Queue,
    /// How often the first one met a mismatch.
    retries: u64,
    /// What was sent of it.
    inflight: Option<Inflight>,
}

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    config: Cas,
    uplink: Uplink,
    /// Of the state.
    epoch: u64,
    /// The first operation waits for the timer with the tag `era`.
    waiting: bool,
    /// Grows with every timer and every connection, so that older timers are told apart.
    era: u64,
    state: State,
}

impl Client {
    pub(super) fn new(setup: &Setup, config: Cas, data: Document) -> Self {
        let queue = Queue::default();
        Self::with(setup, config, (State { seq: 0, data, last: 0, queue, retries: 0, inflight: None }, 0))
    }

    pub(super) fn restore(setup: &Setup, config: Cas, durable: &[u8]) -> Result<Self, ProtocolError> {
        Ok(Self::with(setup, config, lineage::load(durable)?))
    }

    fn with(setup: &Setup, config: Cas, (state, epoch): (State, u64)) -> Self {
        let (model, node, uplink) = (setup.model.clone(), setup.node, Uplink::of(setup, config.window));
        Self { model, node, config, uplink, epoch, waiting: false, era: 0, state }
    }

    /// Writes the first operations that the model allows, unless a write is inflight; rejects those that it does not.
    fn advance(&mut self, cx: &mut Context<'_>) {
        if self.waiting || self.state.inflight.is_some() || self.state.queue.first().is_none() || !self.uplink.ready(cx)
        {
            return;
        }
        while let Some((n, queued)) = self.state.queue.first() {
            match queued.plan(&*self.model, &self.state.data) {
                Ok(plan) => return self.write(n, plan, cx),
                Err(reason) => {
                    self.resolve(n, Err(reason), cx);
                    self.state.queue.remove(n, &self.state.data, None);
                }
            }
        }
    }

    /// Writes the first operation, `n`, and with it those that a window has collected, up to one that is not allowed: it was
    /// planned on operations that may still meet a mismatch.
    fn write(&mut self, n: u64, plan: Plan, cx: &mut Context<'_>) {
        let base = self.state.seq;
        let mut tried = VecDeque::from([Tried::of(n, &plan)]);
        if !self.config.window.is_zero() {
            let (mut queue, mut data, mut last) = (self.state.queue.clone(), self.state.data.clone(), (n, plan));
            loop {
                let mut after = data.clone();
                if after.apply_all(&last.1.edits).is_err() {
                    break;
                }
                queue.remove(last.0, &data, Change::of(&last.1.edits).as_ref());
                data = after;
                let Some((n, queued)) = queue.first() else { break };
                let Ok(plan) = queued.plan(&*self.model, &data) else { break };
                tried.push_back(Tried::of(n, &plan));
                last = (n, plan);
            }
        }
        let writes: Vec<(u64, Edits)> = tried.iter().map(|tried| (tried.n, tried.edits.clone())).collect();
        let sidecar = Sidecar::ops(tried.iter().map(|tried| OpId { client: self.node, n: tried.n }));
        cx.send(NodeId::SERVER, encode(&ToServer::Write { base, writes }), sidecar);
        self.uplink.sends(cx);
        self.state.inflight = Some(Inflight { base, tried });
    }

    /// Tells the user what became of the first operation.
    fn resolve(&mut self, n: u64, verdict: Verdict, cx: &mut Context<'_>) {
        self.state.retries = 0;
        let id = OpId { client: self.node, n };
        match verdict {
            Ok(outcome) => {
                cx.shown(id);
                cx.reflected(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    /// Another write came first: waits and tries again, or gives up.
    fn mismatch(&mut self, n: u64, cx: &mut Context<'_>) {
        self.state.inflight = None;
        self.state.retries += 1;
        if self.state.retries > self.config.patience.retries {
            cx.count("starved", 1);
            let detail = format!("somebody else was faster {} times", self.state.retries);
            self.resolve(n, Err(Rejected::new(Rejected::STARVED, detail)), cx);
            self.state.queue.remove(n, &self.state.data, None);
            return self.advance(cx);
        }
        cx.count("retries", 1);
        let wait = self.config.patience.wait(self.state.retries, cx.rng());
        self.waiting = true;
        self.era += 1;
        cx.set_timer(wait, RETRY | self.era);
    }

    /// Takes entries that follow what is here, except for known ones: all or none.
    fn take(&mut self, after: u64, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let new = unseen(self.state.seq, after, entries)?;
        let mut copies = vec![self.state.data.clone()];
        let mut changes = Vec::with_capacity(new.entries.len());
        for entry in new.entries {
            let (mut data, edits) = (copies[copies.len() - 1].clone(), entry.edits.unpack()?);
            data.apply_all(&edits).map_err(ProtocolError::malformed)?;
            copies.push(data);
            changes.push(Change::of(&edits).unwrap_or_default());
        }
        (self.state.seq, self.state.data) = (new.end, copies[copies.len() - 1].clone());
        count_duplicates(new.seen, cx);
        for ((entry, change), copies) in new.entries.iter().zip(changes).zip(copies.windows(2)) {
            if entry.client != self.node || !self.made(entry, &change, &copies[0], cx) {
                self.went_through(change);
                if entry.client == self.node {
                    self.taken(entry.n, &copies[1], cx);
                }
            }
            cx.reflected(entry.id());
        }
        Ok(())
    }

    /// The copy went through a change that is not this client's.
    fn went_through(&mut self, change: Change) {
        if self.config.transforms {
            self.state.queue.went_through(change);
        }
    }

    /// Whether an entry is the first operation as it was tried, which then has its place; the copy was `before`.
    fn made(&mut self, entry: &Entry, change: &Change, before: &Document, cx: &mut Context<'_>) -> bool {
        let first = self.state.queue.first().is_some_and(|(n, _)| n == entry.n);
        let Some(inflight) = self.state.inflight.as_mut().filter(|_| first) else { return false };
        let is_tried = |tried: &Tried| tried.n == entry.n && tried.edits == entry.edits;
        if !inflight.tried.front().is_some_and(is_tried) {
            return false;
        }
        let Some(tried) = inflight.tried.pop_front() else { return false };
        self.state.inflight.take_if(|inflight| inflight.tried.is_empty());
        self.state.last = self.state.last.max(entry.n);
        self.state.queue.remove(entry.n, before, Some(change).filter(|_| self.config.transforms));
        self.resolve(entry.n, Ok(tried.outcome), cx);
        true
    }

    /// Other operations came under this client's name, up to the number `last`: its own ones with these numbers are lost.
    /// The copy is `now`.
    fn taken(&mut self, last: u64, now: &Document, cx: &mut Context<'_>) {
        self.state.last = self.state.last.max(last);
        while let Some((n, _)) = self.state.queue.first().filter(|(n, _)| *n <= last) {
            self.state.inflight = None;
            self.state.queue.remove(n, now, None);
            self.resolve(n, Err(Rejected::number_taken()), cx);
        }
    }

    /// A snapshot has this client's operations up to `last`, by their numbers.
    fn snapshot(&mut self, seq: u64, state: Document, last: u64, cx: &mut Context<'_>) {
        let change = Change::of(&diff(&self.state.data, &state)).unwrap_or_default();
        self.state.last = self.state.last.max(last);
        let tried = self.state.inflight.take().map(|inflight| inflight.tried).unwrap_or_default();
        for Tried { n, outcome, .. } in tried.into_iter().take_while(|tried| tried.n <= last) {
            // It is in the new state, with everything else that is new there.
            self.state.queue.remove(n, &self.state.data, None);
            self.resolve(n, Ok(outcome), cx);
        }
        self.went_through(change);
        (self.state.seq, self.state.data) = (seq, state);
        let now = self.state.data.clone();
        self.taken(last, &now, cx);
    }

    fn join(&self, cx: &mut Context<'_>) {
        let join = lineage::join_in(self.epoch, &ToServer::Join { seq: self.state.seq });
        cx.send(NodeId::SERVER, join, Sidecar::none());
    }

    /// The server's version is no successor of this one, as an ETag that does not match tells: the state is fetched, and what
    /// is pending is tried on it.
    fn start_over(&mut self, begun: Begun<Document>, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let Begun { epoch, seq, state, last } = begun;
        if epoch == self.epoch {
            return count_duplicates(1, cx);
        }
        cx.started_over();
        (self.epoch, self.state.last) = (epoch, last);
        self.snapshot(seq, state, last, cx);
        cx.reflected_all(sidecar);
        self.uplink.hold();
        self.join(cx);
    }

    fn joined(&mut self, news: News, last: u64, sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match news {
            News::Entries { after, entries } => self.take(after, &entries, cx)?,
            News::Snapshot { seq, .. } if seq < self.state.seq => count_duplicates(1, cx),
            News::Snapshot { seq, state } => {
                self.snapshot(seq, state, last, cx);
                cx.reflected_all(sidecar);
            }
        }
        if self.uplink.answered(self.state.last) {
            // A write that is not in the log did not arrive.
            self.state.inflight = None;
        }
        self.advance(cx);
        Ok(())
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if id.n <= self.state.last {
            return cx.rejected(id, Rejected::number_taken());
        }
        if self.config.transforms {
            self.state.queue.push(&*self.model, id.n, operation.clone(), &self.state.data);
        } else {
            self.state.queue.push_plain(id.n, operation.clone());
        }
        self.advance(cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        from_server(from)?;
        if let Some(begun) = Begun::read(bytes)? {
            self.start_over(begun, sidecar, cx);
            return Ok(());
        }
        match decode(bytes)? {
            ToClient::Written { after, entries } => {
                self.take(after, &entries, cx)?;
                self.advance(cx);
            }
            ToClient::Mismatch { base, n } => {
                let tried = self.state.queue.first().is_some_and(|(first, _)| first == n);
                match &self.state.inflight {
                    Some(inflight) if tried && inflight.base == base => self.mismatch(n, cx),
                    _ => count_duplicates(1, cx),
                }
            }
            ToClient::Joined { news, last } => self.joined(news, last, sidecar, cx)?,
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if tag == RETRY | self.era {
            self.waiting = false;
            self.advance(cx);
        } else if tag & RETRY == 0 && self.uplink.timer(tag, cx) {
            self.advance(cx);
        }
    }

    fn link(&mut self, _: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.era += 1;
        self.waiting = false;
        self.uplink.link(state, &self.state.queue.0, self.state.last);
        if state == LinkState::Up {
            self.join(cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.data)
    }

    fn durable(&self) -> Vec<u8> {
        lineage::save(&self.state, self.epoch)
    }
}
