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
    /// Closed loop: a client acts again some time after its last operation was confirmed or rejected.
    Closed,
    /// One at a time over the whole group: the next acts when everybody has reflected the last. No concurrency at all.
    Turns,
    /// As the trace recorded it: when its user has reflected what the recorded one had seen.
    Recorded,
}

impl Pace {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Periodic => "periodic",
            Self::Closed => "closed",
            Self::Turns => "turns",
            Self::Recorded => "recorded",
        }
    }
}
