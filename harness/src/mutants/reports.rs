//! Bugs in what a replica tells its user.

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_strategies::model::{Outcome, Rejected};
use syncbench_strategies::replica::{Context, Effect, NodeId, OpId, ProtocolError, Report};
use syncbench_strategies::sidecar::Sidecar;

use super::twist::{Inner, Twist, Wrapped, call, pass_on};
use super::{Bug, Conditions, Mutant, USUAL, mutant, on};
use crate::oracle::{ANSWERS, FINDINGS, SAME_OPERATIONS, SERIAL_ORDER};
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;
use crate::pace::Pace;
use crate::workloads::booking::LOST_BOOKING;
use crate::workloads::stack::ITEM_FROM_NOWHERE;

pub(super) static MUTANTS: &[Mutant] = &[
    mutant(
        "reflected-too-early",
        "A replica reports a message as reflected, and takes it 25 ms later.",
        on("lww-document", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Hasty::default()))),
        &SAME_OPERATIONS,
    ),
    mutant(
        "answer-forgotten",
        "Every third operation of a client is carried out, and its user gets no answer.",
        on("serial", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Silent))),
        &ANSWERS,
    ),
    Mutant {
        kinds: &[&LOST_BOOKING],
        ..mutant(
            "rejection-confirmed",
            "A rejected operation is reported to its user as confirmed.",
            on("serial", "booking:tickets=2,cancel=0.1"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Flatters))),
            &FINDINGS,
        )
    },
    Mutant {
        kinds: &[&ITEM_FROM_NOWHERE],
        ..mutant(
            "confirmation-rejected",
            "Every third confirmed operation is reported to its user as rejected.",
            on("serial", "stack:pop=0.1,reverse=0"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Denies))),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: Conditions { ops: 8, rate_per_s: 100.0, ..USUAL },
        ..mutant(
            "answers-exchanged",
            "A user gets the outcome of its previous operation.",
            on("serial", "stack:pop=0.5,reverse=0"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Confuses { outcome: Outcome::Null }))),
            &SERIAL_ORDER,
        )
    },
    Mutant {
        conditions: Conditions { undo: 0.3, pace: Pace::Turns, ..USUAL },
        kinds: &[&UNDO_WITHOUT_EFFECT],
        ..mutant(
            "undo-without-effect",
            "An undo is confirmed, and the operation stays in place.",
            on("serial", "record"),
            Bug::Replica(Wrapped::with(|_, _| Box::new(Keeps))),
            &FINDINGS,
        )
    },
];

/// The first tag of the twist's own timers.
const LATE: u64 = 1 << 40;

#[derive(Default)]
struct Hasty {
    received: u64,
    late: BTreeMap<u64, (NodeId, Vec<u8>, Sidecar)>,
}

impl Twist for Hasty {
    fn receive(
        &mut self,
        _: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.received += 1;
        cx.reflected_all(sidecar);
        cx.set_timer(Duration::from_millis(25), LATE + self.received);
        self.late.insert(LATE + self.received, (from, bytes.to_vec(), sidecar.clone()));
        Ok(())
    }

    fn timer(&mut self, inner: &mut Inner, tag: u64, cx: &mut Context<'_>) {
        match self.late.remove(&tag) {
            // A message from an honest peer is valid, late or not.
            Some((from, bytes, sidecar)) => {
                _ = call(self, inner, cx, |inner, cx| inner.receive(from, &bytes, &sidecar, cx));
            }
            None => call(self, inner, cx, |inner, cx| inner.timer(tag, cx)),
        }
    }
}

struct Silent;

impl Twist for Silent {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        match effect {
            Effect::Report(Report::Confirmed(id, _)) if id.n.is_multiple_of(3) => {}
            effect => pass_on(effect, cx),
        }
    }
}

struct Flatters;

impl Twist for Flatters {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        match effect {
            Effect::Report(Report::Rejected(id, _)) => {
                cx.reflected(id);
                cx.confirmed(id, Outcome::Null);
            }
            effect => pass_on(effect, cx),
        }
    }
}

struct Denies;

impl Twist for Denies {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        match effect {
            Effect::Report(Report::Confirmed(id, _)) if id.n.is_multiple_of(3) => {
                cx.rejected(id, Rejected::new("no", "it stands nevertheless"));
            }
            effect => pass_on(effect, cx),
        }
    }
}

struct Confuses {
    outcome: Outcome,
}

impl Twist for Confuses {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        match effect {
            Effect::Report(Report::Confirmed(id, outcome)) => {
                cx.confirmed(id, std::mem::replace(&mut self.outcome, outcome));
            }
            effect => pass_on(effect, cx),
        }
    }
}

struct Keeps;

impl Twist for Keeps {
    fn undo(&mut self, _: &mut Inner, id: OpId, _: OpId, cx: &mut Context<'_>) {
        cx.void(id);
        cx.confirmed(id, Outcome::Null);
    }
}
