//! The only access to real time: for measuring costs, and for the real-time engines.
#![allow(clippy::disallowed_methods, reason = "the lint exists so that all other modules use this one")]

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use syncbench_strategies::replica::Time;

/// What clocks show at the start of a run: 2024-01-01T00:00:00Z.
pub const WALL_AT_START: Duration = Duration::from_secs(1_704_067_200);

/// A moment of real time.
#[derive(Clone, Copy, Debug)]
pub struct Moment(Instant);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// Time since this moment.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Time since this moment, as the time in a run that began then.
    pub fn time(self) -> Time {
        Time(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Nanoseconds since this moment, less what taking the two moments costs on this machine.
    pub fn cost_ns(self) -> u64 {
        let raw = u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX);
        raw.saturating_sub(overhead_ns())
    }
}

/// What two readings of the clock cost: the smallest of many pairs, taken once.
fn overhead_ns() -> u64 {
    static OVERHEAD: OnceLock<u64> = OnceLock::new();
    *OVERHEAD.get_or_init(|| {
        let pair = |_| u64::try_from(Instant::now().elapsed().as_nanos()).unwrap_or(0);
        (0..1000).map(pair).min().unwrap_or(0)
    })
}

/// Seconds since 1970 in UTC by the machine's calendar clock, for the dates of results; 0 on a clock that is set before.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Waits for a span of real time.
pub fn sleep(span: Duration) {
    std::thread::sleep(span);
}
