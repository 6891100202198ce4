//! When users act: on their own schedule (open loop), after an answer (closed loop), in turn, or as recorded.

mod arrivals;
mod user;

use std::time::Duration;

use syncbench_strategies::replica::{NodeId, OpId, Time};
use syncbench_strategies::view::View;

use crate::actions::{Recorder, ScriptedAction};
use crate::ledger::{Action, Fate, Ledger};
use crate::pace::Pace;
use crate::schedule::Schedule;
use crate::task::Task;
pub(super) use user::User;

/// All users of a run in virtual time.
pub(super) struct Users<'a> {
    pace: Pace,
    gap: Duration,
    users: Vec<User>,
    schedule: Option<&'a Schedule>,
    /// How many users will still act.
    acting: usize,
    /// How many intents there were in all.
    acted: u64,
    /// Users follow a script.
    scripted: bool,
    recorder: Option<Recorder>,
}

/// A user whose next action waits for nothing but the time.
pub(super) struct Ready {
    pub(super) client: NodeId,
    /// When it acts.
    pub(super) at: Time,
    /// From when its latencies count.
    pub(super) intended: Time,
}

impl Ready {
    fn on_time(client: NodeId, at: Time) -> Self {
        Self { client, at, intended: at }
    }
}

impl<'a> Users<'a> {
    pub(super) fn new(task: &'a Task<'_>) -> Self {
        let users: Vec<User> = (1..=task.clients).map(|client| User::new(task, NodeId(client))).collect();
        let schedule = task.workload.schedule();
        Self {
            pace: task.pace,
            gap: task.gap(),
            acting: users.iter().filter(|user| !user.done()).count(),
            users,
            schedule,
            acted: 0,
            scripted: task.script.is_some(),
            recorder: task.recorder.clone(),
        }
    }

    /// The first intents that are due by the clock alone.
    pub(super) fn first(&mut self) -> Vec<(NodeId, Time)> {
        self.users.iter_mut().filter_map(|user| user.first().map(|at| (user.client(), at))).collect()
    }

    /// An intent of `client` that was due at `intended` is acted on now: when the next one will be due, in an open loop.
    pub(super) fn begin(&mut self, client: NodeId, now: Time, intended: Time) -> Option<Time> {
        self.acted += 1;
        let next = self.change(client, |user| user.begin(intended));
        let intent = self.user(client).intent();
        self.recorder.iter().for_each(|recorder| recorder.record(ScriptedAction { at: now, client, intent }));
        next
    }

    /// What the user wants, given what it sees.
    pub(super) fn act(&mut self, client: NodeId, view: &dyn View, ledger: &Ledger) -> Option<Action> {
        let own = ledger.own(client)?;
        self.user(client).act(view, own)
    }

    /// The client does not take part now.
    pub(super) fn postpone(&mut self, client: NodeId) {
        self.user(client).postpone();
    }

    /// The client has crashed for good.
    pub(super) fn retire(&mut self, client: NodeId) {
        if client != NodeId::SERVER {
            self.change(client, User::retire);
        }
    }

    /// The client takes part from now on: when its next intent is due, if one was postponed.
    pub(super) fn joined(&mut self, client: NodeId, now: Time) -> Option<Time> {
        self.users.get_mut((client.0 as usize).checked_sub(1)?)?.joined(now)
    }

    /// Those whose next action waited for something that has happened by now.
    pub(super) fn ready(&mut self, now: Time, ledger: &Ledger) -> Vec<Ready> {
        let ready = match self.pace {
            _ if self.scripted => return Vec::new(),
            Pace::Poisson | Pace::Periodic | Pace::Bursts | Pace::Day => return Vec::new(),
            Pace::Closed => self.answered(now, ledger),
            Pace::Turns => self.next_turn(now, ledger).into_iter().collect(),
            Pace::Recorded(_) | Pace::Causal => self.caught_up(now, ledger),
            // No plan has it here.
            Pace::Eager(_) => return Vec::new(),
        };
        for Ready { client, .. } in &ready {
            self.user(*client).schedule();
        }
        ready
    }

    /// Closed loop: those whose last operation has its fate.
    fn answered(&self, now: Time, ledger: &Ledger) -> Vec<Ready> {
        let answered = |client: &NodeId| {
            let last = OpId { client: *client, n: ledger.next_op(*client).n - 1 };
            ledger.entry(last).is_none_or(|entry| entry.fate != Fate::Unknown)
        };
        let think = |client: NodeId| self.users[client.0 as usize - 1].think();
        self.waiting().filter(answered).map(|client| Ready::on_time(client, now + think(client))).collect()
    }

    /// In turn: the next one, once everybody reflects all operations.
    fn next_turn(&self, now: Time, ledger: &Ledger) -> Option<Ready> {
        if !ledger.all_resolved() || self.users.iter().any(User::is_scheduled) {
            return None;
        }
        let next = NodeId((self.acted % self.users.len() as u64) as u32 + 1);
        let next = self.waiting().find(|client| *client == next).or_else(|| self.waiting().next())?;
        Some(Ready::on_time(next, now + self.gap))
    }

    /// In a replayed trace: those whose replica reflects what the recorded user had seen.
    fn caught_up(&self, now: Time, ledger: &Ledger) -> Vec<Ready> {
        let Some(schedule) = self.schedule else { return Vec::new() };
        let ready = |client: &NodeId| {
            let needs = schedule.before(*client, ledger.next_op(*client).n).unwrap_or(&[]);
            ledger.replica(*client).is_some_and(|replica| {
                let through = |slot: usize| replica.reflected().through(NodeId(slot as u32 + 1));
                needs.iter().enumerate().all(|(slot, n)| through(slot) >= u64::from(*n))
            })
        };
        let due = |client: NodeId| match self.users[client.0 as usize - 1].recorded() {
            // Whatever keeps it from acting then is part of its latency.
            Some(intended) => Ready { client, at: now.max(intended), intended },
            None => {
                let slot = schedule.slot(client, ledger.next_op(client).n);
                Ready::on_time(client, now.max(Time::ZERO + self.gap * slot))
            }
        };
        self.waiting().filter(ready).map(due).collect()
    }

    /// Whether users wait for an answer before they act again.
    pub(super) fn waits(&self) -> bool {
        self.waiting().next().is_some()
    }

    /// The first client that waits for what will not come any more.
    pub(super) fn force(&mut self) -> Option<NodeId> {
        self.waiting().next()
    }

    /// Whether nobody will act any more.
    pub(super) fn done(&self) -> bool {
        self.acting == 0
    }

    /// Changes whether a user will still act, for one.
    fn change<R>(&mut self, client: NodeId, change: impl FnOnce(&mut User) -> R) -> R {
        let user = self.user(client);
        let before = user.done();
        let result = change(user);
        self.acting -= usize::from(!before && self.user(client).done());
        result
    }

    fn waiting(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.users.iter().filter(|user| user.waiting()).map(User::client)
    }

    fn user(&mut self, client: NodeId) -> &mut User {
        // Engines ask for clients 1 to n only.
        &mut self.users[client.0 as usize - 1]
    }
}
