//! The thread that started the run: tells the others of fault transitions, whose turn it is, and when the run is over.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::Receiver;
use syncbench_strategies::replica::{NodeId, Time};

use super::turns::Turns;
use super::{GRID, LOOKING_SHARE, Mail, Notice, Seat, Shared, TIMER};
use crate::clock::Moment;
use crate::faults::{Conditions, Timeline, VAIN_TRANSITIONS, VAIN_WAIT};
use crate::pace::Pace;
use crate::task::Task;

/// How often the coordinator looks whether the group is quiescent.
const POLL: Duration = Duration::from_millis(1);

/// A run in which nobody is to act and nothing happens for the budget and this is given up, whatever it waits for.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Coordinator<'a> {
    task: &'a Task<'a>,
    shared: &'a Shared,
    reports: Receiver<Notice>,
    origin: Moment,
    nodes: Vec<NodeId>,
    timeline: Timeline<'a>,
    conditions: Conditions<'a>,
    /// Clients whose users still have operations to issue.
    acting: BTreeSet<NodeId>,
    turns: Option<Turns>,
    /// How long replicas that never fall silent need to settle; zero for those that do.
    settling: Duration,
    /// They have settled, and their timers are void.
    timers_void: bool,
    /// How far apart looks at states are, on average.
    pub(super) grid: Duration,
    stop_at: Option<Time>,
}

impl<'a> Coordinator<'a> {
    pub(super) fn new(
        task: &'a Task<'a>,
        shared: &'a Shared,
        reports: Receiver<Notice>,
        stop_at: Option<Time>,
    ) -> Self {
        Self {
            task,
            shared,
            reports,
            origin: Moment::now(),
            nodes: task.topology().nodes(task.clients).collect(),
            timeline: Timeline::new(&task.faults),
            conditions: Conditions::new(&task.faults),
            acting: (1..=task.clients).map(NodeId).collect(),
            turns: (task.pace == Pace::Turns).then(|| Turns::new(task)),
            settling: task.strategy.strategy.settling(),
            timers_void: false,
            grid: GRID,
            stop_at,
        }
    }

    /// Runs the group of `threads` until it is quiescent or out of time, and says when it was healed, if it was. An error is
    /// a replica's panic.
    pub(super) fn work(&mut self, threads: usize) -> Result<Option<Time>, String> {
        self.start(threads)?;
        loop {
            let now = self.origin.time();
            while let Some(transition) = self.timeline.advance(now) {
                self.conditions.change(transition);
                self.broadcast(|| Mail::Transition(transition));
            }
            if self.acting.is_empty() && self.timeline.healed_at().is_none() {
                self.timeline.heal(now);
            }
            let healed_at = self.timeline.healed_at();
            let late = healed_at.is_some_and(|healed| now > healed + self.settling + self.task.budget);
            if late || self.given_up(now) || self.stop_at.is_some_and(|stop| now >= stop) {
                return Ok(healed_at);
            }
            let quiescent = self.timeline.next().is_none() && self.quiescent(now);
            if quiescent && healed_at.is_some() {
                if self.settling.is_zero() || self.timers_void {
                    return Ok(healed_at);
                }
                self.timers_void = true;
                self.broadcast(|| Mail::VoidTimers);
            }
            // Threads report before they are done with something: all that made the group quiescent is reported by now.
            self.reported()?;
            self.give_turn(now, quiescent || self.flaps_in_vain(now));
            let next = self.timeline.next().map_or(POLL, |next| next.since(now).min(POLL));
            if let Ok(report) = self.reports.recv_timeout(next) {
                self.take(report)?;
            }
            self.reported()?;
        }
    }

    /// Takes what was reported by now.
    pub(super) fn reported(&mut self) -> Result<(), String> {
        while let Ok(report) = self.reports.try_recv() {
            self.take(report)?;
        }
        Ok(())
    }

    /// Waits until every replica is made, and begins.
    fn start(&mut self, threads: usize) -> Result<(), String> {
        let mut look = Duration::ZERO;
        let mut ready = 0;
        while ready < threads {
            // Every thread holds a sender until it ends, and it reports first.
            match self.reports.recv().map_err(|_| "a thread ended before the run began".to_owned())? {
                Notice::Ready(cost) => {
                    ready += 1;
                    look = look.max(cost);
                }
                other => self.take(other)?,
            }
        }
        self.grid = self.task.sample_every.unwrap_or(GRID).max(look * LOOKING_SHARE).max(Duration::from_micros(1));
        self.origin = Moment::now();
        let (origin, grid) = (self.origin, self.grid);
        self.broadcast(|| Mail::Start { origin, grid });
        Ok(())
    }

    /// Lets the next user act where the clock alone does not say when: in turn, or when all wait in vain.
    fn give_turn(&mut self, now: Time, quiescent: bool) {
        let next = match &mut self.turns {
            Some(turns) => turns.next(&self.acting, quiescent).map(|(client, after)| (client, now + after)),
            None => self.acting.first().filter(|_| quiescent).map(|client| (*client, now)),
        };
        if let Some((client, at)) = next {
            self.shared.command(client.0 as usize, Mail::Act { at });
        }
    }

    fn take(&mut self, notice: Notice) -> Result<(), String> {
        match notice {
            Notice::Panicked(node, text) => return Err(format!("{node}: {text}")),
            Notice::Done(client) => {
                self.acting.remove(&client);
            }
            Notice::Ready(_) => {}
            other => {
                if let Some(turns) = &mut self.turns {
                    turns.take(other);
                }
            }
        }
        Ok(())
    }

    /// Whether nothing more will happen, as far as one can tell.
    fn quiescent(&self, now: Time) -> bool {
        let healed_at = self.timeline.healed_at();
        let pending = self.shared.pending.load(Ordering::SeqCst);
        let stirred = self.latest(|seat| &seat.stirred).max(healed_at.unwrap_or_default());
        let idle = |span| self.shared.planned.load(Ordering::SeqCst) == 0 && now.since(stirred) > span;
        if !self.settling.is_zero() && !self.timers_void {
            return idle(self.settling);
        }
        if healed_at.is_none() && idle(VAIN_WAIT) && self.conditions.in_vain(&self.nodes) {
            return true;
        }
        // A timer that is still due may lead to anything.
        pending == 0 || (self.timers_void && pending.is_multiple_of(TIMER))
    }

    /// Whether users may wait for a connection that a flapping fault never lets open: nobody has acted and no connection has
    /// opened or broken for long. It does not matter for users who do not wait.
    fn flaps_in_vain(&self, now: Time) -> bool {
        let goes_on = self.timeline.next().is_some() && self.timeline.healed_at().is_none();
        goes_on && now.since(self.latest(|seat| &seat.stirred)) > VAIN_TRANSITIONS.1
    }

    /// Whether nothing has happened for too long. This ends a run even where the count of what is in flight is wrong.
    fn given_up(&self, now: Time) -> bool {
        let nobody = self.timeline.next().is_none() && self.shared.planned.load(Ordering::SeqCst) == 0;
        nobody && now.since(self.last_busy()) > self.settling + self.task.budget + PATIENCE
    }

    fn last_busy(&self) -> Time {
        self.latest(|seat| &seat.busy)
    }

    fn latest(&self, moment: impl Fn(&Seat) -> &AtomicU64) -> Time {
        Time(self.shared.seats.iter().map(|seat| moment(seat).load(Ordering::SeqCst)).max().unwrap_or(0))
    }

    fn broadcast(&self, mail: impl Fn() -> Mail) {
        for node in &self.nodes {
            self.shared.command(node.0 as usize, mail());
        }
    }
}
