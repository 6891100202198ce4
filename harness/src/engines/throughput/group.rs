//! The group: who has something to do, and how a turn is taken.
//!
//! A participant with something to do is in the queue of turns once, and a worker that takes it out runs it alone. So a replica
//! is called by one thread at a time, its messages stay in order, and as many threads as there are cores carry any number of
//! replicas. When nobody is awake and no timer is due, nothing can happen any more.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use syncbench_strategies::replica::{NodeId, Time};

use super::participant::Participant;
use super::post::{Letter, Outbox};
use crate::clock::Moment;

/// What workers tell the thread that started the run.
#[derive(Debug)]
pub(super) enum Notice {
    /// Nothing can happen any more.
    Quiescent(Time),
    /// A handler panicked.
    Panicked(NodeId, String),
}

/// All participants.
pub(super) struct Group {
    pub(super) origin: Moment,
    /// By node number; a mesh has no node 0.
    seats: Vec<Option<Seat>>,
    /// Whose turn it is; `None` ends a worker.
    turns: Sender<Option<NodeId>>,
    notices: Sender<Notice>,
    /// Participants that have something to do, and timers that are not due yet.
    awake: AtomicU64,
    /// Users may act.
    acting: AtomicBool,
    /// The run is over, whatever is left.
    pub(super) over: AtomicBool,
    /// When a user acted last.
    acted: AtomicU64,
}

/// A participant's place in the group, on cache lines of its own.
#[repr(align(128))]
struct Seat {
    /// One of the states below.
    state: AtomicU8,
    /// Messages of its replica that their receivers have not handled.
    unhandled: AtomicU64,
    /// From where on its user waits for these.
    most_unhandled: u64,
    inbox: Mutex<VecDeque<Letter>>,
    participant: Mutex<Participant>,
}

/// It has nothing to do.
const ASLEEP: u8 = 0;
/// It is in the queue of turns.
const QUEUED: u8 = 1;
/// A worker runs it.
const RUNNING: u8 = 2;
/// A worker runs it, and something has come in meanwhile.
const CALLED: u8 = 3;

impl Group {
    /// Participants by node number, each with the number of its messages from which on its user waits for their receivers.
    pub(super) fn new(
        origin: Moment,
        participants: Vec<Option<(Participant, u64)>>,
        turns: Sender<Option<NodeId>>,
        notices: Sender<Notice>,
    ) -> Self {
        let seat = |(participant, most_unhandled): (Participant, u64)| Seat {
            state: AtomicU8::new(ASLEEP),
            unhandled: AtomicU64::new(0),
            most_unhandled,
            inbox: Mutex::default(),
            participant: Mutex::new(participant),
        };
        Self {
            origin,
            seats: participants.into_iter().map(|one| one.map(seat)).collect(),
            turns,
            notices,
            awake: AtomicU64::new(0),
            acting: AtomicBool::new(false),
            over: AtomicBool::new(false),
            acted: AtomicU64::new(0),
        }
    }

    /// Gives everybody a turn, in which replicas connect or, once `acting`, users begin to act.
    pub(super) fn begin(&self, acting: bool) {
        self.acting.store(acting, Ordering::SeqCst);
        self.acted.store(self.origin.time().0, Ordering::SeqCst);
        // The group must not seem quiescent before the last of them was woken.
        self.awake.fetch_add(1, Ordering::SeqCst);
        let present = self.seats.iter().enumerate().filter(|(_, seat)| seat.is_some());
        present.for_each(|(node, _)| self.wake(NodeId(node as u32)));
        self.rest();
    }

    /// When a user acted last.
    pub(super) fn acted(&self) -> Time {
        Time(self.acted.load(Ordering::SeqCst))
    }

    /// Lets one participant do what it has to do. Timers that it sets stay in `out`.
    pub(super) fn turn(&self, id: NodeId, out: &mut Outbox) {
        let Some(seat) = self.seat(id) else { return };
        seat.state.store(RUNNING, Ordering::SeqCst);
        let mut participant = lock(&seat.participant);
        // All of it: a sender that saw this turn in the queue has not called again.
        take_in(&mut lock(&seat.inbox), &mut participant.letters);
        let now = self.origin.time();
        participant.receive(now, out);
        if self.acting.load(Ordering::Relaxed) && participant.act(seat.unhandled.load(Ordering::SeqCst), now, out) {
            self.acted.fetch_max(now.0, Ordering::Relaxed);
        }
        let more = !participant.letters.is_empty();
        drop(participant);
        // Timers count from now on, and before this participant may fall asleep.
        self.awake.fetch_add(out.timers.len() as u64, Ordering::SeqCst);
        self.post(seat, out);
        if !more && seat.state.compare_exchange(RUNNING, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            return self.rest();
        }
        seat.state.store(QUEUED, Ordering::SeqCst);
        self.queue(id);
    }

    /// A timer of `id` is due.
    pub(super) fn ring(&self, id: NodeId, tag: u64) {
        let Some(seat) = self.seat(id) else { return };
        lock(&seat.inbox).push_back(Letter::Timer(tag));
        self.wake(id);
        self.rest();
    }

    /// A handler of `id` panicked.
    pub(super) fn panicked(&self, id: NodeId, text: String) {
        // The receiver listens until every worker has ended.
        let _ = self.notices.send(Notice::Panicked(id, text));
    }

    /// The participants after the run, and the messages that wait in inboxes.
    pub(super) fn into_parts(self) -> (Vec<Participant>, u64) {
        let mut waiting = 0;
        let mut participants = Vec::new();
        for seat in self.seats.into_iter().flatten() {
            let inbox = seat.inbox.into_inner().unwrap_or_else(PoisonError::into_inner);
            let participant = seat.participant.into_inner().unwrap_or_else(PoisonError::into_inner);
            let letters = inbox.iter().chain(&participant.letters);
            waiting += letters.filter(|letter| matches!(letter, Letter::Message { .. })).count() as u64;
            participants.push(participant);
        }
        (participants, waiting)
    }

    /// Hands on what a turn has left: letters to their receivers, and to senders that their messages were handled.
    fn post(&self, sender: &Seat, out: &mut Outbox) {
        sender.unhandled.fetch_add(out.messages(), Ordering::SeqCst);
        out.empty(|to, letters| {
            if let Some(seat) = self.seat(to) {
                take_in(letters, &mut lock(&seat.inbox));
                self.wake(to);
            }
        });
        for (from, count) in out.handled.drain(..) {
            let Some(seat) = self.seat(from) else { continue };
            let before = seat.unhandled.fetch_sub(count, Ordering::SeqCst);
            if before >= seat.most_unhandled {
                // Its user may have waited for that.
                self.wake(from);
            }
        }
    }

    fn wake(&self, id: NodeId) {
        let Some(seat) = self.seat(id) else { return };
        let called = |state: u8| match state {
            ASLEEP => Some(QUEUED),
            RUNNING => Some(CALLED),
            _ => None,
        };
        if let Ok(ASLEEP) = seat.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, called) {
            self.awake.fetch_add(1, Ordering::SeqCst);
            self.queue(id);
        }
    }

    /// One fewer is awake.
    fn rest(&self) {
        if self.awake.fetch_sub(1, Ordering::SeqCst) == 1 {
            // The receiver listens until every worker has ended.
            let _ = self.notices.send(Notice::Quiescent(self.origin.time()));
        }
    }

    fn queue(&self, id: NodeId) {
        // Workers listen until they are ended, and those that are left over have nothing to do.
        let _ = self.turns.send(Some(id));
    }

    fn seat(&self, id: NodeId) -> Option<&Seat> {
        self.seats.get(id.0 as usize).and_then(Option::as_ref)
    }
}

/// Moves letters behind those that are there.
fn take_in(from: &mut VecDeque<Letter>, to: &mut VecDeque<Letter>) {
    if to.is_empty() {
        std::mem::swap(from, to);
    } else {
        to.append(from);
    }
}

/// A panic inside ends the run with its own message.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
