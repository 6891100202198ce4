//! Bugs in what a replica keeps, and in what it draws from besides its arguments.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use syncbench_strategies::replica::{Context, Effect, NodeId, ProtocolError, Setup};
use syncbench_strategies::sidecar::Sidecar;

use super::twist::{Inner, Twist, Wrapped, call, pass_on};
use super::{Bug, Conditions, Mutant, USUAL, mutant, on};
use crate::oracle::{CONVERGENCE, DETERMINISM, HOSTILE_BYTES, MEMORY, PANICS, RECOVERY, SIDECARS};
use crate::pace::Pace;

/// Long enough to fill a bounded history several times over, on a document that keeps its size.
const LONG: Conditions = Conditions {
    network: "lan",
    pace: Pace::Turns,
    ops: 2_000,
    rate_per_s: 200.0,
    sample_every: Some(Duration::from_secs(1)),
    ..USUAL
};

pub(super) static MUTANTS: &[Mutant] = &[
    Mutant {
        conditions: Conditions { faults: &["crash:client=2@500ms..900ms"], ..USUAL },
        ..mutant(
            "saves-its-first-state",
            "A client saves its initial state, so a crash takes it back to the start.",
            on("serial", "record"),
            Bug::Replica(Wrapped::with(|_, inner| Box::new(Amnesia { first: inner.durable() }))),
            &RECOVERY,
        )
    },
    mutant(
        "reads-sidecars",
        "A replica answers a message only where its sidecar names an operation.",
        on("lww-document", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Reads))),
        &SIDECARS,
    ),
    mutant(
        "counter-of-the-process",
        "Messages carry a number that the whole program counts, so a run depends on those before it.",
        on("serial", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Counts))),
        &DETERMINISM,
    ),
    Mutant {
        conditions: LONG,
        ..mutant(
            "keeps-every-message",
            "A replica keeps every message that it ever received.",
            on("serial:history=50", "counter:like=0"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Hoards { kept: Vec::new() }))),
            &MEMORY,
        )
    },
    mutant(
        "panics",
        "A replica panics on its twentieth message.",
        on("serial", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Panics { received: 0 }))),
        &PANICS,
    ),
    mutant(
        "panics-on-damage",
        "A replica panics on bytes that are no message.",
        on("serial", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Careless::Panics))),
        &HOSTILE_BYTES,
    ),
    mutant(
        "believes-lengths",
        "A replica allocates as much memory as a length in a message says.",
        on("serial", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Careless::Believes))),
        &HOSTILE_BYTES,
    ),
    mutant(
        "acts-before-it-checks",
        "A replica answers a message that it then refuses.",
        on("serial", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Careless::Acts))),
        &HOSTILE_BYTES,
    ),
    Mutant {
        history: Some("y-crdt#361"),
        ..mutant(
            "one-client-id-twice",
            "Two clients make changes under one client id.",
            on("crdt-yrs", "record"),
            Bug::Replica(Wrapped { setup: as_client_one, ..Wrapped::with(|_, _| Box::new(Inert)) }),
            &CONVERGENCE,
        )
    },
];

/// Nothing: the wrapper alone.
pub(super) struct Inert;

impl Twist for Inert {}

struct Amnesia {
    first: Vec<u8>,
}

impl Twist for Amnesia {
    fn durable(&self, _: &Inner) -> Vec<u8> {
        self.first.clone()
    }
}

struct Reads;

const HELLO: &[u8] = b"hello";

impl Twist for Reads {
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        if bytes == HELLO {
            return Ok(());
        }
        if *sidecar != Sidecar::none() {
            cx.send(from, HELLO, Sidecar::none());
        }
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }
}

struct Counts;

impl Twist for Counts {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        static SENT: AtomicU64 = AtomicU64::new(0);
        let Effect::Send { to, bytes, sidecar } = effect else { return pass_on(effect, cx) };
        let mut longer = bytes.to_vec();
        longer.push(SENT.fetch_add(1, Ordering::Relaxed) as u8);
        cx.send(to, longer, sidecar);
    }

    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let bytes = bytes.split_last().map_or(bytes, |(_, rest)| rest);
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }
}

struct Hoards {
    kept: Vec<Vec<u8>>,
}

impl Twist for Hoards {
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.kept.push(bytes.to_vec());
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }
}

struct Panics {
    received: u32,
}

impl Twist for Panics {
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.received += 1;
        if self.received == 20 {
            resume_unwind(Box::new("an index beyond the end"));
        }
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }
}

/// What a replica does with bytes that it should only refuse.
enum Careless {
    Panics,
    Believes,
    Acts,
}

impl Twist for Careless {
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        if matches!(self, Careless::Believes) && bytes.contains(&0xff) {
            drop(std::hint::black_box(vec![0u8; 1 << 27]));
        }
        let result = call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx));
        match (&self, &result) {
            // As a panic unwinds, without its message on the terminal.
            (Careless::Panics, Err(_)) => resume_unwind(Box::new("cannot happen")),
            (Careless::Acts, Err(_)) => cx.send(from, HELLO, Sidecar::none()),
            _ => {}
        }
        result
    }
}

/// Client 2 is told that it is client 1.
fn as_client_one(setup: &Setup) -> Setup {
    let node = if setup.node == NodeId(2) { NodeId(1) } else { setup.node };
    Setup { node, ..setup.clone() }
}
