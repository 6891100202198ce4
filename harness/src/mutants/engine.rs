//! Bugs in the harness itself: the simulator, its wires, the ledger and what the probes see.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, Report, Time};

use super::{Bug, CUT_OFF, Conditions, Mutant, USUAL, mutant, on};
use crate::event::{Event, What};
use crate::faults::Transition;
use crate::oracle::{
    AGREEMENT, ANSWERS, CLOSED_FORMS, CONVERGENCE, DETERMINISM, FAULT_COVERAGE, FINDINGS, MESSAGE_ACCOUNTS,
    PROTOCOL_ERRORS, RECOVERY, SAME_OPERATIONS,
};
use crate::oracles::writes::EDIT_LOST;
use crate::pace::Pace;
use crate::sabotage::{Passage, Saboteur};
use crate::wire::Parcel;
use crate::workloads::counter::DUPLICATED_INCREMENT;
use crate::workloads::stack::ITEM_LOST;

/// Every message takes exactly 40 ms, so latencies are known in advance.
const CONSTANT: Conditions = Conditions { network: "constant:40ms", ..USUAL };

pub(super) static MUTANTS: &[Mutant] = &[
    mutant(
        "probe-misses-a-delivery",
        "The probes do not see every ninth delivery of a message.",
        on("serial", "record"),
        Bug::Harness(|| Box::new(Blind { seen: 0 })),
        &MESSAGE_ACCOUNTS,
    ),
    mutant(
        "probe-misses-a-state",
        "The probes do not see the last states that one client shows.",
        on("serial", "record"),
        Bug::Harness(|| Box::new(Freezes)),
        &AGREEMENT,
    ),
    mutant(
        "wire-swallows",
        "A wire loses every twentieth message, and nothing says so.",
        on("lww-document", "record"),
        Bug::Harness(|| Box::new(Wire { arrived: 0, every: 20, passage: Passage::Swallowed })),
        &MESSAGE_ACCOUNTS,
    ),
    mutant(
        "wire-copies",
        "A wire delivers every tenth message twice, and nothing says so.",
        on("lww-document", "record"),
        Bug::Harness(|| Box::new(Wire { arrived: 0, every: 10, passage: Passage::Copied })),
        &MESSAGE_ACCOUNTS,
    ),
    mutant(
        "wire-reorders",
        "A stream lets a message overtake every seventh.",
        on("serial", "record"),
        Bug::Harness(|| Box::new(Wire { arrived: 0, every: 7, passage: Passage::Later(Duration::from_millis(300)) })),
        &PROTOCOL_ERRORS,
    ),
    mutant(
        "wire-misroutes",
        "A wire hands every eighth message for client 1 to client 2.",
        on("serial", "record"),
        Bug::Harness(|| Box::new(Misroutes { arrived: 0 })),
        &PROTOCOL_ERRORS,
    ),
    Mutant {
        conditions: CONSTANT,
        ..mutant(
            "wire-adds-a-delay",
            "Every message takes a tenth of a millisecond longer than its network says.",
            on("serial", "record"),
            Bug::Harness(|| Box::new(Slow::default())),
            &CLOSED_FORMS,
        )
    },
    mutant(
        "luck-of-the-process",
        "The delay of a message depends on how many the whole program has sent before.",
        on("serial", "record"),
        Bug::Harness(|| Box::new(Drawn::default())),
        &DETERMINISM,
    ),
    Mutant {
        conditions: CUT_OFF,
        ..mutant(
            "fault-that-does-nothing",
            "A partition is announced, and no connection breaks.",
            on("serial", "record"),
            Bug::Harness(|| Box::new(Skips { from: Time::from_ms(1), until: Time::from_ms(500) })),
            &FAULT_COVERAGE,
        )
    },
    Mutant {
        conditions: CUT_OFF,
        ..mutant(
            "fault-that-never-heals",
            "A partition ends, and its connections stay broken.",
            on("serial", "record"),
            Bug::Harness(|| Box::new(Skips { from: Time::from_ms(500), until: Time(u64::MAX) })),
            &ANSWERS,
        )
    },
    Mutant {
        conditions: Conditions { pace: Pace::Turns, ..USUAL },
        kinds: &[&EDIT_LOST],
        ..mutant(
            "clock-set-wrong",
            "The clock of client 2 is ten seconds behind, although no fault has set it so.",
            on("lww-document", "record:contention=one:1"),
            Bug::Harness(|| Box::new(Behind)),
            &FINDINGS,
        )
    },
    Mutant {
        conditions: Conditions { faults: &["crash:client=2@400ms..800ms", "crash:client=3@600ms..1s"], ..USUAL },
        ..mutant(
            "recovers-from-others-bytes",
            "A node that recovers gets what another node had saved.",
            on("lww-document", "record"),
            Bug::Harness(|| Box::new(Exchanges { first: None })),
            &RECOVERY,
        )
    },
    mutant(
        "timer-forgotten",
        "A timer that a replica sets is never due.",
        on("serial-cas", "stack"),
        Bug::Harness(|| Box::new(Unwound)),
        &ANSWERS,
    ),
    mutant(
        "ledger-misses-a-confirmation",
        "The ledger does not enter every eighth confirmation.",
        on("serial", "record"),
        Bug::Harness(|| Box::new(Omits { confirmed: 0 })),
        &ANSWERS,
    ),
    mutant(
        "ledger-counts-twice",
        "The ledger opens two entries for every tenth operation.",
        on("lww-document", "counter"),
        Bug::Harness(|| Box::new(Doubles { opened: 0 })),
        &ANSWERS,
    ),
    mutant(
        "ledger-enters-late",
        "The ledger takes a replica to reflect nothing while it receives its first twenty messages.",
        on("serial", "record"),
        Bug::Harness(|| Box::new(Sleeps { reported: 0 })),
        &SAME_OPERATIONS,
    ),
    Mutant {
        kinds: &[&DUPLICATED_INCREMENT],
        ..mutant(
            "load-acts-twice",
            "The load generator hands every tenth operation to its replica twice.",
            on("lww-property", "counter:like=0"),
            Bug::Harness(|| Box::new(Stutters { submitted: 0 })),
            &FINDINGS,
        )
    },
    Mutant {
        kinds: &[&ITEM_LOST],
        ..mutant(
            "oracle-gets-another-state",
            "The oracles get an empty document in place of the final state.",
            on("serial", "stack:pop=0.2,reverse=0"),
            Bug::Harness(|| Box::new(Swaps { all: true })),
            &FINDINGS,
        )
    },
    mutant(
        "final-state-exchanged",
        "The final state of one client is that of another run.",
        on("serial", "stack"),
        Bug::Harness(|| Box::new(Swaps { all: false })),
        &CONVERGENCE,
    ),
];

struct Blind {
    seen: u32,
}

impl Saboteur for Blind {
    fn shows(&mut self, event: &Event) -> u32 {
        self.seen += u32::from(matches!(event.what, What::Delivered { .. }));
        u32::from(!(matches!(event.what, What::Delivered { .. }) && self.seen.is_multiple_of(9)))
    }
}

struct Freezes;

impl Saboteur for Freezes {
    fn shows(&mut self, event: &Event) -> u32 {
        let hidden = matches!(event.what, What::State(_)) && event.node == NodeId(1) && event.at > Time::from_ms(500);
        u32::from(!hidden)
    }
}

struct Wire {
    arrived: u32,
    every: u32,
    passage: Passage,
}

impl Saboteur for Wire {
    fn passes(&mut self, _: &mut Parcel) -> Passage {
        self.arrived += 1;
        if self.arrived.is_multiple_of(self.every) { self.passage } else { Passage::Through }
    }
}

struct Misroutes {
    arrived: u32,
}

impl Saboteur for Misroutes {
    fn passes(&mut self, parcel: &mut Parcel) -> Passage {
        self.arrived += u32::from(parcel.to == NodeId(1));
        if parcel.to == NodeId(1) && self.arrived.is_multiple_of(8) {
            parcel.to = NodeId(2);
        }
        Passage::Through
    }
}

/// Every message arrives twice at its receiver's end: on time, and then late enough.
#[derive(Default)]
struct Slow {
    delayed: std::collections::BTreeSet<(NodeId, NodeId, Time, usize)>,
}

impl Saboteur for Slow {
    fn passes(&mut self, parcel: &mut Parcel) -> Passage {
        let known = (parcel.from, parcel.to, parcel.sent, parcel.bytes.as_ptr() as usize);
        if self.delayed.remove(&known) {
            return Passage::Through;
        }
        self.delayed.insert(known);
        Passage::Later(Duration::from_micros(100))
    }
}

#[derive(Default)]
struct Drawn(Slow);

impl Saboteur for Drawn {
    fn passes(&mut self, parcel: &mut Parcel) -> Passage {
        static SENT: AtomicU64 = AtomicU64::new(0);
        match self.0.passes(parcel) {
            // Short enough for messages to stay in order.
            Passage::Later(_) => Passage::Later(Duration::from_nanos(SENT.fetch_add(1, Ordering::Relaxed))),
            passage => passage,
        }
    }
}

struct Skips {
    from: Time,
    until: Time,
}

impl Saboteur for Skips {
    fn happens(&mut self, transition: Transition) -> bool {
        !(self.from..self.until).contains(&transition.at)
    }
}

struct Behind;

impl Saboteur for Behind {
    fn clock(&mut self, node: NodeId, wall: Time) -> Time {
        if node == NodeId(2) { Time(wall.0 - 10_000_000_000) } else { wall }
    }
}

struct Exchanges {
    first: Option<Vec<u8>>,
}

impl Saboteur for Exchanges {
    fn saved(&mut self, _: NodeId, durable: Vec<u8>) -> Vec<u8> {
        self.first.get_or_insert(durable).clone()
    }
}

struct Unwound;

impl Saboteur for Unwound {
    fn keeps_timer(&mut self, _: NodeId) -> bool {
        false
    }
}

struct Omits {
    confirmed: u32,
}

impl Saboteur for Omits {
    fn enters(&mut self, event: &Event) -> u32 {
        if !matches!(event.what, What::Report(Report::Confirmed(..))) {
            return 1;
        }
        self.confirmed += 1;
        u32::from(!self.confirmed.is_multiple_of(8))
    }
}

struct Doubles {
    opened: u32,
}

impl Saboteur for Doubles {
    fn opens(&mut self) -> u32 {
        self.opened += 1;
        if self.opened.is_multiple_of(10) { 2 } else { 1 }
    }
}

/// Skips reports of client 1 only, so that its operations and its state are no longer of one moment.
struct Sleeps {
    reported: u32,
}

impl Saboteur for Sleeps {
    fn enters(&mut self, event: &Event) -> u32 {
        if event.node != NodeId(1) || !matches!(event.what, What::Report(Report::Reflected(_))) {
            return 1;
        }
        self.reported += 1;
        u32::from(self.reported > 20)
    }
}

struct Stutters {
    submitted: u32,
}

impl Saboteur for Stutters {
    fn submits(&mut self) -> u32 {
        self.submitted += 1;
        if self.submitted.is_multiple_of(10) { 2 } else { 1 }
    }
}

struct Swaps {
    all: bool,
}

impl Saboteur for Swaps {
    fn finals(&mut self, finals: &mut [(NodeId, Document)]) {
        let swapped = finals.iter_mut().rev().take(if self.all { usize::MAX } else { 1 });
        swapped.for_each(|(_, state)| *state = Document::map([("stack", Document::list(Vec::<Document>::new()))]));
    }
}
