//! The client: its base view, and its pending mutations replayed on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::data::{Data, News, Told};
use super::message::{Mutation, ToServer};
use crate::model::{ModelRef, Operation, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Outbox, Placed, Uplink, Verdict, count_duplicates, from_server, unseen};
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct State<D: Data> {
    seq: u64,
    base: D,
    /// The last own mutation that is in the base view.
    last: u64,
    /// All own mutations up to here have their verdict.
    resolved: u64,
    pending: Outbox<D::Action>,
}

pub(super) struct Client<D: Data> {
    model: ModelRef,
    node: NodeId,
    uplink: Uplink,
    /// Of the state.
    epoch: u64,
    /// The base view with the pending mutations replayed on it.
    view: D,
    /// The pending mutations that have an effect in the view.
    shown: BTreeSet<u64>,
    state: State<D>,
}

impl<D: Data> Client<D> {
    pub(super) fn new(setup: &Setup, window: Duration, base: D) -> Self {
        Self::with(setup, window, (State { seq: 0, base, last: 0, resolved: 0, pending: Outbox::new() }, 0))
    }

    pub(super) fn restore(setup: &Setup, window: Duration, durable: &[u8]) -> Result<Self, ProtocolError> {
        Ok(Self::with(setup, window, lineage::load(durable)?))
    }

    fn with(setup: &Setup, window: Duration, (state, epoch): (State<D>, u64)) -> Self {
        let mut client = Self {
            model: setup.model.clone(),
            node: setup.node,
            uplink: Uplink::of(setup, window),
            epoch,
            view: state.base.clone(),
            shown: BTreeSet::new(),
            state,
        };
        (client.view, client.shown) = client.replay();
        client
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    /// Rejects an operation whose number is in the order already.
    fn is_taken(&self, id: OpId, cx: &mut Context<'_>) -> bool {
        let taken = id.n <= self.state.last;
        if taken {
            cx.rejected(id, Rejected::number_taken());
        }
        taken
    }

    /// The base view with the pending mutations on it, and those that have an effect.
    fn replay(&self) -> (D, BTreeSet<u64>) {
        let (mut view, mut shown) = (self.state.base.clone(), BTreeSet::new());
        let withdrawn = self.withdrawn();
        for (n, action) in &self.state.pending {
            if D::target(action).is_none()
                && !withdrawn.contains_key(n)
                && view.perform(&*self.model, self.id(*n), action).is_ok()
            {
                shown.insert(*n);
            }
        }
        shown.extend(withdrawn.values());
        (view, shown)
    }

    /// Pending mutations that a pending undo undoes, with that undo.
    fn withdrawn(&self) -> BTreeMap<u64, u64> {
        let withdraws = |(n, action): (&u64, &D::Action)| {
            let target = D::target(action).filter(|target| self.state.pending.contains_key(target))?;
            Some((target, *n))
        };
        self.state.pending.iter().filter_map(withdraws).collect()
    }

    /// Shows the base view with the pending mutations, and reports which of them appeared and disappeared.
    fn refresh(&mut self, cx: &mut Context<'_>) {
        let (view, shown) = self.replay();
        let before = std::mem::replace(&mut self.shown, shown);
        self.view = view;
        let withdrawn = self.withdrawn();
        for n in self.shown.difference(&before) {
            cx.shown(self.id(*n));
        }
        for n in before.difference(&self.shown) {
            // A mutation that is not pending is in the base view, and one that its user withdrew was not lost.
            if self.state.pending.contains_key(n) && !withdrawn.contains_key(n) {
                cx.rolled_back(self.id(*n));
            }
        }
    }

    fn push_soon(&mut self, cx: &mut Context<'_>) {
        if self.uplink.ready(cx) {
            self.push(cx);
        }
    }

    /// Sends what has not gone out on this connection.
    fn push(&mut self, cx: &mut Context<'_>) {
        let Some(unsent) = self.uplink.unsent(&self.state.pending, self.state.last, cx) else { return };
        let (after, resolved, sidecar) = (unsent.after, self.state.resolved, unsent.sidecar(self.node));
        let mutations = unsent.operations.map(|(n, action)| Mutation { n: *n, action: action.clone() }).collect();
        cx.send(NodeId::SERVER, encode(&ToServer::Push { after, resolved, mutations }), sidecar);
    }

    /// Takes what is new into the base view. `false` if all of it is known; on an error nothing has changed.
    fn take(&mut self, news: &News<D>) -> Result<bool, ProtocolError> {
        let (seq, base) = match news {
            News::Entries { after, entries } => {
                let new = unseen(self.state.seq, *after, entries)?;
                if new.entries.is_empty() && *after < self.state.seq {
                    return Ok(false);
                }
                let mut base = self.state.base.clone();
                for place in new.entries {
                    base.take(place.id(), &place.edits)?;
                }
                (new.end, base)
            }
            News::Snapshot { seq, .. } if *seq < self.state.seq => return Ok(false),
            News::Snapshot { seq, state } => (*seq, state.clone()),
        };
        (self.state.seq, self.state.base) = (seq, base);
        Ok(true)
    }

    fn pull(&self, cx: &mut Context<'_>) {
        let (seq, resolved) = (self.state.seq, self.state.resolved);
        let pull = lineage::join_in(self.epoch, &ToServer::<D::Action>::Pull { seq, resolved });
        cx.send(NodeId::SERVER, pull, Sidecar::none());
    }

    /// The server does not know this client's state: it is dropped, and what is pending with it, as in Replicache and Zero
    /// (`onClientStateNotFound`).
    fn start_over(&mut self, begun: Begun<D>, sidecar: &Sidecar, cx: &mut Context<'_>) {
        let Begun { epoch, seq, state, last } = begun;
        if epoch == self.epoch {
            return count_duplicates(1, cx);
        }
        cx.started_over();
        let reason = Rejected::new("client_state_not_found", "the server has another history than this client");
        for n in self.state.pending.keys().copied().collect::<Vec<_>>() {
            self.resolve(n, Err(reason.clone()), cx);
        }
        self.epoch = epoch;
        (self.state.seq, self.state.base, self.state.last) = (seq, state, last);
        self.refresh(cx);
        cx.reflected_all(sidecar);
        self.uplink.hold();
        self.pull(cx);
    }

    /// What the server has carried out is no longer pending, also if its verdict was dropped: another client under this
    /// name may have said that it has it.
    fn resolve_rest(&mut self, cx: &mut Context<'_>) {
        while let Some((&n, _)) = self.state.pending.first_key_value().filter(|(n, _)| **n <= self.state.last) {
            let reason = Rejected::new("outcome_unknown", "the server no longer knows what became of it");
            self.resolve(n, Err(reason), cx);
        }
    }

    /// Confirms or rejects one of this client's mutations, once.
    fn resolve(&mut self, n: u64, verdict: Verdict, cx: &mut Context<'_>) {
        if self.state.pending.remove(&n).is_none() {
            return;
        }
        self.state.resolved = self.state.resolved.max(n);
        let (id, was_shown) = (self.id(n), self.shown.remove(&n));
        match verdict {
            Ok(outcome) => {
                if !was_shown {
                    cx.shown(id);
                }
                cx.reflected(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => {
                if was_shown {
                    cx.rolled_back(id);
                }
                cx.rejected(id, reason);
            }
        }
    }
}

impl<D: Data> Replica for Client<D> {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.is_taken(id, cx) {
            return;
        }
        let made = self.view.action(&self.state.pending, &*self.model, id, operation);
        let made = made.and_then(|action| {
            self.view.perform(&*self.model, id, &action)?;
            Ok(action)
        });
        let action = match made {
            Ok(action) => action,
            Err(reason) => return cx.rejected(id, reason),
        };
        self.state.pending.insert(id.n, action);
        self.shown.insert(id.n);
        cx.shown(id);
        // The server's order gives what is shown here if nothing comes between, so replicas that reflect the same
        // operations show the same.
        cx.reflected(id);
        self.push_soon(cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        if self.is_taken(id, cx) {
            return;
        }
        self.state.pending.insert(id.n, D::undo(target.n));
        self.refresh(cx);
        if self.shown.contains(&id.n) {
            cx.reflected(id);
        }
        self.push_soon(cx);
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
        let message: Told<D> = decode(bytes)?;
        if self.take(&message.news)? {
            for (n, verdict) in message.verdicts {
                self.resolve(n, verdict, cx);
            }
            self.state.last = self.state.last.max(message.last);
            self.resolve_rest(cx);
            self.refresh(cx);
            match &message.news {
                News::Entries { entries, .. } => entries.iter().for_each(|place| cx.reflected(place.id())),
                News::Snapshot { .. } => cx.reflected_all(sidecar),
            }
        } else {
            count_duplicates(1, cx);
        }
        if message.pulled && self.uplink.answered(self.state.last) {
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
            self.pull(cx);
        }
    }

    fn view(&self) -> &dyn View {
        self.view.document()
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(self.state.base.document())
    }

    fn durable(&self) -> Vec<u8> {
        lineage::save(&self.state, self.epoch)
    }
}
