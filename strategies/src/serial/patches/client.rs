//! The client: its base view, and its pending patches on top.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::immer::{self, Produced};
use super::message::{ToClient, ToServer};
use crate::document::Document;
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::serial::journal::{Edits, Entry, News};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Outbox, Placed, Uplink, count_duplicates, from_server, next_through, unseen};
use crate::undo::UndoMemory;
use crate::view::View;
use crate::wire::{decode, encode};

/// One of this client's operations that has no place yet.
#[derive(Serialize, Deserialize)]
struct Pending {
    patches: Edits,
    outcome: Outcome,
}

/// What undoes one of this client's operations, and what the operation made: its places must still hold that.
struct Back {
    made: Edits,
    inverse: Edits,
}

#[derive(Serialize, Deserialize)]
struct State {
    seq: u64,
    base: Document,
    /// The last own operation that has its place.
    last: u64,
    pending: Outbox<Pending>,
}

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    uplink: Uplink,
    /// Of the state.
    epoch: u64,
    /// The base view with the pending patches on it.
    view: Document,
    undo: UndoMemory<Back>,
    state: State,
}

impl Client {
    pub(super) fn new(setup: &Setup, window: Duration, base: Document) -> Self {
        Self::with(setup, window, (State { seq: 0, base, last: 0, pending: Outbox::new() }, 0))
    }

    /// Fails if what was saved as patches cannot be decoded.
    pub(super) fn restore(setup: &Setup, window: Duration, durable: &[u8]) -> Result<Self, ProtocolError> {
        let mut client = Self::with(setup, window, lineage::load(durable)?);
        client.refresh()?;
        Ok(client)
    }

    fn with(setup: &Setup, window: Duration, (state, epoch): (State, u64)) -> Self {
        Self {
            model: setup.model.clone(),
            node: setup.node,
            uplink: Uplink::of(setup, window),
            epoch,
            view: state.base.clone(),
            undo: UndoMemory::new(setup.undo),
            state,
        }
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    fn refresh(&mut self) -> Result<(), ProtocolError> {
        self.view = self.state.base.clone();
        for pending in self.state.pending.values() {
            immer::apply(&mut self.view, &pending.patches.unpack()?);
        }
        Ok(())
    }

    /// Shows a change made here and sends it, now or once the connection is open again.
    fn make(&mut self, id: OpId, produced: &Produced, outcome: Outcome, cx: &mut Context<'_>) {
        if id.n <= self.state.last {
            return cx.rejected(id, Rejected::number_taken());
        }
        immer::apply(&mut self.view, &produced.patches);
        let patches = Edits::of(&produced.patches);
        self.state.pending.insert(id.n, Pending { patches: patches.clone(), outcome });
        self.push_soon(cx);
        if let Some(inverse) = &produced.inverse {
            self.undo.push(id.n, Back { made: patches, inverse: Edits::of(inverse) });
        }
        cx.shown(id);
        // The server's order gives what is shown here if nothing comes between, so replicas that reflect the same
        // operations show the same.
        cx.reflected(id);
    }

    fn push_soon(&mut self, cx: &mut Context<'_>) {
        if self.uplink.ready(cx) {
            self.push(cx);
        }
    }

    /// Sends what has not gone out on this connection.
    fn push(&mut self, cx: &mut Context<'_>) {
        let Some(unsent) = self.uplink.unsent(&self.state.pending, self.state.last, cx) else { return };
        let (after, sidecar) = (unsent.after, unsent.sidecar(self.node));
        let made = unsent.operations.map(|(n, pending)| (*n, pending.patches.clone())).collect();
        cx.send(NodeId::SERVER, encode(&ToServer::Submit { after, made }), sidecar);
    }

    /// Takes entries that follow what is here into the base view, except for known ones.
    fn take(&mut self, after: u64, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let new = unseen(self.state.seq, after, entries)?;
        if new.entries.is_empty() {
            count_duplicates(new.seen, cx);
            return Ok(());
        }
        let patches = new.entries.iter().map(|entry| entry.edits.unpack()).collect::<Result<Vec<_>, _>>()?;
        for (entry, patches) in new.entries.iter().zip(patches) {
            let errors = immer::apply(&mut self.state.base, &patches);
            if entry.client == self.node {
                if errors > 0 && errors == patches.len() as u64 {
                    cx.rolled_back(entry.id());
                }
                self.placed(entry.n, Some(&entry.edits), cx);
            }
            cx.reflected(entry.id());
        }
        self.state.seq = new.end;
        self.refresh()
    }

    /// Own operations up to `last` have their place: they are confirmed. `ordered` is what the order has under that
    /// number, which another client under this name may have taken.
    fn placed(&mut self, last: u64, ordered: Option<&Edits>, cx: &mut Context<'_>) {
        self.state.last = self.state.last.max(last);
        while let Some((n, pending)) = next_through(&mut self.state.pending, last) {
            let id = self.id(n);
            if n == last && ordered.is_some_and(|edits| *edits != pending.patches) {
                cx.rolled_back(id);
                cx.rejected(id, Rejected::number_taken());
            } else {
                cx.confirmed(id, pending.outcome);
            }
        }
    }

    fn join(&self, cx: &mut Context<'_>) {
        let join = lineage::join_in(self.epoch, &ToServer::Join { seq: self.state.seq });
        cx.send(NodeId::SERVER, join, Sidecar::none());
    }

    /// The server has another epoch: what is pending goes again on what it has.
    fn start_over(
        &mut self,
        begun: Begun<Document>,
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let Begun { epoch, seq, state, last } = begun;
        if epoch == self.epoch {
            count_duplicates(1, cx);
            return Ok(());
        }
        cx.started_over();
        self.epoch = epoch;
        (self.state.seq, self.state.base, self.state.last) = (seq, state, last);
        self.placed(last, None, cx);
        self.refresh()?;
        cx.reflected_all(sidecar);
        self.state.pending.keys().for_each(|n| cx.reflected(self.id(*n)));
        self.uplink.hold();
        self.join(cx);
        Ok(())
    }

    fn joined(&mut self, news: News, last: u64, sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match news {
            News::Entries { after, entries } => self.take(after, &entries, cx)?,
            News::Snapshot { seq, .. } if seq < self.state.seq => count_duplicates(1, cx),
            News::Snapshot { seq, state } => {
                (self.state.seq, self.state.base) = (seq, state);
                self.placed(last, None, cx);
                self.refresh()?;
                cx.reflected_all(sidecar);
            }
        }
        // What the server has is confirmed by now; the rest goes again.
        if self.uplink.answered(self.state.last) {
            self.push(cx);
        }
        Ok(())
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let made = self
            .model
            .plan(&self.view, operation)
            .and_then(|plan| Ok((immer::produce(&self.view, &plan.edits, self.undo.remembers())?, plan.outcome)));
        match made {
            Ok((produced, outcome)) => self.make(id, &produced, outcome, cx),
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let unpacked = self.undo.get(target).and_then(|back| {
            let unpack = |edits: &Edits| edits.unpack().map_err(|_| Rejected::too_old(target));
            Ok((unpack(&back.made)?, unpack(&back.inverse)?))
        });
        match unpacked {
            Ok((made, inverse)) if immer::untouched(&self.view, &made) => {
                self.make(id, &Produced { patches: inverse, inverse: Some(made) }, Outcome::Null, cx);
            }
            Ok(_) => cx.rejected(id, Rejected::depended_upon()),
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
        from_server(from)?;
        if let Some(begun) = Begun::read(bytes)? {
            return self.start_over(begun, sidecar, cx);
        }
        match decode(bytes)? {
            ToClient::Ordered { after, entries } => self.take(after, &entries, cx),
            ToClient::Joined { news, last } => self.joined(news, last, sidecar, cx),
        }
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if self.uplink.timer(tag, cx) {
            self.push(cx);
        }
    }

    fn link(&mut self, _: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.uplink.link(state, &self.state.pending, self.state.last);
        if state == LinkState::Up {
            self.join(cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.base)
    }

    fn durable(&self) -> Vec<u8> {
        lineage::save(&self.state, self.epoch)
    }
}
