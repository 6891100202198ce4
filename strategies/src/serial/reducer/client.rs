//! The client: a copy that reduces what the server has ordered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::{CatchUp, Entry, ToClient, ToServer};
use super::snapshots::Snapshot;
use crate::document::Document;
use crate::model::{ModelRef, Operation};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::order::Action;
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Outbox, Placed, Uplink, Verdict, count_duplicates, from_server};
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
struct State {
    seq: u64,
    data: Document,
    /// All own operations up to here have their verdict.
    resolved: u64,
    pending: Outbox<Action>,
}

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    uplink: Uplink,
    /// Of the state.
    epoch: u64,
    state: State,
}

impl Client {
    pub(super) fn new(setup: &Setup, window: Duration, data: Document) -> Self {
        Self::with(setup, window, (State { seq: 0, data, resolved: 0, pending: Outbox::new() }, 0))
    }

    pub(super) fn restore(setup: &Setup, window: Duration, durable: &[u8]) -> Result<Self, ProtocolError> {
        Ok(Self::with(setup, window, lineage::load(durable)?))
    }

    fn with(setup: &Setup, window: Duration, (state, epoch): (State, u64)) -> Self {
        Self { model: setup.model.clone(), node: setup.node, uplink: Uplink::of(setup, window), epoch, state }
    }

    /// Carries out entries that follow what is here, except for known ones: all or none. `known` were passed over before them.
    fn take(&mut self, known: usize, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let mut seq = self.state.seq;
        let mut new = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry.seq.checked_sub(seq) {
                None | Some(0) => continue,
                Some(1) => seq = entry.seq,
                Some(_) => return Err(ProtocolError::Unexpected(format!("place {} after {seq}", entry.seq))),
            }
            new.push(entry);
        }
        let verdicts = self.carry_out(&new)?;
        self.state.seq = seq;
        count_duplicates(known, cx);
        count_duplicates(entries.len() - verdicts.len(), cx);
        for (id, verdict) in verdicts {
            if id.client == self.node {
                self.resolve(id.n, verdict, cx);
            }
            cx.reflected(id);
        }
        Ok(())
    }

    /// Carries out all or none.
    fn carry_out(&mut self, entries: &[&Entry]) -> Result<Vec<(OpId, Verdict)>, ProtocolError> {
        // One entry alone changes nothing if it fails. A clone would have every edit copy what it changes.
        let before =
            (entries.len() > 1 && entries.iter().any(|entry| entry.may_fail())).then(|| self.state.data.clone());
        let verdict = |entry: &&Entry| Ok((entry.id(), entry.carry_out(&self.model, &mut self.state.data)?));
        let verdicts = entries.iter().map(verdict).collect();
        match (verdicts, before) {
            (Err(error), Some(before)) => {
                self.state.data = before;
                Err(error)
            }
            (verdicts, _) => verdicts,
        }
    }

    /// Confirms or rejects this client's operation `n`, once.
    fn resolve(&mut self, n: u64, verdict: Verdict, cx: &mut Context<'_>) {
        if self.state.pending.remove(&n).is_none() {
            return;
        }
        self.state.resolved = self.state.resolved.max(n);
        let id = OpId { client: self.node, n };
        match verdict {
            Ok(outcome) => {
                cx.shown(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    /// Takes a state and what came after it: both or none.
    fn replace(
        &mut self,
        Snapshot { seq, data, .. }: Snapshot,
        after: &[Entry],
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let before = (self.state.seq, self.state.data.clone());
        let known = seq < self.state.seq;
        if !known {
            let data = Document::decode(&data).map_err(ProtocolError::malformed)?;
            (self.state.seq, self.state.data) = (seq, data);
        }
        self.take(known.into(), after, cx).inspect_err(|_| (self.state.seq, self.state.data) = before)
    }

    /// The server has another epoch: what is pending goes again on what it has.
    fn start_over(&mut self, begun: Begun<Document>, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let Begun { epoch, seq, state, last } = begun;
        if epoch == self.epoch {
            return count_duplicates(1, cx);
        }
        cx.started_over();
        (self.epoch, self.state.seq, self.state.data) = (epoch, seq, state);
        while let Some((&n, _)) = self.state.pending.first_key_value().filter(|(n, _)| **n <= last) {
            self.resolve(n, Err(lineage::outcome_unknown()), cx);
        }
        cx.reflected_all(sidecar);
        self.uplink.hold();
        self.join(cx);
    }

    fn join(&self, cx: &mut Context<'_>) {
        let (epoch, seq, resolved) = (self.epoch, self.state.seq, self.state.resolved);
        let join = lineage::join_in(epoch, &ToServer::Join { seq, resolved });
        cx.send(NodeId::SERVER, join, Sidecar::none());
    }

    fn act(&mut self, id: OpId, action: Action, cx: &mut Context<'_>) {
        self.state.pending.insert(id.n, action);
        if self.uplink.ready(cx) {
            self.push(self.state.resolved, cx);
        }
    }

    /// Sends what has not gone out on this connection. The server has the operations up to `last`.
    fn push(&mut self, last: u64, cx: &mut Context<'_>) {
        let Some(unsent) = self.uplink.unsent(&self.state.pending, last, cx) else { return };
        let (resolved, sidecar) = (self.state.resolved, unsent.sidecar(self.node));
        let actions = unsent.operations.map(|(n, action)| (*n, action.clone())).collect();
        cx.send(NodeId::SERVER, encode(&ToServer::Submit { resolved, actions }), sidecar);
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.act(id, Action::Operate(operation.clone()), cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.act(id, Action::Undo(target.n), cx);
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
        let (catch_up, verdicts, last) = match decode(bytes)? {
            ToClient::Ordered(entries) => return self.take(0, &entries, cx),
            ToClient::Joined { catch_up, verdicts, last } => (catch_up, verdicts, last),
        };
        match catch_up {
            CatchUp::Operations(entries) => self.take(0, &entries, cx)?,
            CatchUp::Snapshot(snapshot, after) => {
                self.replace(snapshot, &after, cx)?;
                cx.reflected_all(sidecar);
            }
        }
        for (n, verdict) in verdicts {
            self.resolve(n, verdict, cx);
        }
        // What the server has is resolved by now; the rest goes again.
        if self.uplink.answered(last) {
            self.push(last, cx);
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if self.uplink.timer(tag, cx) {
            self.push(self.state.resolved, cx);
        }
    }

    fn link(&mut self, _: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.uplink.link(state, &self.state.pending, self.state.resolved);
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
