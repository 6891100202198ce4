//! When faults begin and end in one run.

use syncbench_strategies::replica::Time;

use super::Faults;

/// A moment at which the answers of faults change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Time,
    /// Whether the group is healed: windows without an end are closed from now on.
    pub healed: bool,
}

/// The fault transitions still to come.
#[derive(Debug)]
pub struct Timeline<'a> {
    faults: &'a Faults,
    next: Option<Time>,
    healed_at: Option<Time>,
}

impl<'a> Timeline<'a> {
    /// Of a run that has just begun.
    pub fn new(faults: &'a Faults) -> Self {
        Self { faults, next: faults.next_transition(Time::ZERO), healed_at: None }
    }

    /// When the next transition is due.
    pub fn next(&self) -> Option<Time> {
        self.next
    }

    /// When the group is healed; `None` until that is decided.
    pub fn healed_at(&self) -> Option<Time> {
        self.healed_at
    }

    /// Takes the next transition, if it is due.
    pub fn advance(&mut self, now: Time) -> Option<Transition> {
        let at = self.next.filter(|next| *next <= now)?;
        let healed = self.healed_at.is_some_and(|healed| healed <= at);
        self.next = if healed { None } else { earlier(self.faults.next_transition(at), self.healed_at) };
        Some(Transition { at, healed })
    }

    /// Nobody acts any more: the group is healed now, or when the last window closes.
    pub fn heal(&mut self, now: Time) {
        self.healed_at = Some(self.faults.last_end().max(now));
        self.next = earlier(self.next, self.healed_at);
    }
}

fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}
