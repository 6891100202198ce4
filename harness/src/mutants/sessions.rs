//! Bugs that break session guarantees by what a replica shows and when.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::model::{Operation, Outcome};
use syncbench_strategies::registry;
use syncbench_strategies::replica::{Context, Effect, LinkState, NodeId, OpId, ProtocolError, Report, Setup};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::view::View;

use super::twist::{Inner, Twist, Wrapped, call, pass_on};
use super::{Bug, Conditions, Mutant, USUAL, mutant, on};
use crate::oracle::{FINDINGS, MONOTONIC_READS};
use crate::sessions::{
    MONOTONIC_READS_BROKEN, MONOTONIC_WRITES_BROKEN, READ_YOUR_WRITES_BROKEN, WRITES_FOLLOW_READS_BROKEN,
};

/// Two halves are partitioned for some time, and operations follow after that.
const HALVES: Conditions =
    Conditions { network: "wifi:detection=0", faults: &["partition:halves@500ms..900ms"], ops: 60, ..USUAL };
/// No fault: between partitioned halves a relay may deliver the newer of two writes first.
const CALM: Conditions = Conditions { network: "wifi", ops: 60, ..USUAL };

pub(super) static MUTANTS: &[Mutant] = &[
    Mutant {
        conditions: CALM,
        kinds: &[&READ_YOUR_WRITES_BROKEN],
        ..mutant(
            "confirmed-before-applied",
            "A client confirms an operation when it sends it, and shows it a round trip later.",
            on("serial", "record"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Promises))),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: HALVES,
        ..mutant(
            "pending-hidden",
            "An offline client stops showing pending operations from its user's third on.",
            on("serial-optimistic", "record"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Hides { connected: false, alone: 0 }))),
            &MONOTONIC_READS,
        )
    },
    Mutant {
        conditions: HALVES,
        kinds: &[&MONOTONIC_READS_BROKEN],
        ..mutant(
            "begins-anew",
            "A client that reconnects begins with the initial document, as if it had just been installed.",
            on("serial", "record"),
            Bug::Replica(Wrapped::with(|setup, _| Box::new(Begins { setup: setup.clone(), connected: 0 }))),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: CALM,
        kinds: &[&MONOTONIC_WRITES_BROKEN],
        ..mutant(
            "newer-first",
            "One client handles every fourth message 300 ms late, after those that followed it.",
            on("lww-hlc", "record"),
            Bug::Replica(Wrapped::with(|setup, _| Box::new(Late::new(setup, false)))),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: CALM,
        kinds: &[&WRITES_FOLLOW_READS_BROKEN],
        ..mutant(
            "effect-before-cause",
            "The relay forwards messages of client 1 to client 3 300 ms late.",
            on("lww-hlc", "record"),
            Bug::Replica(Wrapped::with(|setup, _| Box::new(Late::new(setup, true)))),
            &FINDINGS,
        )
    },
];

struct Promises;

impl Twist for Promises {
    fn submit(&mut self, inner: &mut Inner, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        cx.confirmed(id, Outcome::Null);
        call(self, inner, cx, |inner, cx| inner.submit(id, operation, cx));
    }

    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        if !matches!(effect, Effect::Report(Report::Confirmed(..))) {
            pass_on(effect, cx);
        }
    }
}

struct Hides {
    connected: bool,
    /// Operations of its user since the connection broke.
    alone: u32,
}

impl Twist for Hides {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        if let Effect::Report(report) = &effect
            && matches!(report, Report::Shown(OpId { client, .. }) if *client == cx.node())
            && !self.connected
        {
            self.alone += 1;
        }
        pass_on(effect, cx);
    }

    fn link(&mut self, inner: &mut Inner, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        (self.connected, self.alone) = (state == LinkState::Up, 0);
        call(self, inner, cx, |inner, cx| inner.link(peer, state, cx));
    }

    fn view<'a>(&self, inner: &'a Inner) -> &'a dyn View {
        let base = inner.confirmed().filter(|_| self.alone > 2);
        base.unwrap_or_else(|| inner.view())
    }
}

struct Begins {
    setup: Setup,
    connected: u32,
}

impl Twist for Begins {
    fn link(&mut self, inner: &mut Inner, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.connected += u32::from(state == LinkState::Up);
        let serial = "serial".parse().and_then(|serial| registry::configure(&serial));
        if self.setup.node != NodeId::SERVER
            && state == LinkState::Up
            && self.connected > 1
            && let Ok(serial) = serial
        {
            *inner = serial.strategy.replica(&self.setup);
        }
        call(self, inner, cx, |inner, cx| inner.link(peer, state, cx));
    }
}

/// A call that is put off.
enum PutOff {
    Receive(NodeId, Vec<u8>, Sidecar),
    Send(NodeId, Arc<[u8]>, Arc<Sidecar>),
}

/// Client 3 handles messages late, or the relay sends them to it late.
struct Late {
    node: NodeId,
    at_relay: bool,
    received: u64,
    /// Whether the call being handled came from client 1, late enough for users to have seen something.
    slow: bool,
    put_off: BTreeMap<u64, PutOff>,
}

/// The first tag of the twist's own timers.
const LATE: u64 = 1 << 40;

impl Late {
    fn new(setup: &Setup, at_relay: bool) -> Self {
        Self { node: setup.node, at_relay, received: 0, slow: false, put_off: BTreeMap::new() }
    }

    fn put_off(&mut self, what: PutOff, cx: &mut Context<'_>) {
        let tag = LATE + self.put_off.len() as u64 + self.received * 1_000;
        self.put_off.insert(tag, what);
        cx.set_timer(Duration::from_millis(300), tag);
    }
}

impl Twist for Late {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        match effect {
            Effect::Send { to, bytes, sidecar } if self.slow && to == NodeId(3) => {
                self.put_off(PutOff::Send(to, bytes, sidecar), cx);
            }
            effect => pass_on(effect, cx),
        }
    }

    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.received += 1;
        if !self.at_relay && self.node == NodeId(3) && self.received.is_multiple_of(4) {
            self.put_off(PutOff::Receive(from, bytes.to_vec(), sidecar.clone()), cx);
            return Ok(());
        }
        self.slow = self.at_relay && self.node == NodeId::SERVER && from == NodeId(1) && self.received > 10;
        let result = call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx));
        self.slow = false;
        result
    }

    fn timer(&mut self, inner: &mut Inner, tag: u64, cx: &mut Context<'_>) {
        match self.put_off.remove(&tag) {
            // A message from an honest peer is valid, late or not.
            Some(PutOff::Receive(from, bytes, sidecar)) => {
                _ = call(self, inner, cx, |inner, cx| inner.receive(from, &bytes, &sidecar, cx));
            }
            Some(PutOff::Send(to, bytes, sidecar)) => cx.send(to, bytes, sidecar),
            None => call(self, inner, cx, |inner, cx| inner.timer(tag, cx)),
        }
    }
}
