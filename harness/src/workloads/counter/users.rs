//! Users with two devices each.

use syncbench_strategies::params::Contention;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::model::{CounterOp, SHARED, like_path};
use crate::contention::Chooser;
use crate::rng::{below, unit};
use crate::workload::{Intent, User};

/// How many posts a user looks at for something to like: both devices choose among the same few.
const FEED: usize = 3;

/// What the parameters say.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    pub(super) like: f64,
    pub(super) contention: Contention,
}

/// A user at one of two devices.
pub(super) struct Device {
    habits: Habits,
    user: u32,
    /// All posts before this one are liked.
    read: u32,
    counter: Chooser,
}

impl Device {
    pub(super) fn new(habits: Habits, client: NodeId) -> Self {
        Self { habits, user: client.0.div_ceil(2), read: 0, counter: Chooser::new(habits.contention) }
    }
}

impl User for Device {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        if unit(rng) < self.habits.like {
            let (user, skip) = (self.user, below(rng, FEED));
            let liked = |post: &u32| view.kind(&like_path(user, *post)).is_some();
            let mut open = (self.read..).filter(|post| !liked(post));
            // The feed has no end: there is always a post that is not liked yet.
            self.read = open.next()?;
            let post = if skip == 0 { self.read } else { open.nth(skip - 1)? };
            return Some(Intent::blind(&CounterOp::Like { user, post }));
        }
        // Besides the shared counter the document has the likes and their count.
        let others = view.len(&[]).unwrap_or(0).saturating_sub(3);
        let (popular, which) = (unit(rng), unit(rng));
        let op = match self.counter.pick_apart(popular, which, others + 1) {
            0 => CounterOp::Add { counter: SHARED.into(), by: 1 },
            // One direction per counter: losses in both would cancel out, and the oracle could not count them.
            nth => CounterOp::Add { counter: format!("c{}", nth - 1), by: if nth.is_multiple_of(2) { -1 } else { 1 } },
        };
        Some(Intent::blind(&op))
    }
}
