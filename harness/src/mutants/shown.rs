//! Bugs that break session guarantees by the order of a client's reports, with a correct document.

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_strategies::replica::{Context, Effect, NodeId, OpId, Report};

use super::twist::{Inner, Twist, Wrapped, call, pass_on};
use super::{Bug, Mutant, mutant, on};
use crate::oracle::{MONOTONIC_READS, MONOTONIC_WRITES, READ_YOUR_WRITES, WRITES_FOLLOW_READS};

pub(super) static MUTANTS: &[Mutant] = &[
    mutant(
        "own-operation-taken-back",
        "A client rolls back every third operation of its user without reporting it.",
        on("crdt-automerge", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(TakesBack))),
        &READ_YOUR_WRITES,
    ),
    mutant(
        "seen-operation-taken-back",
        "A client rolls back every third operation of other users 100 ms after it showed it.",
        on("serial-optimistic", "record"),
        Bug::Replica(Wrapped::with(|_, _| {
            Box::new(Late { late: every_third, then: Report::RolledBack, ..LATE_TWIST })
        })),
        &MONOTONIC_READS,
    ),
    mutant(
        "shown-out-of-order",
        "A client shows every third operation of other users after the next ones of the same users.",
        on("serial-optimistic", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Late { late: every_third, ..LATE_TWIST }))),
        &MONOTONIC_WRITES,
    ),
    mutant(
        "shown-before-its-cause",
        "A client shows operations of client 1 after the operations that answer them.",
        on("serial-optimistic", "record"),
        Bug::Replica(Wrapped::with(|_, _| Box::new(Late { late: |op| op.client == NodeId(1), ..LATE_TWIST }))),
        &WRITES_FOLLOW_READS,
    ),
];

fn every_third(op: OpId) -> bool {
    op.n.is_multiple_of(3)
}

struct TakesBack;

impl Twist for TakesBack {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        let taken = match &effect {
            Effect::Report(Report::Confirmed(op, _)) if every_third(*op) => Some(*op),
            _ => None,
        };
        pass_on(effect, cx);
        taken.into_iter().for_each(|op| cx.rolled_back(op));
    }
}

/// The first tag of the twist's own timers.
const FIRST: u64 = 1 << 40;

const LATE_TWIST: Late = Late { late: |_| false, then: Report::Reflected, waiting: BTreeMap::new(), next: FIRST };

/// Reports operations of other users late: that it shows them, or that it no longer does.
struct Late {
    late: fn(OpId) -> bool,
    then: fn(OpId) -> Report,
    waiting: BTreeMap<u64, OpId>,
    next: u64,
}

impl Twist for Late {
    fn effect(&mut self, effect: Effect, cx: &mut Context<'_>) {
        match &effect {
            Effect::Report(Report::Reflected(op)) if op.client != cx.node() && (self.late)(*op) => {
                let op = *op;
                self.waiting.insert(self.next, op);
                // A late report replaces the one now; a rollback follows it.
                let shows = !matches!((self.then)(op), Report::Reflected(_));
                cx.set_timer(Duration::from_millis(if shows { 100 } else { 300 }), self.next);
                self.next += 1;
                if shows {
                    pass_on(effect, cx);
                }
            }
            _ => pass_on(effect, cx),
        }
    }

    fn timer(&mut self, inner: &mut Inner, tag: u64, cx: &mut Context<'_>) {
        match self.waiting.remove(&tag) {
            Some(op) => cx.report((self.then)(op)),
            None => call(self, inner, cx, |inner, cx| inner.timer(tag, cx)),
        }
    }
}
