//! `ot`: operational transformation with a server, as in Jupiter, ShareDB and Livebook's cells.
//!
//! A client plans on its own view and shows the change at once. One change is *inflight*; what is done meanwhile is composed
//! into one *buffer*. The server transforms a change that was made on revision r over everything since r, numbers it, tells
//! its author so, and sends it to the others, who transform it over what they have not yet been told about. Since the
//! server's order is the only one, TP1 is enough for everybody to end in the same document.
//!
//! Faithful in what matters: one inflight change and a composed buffer; history kept for the slowest client and no
//! longer; a resent change is recognised by its author and number; a client that was away gets what it missed and goes on
//! editing meanwhile. ShareDB keeps its history for good, Livebook purges as is done here.
//!
//! Undo is a client's own business, as in Quill: the inverse of an own change, transformed over everything that its view
//! went through since.
//!
//! Source: Nichols et al., "High-latency, low-bandwidth windowing in the Jupiter collaboration system" (1995); ShareDB;
//! Livebook's `Delta`.
//!
//! Trade-offs: instant local effect and small messages, for a server that must remember and code that is hard to get
//! right. Nothing is refused: what makes no sense any more after others' changes is transformed into something, or nothing,
//! and two users who took the same item are both told that they have it.
//!
//! Longer than most files: a protocol's two sides are read together.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::change::Change;
use crate::document::{Document, EditKind, diff};
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::{Clock, Sidecar, merge_clock};
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support};
use crate::view::View;
use crate::wire::{decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "ot",
    family: "ot",
    summary: "changes are shown at once, ordered by a server, and transformed to fit",
    source: "Jupiter (Nichols et al. 1995), ShareDB, Livebook's cells",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        grows: Growth::absence("the server keeps every change that it has missed"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "changes that a client without work of its own may have missed and still gets one by one; beyond that \
                   it gets the document. 1000 as for `serial`",
        },
        Param {
            name: "buffer",
            kind: ParamKind::Choice(&["composed", "queued"]),
            default: "composed",
            help: "what is done while a change is inflight: composed into one change, as ShareDB and Livebook do, or \
                   queued and sent one by one",
        },
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Native,
    build: |params| Box::new(Ot { history: params.count("history"), composes: params.choice("buffer") == "composed" }),
};

/// How many own changes a client can take back.
const UNDO_DEPTH: usize = 100;

/// How many changes of its view a client remembers for the sake of undo; five screens of somebody else's typing.
const UNDO_SPAN: usize = 1000;

/// A client without anything to send tells the server how far it is after so many changes, so that history can go.
const REPORT_EVERY: u64 = 16;

struct Ot {
    history: u64,
    composes: bool,
}

/// A change in its place.
#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    /// Its number in the server's order.
    rev: u64,
    author: NodeId,
    /// Its number among the author's changes.
    number: u64,
    /// The author's last operation in it; for sidecars.
    through: u64,
    change: Change,
}

impl Entry {
    fn sidecar(&self) -> Sidecar {
        Sidecar::state(&[(self.author, self.through)].into())
    }
}

/// The sum by which an author recognises its change.
fn sum(change: &Change) -> u64 {
    xxh3_64(&encode(change))
}

#[derive(Serialize, Deserialize)]
enum ToServer {
    /// "I am here, at this revision." A client with work of its own needs every change since.
    Join { rev: u64, working: bool },
    /// A change made at `rev`.
    Submit { rev: u64, number: u64, through: u64, change: Change },
    /// "I need nothing before this revision any more."
    At { rev: u64 },
}

#[derive(Serialize, Deserialize)]
enum ToClient {
    /// The change that this client has inflight got this place.
    Acknowledged {
        rev: u64,
        sum: u64,
    },
    Ordered(Entry),
    Missed(Vec<Entry>),
    Snapshot {
        rev: u64,
        document: Document,
    },
}

impl Strategy for Ot {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let document = Document::decode(&setup.genesis).expect("genesis is a document");
        if setup.node == NodeId::SERVER {
            let clients = setup.peers.iter().map(|peer| (*peer, Position::default())).collect();
            Box::new(Server {
                history: self.history,
                state: ServerState { rev: 0, document, log: VecDeque::new(), clients },
            })
        } else {
            let state = ClientState { rev: 0, settled: document, placed: 0, inflight: None, buffer: VecDeque::new() };
            Box::new(Client::new(setup, self.composes, state).expect("nothing is pending"))
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            let state: ServerState = decode(durable)?;
            let first = state.rev.checked_sub(state.log.len() as u64);
            if first.is_none() || state.log.iter().zip(first.unwrap_or(0) + 1..).any(|(entry, rev)| entry.rev != rev) {
                return Err(ProtocolError::malformed("a log with gaps"));
            }
            Ok(Box::new(Server { history: self.history, state }))
        } else {
            let client = Client::new(setup, self.composes, decode(durable)?);
            Ok(Box::new(client.ok_or_else(|| ProtocolError::malformed("pending changes that do not fit"))?))
        }
    }
}

/// What the server knows of a client.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Position {
    /// It needs no change up to this one.
    rev: u64,
    /// The number of its last change that was ordered.
    number: u64,
    /// Its last operation in them.
    through: u64,
    #[serde(skip)]
    connected: bool,
}

#[derive(Serialize, Deserialize)]
struct ServerState {
    rev: u64,
    document: Document,
    /// The latest changes, ascending and without gaps, back to what the slowest client may still need.
    log: VecDeque<Entry>,
    clients: BTreeMap<NodeId, Position>,
}

struct Server {
    history: u64,
    state: ServerState,
}

impl Server {
    /// The entries after `rev`; `None` if they are not all there.
    fn since(&self, rev: u64) -> Option<impl Iterator<Item = &Entry>> {
        let behind = usize::try_from(self.state.rev.checked_sub(rev)?).ok()?;
        Some(self.state.log.range(self.state.log.len().checked_sub(behind)?..))
    }

    fn join(&mut self, client: NodeId, rev: u64, working: bool, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let behind = self.state.rev.checked_sub(rev).ok_or_else(|| ahead(rev, self.state.rev))?;
        let entries: Option<Vec<Entry>> = self.since(rev).map(|entries| entries.cloned().collect());
        match entries {
            Some(entries) if working || behind <= self.history => {
                let mut seen = Clock::new();
                entries.iter().for_each(|entry| merge_clock(&mut seen, &entry.sidecar().seen));
                cx.send(client, encode(&ToClient::Missed(entries)), Sidecar::state(&seen));
            }
            // A late copy of an old message: whoever is working is never left behind by the log.
            None if working => cx.count("duplicates_ignored", 1),
            _ => {
                cx.count("snapshots", 1);
                let seen = self.state.clients.iter().map(|(client, at)| (*client, at.through)).collect();
                let message = ToClient::Snapshot { rev: self.state.rev, document: self.state.document.clone() };
                cx.send(client, encode(&message), Sidecar::state(&seen));
            }
        }
        self.reached(client, rev);
        if let Some(at) = self.state.clients.get_mut(&client) {
            at.connected = true;
        }
        Ok(())
    }

    /// A client needs nothing up to `rev` any more: what nobody needs goes.
    fn reached(&mut self, client: NodeId, rev: u64) {
        let at = self.state.clients.entry(client).or_default();
        at.rev = at.rev.max(rev);
        let slowest = self.state.clients.values().map(|at| at.rev).min().unwrap_or(self.state.rev);
        while self.state.log.front().is_some_and(|entry| entry.rev <= slowest) {
            self.state.log.pop_front();
        }
    }

    /// Gives a change its place. `entry` has the revision that it was made on.
    fn order(&mut self, mut entry: Entry, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (author, rev) = (entry.author, entry.rev);
        let known = self.state.clients.get(&author).map_or(0, |at| at.number);
        if entry.number <= known {
            cx.count("duplicates_ignored", 1);
            return Ok(());
        }
        if entry.number > known + 1 {
            return Err(ProtocolError::Unexpected(format!("change {} of {author} after {known}", entry.number)));
        }
        let since = self.since(rev).ok_or_else(|| ahead(rev, self.state.rev))?;
        entry.change = since.fold(entry.change, |change, other| change.transform(&other.change, true));
        let mut document = self.state.document.clone();
        entry.change.apply(&mut document).map_err(ProtocolError::malformed)?;
        self.state.document = document;
        self.state.rev += 1;
        entry.rev = self.state.rev;
        let others = self.state.clients.iter().filter(|(client, at)| at.connected && **client != author);
        let others: Vec<NodeId> = others.map(|(client, _)| *client).collect();
        cx.broadcast(others, encode(&ToClient::Ordered(entry.clone())), entry.sidecar());
        let answer = ToClient::Acknowledged { rev: entry.rev, sum: sum(&entry.change) };
        cx.send(author, encode(&answer), Sidecar::none());
        cx.reflected_all(&entry.sidecar());
        let at = self.state.clients.entry(author).or_default();
        (at.number, at.through) = (entry.number, entry.through);
        self.state.log.push_back(entry);
        self.reached(author, rev);
        Ok(())
    }
}

fn ahead(rev: u64, now: u64) -> ProtocolError {
    ProtocolError::Unexpected(format!("at revision {rev}, the order is at {now} and no longer holds all before"))
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToServer::Join { rev, working } => self.join(from, rev, working, cx),
            ToServer::Submit { rev, number, through, change } => {
                self.order(Entry { rev, author: from, number, through, change }, cx)
            }
            ToServer::At { rev } if rev > self.state.rev => Err(ahead(rev, self.state.rev)),
            ToServer::At { rev } => {
                self.reached(from, rev);
                Ok(())
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        if let (LinkState::Down, Some(at)) = (state, self.state.clients.get_mut(&peer)) {
            at.connected = false;
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.document
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.document)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}

/// A change that has no place yet, with the operations in it and what their user gets.
#[derive(Clone, Serialize, Deserialize)]
struct Pending {
    change: Change,
    outcomes: Vec<(u64, Outcome)>,
}

impl Pending {
    fn through(&self) -> u64 {
        self.outcomes.last().map_or(0, |(n, _)| *n)
    }
}

/// Everything that a client has to keep; cheap to copy, so that a message is taken whole or not at all.
#[derive(Clone, Serialize, Deserialize)]
struct ClientState {
    rev: u64,
    /// The document at that revision.
    settled: Document,
    /// How many own changes have their place.
    placed: u64,
    inflight: Option<Pending>,
    /// What was done since; one change if it is composed.
    buffer: VecDeque<Pending>,
}

/// What taking an entry led to.
enum Taken {
    /// It was known already.
    Nothing,
    /// The own inflight change has its place.
    Own(Pending),
    /// Somebody else's change, as the view went through it; and an own change whose number it has taken.
    Theirs(Change, Option<Pending>),
}

impl ClientState {
    /// What its user sees. `None` if what is pending does not fit.
    fn view(&self) -> Option<Document> {
        let mut view = self.settled.clone();
        self.inflight.iter().chain(&self.buffer).try_for_each(|pending| pending.change.apply(&mut view).ok())?;
        Some(view)
    }

    /// The next change of the server's order, or one that is known already.
    fn take(&mut self, entry: &Entry, node: NodeId) -> Result<Taken, ProtocolError> {
        match entry.rev.checked_sub(self.rev) {
            None | Some(0) => return Ok(Taken::Nothing),
            Some(1) => {}
            Some(_) => return Err(ProtocolError::Unexpected(format!("change {} after {}", entry.rev, self.rev))),
        }
        entry.change.apply(&mut self.settled).map_err(ProtocolError::malformed)?;
        self.rev = entry.rev;
        if entry.author == node {
            self.placed = entry.number;
            if let Some(inflight) = self.inflight.take_if(|inflight| inflight.change == entry.change) {
                return Ok(Taken::Own(inflight));
            }
        }
        let mut theirs = entry.change.clone();
        for pending in self.inflight.iter_mut().chain(&mut self.buffer) {
            let change = pending.change.transform(&theirs, true);
            theirs = theirs.transform(&pending.change, false);
            pending.change = change;
        }
        // Another change has the number of the own one: it came from elsewhere under this client's name.
        let lost = if entry.author == node { self.inflight.take() } else { None };
        if let Some(lost) = &lost {
            let mut without = lost.change.invert(&self.settled).ok_or_else(|| unexpected("a change that fits"))?;
            for pending in &mut self.buffer {
                let change = pending.change.transform(&without, true);
                without = without.transform(&pending.change, false);
                pending.change = change;
            }
            theirs = theirs.compose(&without).ok_or_else(|| unexpected("a change that fits"))?;
        }
        Ok(Taken::Theirs(theirs, lost))
    }

    /// Another document in place of this one. What was done since is made on it: nothing of that has been sent yet.
    fn replace(&mut self, rev: u64, document: Document) -> Change {
        let mut theirs = Change::of(&diff(&self.settled, &document)).unwrap_or_default();
        for pending in &mut self.buffer {
            let change = pending.change.transform(&theirs, true);
            theirs = theirs.transform(&pending.change, false);
            pending.change = change;
        }
        (self.rev, self.settled) = (rev, document);
        theirs
    }
}

struct Client {
    model: ModelRef,
    node: NodeId,
    composes: bool,
    /// The server has said what was missed, so a change may go out.
    open: bool,
    view: Document,
    /// The last changes of the view, with the own operation that each is, for undo; the oldest is number `forgotten`.
    past: VecDeque<(Option<u64>, Change)>,
    /// Own operations that can be taken back: place in the view's past, and the inverse at that place.
    undo: BTreeMap<u64, (u64, Change)>,
    forgotten: u64,
    unreported: u64,
    state: ClientState,
}

impl Client {
    /// `None` if what is pending does not fit.
    fn new(setup: &Setup, composes: bool, state: ClientState) -> Option<Self> {
        Some(Self {
            model: setup.model.clone(),
            node: setup.node,
            composes,
            open: false,
            view: state.view()?,
            past: VecDeque::new(),
            undo: BTreeMap::new(),
            forgotten: 0,
            unreported: 0,
            state,
        })
    }

    /// The view went through a change.
    fn went(&mut self, own: Option<u64>, change: Change) {
        self.past.push_back((own, change));
        while self.past.len() > UNDO_SPAN || self.undo.len() > UNDO_DEPTH {
            let Some((own, _)) = self.past.pop_front() else { break };
            self.forgotten += 1;
            own.map(|n| self.undo.remove(&n));
        }
    }

    /// Shows an own change and sends it, now or when its turn comes.
    fn make(&mut self, id: OpId, change: Change, outcome: Outcome, cx: &mut Context<'_>) -> Result<(), String> {
        let inverse = change.invert(&self.view).ok_or("it cannot be taken back")?;
        let mut view = self.view.clone();
        change.apply(&mut view).map_err(|error| error.to_string())?;
        self.view = view;
        self.undo.insert(id.n, (self.forgotten + self.past.len() as u64 + 1, inverse));
        self.went(Some(id.n), change.clone());
        let waiting = self.state.buffer.back_mut().filter(|_| self.composes);
        match waiting.and_then(|buffer| Some((buffer.change.compose(&change)?, buffer))) {
            Some((change, buffer)) => {
                buffer.change = change;
                buffer.outcomes.push((id.n, outcome));
            }
            None => self.state.buffer.push_back(Pending { change, outcomes: vec![(id.n, outcome)] }),
        }
        cx.shown(id);
        cx.reflected(id);
        self.flush(cx);
        Ok(())
    }

    /// Sends what was done, if nothing else is under way.
    fn flush(&mut self, cx: &mut Context<'_>) {
        if self.open && self.state.inflight.is_none() {
            self.state.inflight = self.state.buffer.pop_front();
            self.send_inflight(cx);
        }
    }

    fn send_inflight(&mut self, cx: &mut Context<'_>) {
        let Some(inflight) = &self.state.inflight else { return };
        let through = inflight.through();
        let (rev, number, change) = (self.state.rev, self.state.placed + 1, inflight.change.clone());
        let message = ToServer::Submit { rev, number, through, change };
        cx.send(NodeId::SERVER, encode(&message), Sidecar::state(&[(self.node, through)].into()));
        self.unreported = 0;
    }

    /// Takes entries, all or none.
    fn take(&mut self, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let mut state = self.state.clone();
        let taken = entries.iter().map(|entry| state.take(entry, self.node)).collect::<Result<Vec<_>, _>>()?;
        self.view = state.view().ok_or_else(|| ProtocolError::malformed("what is pending does not fit"))?;
        self.state = state;
        for (entry, taken) in entries.iter().zip(taken) {
            match taken {
                Taken::Nothing => cx.count("duplicates_ignored", 1),
                Taken::Own(pending) => self.tell(pending, cx),
                Taken::Theirs(change, lost) => {
                    self.went(None, change);
                    self.unreported += 1;
                    for (n, _) in lost.into_iter().flat_map(|lost| lost.outcomes) {
                        let id = OpId { client: self.node, n };
                        cx.rolled_back(id);
                        cx.rejected(id, Rejected::new("superseded", "another change came under this client's name"));
                    }
                }
            }
            cx.reflected_all(&entry.sidecar());
        }
        if self.unreported >= REPORT_EVERY && self.state.inflight.is_none() {
            self.unreported = 0;
            cx.send(NodeId::SERVER, encode(&ToServer::At { rev: self.state.rev }), Sidecar::none());
        }
        Ok(())
    }

    fn tell(&self, placed: Pending, cx: &mut Context<'_>) {
        for (n, outcome) in placed.outcomes {
            cx.confirmed(OpId { client: self.node, n }, outcome);
        }
    }

    fn acknowledged(&mut self, rev: u64, by: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match rev.checked_sub(self.state.rev) {
            None | Some(0) => cx.count("duplicates_ignored", 1),
            Some(1) => match self.state.inflight.take_if(|inflight| sum(&inflight.change) == by) {
                Some(inflight) => {
                    // It fits: the view holds it already.
                    inflight.change.apply(&mut self.state.settled).map_err(ProtocolError::malformed)?;
                    (self.state.rev, self.state.placed) = (rev, self.state.placed + 1);
                    self.tell(inflight, cx);
                }
                // Not what was sent: somebody else did that. What it was is in the answer to a join.
                None => self.join(cx),
            },
            Some(_) => return Err(ProtocolError::Unexpected(format!("change {rev} after {}", self.state.rev))),
        }
        Ok(())
    }

    fn join(&mut self, cx: &mut Context<'_>) {
        let working = self.state.inflight.is_some() || !self.state.buffer.is_empty();
        // Nothing goes out before the answer: it may be a new document, on which what is done meanwhile has to be made.
        self.open = false;
        cx.send(NodeId::SERVER, encode(&ToServer::Join { rev: self.state.rev, working }), Sidecar::none());
    }

    fn snapshot(&mut self, rev: u64, document: Document, sidecar: &Sidecar, cx: &mut Context<'_>) {
        if rev <= self.state.rev || self.state.inflight.is_some() {
            return cx.count("duplicates_ignored", 1);
        }
        let mut state = self.state.clone();
        let change = state.replace(rev, document);
        let Some(view) = state.view() else { return cx.count("misfits", 1) };
        (self.view, self.state) = (view, state);
        self.went(None, change);
        cx.reflected_all(sidecar);
    }

    /// The server has said what was missed: what is still inflight goes again.
    fn reopen(&mut self, cx: &mut Context<'_>) {
        if !mem::replace(&mut self.open, true) {
            self.send_inflight(cx);
        }
    }
}

fn unexpected(what: &str) -> ProtocolError {
    ProtocolError::Unexpected(what.into())
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let planned = self.model.plan(&self.view, operation).and_then(|Plan { edits, outcome }| {
            let mut after = self.view.clone();
            let refused = |reason: String| Rejected::new("edit_refused", reason);
            after.apply_all(&edits).map_err(|error| refused(error.to_string()))?;
            Ok((Change::of(&edits).ok_or_else(|| refused("edits that do not follow each other".into()))?, outcome))
        });
        let made = planned.and_then(|(change, outcome)| {
            self.make(id, change, outcome, cx).map_err(|reason| Rejected::new("edit_refused", reason))
        });
        if let Err(reason) = made {
            cx.reflected(id);
            cx.rejected(id, reason);
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let Some((at, inverse)) = self.undo.remove(&target.n).filter(|_| target.client == self.node) else {
            return cx.rejected(id, Rejected::new("too_old", format!("{target} is no longer remembered")));
        };
        // What others did since goes before it: theirs stays.
        let since = self.past.range(usize::try_from(at - self.forgotten).unwrap_or(usize::MAX).min(self.past.len())..);
        let change = since.fold(inverse, |inverse, (_, change)| inverse.transform(change, false));
        if let Err(reason) = self.make(id, change, Outcome::Null, cx) {
            cx.rejected(id, Rejected::new("edit_refused", reason));
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        if from != NodeId::SERVER {
            return Err(ProtocolError::Unexpected(format!("from {from}, not from the server")));
        }
        match decode(bytes)? {
            ToClient::Acknowledged { rev, sum } => self.acknowledged(rev, sum, cx)?,
            // Asked what was missed, the server will tell of this one too.
            ToClient::Ordered(entry) if !self.open && entry.rev > self.state.rev + 1 => cx.count("told_later", 1),
            ToClient::Ordered(entry) => self.take(&[entry], cx)?,
            ToClient::Missed(entries) => {
                self.take(&entries, cx)?;
                self.reopen(cx);
            }
            ToClient::Snapshot { rev, document } => {
                self.snapshot(rev, document, sidecar, cx);
                self.reopen(cx);
            }
        }
        self.flush(cx);
        Ok(())
    }

    fn link(&mut self, _: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.open = false;
        if state == LinkState::Up {
            self.join(cx);
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.settled)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
