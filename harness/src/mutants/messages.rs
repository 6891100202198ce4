//! Bugs in what a replica sends, forwards and receives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use syncbench_strategies::replica::{Context, Effect, LinkState, NodeId, ProtocolError, Setup};
use syncbench_strategies::sidecar::Sidecar;

use super::twist::{Inner, Twist, Wrapped, call, pass_on};
use super::{Bug, CUT_OFF, Conditions, Mutant, USUAL, mutant, on};
use crate::network::Transport;
use crate::oracle::{CONVERGENCE, PROTOCOL_ERRORS, QUIESCENCE};

pub(super) static MUTANTS: &[Mutant] = &[
    mutant(
        "own-messages-lost",
        "A client stops sending after its first few operations, and continues as if it had sent them.",
        on("lww-document", "record"),
        Bug::Replica(Wrapped::with(|setup, _| Box::new(Falters { mute: setup.node == NodeId(1), sent: 0 }))),
        &CONVERGENCE,
    ),
    mutant(
        "relay-forgets",
        "The relay does not forward every third message.",
        on("lww-document", "record"),
        Bug::Replica(Wrapped::with(|setup, _| Box::new(Forgets { relay: setup.node == NodeId::SERVER, sent: 0 }))),
        &CONVERGENCE,
    ),
    Mutant {
        conditions: CUT_OFF,
        ..mutant(
            "joins-without-subscribing",
            "A client that reconnects gets what it missed, and nothing after that.",
            on("lww-document", "record"),
            Bug::Replica(Wrapped::with(|setup, _| Box::new(Deaf::new(setup)))),
            &CONVERGENCE,
        )
    },
    Mutant {
        conditions: Conditions { budget: Duration::from_secs(3), ..USUAL },
        ..mutant(
            "ping-pong",
            "Two peers answer each other's answers forever.",
            on("serial", "record"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(PingPong))),
            &QUIESCENCE,
        )
    },
    mutant(
        "honest-message-refused",
        "A replica takes every fifth message and then reports it as a protocol error.",
        on("serial", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Refuses { received: 0 }))),
        &PROTOCOL_ERRORS,
    ),
    Mutant {
        conditions: Conditions { transport: Transport::Datagram { loss: 0.0, duplicate: 0.3 }, ..USUAL },
        ..mutant(
            "duplicate-is-an-error",
            "A message that arrives twice is a protocol error, where duplicates are said to be tolerated.",
            on("lww-document", "record"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Once::default()))),
            &PROTOCOL_ERRORS,
        )
    },
];

struct Falters {
    mute: bool,
    sent: u32,
}

impl Twist for Falters {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        if matches!(effect, Effect::Send { .. }) {
            self.sent += 1;
            if self.mute && self.sent > 3 {
                return;
            }
        }
        pass_on(effect, cx);
    }
}

struct Forgets {
    relay: bool,
    sent: u32,
}

impl Twist for Forgets {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        if self.relay && matches!(effect, Effect::Send { .. }) {
            self.sent += 1;
            if self.sent.is_multiple_of(3) {
                return;
            }
        }
        pass_on(effect, cx);
    }
}

/// At a server: the peers that have connected again, and the one whose message is being answered.
struct Deaf {
    server: bool,
    known: BTreeSet<NodeId>,
    returned: BTreeSet<NodeId>,
    answering: Option<NodeId>,
}

impl Deaf {
    fn new(setup: &Setup) -> Self {
        let server = setup.node == NodeId::SERVER;
        Self { server, known: BTreeSet::new(), returned: BTreeSet::new(), answering: None }
    }
}

impl Twist for Deaf {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        if let Effect::Send { to, .. } = &effect
            && self.returned.contains(to)
            && self.answering != Some(*to)
        {
            return;
        }
        pass_on(effect, cx);
    }

    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.answering = Some(from);
        let result = call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx));
        self.answering = None;
        result
    }

    fn link(&mut self, inner: &mut Inner, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        if self.server && state == LinkState::Up && !self.known.insert(peer) {
            self.returned.insert(peer);
        }
        self.answering = Some(peer);
        call(self, inner, cx, |inner, cx| inner.link(peer, state, cx));
        self.answering = None;
    }
}

const PING: &[u8] = b"ping";

struct PingPong;

impl Twist for PingPong {
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        if bytes == PING {
            cx.send(from, PING, Sidecar::none());
            return Ok(());
        }
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }

    fn link(&mut self, inner: &mut Inner, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        if state == LinkState::Up {
            cx.send(peer, PING, Sidecar::none());
        }
        call(self, inner, cx, |inner, cx| inner.link(peer, state, cx));
    }
}

struct Refuses {
    received: u32,
}

impl Twist for Refuses {
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.received += 1;
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))?;
        if self.received.is_multiple_of(5) { Err(ProtocolError::malformed("no idea")) } else { Ok(()) }
    }
}

/// Messages that arrived, by sender. Each gets a number at its end, because no message is sent twice on purpose.
#[derive(Default)]
struct Once {
    sent: u64,
    received: BTreeMap<NodeId, BTreeSet<u64>>,
}

impl Twist for Once {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        let Effect::Send { to, bytes, sidecar } = effect else { return pass_on(effect, cx) };
        self.sent += 1;
        cx.send(to, [&*bytes, &self.sent.to_le_bytes()].concat(), sidecar);
    }

    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let (bytes, number) = bytes.split_last_chunk().ok_or_else(|| ProtocolError::malformed("no number"))?;
        if !self.received.entry(from).or_default().insert(u64::from_le_bytes(*number)) {
            return Err(ProtocolError::malformed("again"));
        }
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }
}
