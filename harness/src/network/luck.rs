//! Luck: what a leg does to a message at a moment.
//!
//! A draw is a hash of (seed, leg, direction, millisecond). It does not depend on what was sent before, so two strategies
//! that send over the same leg at the same time meet the same luck.
//!
//! All that crosses a leg in one direction within a millisecond shares its luck. A radio network gives out its channel in
//! such pieces (the subframe of LTE, 3GPP TS 36.300, 5.1), so what leaves together fares together. It also lets strategies
//! compare whose messages differ by some bytes and thus by some microseconds. It is short enough that two operations
//! of users hardly ever share it. Messages that do share a loss are not hit harder than by losses of their own: on a stream
//! the later ones would wait behind the first lost one in any case.

use syncbench_strategies::replica::{NodeId, Time};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::leg::Direction;

/// How long luck lasts, in nanoseconds.
const LASTS_NS: u64 = 1_000_000;

/// What is drawn. Draws of different kinds are independent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Draw {
    /// The extra delay.
    Jitter,
    /// How many times a packet is lost.
    Loss,
    /// Whether a datagram is lost for the transport's own reasons.
    Drop,
    /// Whether a datagram is copied.
    Copy,
    /// The extra delay of the copy.
    CopyJitter,
    /// Whether a span of time is without a signal.
    Gap,
    /// When such spans begin.
    GapPhase,
    /// What a fault draws.
    Fault(Chance),
}

/// What faults draw for a message. Draws of different kinds are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chance {
    /// Whether it arrives twice.
    Duplicate,
    /// Whether later messages overtake it.
    Reorder,
    /// How much later it arrives then.
    Behind,
    /// Whether it is damaged.
    Damage,
    /// Whether one of its last packets is lost, those for which a stream waits for its timeout.
    LostTail,
    /// Whether one of the packets before is lost.
    LostHead,
}

impl Draw {
    /// Its place in the key of a draw.
    fn key(self) -> u8 {
        match self {
            Draw::Jitter => 0,
            Draw::Loss => 1,
            Draw::Drop => 2,
            Draw::Copy => 3,
            Draw::CopyJitter => 4,
            Draw::Gap => 5,
            Draw::GapPhase => 6,
            Draw::Fault(chance) => 16 + chance as u8,
        }
    }
}

/// A number in [0, 1) for what crosses the leg of `node` in this direction at `at`.
pub(super) fn of_leg(seed: u64, node: NodeId, direction: Direction, draw: Draw, at: Time) -> f64 {
    hash(seed, [node.0, direction as u32], draw, at)
}

/// A number in [0, 1) for what goes from one node to another at `at`, where a draw belongs to no leg.
pub(super) fn of_path(seed: u64, from: NodeId, to: NodeId, draw: Draw, at: Time) -> f64 {
    hash(seed, [from.0, to.0], draw, at)
}

fn hash(seed: u64, of: [u32; 2], draw: Draw, at: Time) -> f64 {
    let mut key = [0; 17];
    key[..4].copy_from_slice(&of[0].to_le_bytes());
    key[4..8].copy_from_slice(&of[1].to_le_bytes());
    key[8..16].copy_from_slice(&(at.0 / LASTS_NS).to_le_bytes());
    key[16] = draw.key();
    (xxh3_64_with_seed(&key, seed) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jitter(seed: u64, node: u32, direction: Direction, ns: u64) -> f64 {
        of_leg(seed, NodeId(node), direction, Draw::Jitter, Time(ns))
    }

    #[test]
    fn luck_lasts_a_millisecond_and_belongs_to_one_leg_and_direction() {
        let first = jitter(1, 2, Direction::Up, 5_000_000);
        assert_eq!(first, jitter(1, 2, Direction::Up, 5_999_999));
        let others = [
            jitter(1, 2, Direction::Up, 6_000_000),
            jitter(1, 2, Direction::Down, 5_000_000),
            jitter(1, 3, Direction::Up, 5_000_000),
            jitter(2, 2, Direction::Up, 5_000_000),
            of_leg(1, NodeId(2), Direction::Up, Draw::Loss, Time(5_000_000)),
        ];
        assert!(others.iter().all(|other| *other != first), "{others:?}");
    }

    #[test]
    fn draws_are_uniform() {
        let n = 20_000;
        let draws: Vec<f64> = (0..n).map(|ms| jitter(7, 1, Direction::Up, ms * LASTS_NS)).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        for tenth in 0..10 {
            let share = draws.iter().filter(|draw| (**draw * 10.0) as u32 == tenth).count() as f64 / n as f64;
            assert!((share - 0.1).abs() < 0.01, "{tenth}: {share}");
        }
    }
}
