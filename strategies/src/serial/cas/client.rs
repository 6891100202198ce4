//! The client: one write inflight, tried again after a mismatch.

use std::collections::VecDeque;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::Cas;
use super::message::{ToClient, ToServer};
use super::missed::Missed;
use crate::document::{Document, Edit, diff};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::journal::{Edits, Entry, News};
use crate::sidecar::Sidecar;
use crate::star::{Outbox, Placed, Uplink, Verdict, count_duplicates, from_server, unseen};
use crate::view::View;
use crate::wire::{decode, encode};

/// In the tag of the timers of retries, beside the era; an uplink's own tags are far smaller.
const RETRY: u64 = 1 << 63;

/// An operation without an answer.
#[derive(Serialize, Deserialize)]
struct Queued {
    operation: Operation,
    /// What the copy had gone through when its user issued it.
    here: u64,
}

/// An operation in a write.
#[derive(Serialize, Deserialize)]
struct Tried {
    n: u64,
    edits: Edits,
    outcome: Outcome,
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
    /// The first ones are tried.
    queue: Outbox<Queued>,
    /// What the copy went through since the first of them was issued.
    missed: Missed,
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
    /// The first operation waits for the timer with the tag `era`.
    waiting: bool,
    /// Grows with every timer and every connection, so that older timers are told apart.
    era: u64,
    state: State,
}

impl Client {
    pub(super) fn new(setup: &Setup, config: Cas, data: Document) -> Self {
        let (queue, missed) = (Outbox::new(), Missed::default());
        Self::with(setup, config, State { seq: 0, data, last: 0, queue, missed, retries: 0, inflight: None })
    }

    pub(super) fn restore(setup: &Setup, config: Cas, durable: &[u8]) -> Result<Self, ProtocolError> {
        let state: State = decode(durable)?;
        state.missed.check()?;
        Ok(Self::with(setup, config, state))
    }

    fn with(setup: &Setup, config: Cas, state: State) -> Self {
        let (model, node, uplink) = (setup.model.clone(), setup.node, Uplink::new(config.window));
        Self { model, node, config, uplink, waiting: false, era: 0, state }
    }

    /// Writes the first operations that the model allows, unless a write is inflight; rejects those that it does not.
    fn advance(&mut self, cx: &mut Context<'_>) {
        if self.waiting || self.state.inflight.is_some() || self.state.queue.is_empty() || !self.uplink.ready(cx) {
            return;
        }
        let mut tried = VecDeque::new();
        let (mut data, mut missed) = (self.state.data.clone(), self.state.missed.clone());
        while let Some((n, queued)) = self.next_after(tried.back().map_or(0, |tried: &Tried| tried.n)) {
            let planned = missed.plan(&*self.model, &data, queued.here, &queued.operation);
            match planned.and_then(|plan| Ok((data.apply_all(&plan.edits)?, plan))) {
                Ok((inverse, plan)) => {
                    let edits = Edits::of(&plan.edits);
                    missed.add(edits.clone(), &inverse, true);
                    tried.push_back(Tried { n, edits, outcome: plan.outcome });
                }
                // It was planned on operations that may still meet a mismatch.
                Err(_) if !tried.is_empty() => break,
                Err(reason) => self.resolve(n, Err(reason), cx),
            }
            if self.config.window.is_zero() && !tried.is_empty() {
                break;
            }
        }
        if tried.is_empty() {
            return;
        }
        let base = self.state.seq;
        let writes: Vec<(u64, Edits)> = tried.iter().map(|tried| (tried.n, tried.edits.clone())).collect();
        let sidecar = Sidecar::ops(tried.iter().map(|tried| OpId { client: self.node, n: tried.n }));
        cx.send(NodeId::SERVER, encode(&ToServer::Write { base, writes }), sidecar);
        self.uplink.sends(cx);
        self.state.inflight = Some(Inflight { base, tried });
    }

    /// The first queued operation after number `n`.
    fn next_after(&self, n: u64) -> Option<(u64, &Queued)> {
        let (n, queued) = self.state.queue.range((Bound::Excluded(n), Bound::Unbounded)).next()?;
        Some((*n, queued))
    }

    /// Tells the user what became of an operation.
    fn resolve(&mut self, n: u64, verdict: Verdict, cx: &mut Context<'_>) {
        self.state.queue.remove(&n);
        self.state.retries = 0;
        let here = self.state.queue.values().next().map_or(self.state.missed.here(), |queued| queued.here);
        self.state.missed.forget_before(here);
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
        let (mut data, mut inverses) = (self.state.data.clone(), Vec::with_capacity(new.entries.len()));
        for entry in new.entries {
            inverses.push(data.apply_all(&entry.edits.unpack()?).map_err(ProtocolError::malformed)?);
        }
        (self.state.seq, self.state.data) = (new.end, data);
        count_duplicates(new.seen, cx);
        for (entry, inverse) in new.entries.iter().zip(inverses) {
            let own = entry.client == self.node;
            self.went_through(&entry.edits, &inverse, own);
            if own {
                self.placed(entry.n, Some(&entry.edits), cx);
            }
            cx.reflected(entry.id());
        }
        Ok(())
    }

    /// The copy changed while operations wait.
    fn went_through(&mut self, edits: &Edits, inverse: &[Edit], own: bool) {
        if self.config.transforms && !self.state.queue.is_empty() {
            self.state.missed.add(edits.clone(), inverse, own);
        }
    }

    /// Own operations up to `last` have their place. `logged` is what the log has under that number, which another
    /// client under this name may have taken.
    fn placed(&mut self, last: u64, logged: Option<&Edits>, cx: &mut Context<'_>) {
        self.state.last = self.state.last.max(last);
        while let Some((&n, _)) = self.state.queue.first_key_value().filter(|(n, _)| **n <= last) {
            let tried = self.state.inflight.as_mut().and_then(|inflight| inflight.tried.pop_front());
            self.state.inflight.take_if(|inflight| inflight.tried.is_empty());
            let is_logged = |tried: &Tried| n < last || logged.is_none_or(|edits| *edits == tried.edits);
            let own = tried.filter(|tried| tried.n == n && is_logged(tried));
            self.resolve(n, own.map(|tried| tried.outcome).ok_or_else(Rejected::number_taken), cx);
        }
    }

    fn joined(&mut self, news: News, last: u64, sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match news {
            News::Entries { after, entries } => self.take(after, &entries, cx)?,
            News::Snapshot { seq, .. } if seq < self.state.seq => count_duplicates(1, cx),
            News::Snapshot { seq, state } => {
                let edits = diff(&self.state.data, &state);
                let inverse = self.state.data.apply_all(&edits).map_err(ProtocolError::malformed)?;
                self.went_through(&Edits::of(&edits), &inverse, false);
                (self.state.seq, self.state.data) = (seq, state);
                self.placed(last, None, cx);
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
        let queued = Queued { operation: operation.clone(), here: self.state.missed.here() };
        self.state.queue.insert(id.n, queued);
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
        match decode(bytes)? {
            ToClient::Written { after, entries } => {
                self.take(after, &entries, cx)?;
                self.advance(cx);
            }
            ToClient::Mismatch { base, n } => {
                let tried = self.state.queue.first_key_value().map(|(first, _)| *first) == Some(n);
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

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.era += 1;
        self.waiting = false;
        self.uplink.link(state, &self.state.queue, self.state.last);
        if state == LinkState::Up {
            cx.send(peer, encode(&ToServer::Join { seq: self.state.seq }), Sidecar::none());
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
