//! The thread that started the run: tells the others when the weather changes, whose turn it is, and when it is over.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::Receiver;
use syncbench_strategies::replica::{NodeId, Time};

use super::turns::Turns;
use super::{GRID, LOOKING_SHARE, Mail, Notice, Seat, Shared, TIMER};
use crate::clock::Moment;
use crate::engines::{IN_VAIN, in_vain};
use crate::pace::Pace;
use crate::task::Task;

/// How often the coordinator looks whether the group is quiet.
const POLL: Duration = Duration::from_millis(1);

/// A group in which only timers fire is quiet after twice the longest timer that anyone set, and this.
const QUIET_SLACK: Duration = Duration::from_millis(50);

/// A group in which nobody means to act and nothing happens for the budget and this is given up, whatever it waits for.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Coordinator<'a> {
    task: &'a Task<'a>,
    shared: &'a Shared,
    reports: Receiver<Notice>,
    origin: Moment,
    edges: VecDeque<Time>,
    /// Clients whose users will act again.
    acting: BTreeSet<NodeId>,
    turns: Option<Turns>,
    healed_at: Option<Time>,
    /// How long replicas that never fall silent need to settle; zero for those that do.
    settling: Duration,
    /// They were told that they have.
    hushed: bool,
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
            edges: crate::engines::edges(&task.faults).into_iter().collect(),
            acting: (1..=task.clients).map(NodeId).collect(),
            turns: (task.pace == Pace::Turns).then(|| Turns::new(task)),
            healed_at: None,
            settling: task.strategy.strategy.settling(),
            hushed: false,
            grid: GRID,
            stop_at,
        }
    }

    /// Runs the group of `threads` until it is quiet or out of time: when the last fault healed, if it came to that. An
    /// error is a replica's panic.
    pub(super) fn work(&mut self, threads: usize) -> Result<Option<Time>, String> {
        self.start(threads)?;
        loop {
            let now = self.origin.time();
            while self.edges.front().is_some_and(|edge| *edge <= now) {
                let at = self.edges.pop_front().unwrap_or(now);
                self.broadcast(|| Mail::Weather { at, healed: self.healed_at.is_some_and(|healed| healed <= at) });
            }
            if self.acting.is_empty() && self.healed_at.is_none() {
                self.heal(now);
            }
            let late = self.healed_at.is_some_and(|healed| now > healed + self.settling + self.task.budget);
            if late || self.given_up(now) || self.stop_at.is_some_and(|stop| now >= stop) {
                return Ok(self.healed_at);
            }
            let quiet = self.edges.is_empty() && self.quiet(now);
            if quiet && self.healed_at.is_some() {
                if self.settling.is_zero() || self.hushed {
                    return Ok(self.healed_at);
                }
                self.hushed = true;
                self.broadcast(|| Mail::Hush);
            }
            // Threads report before they are done with something, so now everything is known that made the group quiet.
            self.reported()?;
            self.give_turn(now, quiet);
            let next = self.edges.front().map_or(POLL, |edge| edge.since(now).min(POLL));
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

    /// After the last operation every fault that would last for good ends.
    fn heal(&mut self, now: Time) {
        let healed = crate::engines::last_end(&self.task.faults).max(now);
        self.healed_at = Some(healed);
        self.edges.retain(|edge| *edge < healed);
        self.edges.push_back(healed);
    }

    /// Lets the next user act, where that is for the group to say: taking turns, or when everybody waits for what will not
    /// come any more.
    fn give_turn(&mut self, now: Time, quiet: bool) {
        let next = match &mut self.turns {
            Some(turns) => turns.next(&self.acting, quiet).map(|(client, after)| (client, now + after)),
            None => self.acting.first().filter(|_| quiet).map(|client| (*client, now)),
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
    fn quiet(&self, now: Time) -> bool {
        let pending = self.shared.pending.load(Ordering::SeqCst);
        let stirred = self.latest(|seat| &seat.stirred).max(self.healed_at.unwrap_or_default());
        let idle = |span| self.shared.intents.load(Ordering::SeqCst) == 0 && now.since(stirred) > span;
        if !self.settling.is_zero() && !self.hushed {
            return idle(self.settling);
        }
        if self.healed_at.is_none() && idle(IN_VAIN) && in_vain(self.task, now) {
            return true;
        }
        // Threads that were told to be silent have no timers left but void ones.
        if pending == 0 || (self.hushed && pending.is_multiple_of(TIMER)) {
            return true;
        }
        // Only timers, none of them due: a strategy that keeps a clock ticking is quiet when nothing else happens for so
        // long that every timer has had its turn.
        let overdue = |seat: &Seat| seat.timer.load(Ordering::SeqCst) <= now.0;
        if !pending.is_multiple_of(TIMER) || self.shared.seats.iter().any(overdue) {
            return false;
        }
        let longest = Duration::from_nanos(self.shared.longest_timer.load(Ordering::Relaxed));
        let told = self.shared.untold.load(Ordering::SeqCst) == 0 || self.healed_at.is_none();
        told && now.since(self.last_busy()) > longest * 2 + QUIET_SLACK
    }

    /// Whether there is no hope that anything will happen: a net below the count of what is under way.
    fn given_up(&self, now: Time) -> bool {
        let nobody = self.edges.is_empty() && self.shared.intents.load(Ordering::SeqCst) == 0;
        nobody && now.since(self.last_busy()) > self.settling + self.task.budget + PATIENCE
    }

    fn last_busy(&self) -> Time {
        self.latest(|seat| &seat.busy)
    }

    fn latest(&self, moment: impl Fn(&Seat) -> &AtomicU64) -> Time {
        Time(self.shared.seats.iter().map(|seat| moment(seat).load(Ordering::SeqCst)).max().unwrap_or(0))
    }

    fn broadcast(&self, mail: impl Fn() -> Mail) {
        for node in self.task.topology().nodes(self.task.clients) {
            self.shared.command(node.0 as usize, mail());
        }
    }
}
