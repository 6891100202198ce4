//! What faults do to single messages on their way.

use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time};

use super::leg::Direction;
use super::luck::{self, Chance, Draw};

/// A message that is about to cross a leg: its sender's first, then its receiver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passing {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// Whether it leaves over the sender's leg; otherwise it comes over the receiver's.
    pub leaves: bool,
    /// When it reaches the leg.
    pub at: Time,
    /// Its number of packets.
    pub packets: u64,
    /// The round trip between the two, without jitter and queues.
    pub round_trip: Duration,
    /// Whether it is part of a stream, which repairs losses.
    pub stream: bool,
}

impl Passing {
    /// Whose leg it crosses.
    pub fn leg(&self) -> NodeId {
        if self.leaves { self.from } else { self.to }
    }

    /// A number in [0, 1) for what goes between these two in this direction at this moment, the same for every strategy.
    pub fn luck(&self, seed: u64, chance: Chance) -> f64 {
        luck::of_path(seed, self.from, self.to, Draw::Fault(chance), self.at)
    }

    /// A number in [0, 1) for what crosses this leg in this direction at `at`, the same for every strategy.
    pub fn leg_luck(&self, seed: u64, chance: Chance, at: Time) -> f64 {
        let direction = if self.leaves { Direction::Up } else { Direction::Down };
        luck::of_leg(seed, self.leg(), direction, Draw::Fault(chance), at)
    }
}

/// What faults do to a message on a leg. Of several faults all apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Impairment {
    /// It is lost; on datagram links only. On a stream a loss is a delay.
    pub lost: bool,
    /// It arrives twice; on datagram links, and on the sender's leg only.
    pub copied: bool,
    /// How much later it arrives.
    pub late: Duration,
    /// Some of its bits are wrong when its receiver gets it; on the sender's leg only.
    pub damaged: bool,
    /// Its stream breaks when it arrives; on the sender's leg only.
    pub breaks: bool,
}

impl Impairment {
    /// Nothing happens to it.
    pub const NONE: Impairment =
        Impairment { lost: false, copied: false, late: Duration::ZERO, damaged: false, breaks: false };

    /// The effects of both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            lost: self.lost || other.lost,
            copied: self.copied || other.copied,
            late: self.late + other.late,
            damaged: self.damaged || other.damaged,
            breaks: self.breaks || other.breaks,
        }
    }
}
