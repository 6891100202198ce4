//! One replica: what its user does, if it has one, and how it merges.

use super::window::FLUSH;
use super::{Committed, Format, Library, Window};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use crate::sidecar::{Sidecar, Tags};
use crate::spec::Guarantees;
use crate::star::reject_at_server;
use crate::view::View;

/// The largest message that is read, in bytes: far above any catch-up here, far below what would hurt.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// The tag of the timer that merges what has arrived.
pub(in crate::crdt) const MERGE: u64 = FLUSH + 1;

/// A replica's document, and its own operations on their way out.
pub(in crate::crdt) struct Local<L> {
    pub(in crate::crdt) doc: L,
    pub(in crate::crdt) window: Window,
    /// It has no user, and forwards what arrives.
    pub(in crate::crdt) is_relay: bool,
    /// Users undo.
    undo: bool,
}

impl<L: Library> Local<L> {
    /// From now on changes are made under a name drawn from this seed.
    pub(super) fn sign(&mut self, seed: u64) {
        self.doc.sign(seed);
        if self.window.is_zero() && !self.is_relay {
            self.doc.each();
        }
        if self.undo {
            self.doc.remember();
        }
    }

    /// Ends the change that is begun.
    pub(in crate::crdt) fn close(&mut self, cx: &mut Context<'_>) {
        self.window.close(&mut self.doc, cx);
    }
}

/// How replicas exchange changes.
pub(in crate::crdt) trait Exchange<L>: Send + 'static {
    fn new(setup: &Setup) -> Self;

    /// What is claimed with this exchange, given the claims of the spec.
    fn guarantees(spec: Guarantees) -> Guarantees {
        spec
    }

    /// Sends own changes that are not sent yet; these are their tags.
    fn send(&mut self, local: &mut Local<L>, tags: Tags, cx: &mut Context<'_>);

    /// Takes a message. What it brings is merged at the end of this turn of the event loop: a timer with the tag [`MERGE`]
    /// says when.
    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        local: &mut Local<L>,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError>;

    /// Merges what has arrived. A relay forwards it.
    fn merge(&mut self, local: &mut Local<L>, cx: &mut Context<'_>);

    /// The send window of a relay has ended.
    fn end_window(&mut self, _local: &mut Local<L>, _cx: &mut Context<'_>) {}

    fn link(&mut self, peer: NodeId, state: LinkState, local: &mut Local<L>, cx: &mut Context<'_>);
}

pub(in crate::crdt) struct Peer<L, X> {
    model: ModelRef,
    local: Local<L>,
    exchange: X,
}

impl<L: Library, X: Exchange<L>> Peer<L, X> {
    pub(in crate::crdt) fn new(window: Window, setup: &Setup, doc: L) -> Self {
        let mut local = Local { doc, window, is_relay: setup.node == NodeId::SERVER, undo: setup.undo };
        local.sign(setup.id_seed());
        Self { model: setup.model.clone(), local, exchange: X::new(setup) }
    }

    /// Sends what was not sent yet.
    fn send(&mut self, cx: &mut Context<'_>) {
        let Local { doc, window, .. } = &mut self.local;
        let tags = window.take(doc, cx);
        self.exchange.send(&mut self.local, tags, cx);
    }

    /// The send window has ended.
    fn end_window(&mut self, cx: &mut Context<'_>) {
        let Local { doc, window, .. } = &mut self.local;
        if let Some(tags) = window.end(doc, cx) {
            self.exchange.send(&mut self.local, tags, cx);
        }
    }

    fn merge(&mut self, cx: &mut Context<'_>) {
        self.exchange.merge(&mut self.local, cx);
    }

    /// One of this client's operations or undos is in the document.
    fn made(&mut self, id: OpId, committed: Committed, outcome: Outcome, cx: &mut Context<'_>) {
        let Local { doc, window, .. } = &mut self.local;
        if window.add(id, committed, doc, cx) {
            self.send(cx);
        }
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, outcome);
    }
}

impl<L: Library, X: Exchange<L>> Replica for Peer<L, X> {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.local.is_relay {
            return reject_at_server(id, cx);
        }
        self.merge(cx);
        let plan = match self.model.plan(&self.local.doc, operation) {
            Ok(plan) => plan,
            Err(reason) => return cx.rejected(id, reason),
        };
        let more = self.local.window.is_whole();
        match self.local.doc.commit(id.n, &plan.edits, more) {
            Ok(committed) => self.made(id, committed, plan.outcome, cx),
            Err(reason) => cx.rejected(id, Rejected::new("edit_refused", reason)),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.merge(cx);
        // An undo is a separate change: it is made from the changes before it.
        self.local.close(cx);
        match self.local.doc.undo(target) {
            Ok(committed) => {
                self.made(id, committed, Outcome::Null, cx);
                self.local.close(cx);
            }
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
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(ProtocolError::malformed(format!("{} bytes are too many", bytes.len())));
        }
        self.exchange.receive(from, bytes, sidecar, &mut self.local, cx)
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        match tag {
            FLUSH if self.local.is_relay => self.exchange.end_window(&mut self.local, cx),
            FLUSH => self.end_window(cx),
            _ => self.merge(cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.exchange.link(peer, state, &mut self.local, cx);
    }

    fn view(&self) -> &dyn View {
        &self.local.doc
    }

    fn durable(&self) -> Vec<u8> {
        L::Format::write_document(self.local.doc.save())
    }
}
