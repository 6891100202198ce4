//! A client: the base view, and its pending writes on top.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::back::Back;
use super::message::{Entry, Made, News, ToClient, ToServer, Writes, unpack};
use super::tree::{Node, Write};
use super::writer::Writer;
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Outbox, Placed, Uplink, count_duplicates, from_server, next_through, unseen};
use crate::undo::UndoMemory;
use crate::view::View;
use crate::wire::{decode, encode};

/// One of this client's operations that is not in the base view yet.
#[derive(Serialize, Deserialize)]
struct Pending {
    writes: Writes,
    outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
pub(super) struct State {
    version: u64,
    base: Node,
    /// The last own operation that is resolved.
    last: u64,
    pending: Outbox<Pending>,
}

impl State {
    pub(super) fn new(base: Node) -> Self {
        Self { version: 0, base, last: 0, pending: Outbox::new() }
    }
}

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    uplink: Uplink,
    /// Of the state.
    epoch: u64,
    /// The base view with the pending writes on top. So another client's write to a property is hidden while
    /// a local one is pending, and nothing flickers.
    view: Node,
    /// The pending writes, decoded.
    writes: BTreeMap<u64, Vec<Write>>,
    undo: UndoMemory<Vec<Back>>,
    state: State,
}

impl Client {
    /// Fails if pending writes cannot be decoded.
    pub(super) fn new(setup: &Setup, window: Duration, (state, epoch): (State, u64)) -> Result<Self, ProtocolError> {
        let unpacked = state.pending.iter().map(|(n, pending)| Ok((*n, unpack(&pending.writes)?)));
        let mut client = Self {
            model: setup.model.clone(),
            node: setup.node,
            uplink: Uplink::of(setup, window),
            epoch,
            view: Node::Map(Default::default()),
            writes: unpacked.collect::<Result<_, ProtocolError>>()?,
            undo: UndoMemory::new(setup.undo),
            state,
        };
        client.refresh();
        Ok(client)
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    fn refresh(&mut self) {
        self.view = self.state.base.clone();
        for write in self.writes.values().flatten() {
            // The server will drop the writes that do not apply here, too.
            self.view.apply(write);
        }
    }

    /// Makes an operation, shows it, and sends it, now or when the connection is back.
    fn make(
        &mut self,
        id: OpId,
        outcome: impl FnOnce(&mut Writer<'_>) -> Result<Outcome, Rejected>,
        cx: &mut Context<'_>,
    ) {
        if id.n <= self.state.last {
            return cx.rejected(id, Rejected::number_taken());
        }
        let mut view = self.view.clone();
        let mut writer = Writer::new(&mut view, id, self.undo.remembers());
        let outcome = match outcome(&mut writer) {
            Ok(outcome) => outcome,
            Err(reason) => return cx.rejected(id, reason),
        };
        let Writer { writes, back, .. } = writer;
        self.view = view;
        self.undo.push(id.n, back.list);
        cx.shown(id);
        // This is what the server's order gives if nothing comes between, so replicas that reflect the same operations show
        // the same.
        cx.reflected(id);
        if writes.is_empty() {
            cx.void(id);
            return cx.confirmed(id, outcome);
        }
        self.state.pending.insert(id.n, Pending { writes: Writes::of(&writes), outcome });
        self.writes.insert(id.n, writes);
        self.push_soon(cx);
    }

    fn push_soon(&mut self, cx: &mut Context<'_>) {
        if self.uplink.ready(cx) {
            self.push(cx);
        }
    }

    /// Sends what was not sent on this connection.
    fn push(&mut self, cx: &mut Context<'_>) {
        let Some(unsent) = self.uplink.unsent(&self.state.pending, self.state.last, cx) else { return };
        let (after, sidecar) = (unsent.after, unsent.sidecar(self.node));
        let made = unsent.operations.map(|(n, pending)| Made { n: *n, writes: pending.writes.clone() }).collect();
        cx.send(NodeId::SERVER, encode(&ToServer::Push { after, made }), sidecar);
    }

    /// Applies what the server says to the base view. `false` if all of it is there already.
    fn take(&mut self, news: News, last: Option<u64>, cx: &mut Context<'_>) -> Result<bool, ProtocolError> {
        let here = self.state.version;
        match news {
            News::Entries { after, entries } => {
                let new = unseen(here, after, &entries)?;
                if new.entries.is_empty() {
                    return Ok(entries.is_empty());
                }
                let end = new.end;
                let new = new.entries.iter().map(|entry| Ok((entry, unpack(&entry.writes)?)));
                let new: Vec<_> = new.collect::<Result<_, ProtocolError>>()?;
                let mut seen_before = true;
                for (entry, writes) in new {
                    for write in &writes {
                        self.state.base.apply(write);
                    }
                    seen_before &= entry.client == self.node && self.own(entry, &writes, cx);
                    cx.reflected(entry.id());
                }
                self.state.version = end;
                if !seen_before {
                    self.refresh();
                }
            }
            News::Snapshot { seq, .. } if seq < here => return Ok(false),
            News::Snapshot { seq, state } => {
                (self.state.version, self.state.base) = (seq, state);
                self.resolve(last.unwrap_or(0), cx);
                self.refresh();
            }
        }
        Ok(true)
    }

    fn join(&self, cx: &mut Context<'_>) {
        let join = lineage::join_in(self.epoch, &ToServer::Join { version: self.state.version });
        cx.send(NodeId::SERVER, join, Sidecar::none());
    }

    /// The server has another epoch: what is pending goes again on what it has, as in Liveblocks and Figma, whose clients get
    /// the whole document whenever they reconnect.
    fn start_over(&mut self, begun: Begun<Node>, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let Begun { epoch, seq, state, last } = begun;
        if epoch == self.epoch {
            return count_duplicates(1, cx);
        }
        cx.started_over();
        self.epoch = epoch;
        (self.state.version, self.state.base, self.state.last) = (seq, state, last);
        self.resolve(last, cx);
        self.refresh();
        cx.reflected_all(sidecar);
        self.state.pending.keys().for_each(|n| cx.reflected(self.id(*n)));
        self.uplink.hold();
        self.join(cx);
    }

    /// One of this client's operations is in the server's order. Returns whether the view stays as it is.
    fn own(&mut self, entry: &Entry, kept: &[Write], cx: &mut Context<'_>) -> bool {
        if let Some(before) = entry.n.checked_sub(1) {
            self.resolve(before, cx);
        }
        self.state.last = self.state.last.max(entry.n);
        let (pending, writes) = (self.state.pending.remove(&entry.n), self.writes.remove(&entry.n));
        let (Some(pending), Some(writes)) = (pending, writes) else { return false };
        let (id, whole) = (entry.id(), pending.writes == entry.writes);
        if !whole && !follows(kept, &writes) {
            cx.rolled_back(id);
            cx.rejected(id, Rejected::number_taken());
            return false;
        }
        // What another client removed first stays removed; everything else that was dropped disappears from the view.
        let removes = |write: &&Write| matches!(write, Write::Remove { .. });
        if !writes.iter().all(|write| removes(&write)) && kept.iter().all(|write| removes(&write)) {
            cx.rolled_back(id);
        }
        cx.confirmed(id, pending.outcome);
        whole
    }

    /// Confirms own operations up to `last`, whatever was dropped of them.
    fn resolve(&mut self, last: u64, cx: &mut Context<'_>) {
        self.state.last = self.state.last.max(last);
        while let Some((n, pending)) = next_through(&mut self.state.pending, last) {
            self.writes.remove(&n);
            cx.confirmed(self.id(n), pending.outcome);
        }
    }
}

/// Whether `kept` is what is left of `all` when some of it is dropped.
fn follows(kept: &[Write], all: &[Write]) -> bool {
    let mut rest = all.iter();
    kept.iter().all(|write| rest.any(|other| other == write))
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let plan = match self.model.plan(&self.view, operation) {
            Ok(plan) => plan,
            Err(reason) => return cx.rejected(id, reason),
        };
        let edit = |writer: &mut Writer<'_>| {
            plan.edits.iter().try_for_each(|edit| writer.edit(edit))?;
            Ok(plan.outcome)
        };
        self.make(id, edit, cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let back = match self.undo.get(target) {
            Ok(back) => back.clone(),
            Err(reason) => return cx.rejected(id, reason),
        };
        let undo = |writer: &mut Writer<'_>| writer.undo(&back).map(|()| Outcome::Null);
        self.make(id, undo, cx);
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
        let ToClient { news, joined } = decode(bytes)?;
        let snapshot = matches!(news, News::Snapshot { .. });
        if !self.take(news, joined, cx)? {
            count_duplicates(1, cx);
        } else if snapshot {
            cx.reflected_all(sidecar);
        }
        // What the server has not received is sent again; the fate of the rest is known by now.
        if joined.is_some() && self.uplink.answered(self.state.last) {
            self.push(cx);
        }
        Ok(())
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
