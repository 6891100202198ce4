//! A list without a server, by fractional positions: an item has an id and lies between two others.
//!
//! A removal names the item's id and is kept, so one that overtakes its insertion still counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{ModelRef, Operation, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Guarantees, Spec};
use syncbench_strategies::view::View;

use super::super::{Base, Bug, Conditions, Mutant, USUAL, mutant};
use super::{decode, encode};
use crate::oracle::{CLOCKS, CONVERGENCE};

/// The spec.
static SPEC: Spec = Spec::own(
    "small-list",
    "a list whose items have ids and fractional positions",
    Topology::Mesh,
    Guarantees { converges: true, works_offline: true, confirms_alone: true, ..Guarantees::NONE },
    |_| Box::new(Positions(None)),
);

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// Items with one position lie in the order in which they arrived.
    NoTieBreak,
    /// A removal of an item that is not here is forgotten.
    ForgetsRemoval,
    /// A removal names an index.
    RemovesByIndex,
    /// The clock is a part of every position.
    AsksClock,
}

const STACK: (Base, &str) = (Base::Own(&SPEC), "stack:reverse=0");
/// Users act faster than a message travels.
const FAST: Conditions = Conditions { rate_per_s: 100.0, ..USUAL };
/// One direction of a connection is blocked, so that what goes by another way comes first.
const OVERTAKEN: Conditions = Conditions { faults: &["partition:one-way,client=1@100ms..900ms"], ..FAST };

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    Mutant {
        conditions: FAST,
        ..mutant(
            "equal-positions",
            "Two items that were put into one gap get one fractional position, and lie in the order of their arrival.",
            STACK,
            Bug::Strategy(|| make(Flaw::NoTieBreak)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: OVERTAKEN,
        ..mutant(
            "removal-before-insertion",
            "A removal that arrives before the insertion of its item is dropped.",
            (Base::Own(&SPEC), "stack:reverse=0,pop=0.5"),
            Bug::Strategy(|| make(Flaw::ForgetsRemoval)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: FAST,
        ..mutant(
            "removal-by-index",
            "A removal names an index and not the item that its user saw there.",
            STACK,
            Bug::Strategy(|| make(Flaw::RemovesByIndex)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: FAST,
        ..mutant(
            "order-by-clock",
            "The clock decides which of two items in one gap comes first, where no clock should.",
            STACK,
            Bug::Strategy(|| make(Flaw::AsksClock)),
            &CLOCKS,
        )
    },
];

fn make(flaw: Flaw) -> Box<dyn Strategy> {
    Box::new(Positions(Some(flaw)))
}

struct Positions(Option<Flaw>);

impl Strategy for Positions {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let genesis = Document::decode(&setup.genesis).expect("genesis is a document");
        let items = View::items(&genesis, &path!["stack"]).unwrap_or_default();
        let item = |(n, value)| Item { at: n as f64, id: (NodeId::SERVER, n as u64, 0), value };
        let items = items.into_iter().enumerate().map(item).collect();
        let mut client = Client {
            flaw: self.0,
            model: setup.model.clone(),
            view: genesis,
            peers: BTreeSet::new(),
            items,
            removed: BTreeSet::new(),
        };
        client.show();
        Box::new(client)
    }

    fn restore(&self, _: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Err(ProtocolError::Unexpected("it saves nothing".into()))
    }
}

/// The operation that inserted it, and its number there.
type ItemId = (NodeId, u64, u64);

#[derive(Clone, Serialize, Deserialize)]
struct Item {
    at: f64,
    id: ItemId,
    value: Document,
}

#[derive(Clone, Serialize, Deserialize)]
enum Step {
    Insert(Item),
    Remove(ItemId),
    RemoveAt(usize),
}

struct Client {
    flaw: Option<Flaw>,
    model: ModelRef,
    view: Document,
    /// Those that are connected.
    peers: BTreeSet<NodeId>,
    /// In the order in which they are shown.
    items: Vec<Item>,
    removed: BTreeSet<ItemId>,
}

impl Client {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// A position before the item that is at `index`.
    fn before(&self, index: usize) -> f64 {
        let at = |index: usize| self.items.get(index).map(|item| item.at);
        match (index.checked_sub(1).and_then(at), at(index)) {
            (None, None) => 0.0,
            (None, Some(next)) => next - 1.0,
            (Some(last), None) => last + 1.0,
            (Some(last), Some(next)) => (last + next) / 2.0,
        }
    }

    /// What the edits of an operation do to items. Fails on an edit of something else.
    fn steps(&self, id: OpId, edits: &[Edit]) -> Result<Vec<Step>, Rejected> {
        let mut steps = Vec::new();
        for edit in edits {
            match edit {
                Edit::ListInsert { index, values, .. } => {
                    // The first of several lies first.
                    for (n, value) in values.iter().rev().enumerate() {
                        let at = self.before(*index) - n as f64;
                        steps.push(Step::Insert(Item { at, id: (id.client, id.n, n as u64), value: value.clone() }));
                    }
                }
                Edit::ListRemove { index, .. } if self.has(Flaw::RemovesByIndex) => steps.push(Step::RemoveAt(*index)),
                Edit::ListRemove { index, count, .. } => {
                    let gone = self.items.iter().skip(*index).take(*count);
                    steps.extend(gone.map(|item| Step::Remove(item.id)));
                }
                other => return Err(Rejected::new("edit", format!("{} is no edit of a list", other.kind().name()))),
            }
        }
        Ok(steps)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Insert(item) if self.removed.contains(&item.id) => {}
            Step::Insert(item) => {
                let order = |other: &Item| {
                    let tie =
                        if self.has(Flaw::NoTieBreak) { std::cmp::Ordering::Less } else { other.id.cmp(&item.id) };
                    other.at.total_cmp(&item.at).then(tie)
                };
                let place = self.items.partition_point(|other| order(other).is_lt());
                if self.items.iter().all(|other| other.id != item.id) {
                    self.items.insert(place, item);
                }
            }
            Step::Remove(id) => {
                let known = self.items.iter().any(|item| item.id == id);
                self.items.retain(|item| item.id != id);
                if known || !self.has(Flaw::ForgetsRemoval) {
                    self.removed.insert(id);
                }
            }
            Step::RemoveAt(index) if index < self.items.len() => _ = self.items.remove(index),
            Step::RemoveAt(_) => {}
        }
    }

    fn show(&mut self) {
        let items = self.items.iter().map(|item| item.value.clone());
        self.view = Document::map([("stack", Document::list(items))]);
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let planned = self.model.plan(&self.view, operation);
        let planned = planned.and_then(|plan| Ok((self.steps(id, &plan.edits)?, plan.outcome)));
        let (mut steps, outcome) = match planned {
            Ok(planned) => planned,
            Err(reason) => return cx.rejected(id, reason),
        };
        if self.has(Flaw::AsksClock) {
            // Less than the distance of any two positions here.
            let share = (cx.wall_clock().0 % 10_000_000_000) as f64 * 1e-14;
            steps.iter_mut().for_each(|step| {
                if let Step::Insert(item) = step {
                    item.at += share;
                }
            });
        }
        cx.broadcast(self.peers.iter().copied(), encode(&((id.client, id.n), &steps)), Sidecar::op(id));
        steps.into_iter().for_each(|step| self.take(step));
        self.show();
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, outcome);
    }

    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let ((client, n), steps): ((NodeId, u64), Vec<Step>) = decode(bytes)?;
        steps.into_iter().for_each(|step| self.take(step));
        self.show();
        cx.reflected(OpId { client, n });
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        match state {
            LinkState::Up => _ = self.peers.insert(peer),
            LinkState::Down => _ = self.peers.remove(&peer),
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
