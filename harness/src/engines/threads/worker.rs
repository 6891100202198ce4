//! One replica on its thread: its inbox, what is due, its connections, its user and its journal.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::replica::{LinkState, NodeId, OpId, Setup, Time};
use syncbench_strategies::sidecar::Sidecar;
use xxhash_rust::xxh3::xxh3_64;

use super::journal::{Journal, Noted, Opening, of_operations};
use super::{Detail, Mail, Parcel, Report, Shared, THING, TIMER};
use crate::clock::Moment;
use crate::engines::load::{Pace, User};
use crate::engines::node::{Input, Node, Todo};
use crate::engines::sim::WALL_AT_START;
use crate::engines::{Task, active};
use crate::event::{Event, What};
use crate::network::{Link, Transport, envelope_bytes};
use crate::queue::Queue;
use crate::rng::stream;

/// How long before something is due a thread stops sleeping and yields instead: what Linux adds to a sleep by default
/// (its timer slack), so that a wait does not end later than it must.
const YIELDING: Duration = Duration::from_micros(50);

#[derive(Debug)]
enum Work {
    Deliver(Parcel),
    Timer(u64),
    Issue,
}

/// This node's end of a connection.
struct Wire {
    /// To the peer.
    link: Link,
    up: bool,
    /// Grows with every change, on both ends alike.
    epoch: u32,
    /// From the peer: kept back by a one-way fault, to go on when it ends.
    blocked: VecDeque<Parcel>,
    /// From the peer: sent on a connection that this end does not know of yet.
    early: VecDeque<(Time, Parcel)>,
}

/// What a thread leaves behind.
pub(super) struct Left {
    pub(super) id: NodeId,
    pub(super) entries: Vec<Noted>,
    pub(super) openings: Vec<Opening>,
    /// What the replica shows; `None` if it never joined.
    pub(super) last: Option<Document>,
    pub(super) stored_bytes: u64,
    pub(super) messages_touched: Vec<u64>,
    /// Messages that came in and were not handled.
    pub(super) undelivered: u64,
}

pub(super) struct Worker<'a> {
    task: &'a Task<'a>,
    id: NodeId,
    shared: &'a Shared,
    inbox: Receiver<Mail>,
    reports: &'a Sender<Report>,
    detail: Detail,
    peers: Vec<NodeId>,
    node: Option<Node>,
    user: Option<User>,
    /// By peer number.
    wires: Vec<Option<Wire>>,
    queue: Queue<Work>,
    /// When a fault's window last opened or closed, and whether the group is healed.
    weather: (Time, bool),
    journal: Journal,
    /// The replica was called since its state was last looked at.
    touched: bool,
    /// When its last step was over.
    stepped: Time,
    shown: Option<Digest>,
    untold: BTreeSet<OpId>,
    messages_touched: Vec<u64>,
    longest_timer: Duration,
    events: Vec<Event>,
    todo: Vec<Todo>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        task: &'a Task<'a>,
        id: NodeId,
        shared: &'a Shared,
        inbox: Receiver<Mail>,
        reports: &'a Sender<Report>,
        detail: Detail,
    ) -> Self {
        let peers = task.topology().peers(id, task.clients);
        let mut wires: Vec<Option<Wire>> = (0..=task.clients).map(|_| None).collect();
        for peer in &peers {
            let link = Link::new(task.profile, task.transport, task.seed, id, *peer);
            let (blocked, early) = (VecDeque::new(), VecDeque::new());
            wires[peer.0 as usize] = Some(Wire { link, up: false, epoch: 0, blocked, early });
        }
        Self {
            task,
            id,
            shared,
            inbox,
            reports,
            detail,
            peers,
            node: None,
            user: (id != NodeId::SERVER).then(|| User::new(task, id)),
            wires,
            queue: Queue::default(),
            weather: (Time::ZERO, false),
            journal: Journal::new(Moment::now(), Duration::from_secs(1), detail),
            touched: false,
            stepped: Time::ZERO,
            shown: None,
            untold: BTreeSet::new(),
            messages_touched: vec![0; task.faults.len()],
            longest_timer: Duration::ZERO,
            events: Vec::new(),
            todo: Vec::new(),
        }
    }

    /// Takes part from the beginning to the end of the run.
    pub(super) fn run(mut self) -> Left {
        let mut look = Duration::ZERO;
        if self.joined(self.id, Time::ZERO) {
            let node = self.make();
            let begun = Moment::now();
            if self.detail == Detail::All {
                let _ = node.replica.view().document().digest();
                look = begun.elapsed();
            }
            self.node = Some(node);
        }
        self.report(Report::Ready(look));
        if self.begin() {
            while self.drain() && self.next() {}
        }
        self.end()
    }

    /// Waits for the start; false if there is none.
    fn begin(&mut self) -> bool {
        let mut before = VecDeque::new();
        loop {
            match self.inbox.recv() {
                Ok(Mail::Start { origin, grid }) => {
                    self.journal = Journal::new(origin, grid, self.detail);
                    break;
                }
                Ok(Mail::Stop) | Err(_) => return false,
                // Somebody else has begun already.
                Ok(mail) => before.push_back(mail),
            }
        }
        if self.node.is_some() {
            self.live();
        }
        if let Some(user) = &mut self.user {
            if user.done() {
                self.report(Report::Done(self.id));
            } else if let Some(at) = user.first() {
                self.schedule(at);
            }
        }
        self.weather(Time::ZERO, false);
        self.follow_up();
        self.shared.done(THING);
        before.into_iter().all(|mail| self.take(mail))
    }

    /// Takes in everything that has come in by now; false at the end of the run.
    fn drain(&mut self) -> bool {
        for _ in 0..self.inbox.len() {
            if !self.inbox.try_recv().map_or(true, |mail| self.take(mail)) {
                return false;
            }
        }
        true
    }

    /// Does the next thing that is due, or waits for it; false at the end of the run.
    fn next(&mut self) -> bool {
        let now = self.journal.now();
        let due = self.queue.due();
        if due.is_some_and(|due| due <= now) {
            if let Some((due, work)) = self.queue.pop() {
                self.perform(due, work);
            }
            return true;
        }
        let look = (self.touched && self.journal.looks()).then(|| self.journal.cell_end());
        if look.is_some_and(|look| look <= now) {
            self.look();
            return true;
        }
        let Some(wake) = due.into_iter().chain(look).min() else {
            return self.inbox.recv().is_ok_and(|mail| self.take(mail));
        };
        let left = wake.since(now);
        if left <= YIELDING {
            std::thread::yield_now();
            return true;
        }
        // At the timeout there is something to do, or nearly.
        self.inbox.recv_timeout(left - YIELDING).map_or(true, |mail| self.take(mail))
    }

    /// Takes in what came; false at the end of the run.
    fn take(&mut self, mail: Mail) -> bool {
        match mail {
            Mail::Parcel(at, parcel) => {
                if let Some(wire) = self.wires[parcel.from.0 as usize].as_mut().filter(|w| w.epoch < parcel.epoch) {
                    wire.early.push_back((at, parcel));
                } else {
                    self.queue.push(at, Work::Deliver(parcel));
                }
            }
            Mail::Weather { at, healed } => {
                self.weather(at, healed);
                self.shared.done(THING);
            }
            Mail::Act { at } => {
                if self.user.as_ref().is_some_and(User::waiting) {
                    self.schedule(at);
                }
                self.shared.done(THING);
            }
            Mail::Start { .. } => self.shared.done(THING),
            Mail::Stop => return false,
        }
        true
    }

    fn perform(&mut self, due: Time, work: Work) {
        let what = match work {
            Work::Deliver(parcel) => {
                if !self.arrive(parcel) {
                    return;
                }
                THING
            }
            Work::Timer(tag) => {
                let begun = self.step_begins();
                self.step(begun, Input::Timer(tag));
                TIMER
            }
            Work::Issue => {
                self.issue(due);
                THING
            }
        };
        self.shared.done(what);
    }

    fn schedule(&mut self, at: Time) {
        if let Some(user) = &mut self.user {
            user.schedule();
            self.shared.add(THING);
            self.queue.push(at, Work::Issue);
        }
    }

    fn issue(&mut self, intended: Time) {
        let Some(user) = &mut self.user else { return };
        let Some(node) = &self.node else {
            // Not here yet: this user's plans begin when it joins.
            return user.postpone();
        };
        let next = user.begin(intended);
        let done = user.done();
        let intent = user.act(node.replica.view());
        if let Some(at) = next {
            self.schedule(at);
        }
        if let Some(intent) = intent {
            let op = OpId { client: self.id, n: self.journal.openings.len() as u64 + 1 };
            let at = self.step_begins();
            if self.task.pace == Pace::Turns {
                let (operation, seen) = (intent.operation.clone(), intent.seen.clone());
                self.report(Report::Opened { op, operation, seen, at, intended });
            }
            self.untold.insert(op);
            self.shared.untold.fetch_add(1, Ordering::SeqCst);
            self.note(Event { at, node: self.id, what: What::Issued { op, intended } });
            self.step(at, Input::Submit(op, &intent.operation));
            self.journal.openings.push(Opening { operation: intent.operation, seen: intent.seen });
        }
        if self.task.pace == Pace::Turns {
            self.report(Report::Acted);
        }
        if done {
            self.report(Report::Done(self.id));
        }
        self.follow_up();
    }

    /// In a closed loop: the user acts again some time after it was told.
    fn follow_up(&mut self) {
        let Some(user) = self.user.as_ref().filter(|user| self.task.pace == Pace::Closed && user.waiting()) else {
            return;
        };
        if self.untold.is_empty() {
            let at = self.journal.last() + user.think();
            self.schedule(at);
        }
    }

    /// Now, when a handler is about to be called. States are looked at before, if a step of the grid is over.
    fn step_begins(&mut self) -> Time {
        let mut now = self.journal.now();
        if now >= self.journal.cell_end() {
            if self.touched {
                self.look();
                now = self.journal.now();
            }
            self.journal.enter_cell(now);
        }
        now
    }

    fn step(&mut self, begun: Time, input: Input<'_>) {
        let ahead: i64 = self.active().map(|fault| fault.fault.clock_ahead_ns(self.id)).sum();
        let wall = Time((begun + WALL_AT_START).0.saturating_add_signed(ahead));
        let Some(node) = &mut self.node else { return };
        let (mut events, mut todo) = (std::mem::take(&mut self.events), std::mem::take(&mut self.todo));
        node.step(input, begun, wall, &mut events, &mut todo);
        let after = self.journal.now();
        self.touched = true;
        self.stepped = after;
        let timer_alone = matches!(input, Input::Timer(_)) && events.len() <= 1;
        let mut busy = !timer_alone;
        for mut event in events.drain(..) {
            // What a step brings is there when it is over.
            event.at = after;
            if let What::Committed(op, _) | What::Rejected(op, _) = &event.what
                && self.untold.remove(op)
            {
                self.shared.untold.fetch_sub(1, Ordering::SeqCst);
            }
            self.note(event);
        }
        let mut hashed: Option<(Arc<[u8]>, u64)> = None;
        for todo in todo.drain(..) {
            match todo {
                Todo::Send { to, bytes, sidecar } => {
                    busy = true;
                    // One hash for a fan-out.
                    let hash = match &hashed {
                        Some((same, hash)) if Arc::ptr_eq(same, &bytes) => *hash,
                        _ => xxh3_64(&bytes),
                    };
                    hashed = Some((bytes.clone(), hash));
                    self.send(after, to, bytes, hash, sidecar);
                }
                Todo::Timer { after: span, tag } => self.set_timer(begun + span, span, tag),
            }
        }
        if busy {
            self.shared.busy[self.id.0 as usize].0.store(after.0, Ordering::Relaxed);
        }
        (self.events, self.todo) = (events, todo);
    }

    fn set_timer(&mut self, due: Time, span: Duration, tag: u64) {
        if span > self.longest_timer {
            self.longest_timer = span;
            let ns = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
            self.shared.longest_timer.fetch_max(ns, Ordering::Relaxed);
        }
        self.shared.add(TIMER);
        self.queue.push(due, Work::Timer(tag));
    }

    fn send(&mut self, now: Time, to: NodeId, bytes: Arc<[u8]>, hash: u64, sidecar: Arc<Sidecar>) {
        let from = self.id;
        let payload_bytes = bytes.len() as u64;
        let wire_bytes = payload_bytes + envelope_bytes(self.task.transport, from != NodeId::SERVER, payload_bytes);
        self.note(Event { at: now, node: from, what: What::Sent { to, payload_bytes, wire_bytes, hash } });
        let wire = self.wires.get_mut(to.0 as usize).and_then(Option::as_mut).filter(|wire| wire.up);
        let Some(wire) = wire else { return self.lose(now, from, to) };
        let (first, second) = wire.link.send(now, wire_bytes);
        let sidecar = if self.task.blind { Arc::new(Sidecar::none()) } else { sidecar };
        let parcel = Parcel { from, epoch: wire.epoch, sent: now, bytes, sidecar };
        if self.task.faults.iter().any(|fault| fault.fault.clock_ahead_ns(from) != 0) {
            self.touch(from, to);
        }
        if let Some(at) = second {
            self.note(Event { at: now, node: to, what: What::Duplicated { from } });
            self.post(to, at, parcel.clone());
        }
        match first {
            Some(at) => self.post(to, at, parcel),
            None => self.lose(now, from, to),
        }
    }

    fn post(&self, to: NodeId, at: Time, parcel: Parcel) {
        self.shared.add(THING);
        // The inbox stays open until the run is over, its thread's panic included.
        let _ = self.shared.mail[to.0 as usize].send(Mail::Parcel(at, parcel));
    }

    /// A message is lost; the faults between these two have touched it.
    fn lose(&mut self, at: Time, from: NodeId, to: NodeId) {
        self.touch(from, to);
        self.note(Event { at, node: to, what: What::Dropped { from } });
    }

    fn touch(&mut self, from: NodeId, to: NodeId) {
        let (now, healed) = self.weather;
        for (count, fault) in self.messages_touched.iter_mut().zip(&self.task.faults) {
            let met =
                fault.fault.cuts(from, to) || fault.fault.blocks(from, to) || fault.fault.clock_ahead_ns(from) != 0;
            let open = active(std::slice::from_ref(fault), now, healed).next().is_some();
            *count += u64::from(open && met);
        }
    }

    /// A message is there; false if it has to wait.
    fn arrive(&mut self, parcel: Parcel) -> bool {
        let (from, to) = (parcel.from, self.id);
        let blocked = self.active().any(|fault| fault.fault.blocks(from, to));
        let Some(wire) = self.wires[from.0 as usize].as_mut() else { return true };
        self.journal.heard(parcel.sent);
        if blocked && wire.up && wire.epoch == parcel.epoch && self.task.transport == Transport::Stream {
            wire.blocked.push_back(parcel);
            self.touch(from, to);
            return false;
        }
        let lost = blocked || !wire.up || wire.epoch != parcel.epoch;
        let now = self.step_begins();
        if lost {
            self.lose(now, from, to);
        } else {
            self.note(Event { at: now, node: to, what: What::Delivered { from } });
            self.step(now, Input::Receive(from, &parcel.bytes, &parcel.sidecar));
            self.follow_up();
        }
        true
    }

    fn active(&self) -> impl Iterator<Item = &'a crate::faults::Armed> + use<'a> {
        active(&self.task.faults, self.weather.0, self.weather.1)
    }

    /// Whether `node` takes part at `at`.
    fn joined(&self, node: NodeId, at: Time) -> bool {
        !self.task.faults.iter().any(|fault| fault.start > at && fault.fault.delays_start_of(node))
    }

    /// Joins, breaks and opens connections, and lets go what one-way faults kept back, as the faults say at `at`. Both ends
    /// of a connection come to the same, since they ask the same questions at the same times.
    fn weather(&mut self, at: Time, healed: bool) {
        self.weather = (at, healed);
        if !self.joined(self.id, at) {
            return;
        }
        if self.node.is_none() {
            self.node = Some(self.make());
            self.live();
            let now = self.journal.now();
            if let Some(at) = self.user.as_mut().and_then(|user| user.joined(now)) {
                self.schedule(at);
            }
        }
        for peer in self.peers.clone() {
            let up = self.joined(peer, at) && !self.active().any(|fault| fault.fault.cuts(self.id, peer));
            let blocked = self.active().any(|fault| fault.fault.blocks(peer, self.id));
            if self.wires[peer.0 as usize].as_ref().is_some_and(|wire| wire.up != up) {
                self.connect(peer, if up { LinkState::Up } else { LinkState::Down });
            }
            let now = self.journal.now();
            let Some(wire) = self.wires[peer.0 as usize].as_mut().filter(|_| !blocked) else { continue };
            for parcel in std::mem::take(&mut wire.blocked) {
                self.queue.push(now, Work::Deliver(parcel));
            }
        }
        self.follow_up();
    }

    fn connect(&mut self, peer: NodeId, state: LinkState) {
        let now = self.step_begins();
        let Some(wire) = self.wires[peer.0 as usize].as_mut() else { return };
        wire.up = state == LinkState::Up;
        wire.epoch += 1;
        wire.link.reset(now);
        let lost = std::mem::take(&mut wire.blocked);
        for (at, parcel) in std::mem::take(&mut wire.early) {
            if parcel.epoch > wire.epoch {
                wire.early.push_back((at, parcel));
            } else {
                self.queue.push(at, Work::Deliver(parcel));
            }
        }
        for parcel in lost {
            self.lose(now, parcel.from, self.id);
            self.shared.done(THING);
        }
        self.note(Event { at: now, node: self.id, what: What::Link { peer, state } });
        self.step(now, Input::Link(peer, state));
    }

    fn make(&self) -> Node {
        let setup = Setup {
            node: self.id,
            peers: self.peers.clone(),
            model: self.task.model.clone(),
            genesis: self.task.genesis_bytes.clone(),
            seed: self.task.seed,
        };
        let rng = stream(self.task.seed, "node", self.id.0.into(), 0);
        Node::new(self.id, rng, || self.task.strategy.strategy.replica(&setup))
    }

    fn live(&mut self) {
        let at = self.step_begins();
        self.note(Event { at, node: self.id, what: What::Live });
        self.touched = true;
        self.stepped = at;
    }

    /// Looks at the state since the last step, which was that at the end of the grid's step too.
    fn look(&mut self) {
        self.touched = false;
        let Some(node) = self.node.as_ref().filter(|node| node.id != NodeId::SERVER && self.journal.looks()) else {
            return;
        };
        let document = node.replica.view().document();
        let digest = document.digest();
        if self.shown.replace(digest) == Some(digest) {
            return;
        }
        let at = self.stepped;
        self.note(Event { at, node: self.id, what: What::State(digest) });
        if let Err(reason) = self.task.workload.invariant(&document) {
            self.note(Event { at, node: self.id, what: What::Broken(reason) });
        }
    }

    fn note(&mut self, event: Event) {
        if self.task.pace == Pace::Turns && of_operations(&event.what) {
            self.report(Report::Happened(event.clone()));
        }
        self.journal.note(event);
    }

    fn report(&self, report: Report) {
        // The coordinator listens until every thread has ended.
        let _ = self.reports.send(report);
    }

    fn end(mut self) -> Left {
        self.look();
        let waiting = |wire: &Wire| (wire.blocked.len() + wire.early.len()) as u64;
        let undelivered = self.queue.pending().filter(|work| matches!(work, Work::Deliver(_))).count() as u64
            + self.wires.iter().flatten().map(waiting).sum::<u64>();
        let node = self.node.as_ref().filter(|_| self.detail == Detail::All);
        Left {
            id: self.id,
            last: node.map(|node| node.replica.view().document()),
            stored_bytes: node.map_or(0, |node| node.replica.durable().len() as u64),
            entries: self.journal.entries,
            openings: self.journal.openings,
            messages_touched: self.messages_touched,
            undelivered,
        }
    }
}
