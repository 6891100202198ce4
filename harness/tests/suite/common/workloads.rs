//! Workloads for the checks: registered ones with a twist, and a few scripted ones.

use std::sync::Arc;

use syncbench_harness::results::Finding;
use syncbench_harness::rng::below;
use syncbench_harness::run::PlannedWorkload;
use syncbench_harness::typing::Splice;
use syncbench_harness::workload::{History, Intent, User, Workload};
use syncbench_harness::workloads::booking::BookingOp;
use syncbench_harness::workloads::stack::{self, StackModel, StackOp};
use syncbench_harness::workloads::text::{self, TextModel, TextOp};
use syncbench_strategies::document::{Document, Kind};
use syncbench_strategies::model::{ModelRef, Operation, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::subject::Subject;

/// Bytes that no model takes for an operation.
pub fn nonsense() -> Operation {
    Operation::from_bytes(&[0xff; 12])
}

/// A registered workload whose users issue nonsense now and then.
pub fn garbled(subject: &Subject) -> Subject {
    twisted(subject, |mut intent, n, _, _| {
        if n.is_multiple_of(4) {
            intent.operation = nonsense();
        }
        intent
    })
}

/// A registered workload whose intents remember whether they made sense on what their user saw.
pub fn remembering(subject: &Subject) -> Subject {
    twisted(subject, |mut intent, _, model, view| {
        intent.seen = Document::Bool(model.plan(view, &intent.operation).is_ok());
        intent
    })
}

type Twist = fn(Intent, u64, &ModelRef, &dyn View) -> Intent;

fn twisted(subject: &Subject, twist: Twist) -> Subject {
    let PlannedWorkload { label, spec, .. } = &*subject.workload;
    let workload = Box::new(Twisted { inner: subject.workload.clone(), twist });
    let workload = Arc::new(PlannedWorkload::new(label, spec, workload));
    Subject { workload, ..subject.clone() }
}

struct Twisted {
    inner: Arc<PlannedWorkload>,
    twist: Twist,
}

struct TwistedUser {
    inner: Box<dyn User>,
    model: ModelRef,
    twist: Twist,
    n: u64,
}

impl User for TwistedUser {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.n += 1;
        self.inner.next(view, rng).map(|intent| (self.twist)(intent, self.n, &self.model, view))
    }
}

impl Workload for Twisted {
    fn model(&self) -> ModelRef {
        self.inner.workload.model()
    }

    fn genesis(&self, size: u64) -> Document {
        self.inner.workload.genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        let inner = self.inner.workload.user(client, clients);
        Box::new(TwistedUser { inner, model: self.model(), twist: self.twist, n: 0 })
    }

    /// Nothing: the twist may have removed what the oracle needs to know about an intent.
    fn judge(&self, _: &History<'_>) -> Vec<Finding> {
        Vec::new()
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        self.inner.workload.invariant(document)
    }
}

/// A registered workload whose operations mean something else to the strategy than to everybody else.
pub fn remodelled(
    inner: Arc<PlannedWorkload>,
    change: impl Fn(ModelRef) -> ModelRef + Send + Sync + 'static,
) -> Box<dyn Workload> {
    Box::new(Remodelled { inner, change: Box::new(change) })
}

struct Remodelled {
    inner: Arc<PlannedWorkload>,
    change: Box<dyn Fn(ModelRef) -> ModelRef + Send + Sync>,
}

impl Workload for Remodelled {
    fn model(&self) -> ModelRef {
        (self.change)(self.inner.workload.model())
    }

    fn genesis(&self, size: u64) -> Document {
        self.inner.workload.genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        self.inner.workload.user(client, clients)
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        self.inner.workload.judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        self.inner.workload.invariant(document)
    }
}

/// A planned workload as a plain workload.
pub struct Shared(pub Arc<PlannedWorkload>);

impl Workload for Shared {
    fn model(&self) -> ModelRef {
        self.0.workload.model()
    }

    fn genesis(&self, size: u64) -> Document {
        self.0.workload.genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        self.0.workload.user(client, clients)
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        self.0.workload.judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        self.0.workload.invariant(document)
    }
}

/// A stack that never grows: every client pushes and pops in turn. Its users never see anything but a stack.
pub struct Steady;

/// [`Steady`] as a plan has it.
pub fn steady() -> Arc<PlannedWorkload> {
    Arc::new(PlannedWorkload::new("steady", &stack::SPEC, Box::new(Steady)))
}

struct InTurn {
    client: i64,
    n: i64,
}

impl User for InTurn {
    fn next(&mut self, _: &dyn View, _: &mut Rng) -> Option<Intent> {
        self.n += 1;
        let push = StackOp::Push(self.client * 1_000_000_000 + self.n);
        Some(Intent::blind(if self.n % 2 == 1 { &push } else { &StackOp::Pop }))
    }
}

impl Workload for Steady {
    fn model(&self) -> ModelRef {
        erase(StackModel)
    }

    fn genesis(&self, size: u64) -> Document {
        stack::genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(InTurn { client: client.0.into(), n: 0 })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        stack::judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        match View::kind(document, &path!["stack"]) {
            Some(Kind::List) => Ok(()),
            other => Err(format!("no stack but {other:?}")),
        }
    }
}

/// A text that never grows: every client types a character and erases one in turn, all over the text.
pub struct Erasing;

struct TypesInTurn {
    client: u32,
    n: u32,
}

impl User for TypesInTurn {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.n += 1;
        let len = view.len(&path!["text"]).unwrap_or(0);
        let splice = match self.n % 2 {
            1 => Splice { pos: below(rng, len + 1), delete: 0, insert: char::from(b'a' + self.client as u8).into() },
            _ => Splice { pos: below(rng, len), delete: 1, insert: String::new() },
        };
        Some(Intent::blind(&TextOp::Edit(vec![splice])))
    }
}

impl Workload for Erasing {
    fn model(&self) -> ModelRef {
        erase(TextModel {})
    }

    fn genesis(&self, size: u64) -> Document {
        text::genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(TypesInTurn { client: client.0, n: 0 })
    }

    /// Nothing: characters repeat, so none can be followed.
    fn judge(&self, _: &History<'_>) -> Vec<Finding> {
        Vec::new()
    }
}

/// Bookings that never pile up: every client reserves, and cancels what it reserved, in turn.
pub struct Reserving(pub Arc<PlannedWorkload>);

struct ReservesInTurn {
    client: NodeId,
    n: u64,
}

impl User for ReservesInTurn {
    fn next(&mut self, _: &dyn View, _: &mut Rng) -> Option<Intent> {
        self.n += 1;
        let booking = format!("{}.{}", self.client, (self.n - 1) / 2);
        Some(Intent::blind(&match self.n % 2 {
            1 => BookingOp::Reserve { item: "show0".into(), booking },
            _ => BookingOp::Cancel { booking },
        }))
    }
}

impl Workload for Reserving {
    fn model(&self) -> ModelRef {
        self.0.workload.model()
    }

    fn genesis(&self, size: u64) -> Document {
        self.0.workload.genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(ReservesInTurn { client, n: 0 })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        self.0.workload.judge(history)
    }
}
