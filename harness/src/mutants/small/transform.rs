//! Operational transformation with a server: one change inflight, the rest queued, and everything transformed to fit.
//!
//! Transformation is that of the library of changes; a flaw leaves a part of it out.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use syncbench_strategies::change::Change;
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{ModelRef, Operation, Outcome, Rejected};
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Guarantees, Spec};
use syncbench_strategies::view::View;

use super::super::{Base, Bug, Conditions, Mutant, USUAL, mutant};
use super::{decode, encode};
use crate::oracle::CONVERGENCE;

/// The spec.
static SPEC: Spec = Spec::own(
    "small-ot",
    "a server orders changes; everybody transforms them to fit",
    Topology::Star,
    Guarantees { converges: true, needs_server: true, ..Guarantees::NONE },
    |_| Box::new(Transforming(None)),
);

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// Two insertions are not fitted to each other.
    InsertInsert,
    /// An insertion and a deletion are not fitted to each other.
    InsertDelete,
    /// Two deletions are not fitted to each other.
    DeleteDelete,
    /// Where two insert at one place, each side lets its own come first.
    NoTieBreak,
    /// The server fits a change to the latest one only.
    LatestOnly,
    /// A client sends its next change before the one inflight is confirmed.
    SendsAhead,
    /// A client fits what arrives to the change inflight, and not to those in the queue.
    ForgetsQueue,
}

const TYPING: (Base, &str) = (Base::Own(&SPEC), "text:jump=1,contention=one:0.2,delete=0.3");
const STACKING: (Base, &str) = (Base::Own(&SPEC), "stack:reverse=0");
/// Users act faster than a round trip.
const FAST: Conditions = Conditions { rate_per_s: 100.0, ..USUAL };

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    transforming(
        "no-insert-insert",
        "Two insertions are not transformed against each other.",
        TYPING,
        Bug::Strategy(|| make(Flaw::InsertInsert)),
    ),
    transforming(
        "no-insert-delete",
        "An insertion and a deletion are not transformed against each other.",
        TYPING,
        Bug::Strategy(|| make(Flaw::InsertDelete)),
    ),
    transforming(
        "no-delete-delete",
        "Two removals from a list are not transformed against each other.",
        STACKING,
        Bug::Strategy(|| make(Flaw::DeleteDelete)),
    ),
    transforming(
        "tie-break-by-arrival",
        "Where two insert at one place, what arrives first at a replica comes first there.",
        STACKING,
        Bug::Strategy(|| make(Flaw::NoTieBreak)),
    ),
    transforming(
        "transforms-over-the-latest",
        "The server transforms a change over the latest one only, although several came between.",
        TYPING,
        Bug::Strategy(|| make(Flaw::LatestOnly)),
    ),
    transforming(
        "sends-before-confirmed",
        "A client sends its next change before the one inflight is confirmed.",
        TYPING,
        Bug::Strategy(|| make(Flaw::SendsAhead)),
    ),
    transforming(
        "queue-not-transformed",
        "Changes that wait behind the one inflight are not transformed over what arrives.",
        TYPING,
        Bug::Strategy(|| make(Flaw::ForgetsQueue)),
    ),
];

const fn transforming(name: &'static str, plants: &'static str, at: (Base, &'static str), bug: Bug) -> Mutant {
    Mutant { conditions: FAST, ..mutant(name, plants, at, bug, &CONVERGENCE) }
}

fn make(flaw: Flaw) -> Box<dyn Strategy> {
    Box::new(Transforming(Some(flaw)))
}

struct Transforming(Option<Flaw>);

impl Strategy for Transforming {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        match setup.node {
            NodeId::SERVER => Box::new(Server { flaw: self.0, data, log: Vec::new(), clients: setup.peers.clone() }),
            _ => Box::new(Client::new(setup, data, self.0)),
        }
    }

    fn restore(&self, _: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Err(ProtocolError::Unexpected("it saves nothing".into()))
    }
}

/// A change, and what kinds of edits it was made of.
#[derive(Clone, Serialize, Deserialize)]
struct Made {
    id: (NodeId, u64),
    change: Change,
    inserts: bool,
    deletes: bool,
}

impl Made {
    fn of(id: OpId, edits: &[Edit]) -> Option<Self> {
        let inserts = |edit: &Edit| match edit {
            Edit::ListInsert { .. } => true,
            Edit::TextSplice { insert, .. } => !insert.is_empty(),
            _ => false,
        };
        let deletes = |edit: &Edit| match edit {
            Edit::ListRemove { .. } => true,
            Edit::TextSplice { delete, .. } => *delete > 0,
            _ => false,
        };
        let (inserts, deletes) = (edits.iter().any(inserts), edits.iter().any(deletes));
        Some(Self { id: (id.client, id.n), change: Change::of(edits)?, inserts, deletes })
    }

    fn id(&self) -> OpId {
        OpId { client: self.id.0, n: self.id.1 }
    }

    /// This change as it must be made after `other`.
    fn fitted(&self, other: &Made, ahead: bool, flaw: Option<Flaw>) -> Self {
        let left_out = match flaw {
            Some(Flaw::InsertInsert) => self.inserts && other.inserts,
            Some(Flaw::InsertDelete) => (self.inserts && other.deletes) || (self.deletes && other.inserts),
            Some(Flaw::DeleteDelete) => self.deletes && other.deletes,
            _ => false,
        };
        if left_out {
            self.clone()
        } else {
            Self { change: self.change.transform(&other.change, ahead), ..self.clone() }
        }
    }
}

/// A change made at a revision.
#[derive(Serialize, Deserialize)]
struct Submit {
    rev: usize,
    made: Made,
}

struct Server {
    flaw: Option<Flaw>,
    data: Document,
    log: Vec<Made>,
    clients: Vec<NodeId>,
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("server", "the server has no user"));
    }

    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let Submit { rev, mut made } = decode(bytes)?;
        let latest = if self.flaw == Some(Flaw::LatestOnly) { self.log.len().saturating_sub(1).max(rev) } else { rev };
        for other in self.log.iter().skip(latest) {
            made = made.fitted(other, true, self.flaw);
        }
        // With a flaw it may not fit; the server goes on all the same, as one that trusts its transformation does.
        _ = made.change.apply(&mut self.data);
        cx.reflected(made.id());
        cx.broadcast(self.clients.clone(), encode(&made), Sidecar::op(made.id()));
        self.log.push(made);
        Ok(())
    }

    fn link(&mut self, _: NodeId, _: LinkState, _: &mut Context<'_>) {}

    fn view(&self) -> &dyn View {
        &self.data
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}

struct Client {
    flaw: Option<Flaw>,
    model: ModelRef,
    node: NodeId,
    rev: usize,
    view: Document,
    /// What has no place yet, in order; the first of it is inflight.
    pending: VecDeque<(Made, Outcome)>,
    inflight: usize,
    connected: bool,
}

impl Client {
    fn new(setup: &Setup, view: Document, flaw: Option<Flaw>) -> Self {
        let (model, node) = (setup.model.clone(), setup.node);
        Self { flaw, model, node, rev: 0, view, pending: VecDeque::new(), inflight: 0, connected: false }
    }

    /// Sends what may go out: one change at a time.
    fn advance(&mut self, cx: &mut Context<'_>) {
        let most = if self.flaw == Some(Flaw::SendsAhead) { 2 } else { 1 };
        while self.connected && self.inflight < most.min(self.pending.len()) {
            let made = self.pending[self.inflight].0.clone();
            self.inflight += 1;
            let sidecar = Sidecar::op(made.id());
            cx.send(NodeId::SERVER, encode(&Submit { rev: self.rev, made }), sidecar);
        }
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let planned = self.model.plan(&self.view, operation).and_then(|plan| {
            self.view.apply_all(&plan.edits)?;
            let made = Made::of(id, &plan.edits).ok_or_else(|| Rejected::new("edits", "they do not follow each other"));
            Ok((made?, plan.outcome))
        });
        match planned {
            Ok(made) => self.pending.push_back(made),
            Err(reason) => return cx.rejected(id, reason),
        }
        cx.shown(id);
        cx.reflected(id);
        self.advance(cx);
    }

    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let mut theirs: Made = decode(bytes)?;
        self.rev += 1;
        let id = theirs.id();
        if id.client == self.node {
            if let Some((_, outcome)) = self.pending.pop_front() {
                cx.confirmed(id, outcome);
            }
            self.inflight = self.inflight.saturating_sub(1);
            self.advance(cx);
            return Ok(());
        }
        let (flaw, inflight) = (self.flaw, self.inflight);
        for (index, (mine, _)) in self.pending.iter_mut().enumerate() {
            let fitted = mine.fitted(&theirs, true, flaw);
            theirs = theirs.fitted(mine, flaw == Some(Flaw::NoTieBreak), flaw);
            if flaw != Some(Flaw::ForgetsQueue) || index < inflight {
                *mine = fitted;
            }
        }
        match theirs.change.apply(&mut self.view) {
            Err(error) if flaw.is_none() => return Err(ProtocolError::malformed(error)),
            _ => cx.reflected(id),
        }
        Ok(())
    }

    fn link(&mut self, _: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.connected = state == LinkState::Up;
        self.advance(cx);
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
