//! When users act: on their own schedule (open loop), after an answer (closed loop), in turn, or as recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, OpId, Report, Rng, Time};
use syncbench_strategies::view::View;

use super::Task;
use crate::event::What;
use crate::ledger::{Action, Fate, Ledger};
use crate::rng::{exponential, stream, unit};
use crate::trace::Schedule;
use crate::workload::{self, Standing};

/// How users come to act.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Open loop, at random: gaps are exponentially distributed, whatever the system does.
    Poisson,
    /// Open loop, evenly spaced; clients take turns within a gap.
    Periodic,
    /// Closed loop: a client acts again some time after it was told of its last operation's fate.
    Closed,
    /// One at a time over the whole group: the next acts when everybody has seen the last. No concurrency at all.
    Turns,
    /// As the trace recorded it: when the author has seen what it had seen then.
    Recorded,
}

/// One user: what it wants next, and when, as far as the clock alone says.
pub(super) struct User {
    client: NodeId,
    clients: u32,
    pace: Pace,
    /// Between two operations of the whole group.
    gap: Duration,
    seed: u64,
    user: Box<dyn workload::User>,
    /// Intents left, those without anything sensible to do included.
    left: u64,
    /// Intents drawn so far.
    drawn: u64,
    own: Own,
    /// Share of acts that take back an own operation.
    undo: f64,
    arrivals: Rng,
    /// When the last intent was due.
    clock: Time,
    /// An intent is due already and not yet acted on.
    scheduled: bool,
    postponed: bool,
}

impl User {
    /// The user at `client`.
    pub(super) fn new(task: &Task<'_>, client: NodeId) -> Self {
        let clients = u64::from(task.clients);
        let share = task.ops / clients + u64::from(u64::from(client.0) <= task.ops % clients);
        let recorded = task.workload.schedule().map(|schedule| schedule.len_within(client, task.ops));
        Self {
            client,
            clients: task.clients,
            pace: task.pace,
            gap: gap(task),
            seed: task.seed,
            user: task.workload.user(client, task.clients),
            left: recorded.unwrap_or(share),
            drawn: 0,
            own: Own::default(),
            undo: task.undo,
            arrivals: stream(task.seed, "arrival", client.0.into(), 0),
            clock: Time::ZERO,
            scheduled: false,
            postponed: false,
        }
    }

    /// The first intent, if it is due by the clock alone.
    pub(super) fn first(&mut self) -> Option<Time> {
        self.arrival()
    }

    /// An intent that was due at `due` is acted on: when the next one will be due, in an open loop.
    pub(super) fn begin(&mut self, due: Time) -> Option<Time> {
        self.left = self.left.saturating_sub(1);
        self.scheduled = false;
        self.clock = self.clock.max(due);
        self.arrival()
    }

    /// What the user wants, given what it sees.
    pub(super) fn act(&mut self, view: &dyn View) -> Option<Action> {
        self.drawn += 1;
        if self.undo > 0.0
            && unit(&mut stream(self.seed, "undo", self.client.0.into(), self.drawn)) < self.undo
            && let Some(n) = self.own.take_back()
        {
            return Some(Action::Undo { target: OpId { client: self.client, n } });
        }
        let mut rng = stream(self.seed, "intent", self.client.0.into(), self.drawn);
        self.user.standing(Standing { next: self.own.issued + 1, reflected: self.own.accounted });
        let intent = self.user.next(view, &mut rng)?;
        self.own.issued += 1;
        Some(Action::Operate { operation: intent.operation, seen: intent.seen })
    }

    /// Something happened at this user's replica.
    pub(super) fn note(&mut self, what: &What) {
        self.own.note(self.client, what);
    }

    /// Its client is not there yet.
    pub(super) fn postpone(&mut self) {
        self.postponed = true;
    }

    /// Its client is there now: when the first intent is due, if it was waiting.
    pub(super) fn joined(&mut self, now: Time) -> Option<Time> {
        std::mem::take(&mut self.postponed).then(|| {
            self.clock = now;
            now
        })
    }

    /// It will not act any more.
    pub(super) fn retire(&mut self) {
        self.left = 0;
        self.scheduled = false;
    }

    /// Whether it will act, and the clock alone does not say when.
    pub(super) fn waiting(&self) -> bool {
        self.left > 0 && !self.scheduled
    }

    /// It is known by now when it will act.
    pub(super) fn schedule(&mut self) {
        self.scheduled = true;
    }

    /// Whether it will not act any more.
    pub(super) fn done(&self) -> bool {
        self.left == 0
    }

    /// How long it thinks between an answer and its next act, in a closed loop.
    pub(super) fn think(&self) -> Duration {
        self.gap * self.clients
    }

    /// The next arrival of an open loop.
    fn arrival(&mut self) -> Option<Time> {
        let open = matches!(self.pace, Pace::Poisson | Pace::Periodic);
        if self.left == 0 || !open {
            return None;
        }
        let mean = self.gap * self.clients;
        let span = match self.pace {
            Pace::Poisson => Duration::from_secs_f64(exponential(&mut self.arrivals, mean.as_secs_f64())),
            _ if self.drawn == 0 && self.clock == Time::ZERO => self.gap * self.client.0,
            _ => mean,
        };
        self.scheduled = true;
        self.clock = self.clock + span;
        Some(self.clock)
    }
}

/// A user's own operations, as far as the own replica tells.
#[derive(Default)]
struct Own {
    issued: u64,
    /// All up to here are taken into account on the own screen, or were refused.
    accounted: u64,
    /// Single ones beyond.
    beyond: BTreeSet<u64>,
    /// Operations of the model that stand and were not taken back.
    standing: BTreeSet<u64>,
    undos: BTreeSet<u64>,
    /// What stands for them until they are taken into account.
    tags: BTreeMap<u128, Vec<u64>>,
}

impl Own {
    /// The latest operation that stands, which is taken back from now on by the next one.
    fn take_back(&mut self) -> Option<u64> {
        let target = self.standing.pop_last()?;
        self.issued += 1;
        self.undos.insert(self.issued);
        Some(target)
    }

    fn note(&mut self, client: NodeId, what: &What) {
        match what {
            What::Report(Report::Reflected(op)) | What::Report(Report::Void(op)) if op.client == client => {
                self.account(op.n)
            }
            What::Report(Report::ReflectedThrough(clock)) => {
                let through = clock.get(&client).copied().unwrap_or(0).min(self.issued);
                (self.accounted + 1..=through).for_each(|n| self.account(n));
            }
            What::Report(Report::Tagged(op, tag)) if op.client == client => {
                self.tags.entry(*tag).or_default().push(op.n);
            }
            What::Report(Report::ReflectedTags(first, last)) if first <= last => {
                while let Some((tag, _)) = self.tags.range(first..=last).next() {
                    let behind = self.tags.remove(&tag.clone()).unwrap_or_default();
                    behind.into_iter().for_each(|n| self.account(n));
                }
            }
            What::Report(Report::Confirmed(op, _)) if op.client == client && !self.undos.remove(&op.n) => {
                self.standing.insert(op.n);
            }
            What::Report(Report::Rejected(op, _)) if op.client == client => self.account(op.n),
            _ => {}
        }
    }

    fn account(&mut self, n: u64) {
        if n > self.accounted {
            self.beyond.insert(n);
            while self.beyond.remove(&(self.accounted + 1)) {
                self.accounted += 1;
            }
        }
    }
}

/// The mean time between two operations of the whole group.
pub(super) fn gap(task: &Task<'_>) -> Duration {
    Duration::from_secs_f64(1.0 / task.rate_per_s)
}

/// All users of a run in virtual time.
pub(super) struct Users<'a> {
    pace: Pace,
    gap: Duration,
    users: Vec<User>,
    schedule: Option<&'a Schedule>,
    /// How many intents there were in all.
    acted: u64,
}

impl<'a> Users<'a> {
    pub(super) fn new(task: &'a Task<'_>) -> Self {
        let users = (1..=task.clients).map(|client| User::new(task, NodeId(client)));
        let schedule = task.workload.schedule();
        Self { pace: task.pace, gap: gap(task), users: users.collect(), schedule, acted: 0 }
    }

    /// The first intents that are due by the clock alone.
    pub(super) fn first(&mut self) -> Vec<(NodeId, Time)> {
        self.users.iter_mut().filter_map(|user| user.first().map(|at| (user.client, at))).collect()
    }

    /// An intent of `client` is due now: when the next one will be, in an open loop.
    pub(super) fn begin(&mut self, client: NodeId, now: Time) -> Option<Time> {
        self.acted += 1;
        self.user(client).begin(now)
    }

    /// What the user wants, given what it sees.
    pub(super) fn act(&mut self, client: NodeId, view: &dyn View) -> Option<Action> {
        self.user(client).act(view)
    }

    /// Something happened at a replica.
    pub(super) fn note(&mut self, node: NodeId, what: &What) {
        if let Some(user) = (node.0 as usize).checked_sub(1).and_then(|slot| self.users.get_mut(slot)) {
            user.note(what);
        }
    }

    /// The client is not there yet.
    pub(super) fn postpone(&mut self, client: NodeId) {
        self.user(client).postpone();
    }

    /// The client is gone for good.
    pub(super) fn retire(&mut self, client: NodeId) {
        if client != NodeId::SERVER {
            self.user(client).retire();
        }
    }

    /// The client is there now: when its first intent is due, if it was waiting.
    pub(super) fn joined(&mut self, client: NodeId, now: Time) -> Option<Time> {
        self.users.get_mut((client.0 as usize).checked_sub(1)?)?.joined(now)
    }

    /// Those whose next act waits for something that has happened by now, with the time it is due.
    pub(super) fn ready(&mut self, now: Time, ledger: &Ledger) -> Vec<(NodeId, Time)> {
        let due: Vec<(NodeId, Time)> = match self.pace {
            Pace::Poisson | Pace::Periodic => return Vec::new(),
            Pace::Closed => {
                let answered = |client: &NodeId| last(ledger, *client).is_none_or(|op| told(ledger, op));
                let think = |client: NodeId| self.users[client.0 as usize - 1].think();
                self.waiting().filter(answered).map(|client| (client, now + think(client))).collect()
            }
            Pace::Turns => {
                let quiet = ledger.all_settled() && !self.users.iter().any(|user| user.scheduled);
                let next = NodeId((self.acted % self.users.len() as u64) as u32 + 1);
                let next = self.waiting().find(|client| *client == next).or_else(|| self.waiting().next());
                next.filter(|_| quiet).map(|client| (client, now + self.gap)).into_iter().collect()
            }
            Pace::Recorded => {
                let Some(schedule) = self.schedule else { return Vec::new() };
                let seen = |client: &NodeId| {
                    let op = ledger.next_op(*client);
                    let needs = schedule.before(*client, op.n).unwrap_or(&[]);
                    ledger.replica(*client).is_some_and(|replica| {
                        let through = |slot: usize| replica.known.through(NodeId(slot as u32 + 1));
                        needs.iter().enumerate().all(|(slot, n)| through(slot) >= u64::from(*n))
                    })
                };
                let at =
                    |client: NodeId| now.max(Time::ZERO + self.gap * schedule.slot(client, ledger.next_op(client).n));
                self.waiting().filter(seen).map(|client| (client, at(client))).collect()
            }
        };
        for (client, _) in &due {
            self.user(*client).schedule();
        }
        due
    }

    /// The client that has waited for what will not come any more.
    pub(super) fn force(&mut self) -> Option<NodeId> {
        self.waiting().next()
    }

    /// Whether nobody will act any more.
    pub(super) fn done(&self) -> bool {
        self.users.iter().all(User::done)
    }

    fn waiting(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.users.iter().filter(|user| user.waiting()).map(|user| user.client)
    }

    fn user(&mut self, client: NodeId) -> &mut User {
        // Engines ask for clients 1 to n only.
        &mut self.users[client.0 as usize - 1]
    }
}

fn last(ledger: &Ledger, client: NodeId) -> Option<OpId> {
    let next = ledger.next_op(client).n;
    (next > 1).then(|| OpId { client, n: next - 1 })
}

fn told(ledger: &Ledger, op: OpId) -> bool {
    ledger.entry(op).is_none_or(|entry| entry.fate != Fate::Unknown)
}
