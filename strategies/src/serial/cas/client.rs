//! The client: one write inflight, tried again after a mismatch.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::{ToClient, ToServer};
use super::patience::Patience;
use crate::document::Document;
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::journal::{Edits, Entry, News};
use crate::sidecar::Sidecar;
use crate::star::{Outbox, Placed, Uplink, Verdict, count_duplicates, from_server, unseen};
use crate::view::View;
use crate::wire::{decode, encode};

/// A write that was sent and not answered.
#[derive(Serialize, Deserialize)]
struct Inflight {
    base: u64,
    edits: Edits,
    outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
struct State {
    seq: u64,
    data: Document,
    /// The last own operation that has its place.
    last: u64,
    /// Own operations without an answer; the first is the one that is tried.
    queue: Outbox<Operation>,
    /// How often the first one met a mismatch.
    retries: u64,
    /// What was sent of it.
    inflight: Option<Inflight>,
}

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    patience: Patience,
    uplink: Uplink,
    /// The first operation waits for the timer with the tag `era`.
    waiting: bool,
    /// Grows with every timer and every connection, so that older timers are told apart.
    era: u64,
    state: State,
}

impl Client {
    pub(super) fn new(setup: &Setup, patience: Patience, data: Document) -> Self {
        let state = State { seq: 0, data, last: 0, queue: Outbox::new(), retries: 0, inflight: None };
        Self::with(setup, patience, state)
    }

    pub(super) fn restore(setup: &Setup, patience: Patience, durable: &[u8]) -> Result<Self, ProtocolError> {
        Ok(Self::with(setup, patience, decode(durable)?))
    }

    fn with(setup: &Setup, patience: Patience, state: State) -> Self {
        let (model, node, uplink) = (setup.model.clone(), setup.node, Uplink::new(Duration::ZERO));
        Self { model, node, patience, uplink, waiting: false, era: 0, state }
    }

    /// Writes the first operation that the model allows, unless a write is inflight; rejects those before it.
    fn advance(&mut self, cx: &mut Context<'_>) {
        while self.uplink.is_open() && !self.waiting && self.state.inflight.is_none() {
            let Some((&n, operation)) = self.state.queue.first_key_value() else { return };
            let id = OpId { client: self.node, n };
            let planned = self.model.plan(&self.state.data, operation).and_then(|plan| {
                self.state.data.produce(&plan.edits)?;
                Ok(plan)
            });
            match planned {
                Ok(plan) => {
                    let base = self.state.seq;
                    let edits = Edits::of(&plan.edits);
                    let message = ToServer::Write { base, n, edits: edits.clone() };
                    cx.send(NodeId::SERVER, encode(&message), Sidecar::op(id));
                    self.state.inflight = Some(Inflight { base, edits, outcome: plan.outcome });
                }
                Err(reason) => self.resolve(n, Err(reason), cx),
            }
        }
    }

    /// Tells the user what became of the operation that was tried.
    fn resolve(&mut self, n: u64, verdict: Verdict, cx: &mut Context<'_>) {
        self.state.queue.remove(&n);
        (self.state.retries, self.state.inflight, self.waiting) = (0, None, false);
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
        if self.state.retries > self.patience.retries {
            cx.count("starved", 1);
            let detail = format!("somebody else was faster {} times", self.state.retries);
            self.resolve(n, Err(Rejected::new(Rejected::STARVED, detail)), cx);
            return self.advance(cx);
        }
        cx.count("retries", 1);
        let wait = self.patience.wait(self.state.retries, cx.rng());
        self.waiting = true;
        self.era += 1;
        cx.set_timer(wait, self.era);
    }

    /// Takes entries that follow what is here, except for known ones: all or none.
    fn take(&mut self, after: u64, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let new = unseen(self.state.seq, after, entries)?;
        let mut data = self.state.data.clone();
        for entry in new.entries {
            data.apply_all(&entry.edits.unpack()?).map_err(ProtocolError::malformed)?;
        }
        (self.state.seq, self.state.data) = (new.end, data);
        count_duplicates(new.seen, cx);
        for entry in new.entries {
            if entry.client == self.node {
                self.placed(entry.n, Some(&entry.edits), cx);
            }
            cx.reflected(entry.id());
        }
        Ok(())
    }

    /// Own operations up to `last` have their place. `logged` is what the log has under that number, which another
    /// client under this name may have taken.
    fn placed(&mut self, last: u64, logged: Option<&Edits>, cx: &mut Context<'_>) {
        self.state.last = self.state.last.max(last);
        while let Some((&n, _)) = self.state.queue.first_key_value().filter(|(n, _)| **n <= last) {
            let inflight = self.state.inflight.take().filter(|_| n == last);
            let own = inflight.filter(|inflight| logged.is_none_or(|edits| *edits == inflight.edits));
            self.resolve(n, own.map(|inflight| inflight.outcome).ok_or_else(Rejected::number_taken), cx);
        }
    }

    fn joined(&mut self, news: News, last: u64, sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match news {
            News::Entries { after, entries } => self.take(after, &entries, cx)?,
            News::Snapshot { seq, .. } if seq < self.state.seq => count_duplicates(1, cx),
            News::Snapshot { seq, state } => {
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
        self.state.queue.insert(id.n, operation.clone());
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
            ToClient::Written { seq, entry } => {
                let after = seq.checked_sub(1).ok_or_else(|| ProtocolError::malformed("places begin at 1"))?;
                self.take(after, &[entry], cx)?;
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
        if tag == self.era {
            self.waiting = false;
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
