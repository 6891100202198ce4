//! One replica on its thread: its inbox, what is due, its connections, its user and its journal.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use syncbench_strategies::document::{Digest, Document};
use syncbench_strategies::replica::{NodeId, OpId, Time};

use super::journal::{Grid, Journal, Noted};
use super::{Detail, Mail, Notice, Shared, THING, TIMER};
use crate::clock::Moment;
use crate::engines::load::User;
use crate::engines::node::{Input, Node, Request};
use crate::event::Event;
use crate::faults::{Conditions, NodeState, Reopening, Touches, Transition};
use crate::ledger::{Action, OwnOperations};
use crate::network::{Access, Link, Terms};
use crate::queue::Queue;
use crate::task::Task;
use crate::wire::{Parcel, Wire};

/// How long before something is due a thread stops sleeping and yields instead. Linux adds as much to a sleep by default,
/// as timer slack, and a wait should not end later than it must.
const YIELDING: Duration = Duration::from_micros(50);

/// What is due.
#[derive(Debug)]
pub(super) enum Work {
    /// A message comes to this participant's leg.
    Reach(Parcel),
    /// It arrives.
    Deliver(Parcel),
    /// A connection opens, unless it broke again.
    Open {
        peer: NodeId,
        /// Since when it could.
        since: Time,
    },
    Timer(u64),
    Issue,
}

/// What a thread leaves behind.
pub(super) struct Record {
    pub(super) id: NodeId,
    pub(super) entries: Vec<Noted>,
    pub(super) openings: Vec<Action>,
    /// What the replica shows; `None` if it never joined.
    pub(super) last: Option<Document>,
    pub(super) stored_bytes: u64,
    pub(super) touches: Vec<Touches>,
    /// Messages that came in and were not handled.
    pub(super) undelivered: u64,
    pub(super) timers_due: u64,
    pub(super) connections_opening: u64,
    /// Connections that it opened again, to peers of greater numbers.
    pub(super) reopenings: Vec<Reopening>,
}

pub(super) struct Worker<'a> {
    pub(super) task: &'a Task<'a>,
    pub(super) id: NodeId,
    pub(super) shared: &'a Shared,
    inbox: Receiver<Mail>,
    pub(super) reports: &'a Sender<Notice>,
    detail: Detail,
    pub(super) peers: Vec<NodeId>,
    pub(super) node: Option<Node>,
    pub(super) user: Option<User>,
    /// What its user knows of its operations.
    pub(super) own: OwnOperations,
    /// By peer number.
    pub(super) wires: Vec<Option<Wire>>,
    /// The leg that all of these share.
    pub(super) leg: Access,
    pub(super) reopenings: Vec<Reopening>,
    pub(super) queue: Queue<Work>,
    pub(super) conditions: Conditions<'a>,
    pub(super) journal: Journal,
    /// The replica was called since its state was last looked at.
    pub(super) touched: bool,
    /// When its last step was over.
    pub(super) stepped: Time,
    pub(super) shown: Option<Digest>,
    /// Operations of its user whose fate is not known yet.
    pub(super) unresolved: BTreeSet<OpId>,
    pub(super) timers_void: bool,
    pub(super) events: Vec<Event>,
    pub(super) requests: Vec<Request>,
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
        let terms = Terms::new(&task.profile, task.transport, task.seed);
        let mut wires: Vec<Option<Wire>> = (0..=task.clients).map(|_| None).collect();
        for peer in &peers {
            let link = Link::new(&terms, &task.profile, id, *peer);
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
            leg: Access::new(&task.profile, task.seed, id),
            reopenings: Vec::new(),
            queue: Queue::default(),
            conditions: Conditions::new(&task.faults),
            journal: Journal::new(Moment::now(), Grid::new(task.seed, None), detail),
            touched: false,
            stepped: Time::ZERO,
            shown: None,
            unresolved: BTreeSet::new(),
            timers_void: false,
            events: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Takes part from the beginning to the end of the run.
    pub(super) fn run(mut self) -> Record {
        let mut look = Duration::ZERO;
        if self.conditions.node(self.id) == NodeState::Up {
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
                // Another thread has begun already.
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
        self.transition(Transition { at: Time::ZERO, healed: false });
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

    /// Takes in one piece of mail; false at the end of the run.
    fn take(&mut self, mail: Mail) -> bool {
        match mail {
            Mail::Parcel(parcel) => {
                let Some(wire) = self.wires[parcel.from.0 as usize].as_mut() else { return true };
                if let Some(parcel) = wire.expect(parcel) {
                    self.queue.push(parcel.reaches(), Work::Reach(parcel));
                }
            }
            Mail::Transition(transition) => {
                self.transition(transition);
                self.shared.done(THING);
            }
            Mail::Act { at } => {
                if self.user.as_ref().is_some_and(User::waiting) {
                    self.schedule(at);
                }
                self.shared.done(THING);
            }
            Mail::VoidTimers => {
                self.timers_void = true;
                self.shared.done(THING);
            }
            Mail::Start { .. } => self.shared.done(THING),
            Mail::Stop => return false,
        }
        true
    }

    fn perform(&mut self, due: Time, work: Work) {
        let what = match work {
            Work::Reach(parcel) => {
                if self.reach(parcel) {
                    return;
                }
                THING
            }
            Work::Deliver(parcel) => {
                self.arrive(parcel);
                THING
            }
            Work::Open { peer, since } => {
                self.open(peer, since, due);
                self.follow_up();
                self.shared.planned.fetch_sub(1, Ordering::SeqCst);
                THING
            }
            Work::Timer(tag) => {
                if !self.timers_void {
                    let begun = self.step_begins();
                    self.step(begun, Input::Timer(tag));
                }
                TIMER
            }
            Work::Issue => {
                self.issue(due);
                self.shared.planned.fetch_sub(1, Ordering::SeqCst);
                THING
            }
        };
        self.shared.done(what);
    }

    fn end(mut self) -> Record {
        self.look();
        let count = |wanted: fn(&Work) -> bool| self.queue.pending().filter(|work| wanted(work)).count() as u64;
        let undelivered = count(|work| matches!(work, Work::Reach(_) | Work::Deliver(_)))
            + self.wires.iter().flatten().map(Wire::waiting).sum::<u64>();
        let timers_due = if self.timers_void { 0 } else { count(|work| matches!(work, Work::Timer(_))) };
        // Both ends open it, and one of them counts.
        let ahead = |(peer, wire): (usize, &Option<Wire>)| {
            peer > self.id.0 as usize && wire.as_ref().is_some_and(|wire| wire.is_connecting() && !wire.is_up())
        };
        let connections_opening = self.wires.iter().enumerate().filter(|end| ahead(*end)).count() as u64;
        let node = self.node.as_ref().filter(|_| self.detail == Detail::All);
        Record {
            id: self.id,
            last: node.map(|node| node.replica.view().document()),
            stored_bytes: node.map_or(0, |node| node.replica.durable().len() as u64),
            entries: self.journal.entries,
            openings: self.journal.openings,
            touches: self.conditions.touches().to_vec(),
            undelivered,
            timers_due,
            connections_opening,
            reopenings: self.reopenings,
        }
    }
}
