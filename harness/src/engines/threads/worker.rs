//! One replica on its thread: its inbox, what is due, its connections, its user and its journal.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::replica::{NodeId, OpId, Report, Setup, Time};
use xxhash_rust::xxh3::xxh3_64;

use super::journal::{Grid, Journal, Noted, of_operations};
use super::wires::Wire;
use super::{Detail, Mail, Notice, Parcel, Shared, THING, TIMER};
use crate::clock::{Moment, WALL_AT_START};
use crate::engines::load::User;
use crate::engines::node::{Input, Node, Todo};
use crate::event::{Event, What};
use crate::ledger::{Action, OwnOperations};
use crate::network::Link;
use crate::pace::Pace;
use crate::queue::Queue;
use crate::rng::stream;
use crate::task::Task;

/// How long before something is due a thread stops sleeping and yields instead: what Linux adds to a sleep by default
/// (its timer slack), so that a wait does not end later than it must.
const YIELDING: Duration = Duration::from_micros(50);

/// What is due.
#[derive(Debug)]
pub(super) enum Work {
    Deliver(Parcel),
    Timer(u64),
    Issue,
}

/// What a thread leaves behind.
pub(super) struct Left {
    pub(super) id: NodeId,
    pub(super) entries: Vec<Noted>,
    pub(super) openings: Vec<Action>,
    /// What the replica shows; `None` if it never joined.
    pub(super) last: Option<Document>,
    pub(super) stored_bytes: u64,
    pub(super) messages_touched: Vec<u64>,
    /// Messages that came in and were not handled.
    pub(super) undelivered: u64,
}

pub(super) struct Worker<'a> {
    pub(super) task: &'a Task<'a>,
    pub(super) id: NodeId,
    pub(super) shared: &'a Shared,
    inbox: Receiver<Mail>,
    reports: &'a Sender<Notice>,
    detail: Detail,
    pub(super) peers: Vec<NodeId>,
    pub(super) node: Option<Node>,
    pub(super) user: Option<User>,
    own: OwnOperations,
    /// By peer number.
    pub(super) wires: Vec<Option<Wire>>,
    pub(super) queue: Queue<Work>,
    /// When a fault's window last opened or closed, and whether the group is healed.
    pub(super) weather: (Time, bool),
    pub(super) journal: Journal,
    /// The replica was called since its state was last looked at.
    touched: bool,
    /// When its last step was over.
    stepped: Time,
    shown: Option<Digest>,
    untold: BTreeSet<OpId>,
    pub(super) messages_touched: Vec<u64>,
    longest_timer: Duration,
    /// Timers are void.
    hushed: bool,
    /// When timers are due.
    timers: BinaryHeap<Reverse<Time>>,
    events: Vec<Event>,
    todo: Vec<Todo>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        task: &'a Task<'a>,
        id: NodeId,
        shared: &'a Shared,
        inbox: Receiver<Mail>,
        reports: &'a Sender<Notice>,
        detail: Detail,
    ) -> Self {
        let peers = task.topology().peers(id, task.clients);
        let mut wires: Vec<Option<Wire>> = (0..=task.clients).map(|_| None).collect();
        for peer in &peers {
            let link = Link::new(task.profile, task.transport, task.seed, id, *peer);
            wires[peer.0 as usize] = Some(Wire::new(link));
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
            own: OwnOperations::new(id),
            wires,
            queue: Queue::default(),
            weather: (Time::ZERO, false),
            journal: Journal::new(Moment::now(), Grid::new(task.seed, None), detail),
            touched: false,
            stepped: Time::ZERO,
            shown: None,
            untold: BTreeSet::new(),
            messages_touched: vec![0; task.faults.len()],
            longest_timer: Duration::ZERO,
            hushed: false,
            timers: BinaryHeap::new(),
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
        self.notify(Notice::Ready(look));
        if self.begin() {
            while self.drain() && self.next() {}
        }
        self.end()
    }

    /// Waits for the start; false if there is none.
    fn begin(&mut self) -> bool {
        let mut before = Vec::new();
        loop {
            match self.inbox.recv() {
                Ok(Mail::Start { origin, grid }) => {
                    let grid = Grid::new(self.task.seed, self.journal.looks().then_some(grid));
                    self.journal = Journal::new(origin, grid, self.detail);
                    break;
                }
                Ok(Mail::Stop) | Err(_) => return false,
                // Somebody else has begun already.
                Ok(mail) => before.push(mail),
            }
        }
        if self.node.is_some() {
            self.live();
        }
        if let Some(user) = &mut self.user {
            if user.done() {
                self.notify(Notice::Done(self.id));
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
        let look = (self.touched && self.journal.looks()).then_some(self.journal.grid.end);
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
                if let Some(wire) = self.wires[parcel.from.0 as usize].as_mut().filter(|wire| wire.is_new(&parcel)) {
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
            Mail::Hush => {
                self.hushed = true;
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
                self.arrive(parcel);
                THING
            }
            Work::Timer(tag) => {
                if !self.hushed {
                    let begun = self.step_begins();
                    self.step(begun, Input::Timer(tag));
                }
                self.timers.pop();
                self.show_timer();
                TIMER
            }
            Work::Issue => {
                self.issue(due);
                self.shared.intents.fetch_sub(1, Ordering::SeqCst);
                THING
            }
        };
        self.shared.done(what);
    }

    pub(super) fn schedule(&mut self, at: Time) {
        if let Some(user) = &mut self.user {
            user.schedule();
            self.shared.intents.fetch_add(1, Ordering::SeqCst);
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
        let action = user.act(node.replica.view(), self.own.own());
        if let Some(at) = next {
            self.schedule(at);
        }
        if let Some(action) = action {
            let op = self.own.own().next;
            self.own.issue(&action);
            let at = self.step_begins();
            if self.task.pace == Pace::Turns {
                self.notify(Notice::Opened { op, action: action.clone(), at, intended });
            }
            self.untold.insert(op);
            self.shared.untold.fetch_add(1, Ordering::SeqCst);
            self.note(Event { at, node: self.id, what: What::Issued { op, intended } });
            self.step(at, Input::of(op, &action));
            self.journal.openings.push(action);
        }
        if self.task.pace == Pace::Turns {
            self.notify(Notice::Acted);
        }
        if done {
            self.notify(Notice::Done(self.id));
        }
        self.follow_up();
    }

    /// In a closed loop: the user acts again some time after it was told.
    pub(super) fn follow_up(&mut self) {
        let Some(user) = self.user.as_ref().filter(|user| self.task.pace == Pace::Closed && user.waiting()) else {
            return;
        };
        if self.untold.is_empty() {
            let at = self.journal.last() + user.think();
            self.schedule(at);
        }
    }

    /// Now, when a handler is about to be called. States are looked at before, if a step of the grid is over.
    pub(super) fn step_begins(&mut self) -> Time {
        let mut now = self.journal.now();
        if now >= self.journal.grid.end {
            if self.touched {
                self.look();
                now = self.journal.now();
            }
            self.journal.grid.advance(now);
        }
        now
    }

    pub(super) fn step(&mut self, begun: Time, input: Input<'_>) {
        let ahead: i64 = self.active().map(|fault| fault.fault.clock_ahead_ns(self.id)).sum();
        let wall = Time((begun + WALL_AT_START).0.saturating_add_signed(ahead));
        let Some(node) = &mut self.node else { return };
        let (mut events, mut todo) = (std::mem::take(&mut self.events), std::mem::take(&mut self.todo));
        node.step(input, begun, wall, &mut events, &mut todo);
        let after = self.journal.now();
        self.touched = true;
        self.stepped = after;
        let timer_alone = matches!(input, Input::Timer(_)) && events.len() <= 1;
        let stirred = matches!(input, Input::Submit(..) | Input::Undo(..) | Input::Link(..));
        let mut busy = !timer_alone;
        for mut event in events.drain(..) {
            // What a step brings is there when it is over.
            event.at = after;
            if let What::Report(Report::Confirmed(op, _)) | What::Report(Report::Rejected(op, _)) = &event.what
                && self.untold.remove(op)
            {
                self.shared.untold.fetch_sub(1, Ordering::SeqCst);
            }
            if let What::Report(report) = &event.what {
                self.own.report(report);
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
                Todo::Timer { .. } if self.hushed => {}
                Todo::Timer { after: span, tag } => self.set_timer(begun + span, span, tag),
            }
        }
        if stirred {
            self.shared.seats[self.id.0 as usize].stirred.store(after.0, Ordering::SeqCst);
        }
        if busy {
            self.shared.seats[self.id.0 as usize].busy.store(after.0, Ordering::SeqCst);
        }
        (self.events, self.todo) = (events, todo);
    }

    /// Tells the coordinator when the next timer is due; after everything that led to it has been told.
    fn show_timer(&self) {
        let next = self.timers.peek().map_or(u64::MAX, |Reverse(due)| due.0);
        self.shared.seats[self.id.0 as usize].timer.store(next, Ordering::SeqCst);
    }

    fn set_timer(&mut self, due: Time, span: Duration, tag: u64) {
        if span > self.longest_timer {
            self.longest_timer = span;
            let ns = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
            self.shared.longest_timer.fetch_max(ns, Ordering::Relaxed);
        }
        self.shared.add(TIMER);
        self.queue.push(due, Work::Timer(tag));
        self.timers.push(Reverse(due));
        self.show_timer();
    }

    pub(super) fn make(&self) -> Node {
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

    pub(super) fn live(&mut self) {
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

    pub(super) fn note(&mut self, event: Event) {
        if self.task.pace == Pace::Turns && of_operations(&event.what) {
            self.notify(Notice::Happened(event.clone()));
        }
        self.journal.note(event);
    }

    fn notify(&self, notice: Notice) {
        // The coordinator listens until every thread has ended.
        let _ = self.reports.send(notice);
    }

    fn end(mut self) -> Left {
        self.look();
        let undelivered = self.queue.pending().filter(|work| matches!(work, Work::Deliver(_))).count() as u64
            + self.wires.iter().flatten().map(Wire::waiting).sum::<u64>();
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
