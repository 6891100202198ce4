//! The client: its base view, and its pending changes applied on top.

mod receive;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::{ToClient, ToServer};
use crate::ids::change::Change;
use crate::ids::inverse::Inverse;
use crate::ids::state::{State, Used};
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Outbox, Update, Uplink, from_server};
use crate::undo::UndoMemory;
use crate::view::View;
use crate::wire::{Packed, decode, encode};

/// One of this client's operations that has no place yet.
#[derive(Serialize, Deserialize)]
struct Pending {
    change: Change,
    outcome: Outcome,
    /// What would take it back on the view on which it was made, where users undo.
    #[serde(skip)]
    inverse: Option<Inverse>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    seq: u64,
    base: State,
    /// The next free id.
    next: u64,
    pending: Outbox<Pending>,
}

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    uplink: Uplink,
    /// Of what is saved.
    epoch: u64,
    /// The base view with the pending changes on it.
    view: State,
    /// The pending operations that have an effect in the view.
    shown: BTreeSet<u64>,
    /// Own operations that have their place and can be undone.
    undo: UndoMemory<Inverse>,
    saved: Saved,
}

impl Client {
    pub(super) fn new(setup: &Setup, window: Duration, base: State) -> Self {
        Self::with(setup, window, (Saved { seq: 0, base, next: 0, pending: Outbox::new() }, 0))
    }

    pub(super) fn restore(setup: &Setup, window: Duration, durable: &[u8]) -> Result<Self, ProtocolError> {
        let (saved, epoch): (Saved, u64) = lineage::load(durable)?;
        let mut used = saved.base.used(setup.node);
        for (n, pending) in &saved.pending {
            if *n != pending.change.n || !used.precedes(&pending.change) {
                return Err(ProtocolError::malformed("pending changes that do not follow"));
            }
            used.add(&pending.change);
        }
        if saved.next < used.next {
            return Err(ProtocolError::malformed("ids that are used already"));
        }
        Ok(Self::with(setup, window, (saved, epoch)))
    }

    fn with(setup: &Setup, window: Duration, (saved, epoch): (Saved, u64)) -> Self {
        let mut client = Self {
            model: setup.model.clone(),
            node: setup.node,
            uplink: Uplink::of(setup, window),
            epoch,
            view: State::default(),
            shown: BTreeSet::new(),
            undo: UndoMemory::new(setup.undo),
            saved,
        };
        client.replay();
        client
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    fn used(&self) -> Used {
        self.saved.base.used(self.node)
    }

    /// Rejects an operation whose number is in the order already.
    fn is_taken(&self, id: OpId, cx: &mut Context<'_>) -> bool {
        let taken = id.n <= self.used().n;
        if taken {
            cx.rejected(id, Rejected::number_taken());
        }
        taken
    }

    /// Makes the view anew.
    fn replay(&mut self) {
        self.view = self.saved.base.clone();
        self.shown.clear();
        for (n, pending) in &self.saved.pending {
            if self.view.apply(self.node, &pending.change, None).has_effect {
                self.shown.insert(*n);
            }
        }
    }

    /// Shows the base view with the pending changes, and reports which of them appeared and disappeared.
    fn refresh(&mut self, cx: &mut Context<'_>) {
        let before = self.shown.clone();
        self.replay();
        for n in self.shown.difference(&before) {
            cx.shown(self.id(*n));
        }
        for n in before.difference(&self.shown) {
            cx.rolled_back(self.id(*n));
        }
    }

    /// A plan by ids, and the view with it.
    fn change(&self, id: OpId, plan: &Plan, inverse: Option<&mut Inverse>) -> Result<(Change, State), Rejected> {
        let mut view = self.view.clone();
        let change = view.carry_out(self.node, id.n, self.saved.next, &plan.edits, inverse)?;
        Ok((change, view))
    }

    /// Shows a change made here and sends it, now or later.
    fn make(&mut self, view: State, pending: Pending, cx: &mut Context<'_>) {
        let id = self.id(pending.change.n);
        cx.shown(id);
        // The server's order gives what is shown here if nothing comes between, so replicas that reflect the same
        // operations show the same.
        cx.reflected(id);
        if pending.change.edits.is_empty() {
            cx.void(id);
            self.undo.push(id.n, Inverse::default());
            return cx.confirmed(id, pending.outcome);
        }
        self.view = view;
        self.shown.insert(id.n);
        self.saved.next = pending.change.end().unwrap_or(u64::MAX);
        self.saved.pending.insert(id.n, pending);
        if self.uplink.ready(cx) {
            self.push(cx);
        }
    }

    /// Sends what has not gone out on this connection.
    fn push(&mut self, cx: &mut Context<'_>) {
        let last = self.used().n;
        let Some(unsent) = self.uplink.unsent(&self.saved.pending, last, cx) else { return };
        let (after, sidecar) = (unsent.after, unsent.sidecar(self.node));
        let changes = unsent.operations.map(|(_, pending)| Packed::of(&pending.change)).collect();
        cx.send(NodeId::SERVER, encode(&ToServer::Push { after, changes }), sidecar);
    }

    /// Asks for what was missed. Nothing goes out before the answer.
    fn join(&mut self, cx: &mut Context<'_>) {
        self.uplink.hold();
        let join = lineage::join_in(self.epoch, &ToServer::Join { seq: self.saved.seq });
        cx.send(NodeId::SERVER, join, Sidecar::none());
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.is_taken(id, cx) {
            return;
        }
        let mut inverse = self.undo.remembers().then(Inverse::default);
        let made = self.model.plan(&self.view.document, operation).and_then(|plan| {
            let (change, view) = self.change(id, &plan, inverse.as_mut())?;
            Ok((change, view, plan.outcome))
        });
        match made {
            Ok((change, view, outcome)) => self.make(view, Pending { change, outcome, inverse }, cx),
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        if self.is_taken(id, cx) {
            return;
        }
        let Inverse { needs, edits } = match self.undo.get(target) {
            Ok(inverse) => inverse.clone(),
            Err(reason) => return cx.rejected(id, reason),
        };
        let change = Change { n: id.n, first: self.saved.next, needs, edits };
        let (mut view, mut inverse) = (self.view.clone(), Inverse::default());
        if view.apply(self.node, &change, Some(&mut inverse)).barred {
            return cx.rejected(id, Rejected::depended_upon());
        }
        self.undo.remove(target.n);
        self.make(view, Pending { change, outcome: Outcome::Null, inverse: Some(inverse) }, cx);
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
        let ToClient { joined, news } = decode(bytes)?;
        match news {
            Update::Entries { after, entries } => self.take(after, &entries, cx)?,
            Update::Snapshot { seq, state } => self.replace(seq, state, sidecar, cx),
        }
        if joined && self.uplink.answered(self.used().n) {
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
        if state == LinkState::Up {
            self.join(cx);
        }
        self.uplink.link(state, &self.saved.pending, self.used().n);
    }

    fn view(&self) -> &dyn View {
        &self.view.document
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.saved.base.document)
    }

    fn durable(&self) -> Vec<u8> {
        lineage::save(&self.saved, self.epoch)
    }
}
