//! `crdt-automerge`: automerge's changes, broadcast to everybody.
//!
//! A client plans on its own view, applies the edits in one transaction, and sends the change; there is no server and no
//! order to wait for. Whoever receives changes applies them, and automerge merges: lists and texts by element ids,
//! counters by adding up, map entries by one deterministic winner.
//!
//! The library is used as its authors recommend: `AutoCommit`, native text in code points, native counters, and everything
//! that arrives in one turn of the event loop applied in one call (a call walks the whole list or text that it touches, so
//! one call per change would measure the calling pattern). On connecting, peers tell each other their heads and send what
//! the other lacks.
//!
//! With `commit=window` everything of a batch window is one change; it ends early when something has to be merged. With
//! `sync=protocol` peers speak the library's own protocol instead, with one `State` for each connection: a summary of what
//! they have, then what is missing, and again after every change. It needs a stream that loses and reorders nothing, and
//! it is made for pairs: in a mesh everybody offers to everybody what others may have sent already.
//!
//! An undo takes back one operation, of a window too, with a change of its own. See `undo`.
//!
//! Source: automerge 0.12 and the papers behind it (Kleppmann and Beresford, "A conflict-free replicated JSON datatype").
//!
//! Trade-offs: works offline and merges everything, and cannot refuse: two users who take the same item are both told yes.
//! History and tombstones stay for good. What an undo puts back has new ids: what others wrote into the old object at the
//! same time, or had done to the old characters, does not reach it.
//!
//! Damaged bytes are refused by their checksum. A forged change with a right one may make the library panic, which is
//! caught here, or be taken and then not found again in what the library saves: the peers of a product have to be known.

pub(super) mod undo;

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::panic::catch_unwind;
use std::time::Duration;

use automerge::transaction::Transactable;
use automerge::{ActorId, Change, ChangeHash, sync};
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::undo::History;
use super::automerge_doc::Doc;
use crate::document::{Document, EditKind};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Rng, Setup, Strategy, Topology};
use crate::sidecar::Sidecar;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support};
use crate::view::View;
use crate::wire;

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "crdt-automerge",
    family: "crdt",
    summary: "automerge: every client merges everybody's changes",
    source: "automerge 0.12; Kleppmann and Beresford 2017",
    library: Some(("automerge", "0.12.0")),
    topology: Topology::Mesh,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        works_offline: true,
        grows: Growth::operations("the whole history of changes"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "batch",
            kind: ParamKind::Span,
            default: "0",
            help: "how long changes are collected before they are sent in one message; 0 sends each at once",
        },
        Param {
            name: "commit",
            kind: ParamKind::Choice(&["operation", "window"]),
            default: "operation",
            help: "what becomes one change: each operation, or everything of a batch window",
        },
        Param {
            name: "sync",
            kind: ParamKind::Choice(&["changes", "protocol"]),
            default: "changes",
            help: "what travels: changes to everybody, or the library's own sync protocol, which stands neither \
                   duplicates nor reordering",
        },
    ],
    support: |kind| match kind {
        EditKind::ListMove => Support::Emulated("removed and inserted again: the library has no move"),
        _ => Support::Native,
    },
    content: Content::any,
    undo: Support::Emulated("inverse edits at the elements' ids: the library has no undo"),
    build: |params| {
        Box::new(AutomergeStrategy {
            batch: params.span("batch"),
            by_window: params.choice("commit") == "window",
            by_protocol: params.choice("sync") == "protocol",
        })
    },
};

/// Largest message that is looked at, in bytes: far above any catch-up here, far below what would hurt.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

const FLUSH: u64 = 0;
const MERGE: u64 = 1;

#[derive(Clone, Copy)]
struct AutomergeStrategy {
    batch: Duration,
    by_window: bool,
    by_protocol: bool,
}

#[derive(Serialize, Deserialize)]
enum Message {
    Changes(#[serde(with = "crate::wire::updates")] Vec<Vec<u8>>),
    Heads(Vec<[u8; 32]>),
}

impl Strategy for AutomergeStrategy {
    fn guarantees(&self, card: Guarantees) -> Guarantees {
        let stands = !self.by_protocol;
        Guarantees { tolerates_duplicates: stands, tolerates_reordering: stands, ..card }
    }

    fn genesis(&self, document: &Document) -> Vec<u8> {
        Doc::genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // The library's own bytes, made by `Strategy::genesis` a moment ago.
        let doc = Doc::load(&setup.genesis, actor(setup)).expect("genesis is a saved document");
        Box::new(Peer::new(*self, setup, doc))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let doc = Doc::load(durable, actor(setup)).map_err(ProtocolError::malformed)?;
        Ok(Box::new(Peer::new(*self, setup, doc)))
    }
}

/// 16 bytes from the seed and the node, where the library would draw them: random, so that no client always wins ties.
fn actor(setup: &Setup) -> ActorId {
    let mut rng = Rng::seed_from_u64(setup.seed ^ (u64::from(setup.node.0) << 32));
    ActorId::from(rng.random::<[u8; 16]>().as_slice())
}

struct Peer {
    options: AutomergeStrategy,
    model: ModelRef,
    doc: Doc,
    genesis_heads: Vec<ChangeHash>,
    connected: BTreeSet<NodeId>,
    /// Peers that were told our heads on this connection.
    greeted: BTreeSet<NodeId>,
    /// Own operations in the change that was begun and not yet committed.
    begun: Vec<OpId>,
    /// Own operations that can be taken back.
    history: History,
    /// Own changes that wait for the end of the batch window.
    outbox: Vec<Change>,
    /// Changes that arrived in this turn of the event loop.
    inbox: Vec<Change>,
    /// Messages of the library's protocol that arrived in this turn, and where it stands with each peer.
    heard: Vec<(NodeId, sync::Message)>,
    sessions: BTreeMap<NodeId, sync::State>,
    ever_connected: BTreeSet<NodeId>,
    /// Changes that the library cannot take, not to be tried again: they would come with every answer of a peer that can.
    nonsense: BTreeSet<ChangeHash>,
}

impl Peer {
    fn new(options: AutomergeStrategy, setup: &Setup, doc: Doc) -> Self {
        let genesis = Doc::load(&setup.genesis, actor(setup)).map(|mut doc| doc.library.get_heads());
        Self {
            options,
            model: setup.model.clone(),
            doc,
            genesis_heads: genesis.unwrap_or_default(),
            connected: BTreeSet::new(),
            greeted: BTreeSet::new(),
            begun: Vec::new(),
            history: History::default(),
            outbox: Vec::new(),
            inbox: Vec::new(),
            heard: Vec::new(),
            sessions: BTreeMap::new(),
            ever_connected: BTreeSet::new(),
            nonsense: BTreeSet::new(),
        }
    }

    fn send_changes(&self, to: &[NodeId], changes: &[Change], cx: &mut Context<'_>) {
        let tags = changes.iter().map(|change| tag(&change.hash())).collect();
        let bytes = changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
        cx.broadcast(to.iter().copied(), wire::encode(&Message::Changes(bytes)), Sidecar::tags(tags));
    }

    /// Ends the change that was begun. Must come before anything else that the library does with the document: it would
    /// end it too, and nobody would know its name.
    fn commit(&mut self, cx: &mut Context<'_>) {
        if self.begun.is_empty() {
            return;
        }
        // For people who look at the history. Not the wall clock: it goes into hashes, and those into the Bloom filters of the
        // sync protocol, so that a skewed clock would change what travels, though nothing of what is shown.
        let time_s = (cx.now().0 / 1_000_000_000) as i64;
        if let Some(hash) = self.doc.commit(time_s) {
            self.begun.drain(..).for_each(|id| cx.tagged(id, tag(&hash)));
            self.history.committed(hash);
            self.outbox.extend(self.doc.library.keep().get_last_local_change());
        }
    }

    /// An own operation, or an own undo, is in the change that was begun, if it changed anything.
    fn made(&mut self, id: OpId, changed: bool, outcome: Outcome, cx: &mut Context<'_>) {
        if changed {
            let first = self.begun.is_empty() && self.outbox.is_empty();
            self.begun.push(id);
            if self.options.batch.is_zero() {
                self.flush(cx);
            } else if first {
                cx.set_timer(self.options.batch, FLUSH);
            }
            if !self.options.by_window {
                self.commit(cx);
            }
        } else {
            cx.void(id);
        }
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, outcome);
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        self.commit(cx);
        if !self.outbox.is_empty() {
            let changes = std::mem::take(&mut self.outbox);
            if self.options.by_protocol {
                return self.speak(cx);
            }
            let to: Vec<_> = self.connected.iter().copied().collect();
            self.send_changes(&to, &changes, cx);
        }
    }

    /// Applies what arrived.
    fn merge(&mut self, cx: &mut Context<'_>) {
        if self.inbox.is_empty() && self.heard.is_empty() {
            return;
        }
        self.commit(cx);
        let before = self.doc.library.get_heads();
        if self.options.by_protocol {
            self.hear(cx);
        } else {
            self.apply(cx);
        }
        // What was applied, which may include earlier arrivals that had waited for what they depend on.
        for hash in self.doc.hashes_since(&before) {
            cx.reflected_tag(tag(&hash));
        }
        if self.options.by_protocol {
            self.speak(cx);
        }
    }

    /// One message after another, as the protocol asks for. Who sent what the library cannot take begins anew.
    fn hear(&mut self, cx: &mut Context<'_>) {
        for (from, message) in std::mem::take(&mut self.heard) {
            let Some(state) = self.sessions.get_mut(&from) else { continue };
            if !self.doc.hear(state, message) {
                cx.count("refused_by_library", 1);
                *state = sync::State::new();
            }
        }
    }

    /// Tells everybody what the protocol has to tell.
    fn speak(&mut self, cx: &mut Context<'_>) {
        for peer in &self.connected {
            let said = self.sessions.get_mut(peer).and_then(|state| self.doc.speak(state));
            if let Some((message, hashes)) = said {
                cx.send(*peer, wire::seal(&message), Sidecar::tags(hashes.iter().map(tag).collect()));
            }
        }
    }

    /// Applies changes, in one call.
    fn apply(&mut self, cx: &mut Context<'_>) {
        let changes = std::mem::take(&mut self.inbox);
        if !self.doc.merge(changes.iter().cloned()) {
            // A change with a right checksum may still be nonsense. It is left out, and those that it kept out, or that
            // the library threw away with it, are asked for again.
            for change in changes {
                let hash = change.hash();
                if !self.doc.merge(iter::once(change)) {
                    cx.count("refused_by_library", 1);
                    self.nonsense.insert(hash);
                }
            }
            self.greeted.clear();
            let peers: Vec<_> = self.connected.iter().copied().collect();
            peers.into_iter().for_each(|peer| self.greet(peer, cx));
        }
    }

    fn greet(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            let heads = self.doc.library.get_heads().iter().map(|hash| hash.0).collect();
            cx.send(peer, wire::encode(&Message::Heads(heads)), Sidecar::none());
        }
    }

    /// A peer says what it has: it gets what it lacks, and learns our heads if it has what we lack.
    fn answer(&mut self, from: NodeId, heads: &[[u8; 32]], cx: &mut Context<'_>) {
        self.merge(cx);
        self.commit(cx);
        let heads: Vec<_> = heads.iter().map(|hash| ChangeHash(*hash)).collect();
        let (known, unknown): (Vec<_>, Vec<_>) =
            heads.into_iter().partition(|hash| self.doc.library.get_change_meta_by_hash(hash).is_some());
        let missing = self.doc.changes_since(&known);
        if !missing.is_empty() {
            self.send_changes(&[from], &missing, cx);
        }
        if !unknown.is_empty() {
            self.greet(from, cx);
        }
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.merge(cx);
        let plan = match self.model.plan(&self.doc, operation) {
            Ok(plan) => plan,
            Err(reason) => return cx.rejected(id, reason),
        };
        let before = self.doc.library.pending_ops();
        match self.doc.edit(&plan.edits, self.options.by_window) {
            Ok(changed) => {
                let ops = before..self.doc.library.pending_ops();
                self.history.made(id.n, ops, std::mem::take(&mut self.doc.moved));
                self.made(id, changed, plan.outcome, cx);
            }
            Err(reason) => cx.rejected(id, Rejected::new("edit_refused", reason)),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.merge(cx);
        // What takes an operation back is a change of its own: it is made of the changes before it.
        self.commit(cx);
        match self.history.take_back(&mut self.doc.library, target.n) {
            Ok(changed) => {
                self.made(id, changed, Outcome::Null, cx);
                self.commit(cx);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(ProtocolError::malformed(format!("{} bytes are too many", bytes.len())));
        }
        if self.options.by_protocol {
            let message: Vec<u8> = wire::unseal(bytes)?;
            let message = sync::Message::decode(&message).map_err(ProtocolError::malformed)?;
            if self.heard.is_empty() {
                cx.set_timer(Duration::ZERO, MERGE);
            }
            self.heard.push((from, message));
            return Ok(());
        }
        match wire::decode(bytes)? {
            Message::Heads(heads) => self.answer(from, &heads, cx),
            Message::Changes(changes) => {
                let mut changes = changes.iter().map(|bytes| parse(bytes)).collect::<Result<Vec<_>, _>>()?;
                changes.retain(|change| !self.nonsense.contains(&change.hash()));
                if self.inbox.is_empty() && !changes.is_empty() {
                    cx.set_timer(Duration::ZERO, MERGE);
                }
                self.inbox.extend(changes);
            }
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        match tag {
            FLUSH => self.flush(cx),
            _ => self.merge(cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.greeted.remove(&peer);
        if state == LinkState::Down {
            self.connected.remove(&peer);
            return;
        }
        let again = !self.ever_connected.insert(peer);
        // What came by the connection before belongs to it.
        self.merge(cx);
        self.commit(cx);
        self.connected.insert(peer);
        if self.options.by_protocol {
            let known = self.sessions.get(&peer).map(|state| sync::State::decode(&state.encode()));
            self.sessions.insert(peer, known.and_then(Result::ok).unwrap_or_default());
            self.speak(cx);
        } else if again || self.doc.library.get_heads() != self.genesis_heads {
            // Two that have never changed anything have nothing to tell each other.
            self.greet(peer, cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.doc
    }

    fn durable(&self) -> Vec<u8> {
        self.doc.save()
    }
}

fn tag(hash: &ChangeHash) -> u128 {
    // A hash has 32 bytes; 16 of them tell changes apart as well.
    u128::from_le_bytes(std::array::from_fn(|index| hash.0[index]))
}

/// Reads one change. The checksum comes first: the library takes a change apart before it looks at it, and damaged lengths
/// and counts may cost any amount of memory.
fn parse(bytes: &[u8]) -> Result<Change, ProtocolError> {
    const CHANGE: u8 = 1;
    if bytes.get(8) != Some(&CHANGE) {
        return Err(ProtocolError::malformed("not a plain change"));
    }
    let hash = Sha256::digest(&bytes[8..]);
    if bytes[4..8] != hash[..4] {
        return Err(ProtocolError::malformed("a change's checksum is wrong"));
    }
    let change = catch_unwind(|| Change::from_bytes(bytes.to_vec()))
        .map_err(|_| ProtocolError::malformed("the library gave up on a change"))?
        .map_err(ProtocolError::malformed)?;
    if change.hash().0[..] != hash[..] {
        return Err(ProtocolError::malformed("a change is not written as the library writes it"));
    }
    Ok(change)
}

#[cfg(test)]
mod tests;
