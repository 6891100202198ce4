//! `crdt-yrs`: Yjs in Rust, updates sent to everybody.
//!
//! A client plans on its own view, applies the edits in one transaction, and sends the update that the transaction gives;
//! there is no server and no order to wait for. On connecting, peers tell each other their state vectors and send what the
//! other lacks, which is steps one and two of the y-protocols; only then do updates follow, so that none comes before what
//! it depends on.
//!
//! The library is used as its authors recommend: one transaction for each operation, `encode_update_v1` of the transaction,
//! shared types for what is edited and plain values for what is replaced, garbage collection on. A message carries a
//! checksum, since the library takes some damaged updates for good ones.
//!
//! Source: yrs 0.28 and the y-protocols; Nicolaescu et al., "Near real-time peer-to-peer shared editing on extensible data
//! types" (YATA, 2016).
//!
//! An update that comes before what it depends on waits for it. As much of it as depends on nothing that is missing is shown
//! at once: of an operation with several edits a part may be seen for that long. An operation counts as taken into account
//! when it has arrived, as strong eventual consistency has it: whoever has received the same shows the same.
//!
//! An undo takes back one operation by the library's own undo manager. See `undo`.
//!
//! Trade-offs: works offline and merges everything, and cannot refuse. Deleted content goes once it can no longer be taken
//! back, and is in every catch-up until then; ids of what was deleted stay for good, and every catch-up carries all of
//! them. What an undo puts back has new ids: what others wrote into a removed object at the same time does not come back
//! with it, and where two take back the removal of the same thing it comes back twice. A position in a text is found by
//! walking past its blocks: the longer it was edited, the longer each keystroke takes. Where two people insert next to what
//! is erased, the order depends on whose client id is larger, which Yjs leaves to chance: in the recorded trace
//! friendsforever six characters end as recorded or mixed up (`, huh? The whole` as ` The whole , hh?u`). Here ids ascend
//! with the nodes.

pub(super) mod undo;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use yrs::StateVector;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;

use self::undo::{History, Made};
use super::yrs_doc::{Doc, Written};
use crate::document::{Document, EditKind};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Rng, Setup, Strategy, Topology};
use crate::sidecar::{Clock, Sidecar, merge_clock};
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support};
use crate::view::View;
use crate::wire::{seal, unseal};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "crdt-yrs",
    family: "crdt",
    summary: "Yjs in Rust: every client merges everybody's updates",
    source: "yrs 0.28; Nicolaescu et al. 2016 (YATA)",
    library: Some(("yrs", "0.28.1")),
    topology: Topology::Mesh,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        works_offline: true,
        grows: Growth::operations("the ids of whatever was written, replaced values and removed text too"),
        ..Guarantees::NONE
    },
    params: &[Param {
        name: "batch",
        kind: ParamKind::Span,
        default: "0",
        help: "how long updates are collected before they are sent in one message; 0 sends each at once, as the \
               y-protocols do",
    }],
    support: |kind| match kind {
        EditKind::Increment => Support::Emulated("a put of the sum: the library has no counter"),
        EditKind::ListMove => Support::Emulated("removed and inserted again: the library has no stable move"),
        _ => Support::Native,
    },
    content: Content::any,
    undo: Support::Native,
    build: |params| Box::new(Yrs { batch: params.span("batch") }),
};

struct Yrs {
    batch: Duration,
}

#[derive(Serialize, Deserialize)]
enum Message {
    /// Step one: what the sender has.
    State(Vec<u8>),
    /// Step two, or updates of transactions.
    Updates(#[serde(with = "crate::wire::updates")] Vec<Vec<u8>>),
}

/// A number from the node and the seed, where the library would draw one: never that of the genesis. Numbers ascend with
/// the nodes, as in a test of the library's own, so that a tie between two clients is decided alike under every seed.
fn client(setup: &Setup) -> u64 {
    let mut rng = Rng::seed_from_u64(setup.seed ^ (u64::from(setup.node.0) << 32));
    // 53 bits, as far as a client in JavaScript can count.
    u64::from(setup.node.0 & 0x1f_ffff) << 32 | u64::from(rng.random_range(2..u32::MAX))
}

impl Strategy for Yrs {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        Doc::genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // The library's own bytes, made by `Strategy::genesis` a moment ago.
        let doc = Doc::load(&setup.genesis, client(setup)).expect("genesis is an update");
        Box::new(Peer::new(self.batch, setup, doc))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let Message::Updates(updates) = unseal(durable)? else {
            return Err(ProtocolError::malformed("no saved document"));
        };
        let load = || Doc::load(updates.first().map_or(&[][..], Vec::as_slice), client(setup));
        let doc = catch_unwind(AssertUnwindSafe(load))
            .map_err(|_| ProtocolError::malformed("the library gave up on saved bytes"))?
            .map_err(ProtocolError::malformed)?;
        Ok(Box::new(Peer::new(self.batch, setup, doc)))
    }
}

const FLUSH: u64 = 0;

struct Peer {
    batch: Duration,
    model: ModelRef,
    node: NodeId,
    doc: Doc,
    /// Own operations that can be taken back.
    history: History,
    /// Anything has happened since the genesis. The state vector alone does not tell: it knows nothing of deletions.
    changed: bool,
    /// Peers that get every update: they have what comes before.
    informed: BTreeSet<NodeId>,
    /// Peers that were told our state on this connection.
    greeted: BTreeSet<NodeId>,
    ever_connected: BTreeSet<NodeId>,
    /// Own updates that wait for the end of the batch window, and their operations.
    outbox: (Vec<Vec<u8>>, Vec<OpId>),
    /// For sidecars only: what is all in the document, and what will be once everything is here that it depends on.
    seen: Clock,
    unsure: Vec<Sidecar>,
}

impl Peer {
    fn new(batch: Duration, setup: &Setup, doc: Doc) -> Self {
        Self {
            batch,
            model: setup.model.clone(),
            node: setup.node,
            changed: doc.save() != *setup.genesis,
            history: History::new(&doc),
            doc,
            informed: BTreeSet::new(),
            greeted: BTreeSet::new(),
            ever_connected: BTreeSet::new(),
            outbox: (Vec::new(), Vec::new()),
            seen: Clock::new(),
            unsure: Vec::new(),
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        let (updates, carries) = std::mem::take(&mut self.outbox);
        if !updates.is_empty() {
            let sidecar = Sidecar { carries, ..Sidecar::none() };
            cx.broadcast(self.informed.iter().copied(), seal(&Message::Updates(updates)), sidecar);
        }
    }

    /// An own operation, or an own undo, is in the document: in these updates, if it changed anything.
    fn made(&mut self, id: OpId, updates: Vec<Vec<u8>>, outcome: Outcome, cx: &mut Context<'_>) {
        if updates.is_empty() {
            cx.void(id);
        } else {
            self.changed = true;
            self.seen.insert(self.node, id.n);
            self.outbox.0.extend(updates);
            self.outbox.1.push(id);
            if self.batch.is_zero() {
                self.flush(cx);
            } else if self.outbox.1.len() == 1 {
                cx.set_timer(self.batch, FLUSH);
            }
        }
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, outcome);
    }

    fn greet(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            cx.send(peer, seal(&Message::State(self.doc.state().encode_v1())), Sidecar::none());
        }
    }

    /// A peer says what it has: it gets what it lacks, and all that follows. It does the same for us once it knows what we
    /// have, so it is told in any case.
    fn answer(&mut self, from: NodeId, state: &[u8], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let theirs = StateVector::decode_v1(state).map_err(ProtocolError::malformed)?;
        // What waits for the end of the window is in the answer too, and comes twice to those who are informed.
        self.flush(cx);
        let missing = self.doc.missing(&theirs);
        cx.send(from, seal(&Message::Updates(vec![missing])), Sidecar::state(&self.seen));
        self.informed.insert(from);
        self.greet(from, cx);
        Ok(())
    }

    /// Merges updates. Where the library fails, nothing that depends on them will be visible.
    fn merge(&mut self, updates: &[Vec<u8>], sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        for update in updates {
            let apply = || self.doc.apply(update);
            catch_unwind(AssertUnwindSafe(apply))
                .map_err(|_| ProtocolError::malformed("the library gave up on an update"))?
                .map_err(ProtocolError::malformed)?;
        }
        self.changed |= !updates.is_empty();
        // Of an update that came too early the library shows what does not depend on anything missing.
        cx.reflected_all(sidecar);
        self.unsure.push(sidecar.clone());
        if self.doc.whole() {
            for sidecar in self.unsure.drain(..) {
                merge_clock(&mut self.seen, &sidecar.seen);
                for op in &sidecar.carries {
                    let seen = self.seen.entry(op.client).or_default();
                    *seen = op.n.max(*seen);
                }
            }
        }
        Ok(())
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let plan = match self.model.plan(&self.doc, operation) {
            Ok(plan) => plan,
            Err(reason) => return cx.rejected(id, reason),
        };
        let (updates, made) = match self.doc.commit(&plan.edits) {
            Ok(Some(Written { update, made })) => (vec![update], made),
            Ok(None) => (Vec::new(), Made::default()),
            Err(reason) => return cx.rejected(id, Rejected::new("edit_refused", reason)),
        };
        self.history.push(&self.doc, id.n, made);
        self.made(id, updates, plan.outcome, cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        match self.history.take_back(&self.doc, target.n) {
            Ok(updates) => self.made(id, updates, Outcome::Null, cx),
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
        match unseal(bytes)? {
            Message::State(state) => self.answer(from, &state, cx),
            Message::Updates(updates) => self.merge(&updates, sidecar, cx),
        }
    }

    fn timer(&mut self, _: u64, cx: &mut Context<'_>) {
        self.flush(cx);
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.greeted.remove(&peer);
        self.informed.remove(&peer);
        if state == LinkState::Down {
            return;
        }
        let again = !self.ever_connected.insert(peer);
        // Two that have never changed anything have nothing to tell each other.
        if again || self.changed {
            self.greet(peer, cx);
        } else {
            self.informed.insert(peer);
        }
    }

    fn view(&self) -> &dyn View {
        &self.doc
    }

    fn durable(&self) -> Vec<u8> {
        seal(&Message::Updates(vec![self.doc.save()]))
    }

    fn saved_sidecar(&self) -> Sidecar {
        Sidecar::state(&self.seen)
    }

    fn recall(&mut self, saved: &Sidecar) {
        merge_clock(&mut self.seen, &saved.seen);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::trials;

    #[test]
    fn what_a_crash_left_is_accounted_for() {
        trials::what_a_crash_left_is_accounted_for("crdt-yrs");
    }
}
