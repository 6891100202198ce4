//! One user: what it wants next, and when, as far as the clock alone says.

use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::view::View;

use super::arrivals::Arrivals;
use crate::actions::{IntentId, ScriptedAction};
use crate::ledger::{Action, Own};
use crate::pace::Pace;
use crate::rng::{stream, unit};
use crate::task::Task;
use crate::times::Times;
use crate::workload::{self, Standing};

/// A script with at most this many actions is read by people, so its values are short.
const FEW: usize = 16;

/// One user.
pub(in crate::engines) struct User {
    client: NodeId,
    clients: u32,
    pace: Pace,
    /// Between two operations of the whole group.
    gap: Duration,
    seed: u64,
    user: Box<dyn workload::User>,
    /// Intents left, those without anything sensible to do included.
    left: u64,
    /// Intents acted on so far.
    drawn: u64,
    /// The user's script, where actions are fixed.
    script: Option<Vec<ScriptedAction>>,
    /// Share of actions that undo one of the user's own operations.
    undo: f64,
    arrivals: Arrivals,
    /// When it acts, where its pace is a recorded one.
    times: Option<Arc<Times>>,
    /// It waits until it has seen what the recorded user had seen.
    causal: bool,
    /// When the last intent was due.
    clock: Time,
    /// When the next action is due is known.
    scheduled: bool,
    postponed: bool,
}

impl User {
    /// The user at `client`.
    pub(in crate::engines) fn new(task: &Task<'_>, client: NodeId) -> Self {
        let clients = u64::from(task.clients);
        let share = task.ops / clients + u64::from(u64::from(client.0) <= task.ops % clients);
        let recorded = task.workload.schedule().map(|schedule| schedule.len_within(client, task.ops));
        let script = task
            .script
            .as_ref()
            .map(|script| script.iter().filter(|action| action.client == client).copied().collect::<Vec<_>>());
        let scripted = script.as_ref().map(|script| script.len() as u64);
        let times = task.times.clone().filter(|_| matches!(task.pace, Pace::Recorded(_)));
        let timed = times.as_ref().map(|times| times.len(client));
        let mut user = task.workload.user(client, task.clients);
        if task.script.as_ref().is_some_and(|script| script.len() <= FEW) {
            user.few(task.size);
        }
        Self {
            client,
            clients: task.clients,
            pace: task.pace,
            gap: task.gap(),
            seed: task.seed,
            user,
            left: scripted.or(recorded).or(timed).unwrap_or(share),
            drawn: 0,
            script,
            undo: task.undo,
            arrivals: Arrivals::new(
                task.pace,
                task.gap() * task.clients,
                task.gap().mul_f64(task.ops.max(1) as f64),
                stream(task.seed, "arrival", client.0.into(), 0),
            ),
            times,
            causal: recorded.is_some(),
            clock: Time::ZERO,
            scheduled: false,
            postponed: false,
        }
    }

    /// The client it acts at.
    pub(super) fn client(&self) -> NodeId {
        self.client
    }

    /// When the first intent is due, if the clock alone says.
    pub(in crate::engines) fn first(&mut self) -> Option<Time> {
        self.arrival()
    }

    /// An intent that was due at `due` is acted on: when the next one will be due, in an open loop.
    pub(in crate::engines) fn begin(&mut self, due: Time) -> Option<Time> {
        self.left = self.left.saturating_sub(1);
        self.drawn += 1;
        self.scheduled = false;
        self.clock = self.clock.max(due);
        self.arrival()
    }

    /// The intent that began last.
    pub(super) fn intent(&self) -> IntentId {
        let fixed =
            self.script.as_ref().and_then(|script| script.get(usize::try_from(self.drawn).ok()?.checked_sub(1)?));
        fixed.map_or(IntentId { client: self.client, n: self.drawn }, |action| action.intent)
    }

    /// What the user wants, given what it sees and what it knows of its own operations.
    pub(in crate::engines) fn act(&mut self, view: &dyn View, own: Own) -> Option<Action> {
        let IntentId { client, n } = self.intent();
        if self.undo > 0.0
            && unit(&mut stream(self.seed, "undo", client.0.into(), n)) < self.undo
            && let Some(target) = own.undoable
        {
            return Some(Action::Undo { target });
        }
        let mut rng = stream(self.seed, "intent", client.0.into(), n);
        self.user.standing(Standing { next: own.next.n, reflected: own.reflected });
        let intent = self.user.next(view, &mut rng)?;
        // What is remembered of the screen must not keep a replica's memory alive, which nobody would be credited for.
        Some(Action::Operate { operation: intent.operation, seen: intent.seen.apart() })
    }

    /// Its client does not take part now.
    pub(in crate::engines) fn postpone(&mut self) {
        self.postponed = true;
    }

    /// Its client takes part from now on: when the next intent is due, if one was postponed.
    pub(in crate::engines) fn joined(&mut self, now: Time) -> Option<Time> {
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
    pub(in crate::engines) fn waiting(&self) -> bool {
        self.left > 0 && !self.scheduled
    }

    /// Whether the time of its next action is known.
    pub(super) fn is_scheduled(&self) -> bool {
        self.scheduled
    }

    /// The time of its next action is known from now on.
    pub(in crate::engines) fn schedule(&mut self) {
        self.scheduled = true;
    }

    /// Whether it will not act any more.
    pub(in crate::engines) fn done(&self) -> bool {
        self.left == 0
    }

    /// How long it thinks between an answer and its next action, in a closed loop.
    pub(in crate::engines) fn think(&self) -> Duration {
        self.gap * self.clients
    }

    /// When it acts next as it was recorded. Its times shift while its client does not take part, as all plans do.
    pub(super) fn recorded(&self) -> Option<Time> {
        let times = self.times.as_ref()?;
        let next = times.at(self.client, self.drawn)?;
        let last = self.drawn.checked_sub(1).and_then(|last| times.at(self.client, last));
        Some(self.clock + next.since(last.unwrap_or(Time::ZERO)))
    }

    /// The next arrival of an open loop or of a script.
    fn arrival(&mut self) -> Option<Time> {
        if let Some(script) = &self.script {
            let at = script.get(usize::try_from(self.drawn).ok()?).filter(|_| self.left > 0)?.at.max(self.clock);
            self.scheduled = true;
            return Some(at);
        }
        if self.left == 0 || !self.pace.is_open() || self.causal {
            return None;
        }
        self.scheduled = true;
        self.clock = if self.times.is_some() {
            self.recorded()?
        } else if self.pace == Pace::Periodic && self.drawn == 0 && self.clock == Time::ZERO {
            Time::ZERO + self.gap * self.client.0
        } else {
            self.arrivals.after(self.clock)
        };
        Some(self.clock)
    }
}
