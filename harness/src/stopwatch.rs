//! What a call costs in processor time, on a machine where other processes run.
//!
//! Neither of two clocks is good enough alone. The thread's processor clock does not count time in which another process had
//! the processor, but reading it is a system call of about a quarter of a microsecond, more than a cheap handler takes. The
//! monotonic clock costs a tenth of that, and counts everything. So a node starts with the monotonic clock and changes to
//! the processor clock once its calls take long on average; from a monotonic reading that is out of proportion, the time in
//! which the thread did not run is taken off.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::Duration;

use cpu_time::ThreadTime;

use crate::clock::Moment;

/// Above this mean the processor clock's own cost is small beside what it measures.
const SLOW_NS: u64 = 20_000;
/// A cheap call that seems to take longer than this was probably interrupted: a scheduler's slice is a millisecond or more.
const SUSPECT_NS: u64 = 200_000;
/// Weight of a new sample in the running mean, as a shift.
const SMOOTHING: u32 = 4;

thread_local! {
    /// Both clocks when both were last read.
    static MARK: Cell<Option<(ThreadTime, Moment)>> = const { Cell::new(None) };
}

/// Measures the calls of one node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopwatch {
    mean_ns: u64,
}

/// A measurement that has begun.
#[derive(Clone, Copy, Debug)]
pub enum Begun {
    /// On the thread's processor clock.
    Processor(ThreadTime),
    /// On the monotonic clock.
    Monotonic(Moment),
}

impl Stopwatch {
    /// Begins a measurement.
    pub fn begin(&self) -> Begun {
        if self.mean_ns > SLOW_NS {
            return Begun::Processor(ThreadTime::now());
        }
        MARK.with(|mark| {
            if mark.get().is_none() {
                mark.set(Some((ThreadTime::now(), Moment::now())));
            }
        });
        Begun::Monotonic(Moment::now())
    }

    /// Ends a measurement: nanoseconds of processor time.
    pub fn end(&mut self, begun: Begun) -> u64 {
        let cost_ns = match begun {
            Begun::Processor(begun) => nanos(begun.elapsed()).saturating_sub(reading_ns()),
            Begun::Monotonic(begun) => {
                let cost_ns = begun.cost_ns();
                if cost_ns > SUSPECT_NS {
                    cost_ns - stolen_ns().min(cost_ns - self.mean_ns.min(cost_ns))
                } else {
                    cost_ns
                }
            }
        };
        self.mean_ns = self.mean_ns - (self.mean_ns >> SMOOTHING) + (cost_ns >> SMOOTHING);
        cost_ns
    }
}

/// Nanoseconds of processor time that `work` takes, of a tenth of a millisecond or more: beside that, reading the processor
/// clock costs nothing.
pub fn processor_ns(work: impl FnOnce()) -> u64 {
    let begun = ThreadTime::now();
    work();
    nanos(begun.elapsed()).saturating_sub(reading_ns())
}

/// Time since both clocks were last read in which this thread was not running.
fn stolen_ns() -> u64 {
    MARK.with(|mark| {
        let now = (ThreadTime::now(), Moment::now());
        let Some((processor, real)) = mark.replace(Some(now)) else { return 0 };
        nanos(real.elapsed()).saturating_sub(nanos(processor.elapsed()))
    })
}

/// What reading the processor clock twice costs: the smallest of many pairs, taken once.
fn reading_ns() -> u64 {
    static READING: OnceLock<u64> = OnceLock::new();
    *READING.get_or_init(|| (0..200).map(|_| nanos(ThreadTime::now().elapsed())).min().unwrap_or(0))
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(n: u64) -> u64 {
        (0..n).fold(1u64, |sum, n| std::hint::black_box(sum.wrapping_mul(31).wrapping_add(n)))
    }

    #[test]
    fn more_work_costs_more_on_both_clocks() {
        let mut watch = Stopwatch::default();
        let mut cost = |n| {
            let begun = watch.begin();
            std::hint::black_box(work(n));
            (watch.end(begun), matches!(begun, Begun::Processor(_)))
        };
        let (cheap, slow_clock) = cost(10);
        assert!(!slow_clock);
        let mut last = (0, false);
        for _ in 0..200 {
            last = cost(1_000_000);
        }
        assert!(last.1, "long calls are measured on the processor clock");
        assert!(last.0 > cheap);
    }
}
