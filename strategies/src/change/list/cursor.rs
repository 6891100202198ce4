//! A walk over the steps of a change.

use std::cmp::min;

use super::{Step, Steps, consumed};

use Step::{Delete, Keep, Take};

/// A position in a change, counted in items of the old list. Beyond the last step everything is kept.
pub(super) struct Cursor<'a> {
    steps: &'a [Step],
    used: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(steps: &'a Steps) -> Self {
        Self { steps: &steps.steps, used: 0 }
    }

    /// The current step.
    pub(super) fn peek(&self) -> Option<&'a Step> {
        self.steps.first()
    }

    /// How many items of the old list the current step still covers.
    pub(super) fn limit(&self) -> usize {
        match self.peek() {
            Some(step @ (Keep(_) | Delete(_) | Take(_))) => consumed(step) - self.used,
            _ => usize::MAX,
        }
    }

    /// Leaves the current step.
    pub(super) fn skip(&mut self) {
        self.steps = &self.steps[1..];
        self.used = 0;
    }

    /// Advances by `n` items of the old list, at most to the end of the step; gives how many it covered.
    pub(super) fn take(&mut self, n: usize) -> usize {
        let n = min(n, self.limit());
        if let Some(step @ (Keep(_) | Delete(_) | Take(_))) = self.peek() {
            self.used += n;
            if self.used == consumed(step) {
                self.skip();
            }
        }
        n
    }
}
