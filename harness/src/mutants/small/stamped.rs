//! Last writer wins without a server: every client keeps all writes and shows them in the order of their stamps.
//!
//! A stamp is a hybrid logical clock and the client's number. Each write goes to every other client, and a client that
//! connects gets all writes that there are. So two clients with the same writes show the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{ModelRef, Operation};
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Guarantees, Spec};
use syncbench_strategies::view::View;

use super::super::{Base, Bug, Conditions, Mutant, USUAL, mutant};
use super::{decode, encode};
use crate::oracle::{CONVERGENCE, DETERMINISM, FINDINGS};
use crate::oracles::writes::EDIT_LOST;
use crate::pace::Pace;
use crate::workloads::counter::DUPLICATED_INCREMENT;
use crate::workloads::record::DELETE_LOST;

/// The spec.
static SPEC: Spec = Spec::own(
    "small-lww",
    "every client keeps all writes and shows them in the order of their stamps",
    Topology::Mesh,
    Guarantees {
        converges: true,
        works_offline: true,
        confirms_alone: true,
        depends_on_clocks: true,
        ..Guarantees::NONE
    },
    |_| Box::new(Stamped(None)),
);

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// Of two writes with one stamp a replica keeps the one that it has.
    KeepsOwn,
    /// Of two writes with one stamp a replica keeps the one that it receives last.
    KeepsLatest,
    /// A stamp is the time of the clock, even after a later stamp was seen.
    TrustsClock,
    /// A write that arrives behind a newer one of its sender is dropped.
    LosesOne,
    /// A write that arrives twice counts twice.
    CountsAgain,
    /// A removal is forgotten once it is some time old, together with what it removed.
    Purges,
    /// Writes are shown in the order of a map without order.
    Unordered,
}

const TABLE: (Base, &str) = (Base::Own(&SPEC), "record:contention=one:1");
const FAST: Conditions = Conditions { rate_per_s: 200.0, ops: 24, ..USUAL };
const AWAY: Conditions =
    Conditions { network: "4g:detection=0", faults: &["partition:isolate,client=2@300ms..1s"], ops: 60, ..USUAL };

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    Mutant {
        conditions: FAST,
        ..mutant(
            "no-tie-break",
            "Of two writes in one second, which is as exact as stamps are, each replica keeps its own.",
            TABLE,
            Bug::Strategy(|| make(Flaw::KeepsOwn)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: FAST,
        ..mutant(
            "latest-arrival-wins",
            "Of two writes in one second, each replica keeps the one that it receives last.",
            TABLE,
            Bug::Strategy(|| make(Flaw::KeepsLatest)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: Conditions { faults: &["skew:by=2s,client=2,to=behind"], pace: Pace::Turns, ..USUAL },
        kinds: &[&EDIT_LOST],
        ..mutant(
            "clock-trusted",
            "A write is stamped with the clock's time, although its replica has seen a later stamp.",
            TABLE,
            Bug::Strategy(|| make(Flaw::TrustsClock)),
            &FINDINGS,
        )
    },
    mutant(
        "loses-one-change",
        "Of the changes of one client, every tenth that arrives is dropped.",
        (Base::Own(&SPEC), "counter"),
        Bug::Strategy(|| make(Flaw::LosesOne)),
        &CONVERGENCE,
    ),
    Mutant {
        conditions: AWAY,
        kinds: &[&DUPLICATED_INCREMENT],
        ..mutant(
            "counter-adds-twice",
            "An increment that is resent after a broken connection is added twice.",
            (Base::Own(&SPEC), "counter:like=0"),
            Bug::Strategy(|| make(Flaw::CountsAgain)),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: AWAY,
        history: Some("pouchdb#7645"),
        kinds: &[&DELETE_LOST],
        ..mutant(
            "tombstone-purged-early",
            "A tombstone is purged while a client is offline, and the deleted entry returns with that client.",
            (Base::Own(&SPEC), "record:create=0.4,delete=0.4"),
            Bug::Strategy(|| make(Flaw::Purges)),
            &FINDINGS,
        )
    },
    mutant(
        "hash-map-order",
        "Writes are shown in the order of a hash map, which differs in every process and replica.",
        TABLE,
        Bug::Strategy(|| make(Flaw::Unordered)),
        &DETERMINISM,
    ),
];

fn make(flaw: Flaw) -> Box<dyn Strategy> {
    Box::new(Stamped(Some(flaw)))
}

struct Stamped(Option<Flaw>);

impl Strategy for Stamped {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let genesis = Document::decode(&setup.genesis).expect("genesis is a document");
        Box::new(Client {
            flaw: self.0,
            model: setup.model.clone(),
            node: setup.node,
            view: genesis.clone(),
            genesis,
            peers: BTreeSet::new(),
            latest: 0,
            arrived: 0,
            writes: BTreeMap::new(),
        })
    }

    fn restore(&self, _: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Err(ProtocolError::Unexpected("it saves nothing".into()))
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Write {
    /// In nanoseconds.
    stamp: u64,
    client: NodeId,
    n: u64,
    edits: Vec<Edit>,
}

impl Write {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n }
    }
}

/// Where a write is shown: by stamp and client; by what else a flaw puts there.
type Place = (u64, u64, u64);

struct Client {
    flaw: Option<Flaw>,
    model: ModelRef,
    node: NodeId,
    genesis: Document,
    view: Document,
    /// Those that are connected.
    peers: BTreeSet<NodeId>,
    latest: u64,
    /// How many writes have arrived.
    arrived: u64,
    writes: BTreeMap<Place, Write>,
}

impl Client {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn place(&self, write: &Write) -> Place {
        match self.flaw {
            // What is its own comes last.
            Some(Flaw::KeepsOwn) => (write.stamp, u64::from(write.client == self.node), self.arrived),
            Some(Flaw::KeepsLatest | Flaw::CountsAgain) => (write.stamp, self.arrived, 0),
            _ => (write.stamp, write.client.0.into(), write.n),
        }
    }

    fn insert(&mut self, write: Write) {
        self.latest = self.latest.max(write.stamp);
        self.arrived += 1;
        let known = self.writes.values().any(|known| known.id() == write.id());
        if !known || self.has(Flaw::CountsAgain) {
            self.writes.insert(self.place(&write), write);
        }
    }

    fn show(&mut self) {
        self.view = self.genesis.clone();
        let apply = |view: &mut Document, write: &Write| {
            // What does not fit has lost to a removal.
            write.edits.iter().for_each(|edit| _ = view.apply(edit));
        };
        if self.has(Flaw::Unordered) {
            let writes = unordered(&self.writes);
            writes.iter().for_each(|write| apply(&mut self.view, write));
        } else {
            self.writes.values().for_each(|write| apply(&mut self.view, write));
        }
    }

    /// Forgets a removal and everything that was written at its path.
    fn purge(&mut self) {
        let removed = |write: &Write| {
            write.edits.iter().find_map(|edit| match edit {
                Edit::Remove { path } => Some(path.clone()),
                _ => None,
            })
        };
        let gone: Vec<_> = self.writes.values().filter_map(removed).collect();
        self.writes
            .retain(|_, write| !gone.iter().any(|path| write.edits.iter().any(|edit| edit.path().starts_with(path))));
        gone.into_iter().for_each(|path| _ = self.genesis.apply(&Edit::Remove { path }));
    }
}

/// The writes in the order of a map that has none.
#[allow(clippy::disallowed_types, reason = "it is the bug")]
fn unordered(writes: &BTreeMap<Place, Write>) -> Vec<&Write> {
    let map: std::collections::HashMap<Place, &Write> = writes.iter().map(|(place, write)| (*place, write)).collect();
    map.into_values().collect()
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let plan = match self.model.plan(&self.view, operation) {
            Ok(plan) => plan,
            Err(reason) => return cx.rejected(id, reason),
        };
        let wall = cx.wall_clock().0;
        let stamp = match self.flaw {
            Some(Flaw::TrustsClock) => wall,
            Some(Flaw::KeepsOwn | Flaw::KeepsLatest) => wall / 1_000_000_000,
            _ => wall.max(self.latest + 1),
        };
        let write = Write { stamp, client: id.client, n: id.n, edits: plan.edits };
        cx.broadcast(self.peers.iter().copied(), encode(&vec![&write]), Sidecar::op(id));
        self.insert(write);
        self.show();
        if self.has(Flaw::Purges) {
            cx.set_timer(Duration::from_millis(100), 0);
        }
        cx.shown(id);
        cx.reflected(id);
        cx.confirmed(id, plan.outcome);
    }

    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let writes: Vec<Write> = decode(bytes)?;
        for write in writes {
            let id = write.id();
            if self.has(Flaw::LosesOne) && (self.arrived + u64::from(self.node.0)).is_multiple_of(10) {
                self.arrived += 1;
            } else {
                self.insert(write);
            }
            cx.reflected(id);
        }
        self.show();
        Ok(())
    }

    fn timer(&mut self, _: u64, _: &mut Context<'_>) {
        self.purge();
        self.show();
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        if state == LinkState::Down {
            self.peers.remove(&peer);
            return;
        }
        self.peers.insert(peer);
        let writes: Vec<&Write> = self.writes.values().collect();
        if !writes.is_empty() {
            cx.send(peer, encode(&writes), Sidecar::ops(writes.iter().map(|write| write.id())));
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
