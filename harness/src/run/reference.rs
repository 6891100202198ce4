//! How fast the machine was while a cell ran: a fixed piece of work, before and after it on the same thread.
//!
//! Processor time depends on what else the machine does: a busy sibling core alone makes the same calls take a third longer.
//! Work of the same kind (small allocations, ordered maps, text) is slowed down alike, arithmetic is not. On two shared cores
//! the median of a hundred runs of map work spread by 14 % from process to process, and by 1 % once divided by this work.
//!
//! The work must stay as it is: `compare` divides by its time. Other work would need another metric.

use std::collections::BTreeMap;
use std::hint::black_box;

use crate::stopwatch::processor_ns;

/// How often the work is done before a cell, and again after it. The median of three leaves one interruption out.
const TIMES: usize = 3;

/// About a tenth of a millisecond in a release build: long beside the clock's own cost, short beside a cell.
const ROUNDS: u64 = 1_500;

/// The reading before a cell.
pub(super) struct Reference {
    before_us: f64,
}

impl Reference {
    /// Takes the reading before a cell.
    pub(super) fn begin() -> Self {
        Self { before_us: reading_us() }
    }

    /// Takes the reading after the cell: the mean of both, in microseconds.
    pub(super) fn end(self) -> f64 {
        f64::midpoint(self.before_us, reading_us())
    }
}

/// How fast the machine is now, in microseconds that the work takes: the smaller, the faster.
pub fn reading_us() -> f64 {
    let mut times: [u64; TIMES] = std::array::from_fn(|_| processor_ns(|| _ = black_box(work(black_box(ROUNDS)))));
    times.sort_unstable();
    times[TIMES / 2] as f64 / 1e3
}

/// Entries with short texts come into an ordered map and leave it again.
fn work(rounds: u64) -> usize {
    const ENTRIES: usize = 200;
    let mut entries: BTreeMap<u64, String> = BTreeMap::new();
    let mut state = 1u64;
    for round in 0..rounds {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round | 1);
        entries.insert(state >> 40, round.to_string());
        if entries.len() > ENTRIES {
            entries.pop_first();
        }
    }
    entries.values().map(String::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_the_same_in_every_build() {
        assert_eq!(work(ROUNDS), 638);
    }

    #[test]
    fn a_reading_is_a_time() {
        let read = Reference::begin().end();
        assert!(read > 1.0, "{read} µs");
    }
}
