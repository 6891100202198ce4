//! How users come to act.

use serde::{Deserialize, Serialize};

/// How users come to act.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Open loop, at random: gaps are exponentially distributed, whatever the system does.
    Poisson,
    /// Open loop, evenly spaced; clients take turns within a gap.
    Periodic,
    /// Open loop in bursts, as people act (Barabasi, "The origin of bursts and heavy tails in human dynamics", Nature 2005):
    /// [`IN_A_BURST`] intents, [`TIMES_AS_DENSE`] times as dense as on average, then a pause that keeps the rate.
    Bursts,
    /// Open loop at a rate that follows a day: a cosine with its trough at both ends of the run and its peak in the middle.
    Day,
    /// Closed loop: a client acts again some time after its last operation was confirmed or rejected.
    Closed,
    /// One at a time over the whole group: the next acts when everybody has reflected the last. No concurrency at all.
    Turns,
    /// As the trace recorded it: when its user has reflected what the recorded one had seen.
    Recorded,
}

/// Intents in a burst, on average. No source: ten, for a user who writes a sentence or moves some cards, then reads.
pub const IN_A_BURST: f64 = 10.0;

/// How much denser the intents of a burst are than the average. No source: ten, as for [`IN_A_BURST`].
pub const TIMES_AS_DENSE: f64 = 10.0;

/// How far the rate of a day swings around its mean, as a share: the peak has three times the load of the trough. No source.
pub const DAY_SWING: f64 = 0.5;

impl Pace {
    /// Whether users act by the clock alone, and never wait for an answer.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Poisson | Self::Periodic | Self::Bursts | Self::Day)
    }

    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Periodic => "periodic",
            Self::Bursts => "bursts",
            Self::Day => "day",
            Self::Closed => "closed",
            Self::Turns => "turns",
            Self::Recorded => "recorded",
        }
    }
}
