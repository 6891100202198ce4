//! `serial-optimistic`: the serialized reducer with instant effect, as in Replicache and Zero.
//!
//! A client holds the confirmed state and its own pending mutations; what its user sees is the one with the others replayed
//! on it. A mutation carries (client, n). The server carries mutations out in the order of their arrival, against its own
//! state, and acknowledges the last n of each client; a mutation that fails there still advances n, or the queue would jam.
//! An n that is not above the last is done already, one that leaves a gap is out of order and refused. What travels down
//! is what changed (a Replicache pull is a patch, a Zero poke is rows): edits in the server's order. The client applies
//! them to the confirmed state, drops what is acknowledged and replays the rest. A pending mutation that was on the screen
//! and fails now is rolled back; it is replayed again next time, and may come back.
//!
//! Numbers have gaps where a mutation failed on its author's own screen: it is dropped there at once and never sent, as
//! Replicache drops a mutator that throws. So a push says which number it follows. Pending mutations are saved before
//! they are sent and survive disconnects and crashes.
//!
//! Undo is worked out by the server on its history, as for `serial`, and shown when that has its place. Only an undo of
//! what is still pending is shown at once: neither is replayed then.
//!
//! Source: Replicache's "How it works" and its push, pull and poke; Zero's custom mutators.
//!
//! Trade-offs: instant effect, work offline, and the server's say in everything, for running each mutation again after
//! every message while it is pending, and for effects that users see and lose again. What is refused on the own screen is
//! refused on a state that may be out of date, so this is not serializable.
//!
//! Longer than most files: a protocol's two sides are read together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::order::{Act, Order, Placed};
use super::sessions::{Sessions, Verdict};
use crate::document::{Document, Edit, EditKind};
use crate::model::{ModelRef, Operation, Rejected, reduce};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::Sidecar;
use crate::spec::{Content, Guarantees, Param, ParamKind, Params, Spec, Support};
use crate::uplink::Uplink;
use crate::view::View;
use crate::wire::{decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "serial-optimistic",
    family: "serial",
    summary: "one server orders all operations; clients show their own at once and replay them on what it says",
    source: "Replicache and Zero (Rocicorp)",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline: true,
        can_refuse: true,
        needs_server: true,
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations the server keeps to bring a returning client up to date and to take them back; who misses \
                   older ones needs a snapshot. 1000 as for `serial`",
        },
        Param {
            name: "batch",
            kind: ParamKind::Span,
            default: "10ms",
            help: "how long mutations are collected before they are pushed; 10 ms is Replicache's pushDelay",
        },
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Emulated("the server reduces its history again without it, and sends what that changes"),
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(Optimistic { history, batch: params.span("batch") })
    },
};

struct Optimistic {
    history: usize,
    batch: Duration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Mutation {
    n: u64,
    act: Act,
}

#[derive(Serialize, Deserialize)]
enum ToServer {
    /// "Send me what follows `seq`, and from then on everything."
    Pull { seq: u64, heard: u64 },
    /// Mutations that follow the own one with the number `after`, one after the other.
    Push { after: u64, heard: u64, mutations: Vec<Mutation> },
}

#[derive(Serialize, Deserialize)]
struct ToClient {
    news: News,
    /// What became of the receiver's own mutations, as far as it has not said that it knows.
    verdicts: Vec<(u64, Verdict)>,
    /// The receiver's last mutation that was carried out, if any is told of here.
    last: u64,
    /// Whether this answers a pull.
    pulled: bool,
}

#[derive(Serialize, Deserialize)]
enum News {
    /// What follows the place `after`, without gaps.
    Patch {
        after: u64,
        places: Vec<Place>,
    },
    Snapshot {
        seq: u64,
        data: Document,
    },
}

/// One place in the order, as clients hear of it: what it changed, nothing where it was refused.
#[derive(Serialize, Deserialize)]
struct Place {
    client: NodeId,
    n: u64,
    edits: Vec<Edit>,
}

impl Place {
    fn of(placed: &Placed) -> Self {
        Self { client: placed.client, n: placed.n, edits: placed.made.to_vec() }
    }

    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

impl Strategy for Optimistic {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        if setup.node == NodeId::SERVER {
            let state = ServerState { order: Order::new(data, self.history), sessions: Sessions::default() };
            Box::new(Server { model: setup.model.clone(), joined: BTreeSet::new(), state })
        } else {
            let state = ClientState { seq: 0, confirmed: data, last: 0, heard: 0, pending: BTreeMap::new() };
            Box::new(Client::new(setup, self.batch, state))
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            let ServerState { order, sessions } = decode(durable)?;
            let state = ServerState { order: order.check()?, sessions };
            Ok(Box::new(Server { model: setup.model.clone(), joined: BTreeSet::new(), state }))
        } else {
            Ok(Box::new(Client::new(setup, self.batch, decode(durable)?)))
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ServerState {
    order: Order,
    sessions: Sessions,
}

struct Server {
    model: ModelRef,
    joined: BTreeSet<NodeId>,
    state: ServerState,
}

impl Server {
    fn pull(&mut self, client: NodeId, seq: u64, heard: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let ServerState { order, sessions } = &mut self.state;
        if seq > order.seq {
            return Err(ProtocolError::Unexpected(format!("pulls after {seq}, the order ends at {}", order.seq)));
        }
        sessions.heard(client, heard);
        let (news, sidecar) = match order.since(seq) {
            Some(missed) => {
                let places: Vec<Place> = missed.map(Place::of).collect();
                let carries = places.iter().map(Place::id).collect();
                (News::Patch { after: seq, places }, Sidecar { carries, ..Sidecar::none() })
            }
            None => {
                cx.count("snapshots", 1);
                let snapshot = News::Snapshot { seq: order.seq, data: order.data.clone() };
                (snapshot, Sidecar::state(&sessions.clock()))
            }
        };
        let (verdicts, last) = (sessions.unheard(client), sessions.last(client));
        cx.send(client, encode(&ToClient { news, verdicts, last, pulled: true }), sidecar);
        // Snapshot and subscription are one step: nothing can come between them.
        self.joined.insert(client);
        Ok(())
    }

    /// The mutations of a push that are new, if it follows what is here.
    fn fresh(
        &self,
        client: NodeId,
        after: u64,
        mutations: Vec<Mutation>,
        cx: &mut Context<'_>,
    ) -> Result<Vec<Mutation>, ProtocolError> {
        let last = self.state.sessions.last(client);
        let known = mutations.iter().take_while(|mutation| mutation.n <= last).count();
        let before = known.checked_sub(1).and_then(|index| mutations.get(index)).map_or(after, |known| known.n);
        let ascending = mutations.iter().try_fold(after, |n, mutation| (mutation.n > n).then_some(mutation.n));
        if ascending.is_none() || (before != last && known < mutations.len()) {
            let first = mutations.get(known).map_or(after, |mutation| mutation.n);
            return Err(ProtocolError::Unexpected(format!("mutation {first} of {client} after {before}, not {last}")));
        }
        if known > 0 {
            cx.count("duplicates_ignored", known as u64);
        }
        Ok(mutations.into_iter().skip(known).collect())
    }

    fn carry_out(&mut self, client: NodeId, fresh: Vec<Mutation>, cx: &mut Context<'_>) {
        let ServerState { order, sessions } = &mut self.state;
        let (after, last) = (order.seq, fresh.last().map_or(0, |mutation| mutation.n));
        let (mut places, mut verdicts) = (Vec::new(), Vec::new());
        for Mutation { n, act } in fresh {
            let placed = order.place(&*self.model, client, n, act);
            cx.reflected(placed.id());
            places.push(Place::of(&placed));
            sessions.record(client, n, placed.told.clone());
            verdicts.push((n, placed.told));
        }
        let carries = places.iter().map(Place::id).collect();
        let sidecar = Arc::new(Sidecar { carries, ..Sidecar::none() });
        let news = News::Patch { after, places };
        let mut poke = ToClient { news, verdicts: Vec::new(), last: 0, pulled: false };
        let others = self.joined.iter().copied().filter(|other| *other != client);
        cx.broadcast(others, encode(&poke), sidecar.clone());
        if self.joined.contains(&client) {
            (poke.verdicts, poke.last) = (verdicts, last);
            cx.send(client, encode(&poke), sidecar);
        }
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToServer::Pull { seq, heard } => self.pull(from, seq, heard, cx),
            ToServer::Push { after, heard, mutations } => {
                let fresh = self.fresh(from, after, mutations, cx)?;
                self.state.sessions.heard(from, heard);
                if !fresh.is_empty() {
                    self.carry_out(from, fresh, cx);
                }
                Ok(())
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        if state == LinkState::Down {
            self.joined.remove(&peer);
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.order.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.order.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}

#[derive(Serialize, Deserialize)]
struct ClientState {
    seq: u64,
    confirmed: Document,
    /// The last own mutation that is in the confirmed state.
    last: u64,
    /// All own mutations up to here have their verdict.
    heard: u64,
    /// Own mutations without a verdict.
    pending: BTreeMap<u64, Act>,
}

struct Client {
    model: ModelRef,
    node: NodeId,
    uplink: Uplink,
    /// The confirmed state with what is pending replayed on it.
    view: Document,
    /// Pending mutations that have their effect in the view.
    standing: BTreeSet<u64>,
    state: ClientState,
}

impl Client {
    fn new(setup: &Setup, batch: Duration, state: ClientState) -> Self {
        let mut client = Self {
            model: setup.model.clone(),
            node: setup.node,
            uplink: Uplink::new(batch),
            view: Document::Null,
            standing: BTreeSet::new(),
            state,
        };
        (client.view, client.standing) = client.replay();
        client
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    /// Refuses what somebody else has done before under this client's name.
    fn taken(&self, id: OpId, cx: &mut Context<'_>) -> bool {
        let taken = id.n <= self.state.last;
        if taken {
            cx.rejected(id, Rejected::new("number_taken", "somebody else acted under this number"));
        }
        taken
    }

    /// The confirmed state with what is pending on it, and which of that has an effect.
    fn replay(&self) -> (Document, BTreeSet<u64>) {
        let (mut view, mut standing) = (self.state.confirmed.clone(), BTreeSet::new());
        let withdrawn: BTreeMap<u64, u64> = self.withdrawn().collect();
        for (n, act) in &self.state.pending {
            if let Act::Operate(operation) = act
                && !withdrawn.contains_key(n)
                && reduce(&*self.model, &mut view, operation).is_ok()
            {
                standing.insert(*n);
            }
        }
        standing.extend(withdrawn.values());
        (view, standing)
    }

    /// Pending operations that a pending undo takes back, with that undo.
    fn withdrawn(&self) -> impl Iterator<Item = (u64, u64)> {
        self.state.pending.iter().filter_map(|(n, act)| match act {
            Act::Undo(target) if self.state.pending.contains_key(target) => Some((*target, *n)),
            _ => None,
        })
    }

    /// Shows the confirmed state with what is pending, and says what came and went.
    fn refresh(&mut self, cx: &mut Context<'_>) {
        let (view, standing) = self.replay();
        let before = std::mem::replace(&mut self.standing, standing);
        self.view = view;
        let withdrawn: BTreeMap<u64, u64> = self.withdrawn().collect();
        for n in self.standing.difference(&before) {
            cx.shown(self.id(*n));
        }
        for n in before.difference(&self.standing) {
            // What was acknowledged stands in the confirmed state, and what its user withdrew was not lost.
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

    /// Sends what was not sent on this connection.
    fn push(&mut self, cx: &mut Context<'_>) {
        let after = self.uplink.pushed();
        let unsent = self.state.pending.range((Bound::Excluded(after), Bound::Unbounded));
        let mutations: Vec<Mutation> = unsent.map(|(n, act)| Mutation { n: *n, act: act.clone() }).collect();
        let Some(last) = mutations.last() else { return };
        self.uplink.push(last.n);
        let carries = mutations.iter().map(|mutation| self.id(mutation.n)).collect();
        let message = ToServer::Push { after, heard: self.state.heard, mutations };
        cx.send(NodeId::SERVER, encode(&message), Sidecar { carries, ..Sidecar::none() });
    }

    /// Takes what is new over into the confirmed state. `None` when all of it is known; on an error nothing has changed.
    fn take(&mut self, news: &News) -> Result<Option<()>, ProtocolError> {
        let (seq, confirmed) = match news {
            News::Patch { after, places } => {
                let known = self.state.seq.checked_sub(*after).ok_or_else(|| {
                    ProtocolError::Unexpected(format!("what follows {after} comes after {}", self.state.seq))
                })?;
                let known = usize::try_from(known).unwrap_or(usize::MAX);
                if known >= places.len() && known > 0 {
                    return Ok(None);
                }
                let mut confirmed = self.state.confirmed.clone();
                for place in &places[known..] {
                    confirmed.apply_all(&place.edits).map_err(ProtocolError::malformed)?;
                }
                let end = after.checked_add(places.len() as u64);
                (end.ok_or_else(|| ProtocolError::malformed("beyond the last number"))?, confirmed)
            }
            News::Snapshot { seq, .. } if *seq < self.state.seq => return Ok(None),
            News::Snapshot { seq, data } => (*seq, data.clone()),
        };
        (self.state.seq, self.state.confirmed) = (seq, confirmed);
        Ok(Some(()))
    }

    /// What the server has carried out is not pending, also where somebody else claimed to have heard the verdict.
    fn forget(&mut self, cx: &mut Context<'_>) {
        while let Some((&n, _)) = self.state.pending.first_key_value().filter(|(n, _)| **n <= self.state.last) {
            self.settle(n, Err(Rejected::new("outcome_unknown", "the server no longer knows what became of it")), cx);
        }
    }

    /// Tells the user what became of an own mutation, once.
    fn settle(&mut self, n: u64, verdict: Verdict, cx: &mut Context<'_>) {
        if self.state.pending.remove(&n).is_none() {
            return;
        }
        self.state.heard = self.state.heard.max(n);
        let (id, stood) = (self.id(n), self.standing.remove(&n));
        match verdict {
            Ok(outcome) => {
                if !stood {
                    cx.shown(id);
                }
                cx.reflected(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => {
                if stood {
                    cx.rolled_back(id);
                }
                cx.rejected(id, reason);
            }
        }
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.taken(id, cx) {
            return;
        }
        if let Err(reason) = reduce(&*self.model, &mut self.view, operation) {
            return cx.rejected(id, reason);
        }
        self.state.pending.insert(id.n, Act::Operate(operation.clone()));
        self.standing.insert(id.n);
        cx.shown(id);
        // What is shown is what the server's order gives if nothing comes between, so whoever has taken the same
        // operations into account shows the same.
        cx.reflected(id);
        self.push_soon(cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        if self.taken(id, cx) {
            return;
        }
        self.state.pending.insert(id.n, Act::Undo(target.n));
        self.refresh(cx);
        if self.standing.contains(&id.n) {
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
        if from != NodeId::SERVER {
            return Err(ProtocolError::Unexpected(format!("from {from}, not from the server")));
        }
        let message: ToClient = decode(bytes)?;
        if self.take(&message.news)?.is_none() {
            cx.count("duplicates_ignored", 1);
        } else {
            for (n, verdict) in message.verdicts {
                self.settle(n, verdict, cx);
            }
            self.state.last = self.state.last.max(message.last);
            self.forget(cx);
            self.refresh(cx);
            match &message.news {
                News::Patch { places, .. } => places.iter().for_each(|place| cx.reflected(place.id())),
                News::Snapshot { .. } => cx.reflected_all(sidecar),
            }
        }
        if message.pulled && self.uplink.answered(self.state.last) {
            self.push(cx);
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if self.uplink.rings(tag) {
            self.push(cx);
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.uplink.link(state == LinkState::Up && self.state.pending.is_empty(), self.state.last);
        if state == LinkState::Up {
            let pull = ToServer::Pull { seq: self.state.seq, heard: self.state.heard };
            cx.send(peer, encode(&pull), Sidecar::none());
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.confirmed)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}

#[cfg(test)]
mod tests;
