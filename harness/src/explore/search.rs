//! Every schedule of one script, each from the start: replicas are not cloned.
//!
//! Depth first, users' actions before messages. With the reduction, the search continues from one of several prefixes with the
//! same past, and runs one order of independent steps.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use syncbench_strategies::replica::{NodeId, OpId};

use super::case::Disturbance;
use super::choice::choices;
use super::group::Group;
use super::judge::{End, Judged, Severity, Wrong, judge};
use super::order::{Past, linear_orders};
use super::step::{Schedule, Script, Step};
use crate::engines::panic_text;
use crate::task::Task;
use crate::workload::Letter;

/// What the schedules of one script came to.
#[derive(Default)]
pub(super) struct Tally {
    /// Schedules that were run to their end.
    pub(super) schedules: u64,
    /// The schedules that they stand for; `None` once they are too many to count.
    pub(super) stand_for: Option<u64>,
    pub(super) ends: BTreeMap<End, Count>,
    /// By kind of anomaly.
    pub(super) wrong: BTreeMap<String, Shortest>,
    /// The longest schedule, in steps.
    pub(super) longest: usize,
    /// Whether the search was stopped early.
    pub(super) stopped: bool,
}

/// How often a class of outcomes occurred.
#[derive(Default)]
pub(super) struct Count {
    pub(super) schedules: u64,
    /// The orders in which a server took the operations.
    pub(super) orders: BTreeSet<Vec<OpId>>,
}

/// The shortest schedule with an anomaly of one kind, and how many have it.
pub(super) struct Shortest {
    pub(super) schedules: u64,
    pub(super) schedule: Schedule,
    pub(super) wrong: Wrong,
}

/// A search through the schedules of one script.
pub(super) struct Search<'a> {
    pub(super) task: &'a Task<'a>,
    pub(super) letters: &'static [Letter],
    pub(super) script: &'a Script,
    pub(super) disturbance: Option<(Disturbance, NodeId)>,
    pub(super) reduced: bool,
    /// Whether to continue; asked after each schedule.
    pub(super) go_on: &'a (dyn Fn() -> bool + Sync),
    pub(super) seen: BTreeSet<u128>,
    /// The steps before the one that is being taken: a group that panics does not tell them.
    pub(super) before_panic: Vec<Step>,
    pub(super) tally: Tally,
}

impl<'a> Search<'a> {
    /// Runs all schedules.
    pub(super) fn run(mut self) -> Tally {
        self.tally.stand_for = self.reduced.then_some(0);
        if let Some(group) = self.replay(&[]) {
            let past = Past::new(group.task.clients);
            self.visit(group, past);
        }
        self.tally
    }

    /// Continues from here in every way.
    fn visit(&mut self, group: Box<Group<'a>>, past: Past) {
        let mut next = choices(&group, self.reduced);
        if next.is_empty() {
            return self.finish(group);
        }
        let mut pasts = Vec::new();
        if self.reduced {
            next.retain(|step| {
                let after = past.after(*step, group.places(*step));
                let new = self.seen.insert(after.key());
                if new {
                    pasts.push(after);
                }
                new
            });
        } else {
            pasts.resize(next.len(), past);
        }
        let prefix = if next.len() > 1 { group.steps.clone() } else { Vec::new() };
        let mut live = Some(group);
        for (step, past) in next.into_iter().zip(pasts) {
            if self.tally.stopped {
                return;
            }
            let Some(group) = live.take().or_else(|| self.replay(&prefix)) else { return };
            if let Some(group) = self.advance(group, step) {
                self.visit(group, past);
            }
        }
    }

    /// A group after these steps.
    fn replay(&mut self, steps: &[Step]) -> Option<Box<Group<'a>>> {
        let (task, letters, script, disturbance) = (self.task, self.letters, self.script, self.disturbance);
        let made = catch_unwind(AssertUnwindSafe(|| {
            let mut group = Box::new(Group::new(task, letters, script, disturbance, None));
            steps.iter().for_each(|step| _ = group.take(*step));
            group
        }));
        made.map_err(|panic| self.panicked(steps.to_vec(), panic_text(&*panic))).ok()
    }

    /// Takes one step; `None` if the user does not want that operation, or a replica panics.
    fn advance(&mut self, mut group: Box<Group<'a>>, step: Step) -> Option<Box<Group<'a>>> {
        let steps = &mut self.before_panic;
        let taken = catch_unwind(AssertUnwindSafe(|| {
            steps.clone_from(&group.steps);
            group.take(step).then_some(group)
        }));
        taken.unwrap_or_else(|panic| {
            let steps = [&self.before_panic[..], &[step]].concat();
            self.panicked(steps, panic_text(&*panic));
            None
        })
    }

    /// A schedule has come to its end.
    fn finish(&mut self, mut group: Box<Group<'a>>) {
        let steps = group.steps.clone();
        let orders = if self.reduced { group.before().and_then(|before| linear_orders(&before)) } else { Some(1) };
        let letters = self.letters;
        let judged = catch_unwind(AssertUnwindSafe(|| {
            group.settle();
            judge(*group, letters)
        }));
        match judged {
            Ok(judged) => self.count(steps, judged, orders),
            Err(panic) => self.panicked(steps, panic_text(&*panic)),
        }
        self.tally.stopped |= !(self.go_on)();
    }

    fn count(&mut self, steps: Vec<Step>, judged: Judged, orders: Option<u64>) {
        let tally = &mut self.tally;
        tally.schedules += 1;
        tally.stand_for = tally.stand_for.zip(orders).and_then(|(sum, orders)| sum.checked_add(orders));
        tally.longest = tally.longest.max(steps.len());
        let count = tally.ends.entry(judged.end).or_default();
        count.schedules += 1;
        count.orders.insert(judged.order);
        for (kind, wrong) in judged.wrong {
            self.found(kind, wrong, &steps);
        }
    }

    fn panicked(&mut self, steps: Vec<Step>, message: &str) {
        self.tally.schedules += 1;
        self.tally.stand_for = None;
        let wrong = Wrong { severity: Severity::Broken, example: message.to_owned() };
        self.found("panic".to_owned(), wrong, &steps);
    }

    fn found(&mut self, kind: String, wrong: Wrong, steps: &[Step]) {
        let schedule = || Schedule { script: self.script.clone(), steps: steps.to_vec() };
        match self.tally.wrong.get_mut(&kind) {
            None => _ = self.tally.wrong.insert(kind, Shortest { schedules: 1, schedule: schedule(), wrong }),
            Some(known) => {
                known.schedules += 1;
                let severity = known.wrong.severity.min(wrong.severity);
                if steps.len() < known.schedule.steps.len() {
                    (known.schedule, known.wrong) = (schedule(), wrong);
                }
                known.wrong.severity = severity;
            }
        }
    }
}
