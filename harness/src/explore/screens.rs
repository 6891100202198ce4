//! What users saw, and whether two clients with the same operations can have shown different states at one moment.

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::NodeId;

use super::step::Step;

/// What a user saw from one step on, until the next screen.
struct Screen {
    /// How many steps had been taken.
    since: usize,
    /// A hash of the operations that its replica reflected, and what it showed; `None` while the client was away.
    shows: Option<(u128, Digest)>,
}

/// What all users saw, by node number.
pub(super) struct Screens(Vec<Vec<Screen>>);

impl Screens {
    pub(super) fn new(size: usize) -> Self {
        Self((0..size).map(|_| Vec::new()).collect())
    }

    /// The user at a client sees this after `step` steps.
    pub(super) fn note(&mut self, client: NodeId, shows: Option<(u128, Digest)>, since: usize) {
        let screens = &mut self.0[client.0 as usize];
        if screens.last().is_some_and(|last| last.shows == shows) {
            return;
        }
        if screens.last().is_some_and(|last| last.since == since) {
            screens.pop();
        }
        screens.push(Screen { since, shows });
    }

    /// Whether two clients that reflect the same operations show different states at one moment of the schedule. Where `before`
    /// says which steps must precede which, all schedules count that differ only in the order of independent steps.
    pub(super) fn differ(&self, before: impl Fn() -> Option<Vec<u128>>, steps: &[Step]) -> bool {
        let mut suspects = Vec::new();
        for (a, of_a) in self.0.iter().enumerate() {
            for of_b in &self.0[a + 1..] {
                for (i, one) in of_a.iter().enumerate() {
                    for (j, other) in of_b.iter().enumerate() {
                        let (Some((here, this)), Some((there, that))) = (one.shows, other.shows) else { continue };
                        if here == there && this != that {
                            let until = |screens: &[Screen], at: usize| screens.get(at + 1).map(|next| next.since);
                            suspects.push(((one.since, until(of_a, i)), (other.since, until(of_b, j))));
                        }
                    }
                }
            }
        }
        let end = steps.len() + 1;
        let overlap = |((since, until), (from, to)): &(Span, Span)| {
            since.max(from) < &until.unwrap_or(end).min(to.unwrap_or(end))
        };
        if suspects.iter().any(overlap) {
            return true;
        }
        let Some(before) = (if suspects.is_empty() { None } else { before() }) else { return false };
        // A screen begins with the step before `since` and ends with the step `until`.
        let ends_before = |until: Option<usize>, since: usize| match (until, since.checked_sub(1)) {
            (Some(end), Some(start)) => {
                let end = end.saturating_sub(1);
                end == start || before.get(start).is_some_and(|earlier| earlier & (1 << end) != 0)
            }
            _ => until.is_some(),
        };
        suspects.iter().any(|((since, until), (from, to))| !ends_before(*until, *from) && !ends_before(*to, *since))
    }
}

type Span = (usize, Option<usize>);
