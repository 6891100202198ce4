//! Hybrid logical clocks and their stamps.

use serde::{Deserialize, Serialize};

/// When and by whom something was written: a hybrid logical clock's reading. Ordered by its fields from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) ms: u64,
    pub(super) count: u32,
    pub(super) node: u32,
}

/// A hybrid logical clock (Kulkarni et al. 2014): the wall clock, or the latest stamp that was received and a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hlc {
    ms: u64,
    count: u32,
}

impl Hlc {
    /// A stamp later than all that were made or received here.
    pub(super) fn next(&mut self, wall_ms: u64, node: u32) -> Stamp {
        *self = match self.count.checked_add(1) {
            _ if wall_ms > self.ms => Self { ms: wall_ms, count: 0 },
            Some(count) => Self { ms: self.ms, count },
            None => Self { ms: self.ms.saturating_add(1), count: 0 },
        };
        Stamp { ms: self.ms, count: self.count, node }
    }

    /// Follows a received stamp.
    pub(super) fn hear(&mut self, stamp: Stamp) {
        if (stamp.ms, stamp.count) > (self.ms, self.count) {
            *self = Self { ms: stamp.ms, count: stamp.count };
        }
    }

    /// Whether no stamp was ever made or received.
    pub(super) fn is_new(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(ms: u64) -> Stamp {
        Stamp { ms, count: 0, node: 1 }
    }

    #[test]
    fn the_clock_follows_the_latest_stamp_and_never_goes_back() {
        let mut clock = Hlc::default();
        let one = clock.next(10, 1);
        let two = clock.next(7, 1);
        assert_eq!((one, two), (stamp(10), Stamp { count: 1, ..stamp(10) }));
        clock.hear(Stamp { ms: 99, count: 4, node: 2 });
        assert_eq!(clock.next(50, 1), Stamp { ms: 99, count: 5, node: 1 });
        assert_eq!(clock.next(100, 1), stamp(100));
        let mut full = Hlc { ms: 5, count: u32::MAX };
        assert!(full.next(1, 1) > Stamp { ms: 5, count: u32::MAX, node: 9 });
    }
}
