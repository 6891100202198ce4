//! `serial-patches`: Immer's patches, put into one order by a server.
//!
//! A client plans once, on what it sees, shows the result at once, and sends what that changed as patches: which place
//! holds what from now on. The server knows no model; it puts patches into one order, applies them, and tells everybody.
//! A client applies them to the settled state in that order and its own pending patches on top. A patch whose path is gone
//! is counted (`path_errors`, at the server) and skipped, where Immer throws.
//!
//! The post that this follows says that patches are applied "in a coordinated manner across the distributed nodes" and
//! leaves open how: one order is the strongest coordination there is, and what is lost even so is lost to patches. They
//! are right on an equal base only. A counter that two people add to ends at one of the two sums; a list that two people
//! put something in front of is rewritten twice; a text keeps one of two edits. So the post's own example, +2 as a patch of
//! the original on a state with +1, ends at 2.
//!
//! Undo sends the inverse patches, while their places still hold what was put there; else it is refused, since it would
//! wipe out what somebody else did. The last 100 own operations can be taken back.
//!
//! Source: Immer 9 and 10 (`produceWithPatches`, `applyPatches`); the post "Handling state consistency in distributed
//! systems with Immer".
//!
//! Trade-offs: no model on the server, instant effect, work offline, generic undo; pays with silent loss wherever two
//! people change one place, and with patches as long as the list behind an insertion.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::immer::{self, Produced};
use super::journal::{Entry, Journal, News, Packed};
use crate::document::{Document, EditKind};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::Sidecar;
use crate::spec::{Content, Guarantees, Param, ParamKind, Spec, Support};
use crate::view::View;
use crate::wire::{decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "serial-patches",
    family: "serial",
    summary: "clients show their own changes at once and send them as patches, which a server orders",
    source: "Immer's patches, as in \"Handling state consistency in distributed systems with Immer\"",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        needs_server: true,
        ..Guarantees::NONE
    },
    params: &[Param {
        name: "history",
        kind: ParamKind::Count,
        default: "1000",
        help: "operations whose patches the server keeps to bring a returning client up to date; who misses older ones \
               needs a snapshot. 1000 as for `serial`",
    }],
    support: |kind: EditKind| match kind {
        EditKind::Put | EditKind::Remove => Support::Native,
        EditKind::Increment => Support::Emulated("the sum is put, so of two increments at once one is lost"),
        EditKind::ListInsert | EditKind::ListRemove | EditKind::ListMove => {
            Support::Emulated("index by index, as Immer's patches are")
        }
        EditKind::TextSplice => Support::Emulated("the whole text is replaced"),
    },
    content: Content::any,
    undo: Support::Emulated("the inverse patches, while their places hold what was put there"),
    build: |params| Box::new(Patches { history: usize::try_from(params.count("history")).unwrap_or(usize::MAX) }),
};

/// How many own operations a client can take back, as for `ot`.
const UNDO_DEPTH: usize = 100;

struct Patches {
    history: usize,
}

#[derive(Serialize, Deserialize)]
enum ToServer {
    /// "Send me what follows `seq`, and from then on everything."
    Join { seq: u64 },
    /// The patches of operation `n`, which follows the own one with the number `after`.
    Submit { after: u64, n: u64, patches: Packed },
}

#[derive(Serialize, Deserialize)]
enum ToClient {
    /// This got the place `seq`. Its author gets it too.
    Ordered { seq: u64, entry: Entry },
    /// The answer to a join, with the receiver's last operation that has its place.
    Joined { news: News, last: u64 },
}

impl Strategy for Patches {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        if setup.node == NodeId::SERVER {
            Box::new(Server { joined: BTreeSet::new(), journal: Journal::new(data, self.history) })
        } else {
            let state = ClientState { seq: 0, settled: data, last: 0, pending: BTreeMap::new() };
            Box::new(Client::new(setup, state).expect("nothing is pending"))
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            Ok(Box::new(Server { joined: BTreeSet::new(), journal: decode::<Journal>(durable)?.check()? }))
        } else {
            Ok(Box::new(Client::new(setup, decode(durable)?)?))
        }
    }
}

struct Server {
    joined: BTreeSet<NodeId>,
    journal: Journal,
}

impl Server {
    fn order(&mut self, entry: Entry, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let mut data = self.journal.data.clone();
        let errors = immer::apply(&mut data, &entry.edits.edits()?);
        if errors > 0 {
            cx.count("path_errors", errors);
        }
        let (id, seq) = (entry.id(), self.journal.seq + 1);
        self.journal.append(entry.clone(), data);
        cx.broadcast(self.joined.iter().copied(), encode(&ToClient::Ordered { seq, entry }), Sidecar::op(id));
        cx.reflected(id);
        Ok(())
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let last = self.journal.last(from);
        match decode(bytes)? {
            ToServer::Join { seq } => {
                let (news, sidecar) = self.journal.since(seq)?;
                if matches!(news, News::Snapshot { .. }) {
                    cx.count("snapshots", 1);
                }
                cx.send(from, encode(&ToClient::Joined { news, last }), sidecar);
                self.joined.insert(from);
            }
            ToServer::Submit { n, .. } if n <= last => cx.count("duplicates_ignored", 1),
            ToServer::Submit { after, n, patches } if after == last => {
                self.order(Entry { client: from, n, edits: patches }, cx)?;
            }
            ToServer::Submit { after, n, .. } => {
                return Err(ProtocolError::Unexpected(format!("operation {n} of {from} after {after}, not {last}")));
            }
        }
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        if state == LinkState::Down {
            self.joined.remove(&peer);
        }
    }

    fn view(&self) -> &dyn View {
        &self.journal.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.journal.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.journal)
    }
}

/// An own operation that has no place yet.
#[derive(Serialize, Deserialize)]
struct Pending {
    patches: Packed,
    outcome: Outcome,
}

/// An own operation as it can be taken back.
struct Made {
    n: u64,
    patches: Packed,
    inverse: Packed,
}

#[derive(Serialize, Deserialize)]
struct ClientState {
    seq: u64,
    settled: Document,
    /// The last own operation that has its place.
    last: u64,
    pending: BTreeMap<u64, Pending>,
}

struct Client {
    model: ModelRef,
    node: NodeId,
    /// Whether patches may go out: the server has said where this client stands, or there is nothing that it might have
    /// seen already.
    open: bool,
    /// The settled state with the pending patches on it.
    view: Document,
    /// The latest own operations, for undo.
    made: VecDeque<Made>,
    state: ClientState,
}

impl Client {
    /// Fails on pending patches that are none.
    fn new(setup: &Setup, state: ClientState) -> Result<Self, ProtocolError> {
        let mut client = Self {
            model: setup.model.clone(),
            node: setup.node,
            open: false,
            view: state.settled.clone(),
            made: VecDeque::new(),
            state,
        };
        client.refresh()?;
        Ok(client)
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    fn refresh(&mut self) -> Result<(), ProtocolError> {
        self.view = self.state.settled.clone();
        for pending in self.state.pending.values() {
            immer::apply(&mut self.view, &pending.patches.edits()?);
        }
        Ok(())
    }

    /// Shows an own change and sends it, now or when the connection is back.
    fn make(&mut self, id: OpId, produced: Produced, outcome: Outcome, cx: &mut Context<'_>) {
        if id.n <= self.state.last {
            return cx.rejected(id, number_taken());
        }
        immer::apply(&mut self.view, &produced.patches);
        let after = self.state.pending.last_key_value().map_or(self.state.last, |(n, _)| *n);
        let [patches, inverse] = [&produced.patches, &produced.inverse].map(|edits| Packed::of(edits));
        let pending = Pending { patches: patches.clone(), outcome };
        if self.open {
            self.send(after, id.n, &pending, cx);
        }
        self.state.pending.insert(id.n, pending);
        self.made.push_back(Made { n: id.n, patches, inverse });
        if self.made.len() > UNDO_DEPTH {
            self.made.pop_front();
        }
        cx.shown(id);
        // What is shown is what the server's order gives if nothing comes between, so whoever has taken the same
        // operations into account shows the same.
        cx.reflected(id);
    }

    fn send(&self, after: u64, n: u64, pending: &Pending, cx: &mut Context<'_>) {
        let message = ToServer::Submit { after, n, patches: pending.patches.clone() };
        cx.send(NodeId::SERVER, encode(&message), Sidecar::op(self.id(n)));
    }

    /// Takes entries that follow what is here into the settled state, known ones left aside.
    fn ordered(&mut self, after: u64, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let here = self.state.seq;
        let known =
            here.checked_sub(after).ok_or_else(|| ProtocolError::Unexpected(format!("{after} follows {here}")))?;
        let end = after.checked_add(entries.len() as u64);
        let end = end.ok_or_else(|| ProtocolError::malformed("beyond the last place"))?;
        if end <= here {
            if !entries.is_empty() {
                cx.count("duplicates_ignored", entries.len() as u64);
            }
            return Ok(());
        }
        let new = &entries[usize::try_from(known).unwrap_or(usize::MAX).min(entries.len())..];
        let patches = new.iter().map(|entry| entry.edits.edits()).collect::<Result<Vec<_>, _>>()?;
        for (entry, patches) in new.iter().zip(patches) {
            let errors = immer::apply(&mut self.state.settled, &patches);
            if entry.client == self.node {
                if errors > 0 && errors == patches.len() as u64 {
                    cx.rolled_back(entry.id());
                }
                self.settle(entry.n, Some(&entry.edits), cx);
            }
            cx.reflected(entry.id());
        }
        self.state.seq = end;
        self.refresh()
    }

    /// The own operations up to `last` have their place: their users are told. What is known of the last one is what the
    /// order has under its number, which somebody else may have stolen.
    fn settle(&mut self, last: u64, ordered: Option<&Packed>, cx: &mut Context<'_>) {
        self.state.last = self.state.last.max(last);
        while let Some(first) = self.state.pending.first_entry().filter(|first| *first.key() <= last) {
            let (n, pending) = first.remove_entry();
            let id = self.id(n);
            if n == last && ordered.is_some_and(|edits| *edits != pending.patches) {
                cx.rolled_back(id);
                cx.rejected(id, number_taken());
            } else {
                cx.confirmed(id, pending.outcome);
            }
        }
    }

    fn joined(&mut self, news: News, last: u64, sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match news {
            News::Entries { after, entries } => self.ordered(after, &entries, cx)?,
            News::Snapshot { seq, .. } if seq < self.state.seq => cx.count("duplicates_ignored", 1),
            News::Snapshot { seq, data } => {
                (self.state.seq, self.state.settled) = (seq, data);
                self.settle(last, None, cx);
                self.refresh()?;
                cx.reflected_all(sidecar);
            }
        }
        if !std::mem::replace(&mut self.open, true) {
            // What the server has not seen goes again; what it has seen is settled above.
            let mut after = self.state.last;
            for (n, pending) in self.state.pending.range((Bound::Excluded(after), Bound::Unbounded)) {
                self.send(after, *n, pending, cx);
                after = *n;
            }
        }
        Ok(())
    }
}

fn number_taken() -> Rejected {
    Rejected::new("number_taken", "somebody else acted under this number")
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let made = self.model.plan(&self.view, operation).and_then(|plan| {
            let produced = immer::produce(&self.view, &plan.edits);
            Ok((produced.map_err(|error| Rejected::new("edit_refused", error.to_string()))?, plan.outcome))
        });
        match made {
            Ok((produced, outcome)) => self.make(id, produced, outcome, cx),
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let made = self.made.iter().find(|made| made.n == target.n);
        let unpacked = made.and_then(|made| Some((made.patches.edits().ok()?, made.inverse.edits().ok()?)));
        let Some((patches, inverse)) = unpacked else {
            return cx.rejected(id, Rejected::new("too_old", format!("{target} is no longer remembered")));
        };
        if !immer::untouched(&self.view, &patches) {
            let reason = "its places hold something else by now";
            return cx.rejected(id, Rejected::new("depended_upon", reason));
        }
        self.make(id, Produced { patches: inverse, inverse: patches }, Outcome::Null, cx);
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
            ToClient::Ordered { seq, entry } => {
                let after = seq.checked_sub(1).ok_or_else(|| ProtocolError::malformed("places begin at 1"))?;
                self.ordered(after, &[entry], cx)
            }
            ToClient::Joined { news, last } => self.joined(news, last, sidecar, cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.open = state == LinkState::Up && self.state.pending.is_empty();
        if state == LinkState::Up {
            cx.send(peer, encode(&ToServer::Join { seq: self.state.seq }), Sidecar::none());
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

#[cfg(test)]
mod tests;
