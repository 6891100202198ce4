//! One client, or the relay.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{StateVector, merge_updates_v1};

use super::Message;
use super::doc::{Arrived, Doc, Written};
use super::seen::Seen;
use super::undo::{Footprint, History};
use crate::crdt::forward::Forward;
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use crate::send_window::SendWindow;
use crate::sidecar::Sidecar;
use crate::star::reject_at_server;
use crate::view::View;
use crate::wire::{seal, unseal};

/// The tag of the timer at the end of a send window.
const FLUSH: u64 = 0;

/// An update with neither blocks nor deletions: the answer of who has nothing that the other lacks.
const EMPTY: [u8; 2] = [0, 0];

pub(super) struct Peer {
    window: SendWindow,
    model: ModelRef,
    node: NodeId,
    doc: Doc,
    /// Where users undo: the latest own operations.
    history: Option<History>,
    /// Anything has happened since the genesis. The state vector alone does not tell: it does not count deletions.
    changed: bool,
    /// Peers that get every update, because they have the earlier ones.
    informed: BTreeSet<NodeId>,
    /// Peers that were sent our state on this connection.
    greeted: BTreeSet<NodeId>,
    ever_connected: BTreeSet<NodeId>,
    /// Own updates that wait for the end of the send window, and their operations.
    outbox: Outbox,
    /// At a relay, what it forwards.
    forward: Forward,
    /// Messages whose updates are not all in the document yet, by number.
    messages: u64,
    incomplete: BTreeMap<u64, Incomplete>,
    /// For sidecars only: operations that are in the document as a whole, and what became part of it since an update began to
    /// wait.
    seen: Seen,
    unsure: Vec<Sidecar>,
    /// For sidecars only: own operations since the last one that changed something.
    void: Vec<OpId>,
}

/// A message of which some updates wait for what they depend on.
struct Incomplete {
    waiting: usize,
    sidecar: Sidecar,
}

#[derive(Default)]
struct Outbox {
    updates: Vec<Vec<u8>>,
    sidecar: Sidecar,
}

impl Peer {
    pub(super) fn new(window: SendWindow, setup: &Setup, mut doc: Doc) -> Self {
        doc.record(setup.undo);
        if setup.node == NodeId::SERVER {
            doc.relay();
        }
        Self {
            window,
            model: setup.model.clone(),
            node: setup.node,
            changed: doc.save() != *setup.genesis,
            history: setup.undo.then(|| History::new(&doc.library)),
            doc,
            informed: BTreeSet::new(),
            greeted: BTreeSet::new(),
            ever_connected: BTreeSet::new(),
            outbox: Outbox::default(),
            forward: Forward::default(),
            messages: 0,
            incomplete: BTreeMap::new(),
            seen: Seen::default(),
            unsure: Vec::new(),
            void: Vec::new(),
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        let Outbox { updates, sidecar } = mem::take(&mut self.outbox);
        if !updates.is_empty() {
            let updates =
                if updates.len() > 1 { merge_updates_v1(&updates).map_or(updates, |one| vec![one]) } else { updates };
            cx.broadcast(self.informed.iter().copied(), seal(&Message::Updates(updates)), sidecar);
        }
    }

    /// One of this client's operations or undos is in the document: in these updates, if it changed anything.
    fn made(&mut self, id: OpId, updates: Vec<Vec<u8>>, outcome: Outcome, cx: &mut Context<'_>) {
        if updates.is_empty() {
            self.void.push(id);
            cx.void(id);
        } else {
            self.changed = true;
            let one = Sidecar { void: mem::take(&mut self.void), ..Sidecar::op(id) };
            self.seen.add(&one);
            self.outbox.updates.extend(updates);
            self.outbox.sidecar.carries.extend(one.carries);
            self.outbox.sidecar.void.extend(one.void);
            if self.window.change(FLUSH, cx) {
                self.flush(cx);
            }
        }
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, outcome);
    }

    /// One of this client's operations or undos is rejected.
    fn reject(&mut self, id: OpId, reason: Rejected, cx: &mut Context<'_>) {
        self.void.push(id);
        cx.rejected(id, reason);
    }

    fn greet(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            cx.send(peer, seal(&Message::State(self.doc.state().encode_v1())), Sidecar::none());
        }
    }

    /// A peer says what it has: it gets what it lacks, and every later update. It is sent what we have in any case, so
    /// that it does the same for us.
    fn answer(&mut self, from: NodeId, state: &[u8], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let theirs = StateVector::decode_v1(state).map_err(ProtocolError::malformed)?;
        // What waits for the end of the window is in the answer too; informed peers get it twice.
        self.flush(cx);
        let missing = self.doc.missing(&theirs);
        let gapless = self.node == NodeId::SERVER && self.doc.whole();
        cx.send(from, seal(&Message::Updates(vec![missing])), self.seen.answer(gapless, &self.unsure));
        self.forward.send_waiting(from, cx);
        self.informed.insert(from);
        self.greet(from, cx);
        Ok(())
    }

    /// Merges updates. If the library fails, nothing that depends on them will be visible.
    fn merge(&mut self, updates: &[Vec<u8>], sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        if updates.is_empty() {
            cx.reflected_all(sidecar);
            return Ok(());
        }
        self.messages += 1;
        let message = self.messages;
        self.incomplete.insert(message, Incomplete { waiting: updates.len(), sidecar: sidecar.clone() });
        for update in updates {
            let apply = || self.doc.apply(update, message);
            let applied = catch_unwind(AssertUnwindSafe(apply))
                .map_err(|_| "the library gave up on an update".into())
                .flatten()
                .inspect_err(|_| drop(self.incomplete.remove(&message)));
            let Arrived { integrated, advanced, dropped } = applied.map_err(ProtocolError::malformed)?;
            dropped.iter().for_each(|message| drop(self.incomplete.remove(message)));
            integrated.into_iter().for_each(|message| self.integrated(message, cx));
            advanced.into_iter().for_each(|message| self.waits(message, cx));
        }
        self.changed = true;
        self.waits(message, cx);
        let lacks = |op: &&OpId| self.seen.lacks(op.client, op.n).any(|lacking| lacking == **op);
        sidecar.shows.iter().filter(lacks).for_each(|op| cx.pending(*op));
        if self.doc.whole() {
            self.unsure.drain(..).for_each(|sidecar| self.seen.add(&sidecar));
        }
        Ok(())
    }

    /// The operations in a message are pending, and maybe shown in part, unless all of it is in the document.
    fn waits(&self, message: u64, cx: &mut Context<'_>) {
        let Some(Incomplete { sidecar, .. }) = self.incomplete.get(&message) else { return };
        sidecar.carries.iter().for_each(|id| cx.pending(*id));
        for (client, through) in &sidecar.seen {
            self.seen.lacks(*client, *through).for_each(|id| cx.pending(id));
        }
    }

    /// One more update of a message is in the document. With the last of them the operations in it are reflected.
    fn integrated(&mut self, message: u64, cx: &mut Context<'_>) {
        let Some(incomplete) = self.incomplete.get_mut(&message) else { return };
        incomplete.waiting -= 1;
        if incomplete.waiting == 0
            && let Some(Incomplete { sidecar, .. }) = self.incomplete.remove(&message)
        {
            cx.reflected_all(&sidecar);
            self.unsure.push(sidecar);
        }
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.node == NodeId::SERVER {
            return reject_at_server(id, cx);
        }
        let plan = match self.model.plan(&self.doc, operation) {
            Ok(plan) => plan,
            Err(reason) => return self.reject(id, reason, cx),
        };
        let (updates, footprint) = match self.doc.commit(&plan.edits) {
            Ok(Some(Written { update, footprint })) => (vec![update], footprint),
            Ok(None) => (Vec::new(), Footprint::default()),
            Err(reason) => return self.reject(id, Rejected::new("edit_refused", reason), cx),
        };
        if let Some(history) = &mut self.history {
            history.push(&self.doc.library, id.n, footprint);
        }
        self.made(id, updates, plan.outcome, cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let history = self.history.as_mut().ok_or_else(|| Rejected::too_old(target));
        match history.and_then(|history| history.undo(&self.doc.library, target)) {
            Ok(updates) => self.made(id, updates, Outcome::Null, cx),
            Err(reason) => self.reject(id, reason, cx),
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        match unseal(bytes)? {
            Message::State(state) => self.answer(from, &state, cx),
            Message::Updates(updates) => {
                let passes_on = self.node == NodeId::SERVER && updates.iter().any(|update| *update != EMPTY);
                let passed_on = passes_on.then(|| self.seen.passed_on(sidecar, &self.unsure));
                self.merge(&updates, &self.seen.taken(sidecar), cx)?;
                if let Some(passed_on) = passed_on {
                    self.forward.take(from, bytes, &passed_on);
                    self.forward.send(self.informed.iter().copied(), !self.doc.whole(), cx);
                }
                Ok(())
            }
        }
    }

    fn timer(&mut self, _: u64, cx: &mut Context<'_>) {
        if self.window.timer(!self.outbox.updates.is_empty(), FLUSH, cx) {
            self.flush(cx);
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.greeted.remove(&peer);
        self.informed.remove(&peer);
        if state == LinkState::Down {
            return;
        }
        let again = !self.ever_connected.insert(peer);
        // Two that have never changed anything have nothing to tell each other, but a client always tells a relay its state.
        let known = !again && !self.changed;
        if known {
            self.informed.insert(peer);
        }
        if !known || peer == NodeId::SERVER {
            self.greet(peer, cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.doc
    }

    fn durable(&self) -> Vec<u8> {
        seal(&Message::Updates(vec![self.doc.save()]))
    }

    fn saved_sidecar(&self) -> Sidecar {
        self.seen.sidecar()
    }

    fn recall(&mut self, saved: &Sidecar) {
        self.seen.add(saved);
    }
}
