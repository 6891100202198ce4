//! One step of one replica, the same in every engine: call a handler, measure what it cost, and turn its effects into
//! events and into work for the engine.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Report, Rng, Time,
};
use syncbench_strategies::sidecar::Sidecar;

use crate::event::{Call, Event, What};
use crate::ledger::Action;
use crate::stopwatch::Stopwatch;

/// What a replica is called with.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Its user acts.
    Submit(OpId, &'a Operation),
    /// Its user undoes one of its operations.
    Undo(OpId, OpId),
    /// A message arrived.
    Receive(NodeId, &'a [u8], &'a Sidecar),
    /// A timer is due.
    Timer(u64),
    /// A connection opened or broke.
    Link(NodeId, LinkState),
}

impl<'a> Input<'a> {
    /// What the user does as its operation `op`.
    pub fn of(op: OpId, action: &'a Action) -> Self {
        match action {
            Action::Operate { operation, .. } => Input::Submit(op, operation),
            Action::Undo { target } => Input::Undo(op, *target),
        }
    }

    fn call(&self) -> Call {
        match self {
            Input::Submit(..) | Input::Undo(..) => Call::Submit,
            Input::Receive(..) => Call::Receive,
            Input::Timer(_) => Call::Timer,
            Input::Link(..) => Call::Link,
        }
    }
}

/// What the engine has to carry out after a step, in the order in which the replica asked for it. Unlike an [`Effect`] it
/// reports nothing, and its payload is a copy that is not charged to the replica.
#[derive(Debug)]
pub enum Request {
    /// Send a message.
    Send {
        /// The receiver.
        to: NodeId,
        /// The payload.
        bytes: Arc<[u8]>,
        /// For probes and for holding back replayed traces.
        sidecar: Arc<Sidecar>,
    },
    /// Call the replica's timer after a span.
    SetTimer {
        /// From now.
        after: Duration,
        /// Handed back to the timer.
        tag: u64,
    },
}

/// A replica with its random stream and the count of its memory.
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// The replica.
    pub replica: Box<dyn Replica>,
    rng: Rng,
    effects: Vec<Effect>,
    resident_bytes: i64,
    watch: Stopwatch,
    /// Nobody asks what calls cost: they are not measured, and no event says so.
    unmeasured: bool,
}

impl Node {
    /// A node with the replica that `make` makes, which is charged for the memory that this takes.
    pub fn new(id: NodeId, rng: Rng, make: impl FnOnce() -> Box<dyn Replica>) -> Self {
        let mut made = None;
        let memory = allocation_counter::measure(|| made = Some(make()));
        // The closure runs exactly once.
        let replica = made.expect("made above");
        Self {
            id,
            replica,
            rng,
            effects: Vec::with_capacity(64),
            resident_bytes: memory.bytes_current,
            watch: Stopwatch::default(),
            unmeasured: false,
        }
    }

    /// The same, whose calls are measured or not.
    #[must_use]
    pub fn measured(self, measured: bool) -> Self {
        Self { unmeasured: !measured, ..self }
    }

    /// Calls the handler for `input`. Appends what happened to `events`, and what the engine has to do to `requests`.
    ///
    /// Only the handler is timed. Its memory is what it allocated and did not free, on this thread; message payloads are
    /// copied out and charged to nobody, so a message that waits in the network does not count as the sender's.
    pub fn step(
        &mut self,
        input: Input<'_>,
        now: Time,
        wall: Time,
        events: &mut Vec<Event>,
        requests: &mut Vec<Request>,
    ) {
        let id = self.id;
        let mut result: Result<(), ProtocolError> = Ok(());
        if self.unmeasured {
            let at = |what| Event { at: now, node: id, what };
            result = self.pass(input, now, wall, |effect| match effect {
                Effect::Send { to, bytes, sidecar } => requests.push(Request::Send { to, bytes, sidecar }),
                Effect::SetTimer { after, tag } => requests.push(Request::SetTimer { after, tag }),
                Effect::Report(report) => events.push(at(What::Report(report))),
            });
            return self.complain(result, now, events);
        }
        if matches!(input, Input::Submit(..) | Input::Undo(..)) {
            tidy();
        }
        let mut cpu_ns = 0;
        let memory = allocation_counter::measure(|| {
            let begun = self.watch.begin();
            result = self.call(input, now, wall);
            cpu_ns = self.watch.end(begun);
        });
        let before = self.resident_bytes;
        self.pass_on(now, events, requests);
        let freed = -allocation_counter::measure(|| self.effects.clear()).bytes_current;
        self.resident_bytes += memory.bytes_current - freed;
        self.complain(result, now, events);
        let unsigned = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
        let what = What::Cost {
            call: input.call(),
            cpu_ns,
            resident_bytes: unsigned(self.resident_bytes),
            peak_bytes: unsigned(before).saturating_add(memory.bytes_max),
        };
        events.push(Event { at: now, node: self.id, what });
    }

    /// Calls the handler for `input`, measures nothing, and hands each effect on as it is: nobody is charged for a payload, so
    /// sender and receivers share it.
    pub(super) fn pass(
        &mut self,
        input: Input<'_>,
        now: Time,
        wall: Time,
        carry: impl FnMut(Effect),
    ) -> Result<(), ProtocolError> {
        let result = self.call(input, now, wall);
        self.effects.drain(..).for_each(carry);
        result
    }

    fn call(&mut self, input: Input<'_>, now: Time, wall: Time) -> Result<(), ProtocolError> {
        let mut cx = Context::new(self.id, now, wall, &mut self.rng, &mut self.effects);
        match input {
            Input::Submit(id, operation) => self.replica.submit(id, operation, &mut cx),
            Input::Undo(id, target) => self.replica.undo(id, target, &mut cx),
            Input::Receive(from, bytes, sidecar) => return self.replica.receive(from, bytes, sidecar, &mut cx),
            Input::Timer(tag) => self.replica.timer(tag, &mut cx),
            Input::Link(peer, state) => self.replica.link(peer, state, &mut cx),
        }
        Ok(())
    }

    fn complain(&self, result: Result<(), ProtocolError>, now: Time, events: &mut Vec<Event>) {
        if let Err(error) = result {
            events.push(Event { at: now, node: self.id, what: What::ProtocolError(error) });
        }
    }

    /// Copies effects out as events and requests. A payload or an outcome that the replica shares stays with it; all receivers of
    /// a fan-out share one copy.
    fn pass_on(&self, now: Time, events: &mut Vec<Event>, requests: &mut Vec<Request>) {
        let node = self.id;
        let mut last: Option<(&Arc<[u8]>, Arc<[u8]>, Arc<Sidecar>)> = None;
        for effect in &self.effects {
            let what = match effect {
                Effect::Send { to, bytes, sidecar } => {
                    // One copy for a fan-out.
                    let (copy, side) = match &last {
                        Some((original, copy, side)) if Arc::ptr_eq(original, bytes) => (copy.clone(), side.clone()),
                        _ => (Arc::from(&**bytes), copied(sidecar)),
                    };
                    last = Some((bytes, copy.clone(), side.clone()));
                    requests.push(Request::Send { to: *to, bytes: copy, sidecar: side });
                    continue;
                }
                Effect::SetTimer { after, tag } => {
                    requests.push(Request::SetTimer { after: *after, tag: *tag });
                    continue;
                }
                Effect::Report(Report::Confirmed(id, outcome)) => What::Report(Report::Confirmed(*id, outcome.apart())),
                Effect::Report(report) => What::Report(report.clone()),
            };
            events.push(Event { at: now, node, what });
        }
    }
}

/// Has the allocator put in order what everybody has freed, before a clock starts. glibc's does so at a request for a large block,
/// ten thousand pieces at a time, each batch in a third of a millisecond; the handler of the user who acts next would pay for
/// it. Ten thousand clients leave some ten thousand pieces each time a message has come to all of them.
fn tidy() {
    /// More than it serves from its lists of small blocks.
    const LARGE_BLOCK: usize = 1 << 16;
    const BATCHES: usize = 8;
    for _ in 0..BATCHES {
        drop(black_box(Vec::<u8>::with_capacity(LARGE_BLOCK)));
    }
}

/// A copy of a sidecar. Those that name nothing are one in memory.
fn copied(sidecar: &Sidecar) -> Arc<Sidecar> {
    static NONE: LazyLock<Arc<Sidecar>> = LazyLock::new(|| Arc::new(Sidecar::none()));
    if *sidecar == **NONE { NONE.clone() } else { Arc::new(sidecar.clone()) }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use syncbench_strategies::document::Document;
    use syncbench_strategies::view::View;

    use super::*;

    /// Passes on to three peers what it receives.
    struct Relay(Document);

    impl Replica for Relay {
        fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
            cx.confirmed(id, std::mem::take(&mut self.0));
        }

        fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
            cx.broadcast((1..=3).map(NodeId), bytes, Sidecar::none());
            Ok(())
        }

        fn link(&mut self, _: NodeId, _: LinkState, _: &mut Context<'_>) {}

        fn view(&self) -> &dyn View {
            &self.0
        }

        fn durable(&self) -> Vec<u8> {
            Vec::new()
        }
    }

    #[test]
    fn what_a_user_was_given_is_no_memory_of_the_replica() {
        let text = || Document::from("t".repeat(10_000).as_str());
        let mut node = Node::new(NodeId(1), Rng::seed_from_u64(1), || Box::new(Relay(text())));
        let (mut events, mut requests) = (Vec::new(), Vec::new());
        let (id, operation) = (OpId { client: NodeId(1), n: 1 }, Operation::from_bytes(b""));
        node.step(Input::Submit(id, &operation), Time::ZERO, Time::ZERO, &mut events, &mut requests);
        let held = |event: &Event| match event.what {
            What::Cost { resident_bytes, .. } => Some(resident_bytes),
            _ => None,
        };
        assert!(events.iter().any(
            |event| matches!(&event.what, What::Report(Report::Confirmed(of, given)) if *of == id && *given == text())
        ));
        assert!(events.iter().find_map(held).is_some_and(|bytes| bytes < 1_000), "{events:?}");
    }

    #[test]
    fn all_receivers_of_a_fan_out_share_one_payload() {
        for measured in [true, false] {
            let node = Node::new(NodeId::SERVER, Rng::seed_from_u64(1), || Box::new(Relay(Document::Null)));
            let (mut node, mut events, mut requests) = (node.measured(measured), Vec::new(), Vec::new());
            let input = Input::Receive(NodeId(1), b"change", &Sidecar::none());
            node.step(input, Time::ZERO, Time::ZERO, &mut events, &mut requests);
            let sent: Vec<_> = requests
                .iter()
                .map(|request| match request {
                    Request::Send { to, bytes, sidecar } => (*to, bytes, sidecar),
                    Request::SetTimer { .. } => panic!("a relay sets no timer"),
                })
                .collect();
            assert_eq!(sent.iter().map(|(to, ..)| *to).collect::<Vec<_>>(), [1, 2, 3].map(NodeId));
            let (_, bytes, sidecar) = sent[0];
            assert!(sent.iter().all(|(_, other, _)| Arc::ptr_eq(bytes, other)), "measured: {measured}");
            assert!(sent.iter().all(|(.., other)| Arc::ptr_eq(sidecar, other)), "measured: {measured}");
            // The replica keeps none of it.
            assert_eq!((&**bytes, Arc::strong_count(bytes)), (&b"change"[..], 3), "measured: {measured}");
        }
    }
}
