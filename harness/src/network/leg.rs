//! Access legs: the way between a participant and the network's core.

use std::fmt;
use std::time::Duration;

use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::format_bandwidth;

/// The numbers of an access leg. All connections of its participant share it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// Smallest and largest base delay, one way. Each participant draws its own in between, once in a run.
    pub delay: (Duration, Duration),
    /// Mean of the exponentially distributed extra delay, in each direction.
    pub jitter: Duration,
    /// Share of packets lost, in each direction.
    pub loss: f64,
    /// Bits per second from the participant; `None` for no limit.
    pub up_bits_per_s: Option<u64>,
    /// Bits per second to the participant; `None` for no limit.
    pub down_bits_per_s: Option<u64>,
    /// When the leg has no signal; `None` for never.
    pub gaps: Option<Gaps>,
}

/// Times without a signal, in both directions. A stream's data waits for the signal; datagrams are lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaps {
    /// Share of the time without a signal.
    pub share: f64,
    /// Length of the shortest gap. Each span of this length is a gap or not, independent of the one before.
    pub span: Duration,
}

impl Leg {
    /// It takes no time, loses nothing and has no limit.
    pub const IDEAL: Leg = Leg {
        delay: (Duration::ZERO, Duration::ZERO),
        jitter: Duration::ZERO,
        loss: 0.0,
        up_bits_per_s: None,
        down_bits_per_s: None,
        gaps: None,
    };

    /// A data centre's. Round trips are measured from a user to a server, so its delay is part of the user's leg. 10 Gbit/s is
    /// what cloud providers give a machine of ordinary size (Amazon's "up to 10 Gigabit" for an m5.large).
    pub const DATA_CENTRE: Leg =
        Leg { up_bits_per_s: Some(10_000_000_000), down_bits_per_s: Some(10_000_000_000), ..Leg::IDEAL };

    /// The bits per second in a direction.
    pub(super) fn bits_per_s(&self, direction: Direction) -> Option<u64> {
        match direction {
            Direction::Up => self.up_bits_per_s,
            Direction::Down => self.down_bits_per_s,
        }
    }
}

/// Its numbers in words: `20ms to 35ms one way, jitter 10ms, loss 0.5 %, up 11Mbps, down 36Mbps`.
impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, greatest) = self.delay;
        f.write_str(&format_span(least))?;
        if least != greatest {
            write!(f, " to {}", format_span(greatest))?;
        }
        // Rounded to a ten-thousandth of a percent, which no source goes below.
        let loss = (self.loss * 1e6).round() / 1e4;
        let rate = |limit: Option<u64>| limit.map_or("unlimited".into(), format_bandwidth);
        let (up, down) = (rate(self.up_bits_per_s), rate(self.down_bits_per_s));
        write!(f, " one way, jitter {}, loss {loss} %, up {up}, down {down}", format_span(self.jitter))?;
        match self.gaps {
            Some(Gaps { share, span }) => {
                write!(
                    f,
                    ", no signal for {} % of the time, {} or more at once",
                    (share * 1e4).round() / 1e2,
                    format_span(span)
                )
            }
            None => Ok(()),
        }
    }
}

/// Which way a message crosses a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the participant.
    Up,
    /// To the participant.
    Down,
}
