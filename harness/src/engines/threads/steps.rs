//! What happens to the replica of one thread: its user acts, a handler is called, its state is looked at.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use syncbench_strategies::replica::{Identity, NodeId, Report, Setup, Time};
use xxhash_rust::xxh3::xxh3_64;

use super::journal::of_operations;
use super::worker::{Work, Worker};
use super::{Notice, THING, TIMER};
use crate::clock::WALL_AT_START;
use crate::engines::node::{Input, Node, Request};
use crate::event::{Event, What};
use crate::pace::Pace;
use crate::rng::stream;

impl Worker<'_> {
    pub(super) fn schedule(&mut self, at: Time) {
        if let Some(user) = &mut self.user {
            user.schedule();
            self.shared.planned.fetch_add(1, Ordering::SeqCst);
            self.shared.add(THING);
            self.queue.push(at, Work::Issue);
        }
    }

    pub(super) fn issue(&mut self, intended: Time) {
        let Some(user) = &mut self.user else { return };
        let Some(node) = &self.node else {
            // Absent: this user's plans begin when its client joins.
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
            self.conditions.touch_acted(self.id, at);
            if self.task.pace == Pace::Turns {
                self.notify(Notice::Opened { op, action: action.clone(), at, intended });
            }
            self.unresolved.insert(op);
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

    /// In a closed loop: the user acts again some time after its last operation was resolved.
    pub(super) fn follow_up(&mut self) {
        let Some(user) = self.user.as_ref().filter(|user| self.task.pace == Pace::Closed && user.waiting()) else {
            return;
        };
        if self.unresolved.is_empty() {
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
        let wall = self.conditions.clock(self.id, begun, begun + WALL_AT_START);
        let Some(node) = &mut self.node else { return };
        let (mut events, mut requests) = (std::mem::take(&mut self.events), std::mem::take(&mut self.requests));
        node.step(input, begun, wall, &mut events, &mut requests);
        let after = self.journal.now();
        self.touched = true;
        self.stepped = after;
        let timer_alone = matches!(input, Input::Timer(_)) && events.len() <= 1;
        let stirred = matches!(input, Input::Submit(..) | Input::Undo(..) | Input::Link(..));
        let mut busy = !timer_alone;
        for mut event in events.drain(..) {
            // The effects of a step count from its end.
            event.at = after;
            if let What::Report(Report::Confirmed(op, _)) | What::Report(Report::Rejected(op, _)) = &event.what {
                self.unresolved.remove(op);
            }
            if let What::Report(report) = &event.what {
                self.own.report(report);
            }
            self.note(event);
        }
        let mut hashed: Option<(Arc<[u8]>, u64)> = None;
        for request in requests.drain(..) {
            match request {
                Request::Send { to, bytes, sidecar } => {
                    busy = true;
                    // One hash for a fan-out.
                    let hash = match &hashed {
                        Some((same, hash)) if Arc::ptr_eq(same, &bytes) => *hash,
                        _ => xxh3_64(&bytes),
                    };
                    hashed = Some((bytes.clone(), hash));
                    self.send(after, to, bytes, hash, sidecar);
                }
                Request::SetTimer { .. } if self.timers_void => {}
                Request::SetTimer { after: span, tag } => {
                    self.shared.add(TIMER);
                    self.queue.push(begun + span, Work::Timer(tag));
                }
            }
        }
        if stirred {
            self.shared.seats[self.id.0 as usize].stirred.store(after.0, Ordering::SeqCst);
        }
        if busy {
            self.shared.seats[self.id.0 as usize].busy.store(after.0, Ordering::SeqCst);
        }
        (self.events, self.requests) = (events, requests);
    }

    pub(super) fn make(&self) -> Node {
        let setup = Setup {
            node: self.id,
            peers: self.peers.clone(),
            clients: self.task.clients,
            model: self.task.model.clone(),
            genesis: self.task.genesis_bytes.clone(),
            seed: self.task.seed,
            identity: self.task.faults.twin_of(self.id).map(|node| Identity { node, install: 0 }),
            undo: self.task.undo > 0.0,
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

    /// Looks at the state at the end of the grid's step: no handler was called since.
    pub(super) fn look(&mut self) {
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

    pub(super) fn notify(&self, notice: Notice) {
        // The coordinator listens until every thread has ended.
        let _ = self.reports.send(notice);
    }
}
