//! A client whose library numbers its operations by author: what it needs to be a strategy.
//!
//! It plans on its own view, commits, and sends the library's own update to everybody; there is no server. What arrives in
//! one turn of the event loop is merged in one call. On connecting, peers tell each other their versions and send what the
//! other lacks, and from then on every update; one that comes before what it depends on waits inside the library's
//! document. A message carries a checksum, since libraries take some damaged updates for good ones.
//!
//! A forged update with a right checksum may make a library panic, which leaves its document unusable. It is replaced by
//! the genesis then, under a new author, and the peers are asked for the rest: the peers of a product have to be known.

use std::collections::{BTreeSet, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Rng, Setup, Strategy};
use crate::sidecar::{Sidecar, Tags};
use crate::view::View;
use crate::wire::{seal, seal_updates, unseal};

/// Operations of a library, from `from` up to `to`, as their author counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) author: u64,
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Span {
    /// The name of its `n`-th operation, for probes.
    fn tag(self, n: u64) -> u128 {
        u128::from(self.author) << 64 | u128::from(n)
    }

    /// The names of all of them.
    fn tags(self) -> impl Iterator<Item = u128> {
        (self.from..self.to).map(move |n| self.tag(n))
    }
}

/// What a peer lacks.
pub(super) struct Missing {
    /// As the library writes it.
    pub(super) update: Vec<u8>,
    /// What it holds.
    pub(super) spans: Vec<Span>,
}

/// What became of updates.
#[derive(Default)]
pub(super) struct Merged {
    /// What is taken into account from now on.
    pub(super) spans: Vec<Span>,
    /// Updates that the library did not take.
    pub(super) refused: u64,
}

/// A library's document.
pub(super) trait Library: View + Send + Sized + 'static {
    /// What a document has, as its peers are told.
    type Version;

    /// The library's bytes for a document, the same for every replica and run. The root must be a map.
    fn genesis(document: &Document) -> Vec<u8>;

    /// A copy from [`Library::genesis`] or [`Library::save`].
    fn load(bytes: &[u8]) -> Result<Self, String>;

    /// Everything, as the library saves it.
    fn save(&self) -> Vec<u8>;

    /// From now on changes are made by this author.
    fn sign(&mut self, author: u64);

    /// How many operations it has seen.
    fn length(&self) -> u64;

    /// Applies edits as one change, all or none. `None` where they change nothing.
    fn commit(&mut self, edits: &[Edit]) -> Result<Option<Span>, String>;

    /// Takes back what was committed here. `None` where nothing of it is left.
    fn undo(&mut self, span: Span) -> Result<Option<Span>, String>;

    /// From now on they are asked for after every commit.
    fn each(&mut self) {}

    /// Adds the library's own updates with everything that was committed here since the last call.
    fn own(&mut self, updates: &mut Vec<Vec<u8>>);

    /// What it has, in bytes.
    fn version(&self) -> Vec<u8>;

    /// Reads what [`Library::version`] wrote.
    fn parse(version: &[u8]) -> Result<Self::Version, String>;

    /// What somebody with this version lacks, if anything, and whether something is lacking here.
    fn compare(&self, theirs: &Self::Version) -> (Option<Missing>, bool);

    /// Merges updates, at once or as soon as all that they depend on is here.
    fn merge(&mut self, updates: &[Vec<u8>]) -> Merged;
}

/// Own operations that can be taken back; older ones are refused. A hundred, as undo stacks of editors have by default.
const REMEMBERED: usize = 100;

const FLUSH: u64 = 0;
const MERGE: u64 = 1;

#[derive(Serialize, Deserialize)]
enum Message {
    Version(Vec<u8>),
    Updates(#[serde(with = "crate::wire::updates")] Vec<Vec<u8>>),
}

/// Which of the kinds [`Message::Updates`] is.
const UPDATES: u8 = 1;

/// A mesh of such clients.
pub(super) struct Mesh<L> {
    batch: Duration,
    library: std::marker::PhantomData<fn() -> L>,
}

impl<L: Library> Mesh<L> {
    pub(super) fn new(batch: Duration) -> Self {
        Self { batch, library: std::marker::PhantomData }
    }
}

impl<L: Library> Strategy for Mesh<L> {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        L::genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        Box::new(Peer::<L>::new(self.batch, setup, begin(&setup.genesis)))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let saved: Vec<u8> = unseal(durable)?;
        let doc = catch_unwind(|| L::load(&saved))
            .map_err(|_| ProtocolError::malformed("the library gave up on saved bytes"))?
            .map_err(ProtocolError::malformed)?;
        Ok(Box::new(Peer::<L>::new(self.batch, setup, doc)))
    }
}

fn begin<L: Library>(genesis: &[u8]) -> L {
    // The library's own bytes, made by `Strategy::genesis`.
    L::load(genesis).expect("genesis is a saved document")
}

struct Peer<L> {
    batch: Duration,
    model: ModelRef,
    genesis: Arc<[u8]>,
    genesis_length: u64,
    doc: L,
    /// Ascending.
    connected: Vec<NodeId>,
    /// Peers that were told our version on this connection.
    greeted: BTreeSet<NodeId>,
    ever_connected: BTreeSet<NodeId>,
    /// The names of own operations that were not sent yet: they wait for the end of the batch window.
    outbox: Tags,
    /// Room for updates on their way out, and for the message around them: people type one key at a time.
    updates: Vec<Vec<u8>>,
    buffer: Vec<u8>,
    /// Updates that arrived in this turn of the event loop.
    inbox: Vec<Vec<u8>>,
    /// Own operations that can be taken back, and what the library made of them, the latest last.
    own: VecDeque<(u64, Option<Span>)>,
    /// The document was replaced since a connection opened last.
    began_again: bool,
}

impl<L: Library> Peer<L> {
    fn new(batch: Duration, setup: &Setup, mut doc: L) -> Self {
        // A number from the seed and the node, where the library would draw one, and another for every life of a node: the
        // libraries ask for a new author in every session.
        let node: u64 = Rng::seed_from_u64(setup.seed ^ (u64::from(setup.node.0) << 32)).random();
        doc.sign(Rng::seed_from_u64(node ^ doc.length()).random());
        if batch.is_zero() {
            doc.each();
        }
        Self {
            batch,
            model: setup.model.clone(),
            genesis: setup.genesis.clone(),
            genesis_length: begin::<L>(&setup.genesis).length(),
            doc,
            connected: Vec::new(),
            greeted: BTreeSet::new(),
            ever_connected: BTreeSet::new(),
            outbox: Tags::new(),
            updates: Vec::new(),
            buffer: Vec::new(),
            inbox: Vec::new(),
            own: VecDeque::new(),
            began_again: false,
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        self.doc.own(&mut self.updates);
        let tags = mem::take(&mut self.outbox);
        if !self.updates.is_empty() && !self.connected.is_empty() {
            let bytes = seal_updates(UPDATES, &self.updates, &mut self.buffer);
            cx.broadcast(self.connected.iter().copied(), bytes, Sidecar::tags(tags));
        }
        self.updates.clear();
    }

    /// Merges what arrived, in one call.
    fn merge(&mut self, cx: &mut Context<'_>) {
        if self.inbox.is_empty() {
            return;
        }
        let updates = mem::take(&mut self.inbox);
        let doc = &mut self.doc;
        match catch_unwind(AssertUnwindSafe(|| doc.merge(&updates))) {
            Ok(Merged { spans, refused }) => {
                spans.into_iter().for_each(|span| cx.reflected_tags(span.tag(span.from), span.tag(span.to - 1)));
                if refused > 0 {
                    cx.count("refused_by_library", refused);
                }
            }
            Err(_) => self.begin_again(cx),
        }
    }

    /// The library gave up in the midst of a change.
    fn begin_again(&mut self, cx: &mut Context<'_>) {
        cx.count("refused_by_library", 1);
        self.doc = begin(&self.genesis);
        self.doc.sign(cx.rng().random());
        if self.batch.is_zero() {
            self.doc.each();
        }
        self.outbox.clear();
        self.own.clear();
        self.greeted.clear();
        // Once for a connection: a peer that holds what the library cannot take would send it for ever.
        if !mem::replace(&mut self.began_again, true) {
            self.connected.clone().into_iter().for_each(|peer| self.greet(peer, cx));
        }
    }

    fn greet(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            cx.send(peer, seal(&Message::Version(self.doc.version())), Sidecar::none());
        }
    }

    /// A peer says what it has: it gets what it lacks, and learns our version if it has what we lack.
    fn answer(&mut self, from: NodeId, theirs: &L::Version, cx: &mut Context<'_>) {
        self.merge(cx);
        let (missing, lacking) = self.doc.compare(theirs);
        if let Some(Missing { update, spans }) = missing {
            let tags: Tags = spans.into_iter().flat_map(Span::tags).collect();
            cx.send(from, seal(&Message::Updates(vec![update])), Sidecar::tags(tags));
        }
        if lacking {
            self.greet(from, cx);
        }
    }

    /// An own operation, or an own undo, is in the document.
    fn made(&mut self, id: OpId, span: Option<Span>, outcome: Outcome, cx: &mut Context<'_>) {
        match span.map(|span| span.tag(span.to - 1)) {
            Some(tag) => {
                cx.tagged(id, tag);
                self.outbox.push(tag);
                if self.batch.is_zero() {
                    self.flush(cx);
                } else if self.outbox.len() == 1 {
                    cx.set_timer(self.batch, FLUSH);
                }
            }
            None => cx.void(id),
        }
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, outcome);
    }
}

impl<L: Library> Replica for Peer<L> {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.merge(cx);
        let plan = match self.model.plan(&self.doc, operation) {
            Ok(plan) => plan,
            Err(reason) => return cx.rejected(id, reason),
        };
        match self.doc.commit(&plan.edits) {
            Ok(span) => {
                if self.own.len() == REMEMBERED {
                    self.own.pop_front();
                }
                self.own.push_back((id.n, span));
                self.made(id, span, plan.outcome, cx);
            }
            Err(reason) => cx.rejected(id, Rejected::new("edit_refused", reason)),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.merge(cx);
        let place = self.own.iter().rposition(|(n, _)| *n == target.n);
        let Some((_, span)) = place.and_then(|place| self.own.remove(place)) else {
            return cx.rejected(id, Rejected::new("too_old", format!("{target} is no longer remembered")));
        };
        match span.map_or(Ok(None), |span| self.doc.undo(span)) {
            Ok(span) => self.made(id, span, Outcome::Null, cx),
            Err(reason) => cx.rejected(id, Rejected::new("edit_refused", reason)),
        }
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match unseal(bytes)? {
            Message::Version(version) => {
                let version = L::parse(&version).map_err(ProtocolError::malformed)?;
                self.answer(from, &version, cx);
            }
            Message::Updates(updates) => {
                if self.inbox.is_empty() && !updates.is_empty() {
                    cx.set_timer(Duration::ZERO, MERGE);
                }
                self.inbox.extend(updates);
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
            self.connected.retain(|other| *other != peer);
            return;
        }
        if let Err(place) = self.connected.binary_search(&peer) {
            self.connected.insert(place, peer);
        }
        self.began_again = false;
        let again = !self.ever_connected.insert(peer);
        self.merge(cx);
        // Two that have never changed anything have nothing to tell each other.
        if again || self.doc.length() != self.genesis_length {
            self.greet(peer, cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.doc
    }

    fn durable(&self) -> Vec<u8> {
        seal(&self.doc.save())
    }
}

/// What `mine` has and `theirs` has not, by author, where each is a count by author.
pub(super) fn beyond(
    mine: impl IntoIterator<Item = (u64, u64)>,
    theirs: impl Fn(u64) -> u64,
) -> impl Iterator<Item = Span> {
    let mut spans: Vec<_> = mine
        .into_iter()
        .map(|(author, to)| Span { author, from: theirs(author), to })
        .filter(|span| span.from < span.to)
        .collect();
    spans.sort_unstable();
    spans.into_iter()
}

#[cfg(test)]
mod tests;
