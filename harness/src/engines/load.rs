//! When users act: on their own schedule (open loop), after an answer (closed loop), in turn, or as recorded.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, OpId, Rng, Time};
use syncbench_strategies::view::View;

use super::Task;
use crate::ledger::{Fate, Ledger};
use crate::rng::{exponential, stream};
use crate::trace::Schedule;
use crate::workload::{Author, Intent};

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

struct User {
    author: Box<dyn Author>,
    /// Intents left, those without anything sensible to do included.
    left: u64,
    /// Intents drawn so far.
    drawn: u64,
    arrivals: Rng,
    /// When the last intent was due.
    clock: Time,
    /// An intent is due already and not yet acted on.
    scheduled: bool,
    postponed: bool,
}

/// All users of a run.
pub(super) struct Users<'a> {
    pace: Pace,
    gap: Duration,
    seed: u64,
    users: Vec<User>,
    schedule: Option<&'a Schedule>,
    /// How many intents there were in all.
    acted: u64,
}

impl<'a> Users<'a> {
    pub(super) fn new(task: &'a Task<'_>) -> Self {
        let clients = u64::from(task.clients);
        let schedule = task.workload.schedule();
        let users = (1..=task.clients).map(|client| {
            let share = task.ops / clients + u64::from(u64::from(client) <= task.ops % clients);
            let recorded = schedule.map(|schedule| schedule.len_within(NodeId(client), task.ops));
            User {
                author: task.workload.author(NodeId(client), task.clients),
                left: recorded.unwrap_or(share),
                drawn: 0,
                arrivals: stream(task.seed, "arrival", client.into(), 0),
                clock: Time::ZERO,
                scheduled: false,
                postponed: false,
            }
        });
        let gap = Duration::from_secs_f64(1.0 / task.rate_per_s);
        Self { pace: task.pace, gap, seed: task.seed, users: users.collect(), schedule, acted: 0 }
    }

    /// The first intents that are due by the clock alone.
    pub(super) fn first(&mut self) -> Vec<(NodeId, Time)> {
        match self.pace {
            Pace::Poisson | Pace::Periodic => {
                self.clients().filter_map(|client| self.arrival(client).map(|at| (client, at))).collect()
            }
            Pace::Closed | Pace::Turns | Pace::Recorded => Vec::new(),
        }
    }

    /// An intent of `client` is due now: when the next one will be, in an open loop.
    pub(super) fn begin(&mut self, client: NodeId, now: Time) -> Option<Time> {
        let user = self.user(client);
        user.left = user.left.saturating_sub(1);
        user.scheduled = false;
        user.clock = user.clock.max(Time(now.0));
        self.acted += 1;
        match self.pace {
            Pace::Poisson | Pace::Periodic => self.arrival(client),
            Pace::Closed | Pace::Turns | Pace::Recorded => None,
        }
    }

    /// What the user wants, given what it sees.
    pub(super) fn act(&mut self, client: NodeId, view: &dyn View) -> Option<Intent> {
        let seed = self.seed;
        let user = self.user(client);
        user.drawn += 1;
        let mut rng = stream(seed, "intent", client.0.into(), user.drawn);
        user.author.next(view, &mut rng)
    }

    /// The client is not there yet.
    pub(super) fn postpone(&mut self, client: NodeId) {
        self.user(client).postponed = true;
    }

    /// The client is there now: when its first intent is due, if it was waiting.
    pub(super) fn joined(&mut self, client: NodeId, now: Time) -> Option<Time> {
        let user = self.users.get_mut((client.0 as usize).checked_sub(1)?)?;
        std::mem::take(&mut user.postponed).then(|| {
            user.clock = now;
            now
        })
    }

    /// Those whose next act waits for something that has happened by now, with the time it is due.
    pub(super) fn ready(&mut self, now: Time, ledger: &Ledger) -> Vec<(NodeId, Time)> {
        let due: Vec<(NodeId, Time)> = match self.pace {
            Pace::Poisson | Pace::Periodic => return Vec::new(),
            Pace::Closed => {
                let answered = |client: &NodeId| last(ledger, *client).is_none_or(|op| told(ledger, op));
                let think = self.gap * self.users.len() as u32;
                self.waiting().filter(answered).map(|client| (client, now + think)).collect()
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
            self.user(*client).scheduled = true;
        }
        due
    }

    /// The client that has waited for what will not come any more.
    pub(super) fn force(&mut self) -> Option<NodeId> {
        self.waiting().next()
    }

    /// Whether nobody will act any more.
    pub(super) fn done(&self) -> bool {
        self.users.iter().all(|user| user.left == 0)
    }

    fn clients(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.users.len() as u32).map(NodeId)
    }

    fn waiting(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.clients().zip(&self.users).filter(|(_, user)| user.left > 0 && !user.scheduled).map(|(client, _)| client)
    }

    fn user(&mut self, client: NodeId) -> &mut User {
        // Engines ask for clients 1 to n only.
        &mut self.users[client.0 as usize - 1]
    }

    /// The next arrival of an open loop.
    fn arrival(&mut self, client: NodeId) -> Option<Time> {
        let count = self.users.len() as u32;
        let (pace, gap) = (self.pace, self.gap);
        let user = self.user(client);
        if user.left == 0 {
            return None;
        }
        let mean = gap * count;
        let span = match pace {
            Pace::Poisson => Duration::from_secs_f64(exponential(&mut user.arrivals, mean.as_secs_f64())),
            _ if user.drawn == 0 && user.clock == Time::ZERO => gap * client.0,
            _ => mean,
        };
        user.scheduled = true;
        user.clock = user.clock + span;
        Some(user.clock)
    }
}

fn last(ledger: &Ledger, client: NodeId) -> Option<OpId> {
    let next = ledger.next_op(client).n;
    (next > 1).then(|| OpId { client, n: next - 1 })
}

fn told(ledger: &Ledger, op: OpId) -> bool {
    ledger.entry(op).is_none_or(|entry| entry.fate != Fate::Unknown)
}
