//! A server that orders operations, and clients that show their own at once and replay them on its state.
//!
//! The server numbers what it carries out and sends the changes, with the verdict for the issuer. A client that connects asks
//! for what follows its last place and resends every operation that has no place yet; the server knows an operation by (client, n).

mod client;
mod server;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{Operation, Outcome, Rejected};
use syncbench_strategies::replica::{NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use syncbench_strategies::spec::{Guarantees, Spec, Support};

use super::super::{Base, Bug, CUT_OFF, Conditions, Mutant, USUAL, mutant};
use crate::oracle::{ANSWERS, CONVERGENCE, FINDINGS};
use crate::pace::Pace;
use crate::workloads::counter::{DUPLICATED_INCREMENT, LOST_INCREMENT};
use client::Client;
use server::Server;

/// The spec.
static SPEC: Spec = Spec {
    undo: Support::Native,
    ..Spec::own(
        "small-optimistic",
        "one server orders operations; clients replay theirs on its state",
        Topology::Star,
        Guarantees { converges: true, works_offline: true, can_refuse: true, needs_server: true, ..Guarantees::NONE },
        |_| Box::new(Optimistic(None)),
    )
};

/// Where the bug is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// The server does not recognize an operation that it has carried out.
    AppliesAgain,
    /// The client stores what was inflight once more, under new numbers.
    StoresAgain,
    /// The answer to a join leaves out the client's own operations.
    OmitsOwn,
    /// A replay loses the last pending operation.
    DropsOne,
    /// Client 2 gets the operations of one moment in another order.
    TwoOrders,
    /// The answer to a join names a place that it does not reach.
    TornSnapshot,
    /// A client that reconnects asks for nothing and takes what arrives.
    IgnoresEpoch,
    /// A client that reconnects asks from one place too far.
    OneTooFar,
    /// Operations made offline are forgotten when the connection opens.
    ForgetsOffline,
    /// An undo brings back the state before its operation.
    UndoesAll,
    /// All clients but the issuer carry out a rejected operation.
    SpreadsRejected,
}

const CONTENDED: (Base, &str) = (Base::Own(&SPEC), "record:contention=one:1");
const COUNTING: (Base, &str) = (Base::Own(&SPEC), "counter:like=0");
/// Cut off while operations are under way.
const CUT_INFLIGHT: Conditions = Conditions { rate_per_s: 60.0, ..CUT_OFF };

pub(in crate::mutants) static MUTANTS: &[Mutant] = &[
    Mutant {
        conditions: CUT_INFLIGHT,
        kinds: &[&DUPLICATED_INCREMENT],
        ..mutant(
            "double-apply-on-resend",
            "The server carries out an operation twice if a client resends it after a broken connection.",
            COUNTING,
            Bug::Strategy(|| make(Flaw::AppliesAgain)),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: CUT_INFLIGHT,
        kinds: &[&DUPLICATED_INCREMENT],
        history: Some("liveblocks PR#3509"),
        ..mutant(
            "inflight-stored-twice",
            "Operations inflight when the connection broke also go to the offline queue, although the server has stored them.",
            COUNTING,
            Bug::Strategy(|| make(Flaw::StoresAgain)),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: CUT_INFLIGHT,
        ..mutant(
            "acknowledgement-lost",
            "A client that reconnects gets what it missed without its own operations, so they are never confirmed.",
            COUNTING,
            Bug::Strategy(|| make(Flaw::OmitsOwn)),
            &ANSWERS,
        )
    },
    Mutant {
        conditions: Conditions { rate_per_s: 100.0, ..USUAL },
        ..mutant(
            "rebase-drops-one",
            "A client that rebases two or more pending operations loses the last one.",
            COUNTING,
            Bug::Strategy(|| make(Flaw::DropsOne)),
            &ANSWERS,
        )
    },
    Mutant {
        conditions: Conditions { rate_per_s: 100.0, ..USUAL },
        ..mutant(
            "two-orders",
            "The server sends operations that arrive within 20 ms to one client in another order than to the rest.",
            CONTENDED,
            Bug::Strategy(|| make(Flaw::TwoOrders)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: CUT_OFF,
        ..mutant(
            "torn-snapshot",
            "A client that joins gets a state that was read before its subscription began, and misses what lies between.",
            CONTENDED,
            Bug::Strategy(|| make(Flaw::TornSnapshot)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: CUT_OFF,
        ..mutant(
            "epoch-ignored",
            "A client takes a new connection for the old one, and its messages for the next in order.",
            CONTENDED,
            Bug::Strategy(|| make(Flaw::IgnoresEpoch)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: CUT_OFF,
        ..mutant(
            "resumes-one-too-far",
            "A client that reconnects asks from one place too far.",
            CONTENDED,
            Bug::Strategy(|| make(Flaw::OneTooFar)),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: CUT_OFF,
        ..mutant(
            "offline-work-forgotten",
            "Operations made offline are dropped when the connection opens.",
            COUNTING,
            Bug::Strategy(|| make(Flaw::ForgetsOffline)),
            &ANSWERS,
        )
    },
    Mutant {
        conditions: Conditions { undo: 0.3, pace: Pace::Turns, ..USUAL },
        kinds: &[&LOST_INCREMENT],
        ..mutant(
            "undo-takes-others-work",
            "An undo brings back the state before its operation, without later operations of others.",
            COUNTING,
            Bug::Strategy(|| make(Flaw::UndoesAll)),
            &FINDINGS,
        )
    },
    mutant(
        "rejected-and-spread",
        "An operation that is rejected to its issuer is carried out by the other clients.",
        (Base::Own(&SPEC), "booking:tickets=2,cancel=0.1"),
        Bug::Strategy(|| make(Flaw::SpreadsRejected)),
        &CONVERGENCE,
    ),
];

fn make(flaw: Flaw) -> Box<dyn Strategy> {
    Box::new(Optimistic(Some(flaw)))
}

struct Optimistic(Option<Flaw>);

impl Strategy for Optimistic {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        match setup.node {
            NodeId::SERVER => Box::new(Server::new(setup, data, self.0)),
            _ => Box::new(Client::new(setup, data, self.0)),
        }
    }

    fn restore(&self, _: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Err(ProtocolError::Unexpected("it saves nothing".into()))
    }
}

/// What a client asks for.
#[derive(Clone, Serialize, Deserialize)]
enum Action {
    Operate(Operation),
    Undo(u64),
}

#[derive(Serialize, Deserialize)]
enum ToServer {
    /// "I have everything up to this place." Without a place, the sender goes on where it was.
    Join(Option<u64>),
    Push {
        n: u64,
        action: Action,
    },
}

#[derive(Serialize, Deserialize)]
enum ToClient {
    Places(Vec<Place>),
    /// The answer to a join: what follows, up to `end`.
    Joined {
        places: Vec<Place>,
        end: u64,
    },
}

/// One place in the server's order.
#[derive(Clone, Serialize, Deserialize)]
struct Place {
    seq: u64,
    client: NodeId,
    n: u64,
    edits: Vec<Edit>,
    verdict: Result<Outcome, Rejected>,
}

impl Place {
    fn id(&self) -> OpId {
        OpId { client: self.client, n: self.n & NUMBER }
    }
}

/// The bits of an operation's number; what lies above tells a second copy from the first.
const NUMBER: u64 = (1 << 40) - 1;
