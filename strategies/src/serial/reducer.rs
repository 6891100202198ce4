//! `serial`: the serialized state reducer.
//!
//! All operations go through one server. The server numbers an operation, sends it to every joined client, the sender
//! included, and then reduces; a client does not touch its copy until its own operation comes back. Everybody reduces the
//! same stream, so everybody passes through the same states. An operation that makes no sense in its place is ignored by
//! all in the same way, and its submitter, who reduces too, learns of the refusal from its own copy.
//!
//! Source: Livebook's notebook "State synchronization with state reducers" and Livebook itself. Where the notebook is
//! silent this follows what Livebook and Replicache do: operations carry (client, n), the server keeps the last n of each
//! client so that a resend after a broken connection is applied once, and the verdicts of what it applied travel in the
//! answer to the join. Rejoining brings the missed operations, or a snapshot when they are no longer kept.
//!
//! Undo is worked out by the server, on its history (see `order.rs`); what it changes is ordered and sent like an operation.
//!
//! Trade-offs: one truth and exact refusals, for no local effect before a round trip, and nothing at all while offline.
//! Positions in an operation mean what they mean in the server's order, not what its author saw.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::order::{Act, Order, Placed};
use super::sessions::{Sessions, Verdict};
use crate::document::{Document, Edit, EditKind};
use crate::model::{ModelRef, Operation, Outcome, Rejected, reduce};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::{Clock, Sidecar};
use crate::spec::{Content, Guarantees, Param, ParamKind, Spec, Support};
use crate::view::View;
use crate::wire::{self, decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "serial",
    family: "serial",
    summary: "one server orders all operations; clients wait for their own to come back",
    source: "Livebook, \"State synchronization with state reducers\"",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        can_refuse: true,
        serializable: true,
        needs_server: true,
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "operations the server keeps to bring a returning client up to date and to take them back; who misses \
                   older ones needs a snapshot. 0 is the notebook's way: always a snapshot, and no undo",
        },
        Param {
            name: "rejoin",
            kind: ParamKind::Choice(&["operations", "snapshot"]),
            default: "operations",
            help: "what a returning client gets: the operations that it missed, where the server still has them, or always \
                   a snapshot, as in Livebook",
        },
        Param {
            name: "snapshot",
            kind: ParamKind::Count,
            default: "1",
            help: "operations from one snapshot to the next: who gets a snapshot gets the last one and what came after it, as \
                   far as the history goes. 1 is the notebook's way: the state as it is, made anew for everybody",
        },
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Emulated("the server reduces its history again without it, and sends what that changes"),
    build: |params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        let snapshots =
            Snapshots { always: params.choice("rejoin") == "snapshot", interval: params.count("snapshot"), last: None };
        Box::new(Serial { history, snapshots })
    },
};

struct Serial {
    history: usize,
    snapshots: Snapshots,
}

/// When the server makes snapshots, and the last one.
#[derive(Clone)]
struct Snapshots {
    /// Whoever missed anything gets one.
    always: bool,
    interval: u64,
    last: Option<Snapshot>,
}

/// The state at a place in the order, as it travels.
#[derive(Clone, Serialize, Deserialize)]
struct Snapshot {
    seq: u64,
    #[serde(with = "wire::bytes")]
    data: Arc<[u8]>,
    /// What it accounts for; for its sidecar.
    #[serde(skip)]
    clock: Clock,
}

impl Snapshots {
    /// One from which the order's history goes on, with what came after it; a new one where the last is too old.
    fn get(&mut self, state: &ServerState, cx: &mut Context<'_>) -> (Snapshot, Vec<Entry>) {
        let (end, interval) = (state.order.seq, self.interval);
        let recent = self.last.take().filter(|last| end - last.seq < interval.max(1));
        if let Some(last) = recent
            && let Some(after) = state.order.since(last.seq)
        {
            let after = after.map(Entry::of).collect();
            return (self.last.insert(last).clone(), after);
        }
        cx.count("snapshots_made", 1);
        let made = Snapshot { seq: end, data: state.order.data.encode().into(), clock: state.sessions.clock() };
        (self.last.insert(made).clone(), Vec::new())
    }
}

#[derive(Serialize, Deserialize)]
enum ToServer {
    /// "Send me what follows `seq`, and from then on everything."
    Join {
        seq: u64,
        heard: u64,
    },
    Submit {
        n: u64,
        heard: u64,
        act: Act,
    },
}

/// One place in the order, as clients hear of it.
#[derive(Serialize, Deserialize)]
struct Entry {
    seq: u64,
    client: NodeId,
    n: u64,
    what: What,
}

#[derive(Serialize, Deserialize)]
enum What {
    /// Everybody reduces it.
    Operation(Operation),
    /// An operation was taken back, which changes this.
    TakenBack(Vec<Edit>),
    /// An undo that changes nothing.
    NotTakenBack(Rejected),
}

impl Entry {
    fn of(placed: &Placed) -> Self {
        let what = match (&placed.act, &placed.told) {
            (Act::Operate(operation), _) => What::Operation(operation.clone()),
            (Act::Undo(_), Ok(_)) => What::TakenBack(placed.made.to_vec()),
            (Act::Undo(_), Err(reason)) => What::NotTakenBack(reason.clone()),
        };
        Self { seq: placed.seq, client: placed.client, n: placed.n, what }
    }

    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }

    /// Carries it out. Fails on edits that do not fit, which no honest server sends.
    fn carry_out(&self, model: &ModelRef, data: &mut Document) -> Result<Verdict, ProtocolError> {
        Ok(match &self.what {
            What::Operation(operation) => reduce(&**model, data, operation),
            What::TakenBack(edits) => {
                data.apply_all(edits).map_err(ProtocolError::malformed)?;
                Ok(Outcome::Null)
            }
            What::NotTakenBack(reason) => Err(reason.clone()),
        })
    }
}

#[derive(Serialize, Deserialize)]
enum ToClient {
    Ordered(Entry),
    Joined { catch_up: CatchUp, verdicts: Vec<(u64, Verdict)>, last: u64 },
}

#[derive(Serialize, Deserialize)]
enum CatchUp {
    Operations(Vec<Entry>),
    /// A state, and what came after it.
    Snapshot(Snapshot, Vec<Entry>),
}

impl Strategy for Serial {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        if setup.node == NodeId::SERVER {
            let state = ServerState { order: Order::new(data, self.history), sessions: Sessions::default() };
            Box::new(self.server(setup, state))
        } else {
            let state = ClientState { seq: 0, data, heard: 0, pending: BTreeMap::new() };
            Box::new(Client { model: setup.model.clone(), node: setup.node, open: false, state })
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            let ServerState { order, sessions } = decode(durable)?;
            let state = ServerState { order: order.check()?, sessions };
            Ok(Box::new(self.server(setup, state)))
        } else {
            let state = decode(durable)?;
            Ok(Box::new(Client { model: setup.model.clone(), node: setup.node, open: false, state }))
        }
    }
}

impl Serial {
    fn server(&self, setup: &Setup, state: ServerState) -> Server {
        Server { model: setup.model.clone(), snapshots: self.snapshots.clone(), joined: BTreeSet::new(), state }
    }
}

#[derive(Serialize, Deserialize)]
struct ServerState {
    order: Order,
    sessions: Sessions,
}

struct Server {
    model: ModelRef,
    snapshots: Snapshots,
    joined: BTreeSet<NodeId>,
    state: ServerState,
}

impl Server {
    fn join(&mut self, client: NodeId, seq: u64, heard: u64, cx: &mut Context<'_>) {
        let state = &mut self.state;
        state.sessions.heard(client, heard);
        let missed = state.order.since(seq).filter(|_| !self.snapshots.always || seq == state.order.seq);
        let (catch_up, sidecar) = match missed {
            Some(missed) => {
                let entries: Vec<Entry> = missed.map(Entry::of).collect();
                let carries = entries.iter().map(Entry::id).collect();
                (CatchUp::Operations(entries), Sidecar { carries, ..Sidecar::none() })
            }
            None => {
                cx.count("snapshots", 1);
                let (snapshot, after) = self.snapshots.get(state, cx);
                let carries = after.iter().map(Entry::id).collect();
                let sidecar = Sidecar { carries, ..Sidecar::state(&snapshot.clock) };
                (CatchUp::Snapshot(snapshot, after), sidecar)
            }
        };
        let verdicts = state.sessions.unheard(client);
        let last = state.sessions.last(client);
        cx.send(client, encode(&ToClient::Joined { catch_up, verdicts, last }), sidecar);
        // Snapshot and subscription are one step: nothing can come between them.
        self.joined.insert(client);
    }

    fn order(&mut self, client: NodeId, n: u64, heard: u64, act: Act, cx: &mut Context<'_>) {
        let state = &mut self.state;
        state.sessions.heard(client, heard);
        let placed = state.order.place(&*self.model, client, n, act);
        let id = placed.id();
        let message = ToClient::Ordered(Entry::of(&placed));
        cx.broadcast(self.joined.iter().copied(), encode(&message), Sidecar::op(id));
        state.sessions.record(client, n, placed.told);
        cx.reflected(id);
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToServer::Join { seq, heard } => {
                let end = self.state.order.seq;
                if seq > end {
                    return Err(ProtocolError::Unexpected(format!("joins after {seq}, the order ends at {end}")));
                }
                self.join(from, seq, heard, cx);
                Ok(())
            }
            ToServer::Submit { n, heard, act } => {
                let last = self.state.sessions.last(from);
                match n.checked_sub(last) {
                    None | Some(0) => cx.count("duplicates_ignored", 1),
                    Some(1) => self.order(from, n, heard, act, cx),
                    Some(_) => {
                        return Err(ProtocolError::Unexpected(format!("operation {n} of {from} after {last}")));
                    }
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
    data: Document,
    /// All own operations up to here have their verdict.
    heard: u64,
    /// Own operations without a verdict.
    pending: BTreeMap<u64, Act>,
}

struct Client {
    model: ModelRef,
    node: NodeId,
    /// Whether operations may go out: the server knows from the join where this client stands, or there is nothing that
    /// it might have seen already.
    open: bool,
    state: ClientState,
}

impl Client {
    /// Carries out entries that follow what is here, places that are known already left aside: all or none.
    fn ordered(&mut self, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (mut seq, mut data) = (self.state.seq, self.state.data.clone());
        let mut verdicts = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry.seq.checked_sub(seq) {
                None | Some(0) => continue,
                Some(1) => seq = entry.seq,
                Some(_) => return Err(ProtocolError::Unexpected(format!("place {} after {seq}", entry.seq))),
            }
            verdicts.push((entry.id(), entry.carry_out(&self.model, &mut data)?));
        }
        (self.state.seq, self.state.data) = (seq, data);
        if verdicts.len() < entries.len() {
            cx.count("duplicates_ignored", (entries.len() - verdicts.len()) as u64);
        }
        for (id, verdict) in verdicts {
            if id.client == self.node {
                self.settle(id.n, verdict, cx);
            }
            cx.reflected(id);
        }
        Ok(())
    }

    /// Tells the user what became of the own operation `n`, once.
    fn settle(&mut self, n: u64, verdict: Verdict, cx: &mut Context<'_>) {
        if self.state.pending.remove(&n).is_none() {
            return;
        }
        self.state.heard = self.state.heard.max(n);
        let id = OpId { client: self.node, n };
        match verdict {
            Ok(outcome) => {
                cx.shown(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn joined(
        &mut self,
        catch_up: CatchUp,
        verdicts: Vec<(u64, Verdict)>,
        last: u64,
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        match catch_up {
            CatchUp::Operations(entries) => self.ordered(&entries, cx)?,
            CatchUp::Snapshot(Snapshot { seq, data, .. }, after) => {
                let before = (self.state.seq, self.state.data.clone());
                if seq < self.state.seq {
                    cx.count("duplicates_ignored", 1);
                } else {
                    let data = Document::decode(&data).map_err(ProtocolError::malformed)?;
                    (self.state.seq, self.state.data) = (seq, data);
                }
                if let Err(error) = self.ordered(&after, cx) {
                    (self.state.seq, self.state.data) = before;
                    return Err(error);
                }
                cx.reflected_all(sidecar);
            }
        }
        for (n, verdict) in verdicts {
            self.settle(n, verdict, cx);
        }
        if std::mem::replace(&mut self.open, true) {
            return Ok(());
        }
        // What the server has not seen goes again; what it has seen is settled above.
        let resend: Vec<_> = self
            .state
            .pending
            .range((Bound::Excluded(last), Bound::Unbounded))
            .map(|(n, act)| (*n, act.clone()))
            .collect();
        for (n, act) in resend {
            self.send(n, act, cx);
        }
        Ok(())
    }

    fn act(&mut self, id: OpId, act: Act, cx: &mut Context<'_>) {
        self.state.pending.insert(id.n, act.clone());
        if self.open {
            self.send(id.n, act, cx);
        }
    }

    fn send(&self, n: u64, act: Act, cx: &mut Context<'_>) {
        let message = ToServer::Submit { n, heard: self.state.heard, act };
        cx.send(NodeId::SERVER, encode(&message), Sidecar::op(OpId { client: self.node, n }));
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.act(id, Act::Operate(operation.clone()), cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.act(id, Act::Undo(target.n), cx);
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
            ToClient::Ordered(entry) => self.ordered(std::slice::from_ref(&entry), cx),
            ToClient::Joined { catch_up, verdicts, last } => self.joined(catch_up, verdicts, last, sidecar, cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.open = state == LinkState::Up && self.state.pending.is_empty();
        if state == LinkState::Up {
            let join = ToServer::Join { seq: self.state.seq, heard: self.state.heard };
            cx.send(peer, encode(&join), Sidecar::none());
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}

#[cfg(test)]
mod tests;
