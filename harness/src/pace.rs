//! How users come to act.

mod inflight;
mod timing;

use std::fmt;
use std::str::FromStr;

pub use inflight::Inflight;
use serde::{Deserialize, Serialize};
use syncbench_strategies::names::did_you_mean;
pub use timing::Timing;

/// How users come to act.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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
    /// Open loop at the times of a recording. In a replayed trace a user waits, besides, until it has reflected what the
    /// recorded one had seen; its latencies count from the recorded time all the same.
    Recorded(Timing),
    /// Closed loop: a client acts again some time after its last operation was confirmed or rejected.
    Closed,
    /// One at a time over the whole group: the next acts when everybody has reflected the last. No concurrency at all.
    Turns,
    /// In the causal order of the trace: as soon as its user has reflected what the recorded one had seen, at an even rate.
    Causal,
    /// As fast as backpressure lets: each user acts again as soon as fewer than so many of its operations are on their way.
    Eager(Inflight),
}

/// Intents in a burst, on average. No source: ten, for a user who writes a sentence or moves some cards, then reads.
pub const IN_A_BURST: f64 = 10.0;

/// How much denser the intents of a burst are than the average. No source: ten, as for [`IN_A_BURST`].
pub const TIMES_AS_DENSE: f64 = 10.0;

/// How far the rate of a day swings around its mean, as a share: the peak has three times the load of the trough. No source.
pub const DAY_SWING: f64 = 0.5;

/// Every pace, a recorded one as it is by default.
pub const PACES: [Pace; 9] = [
    Pace::Poisson,
    Pace::Periodic,
    Pace::Bursts,
    Pace::Day,
    Pace::Recorded(Timing::AS_RECORDED),
    Pace::Closed,
    Pace::Turns,
    Pace::Causal,
    Pace::Eager(Inflight::USUAL),
];

impl Pace {
    /// Whether users act by the clock alone, and never wait for an answer.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Poisson | Self::Periodic | Self::Bursts | Self::Day | Self::Recorded(_))
    }

    /// Without parameters, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Periodic => "periodic",
            Self::Bursts => "bursts",
            Self::Day => "day",
            Self::Recorded(_) => "recorded",
            Self::Closed => "closed",
            Self::Turns => "turns",
            Self::Causal => "causal",
            Self::Eager(_) => "eager",
        }
    }

    /// How many operations of a user may be on their way at once: all, unless it waits for the last or is eager.
    pub fn inflight(self) -> u32 {
        match self {
            Self::Eager(inflight) => inflight.get(),
            Self::Closed | Self::Turns => 1,
            _ => u32::MAX,
        }
    }

    /// In a line.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Poisson => "open loop, random gaps",
            Self::Periodic => "open loop, even gaps",
            Self::Bursts => "open loop, ten intents close together, then a pause",
            Self::Day => {
                "open loop, at a rate that follows a day: three times as much in the middle of the run as at its ends"
            }
            Self::Recorded(_) => {
                "open loop, at the times of --trace or --times; recorded:speed=10 is ten times as fast, and \
                 recorded:idle=5s cuts longer gaps to five seconds"
            }
            Self::Closed => "closed loop: each user thinks, acts and waits for the answer",
            Self::Turns => "one operation at a time in the whole group",
            Self::Causal => "a trace in its causal order, as fast as --rate says",
            Self::Eager(_) => {
                "as fast as backpressure lets, with --engine throughput; eager:inflight=8 for eight operations of a user on \
                 their way instead of 64"
            }
        }
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (name, params) = written.split_once(':').map_or((written, None), |(name, params)| (name, Some(params)));
        let Some(found) = PACES.into_iter().find(|pace| pace.name() == name) else {
            let names: Vec<String> = PACES.iter().map(|pace| format!("`{}`", pace.name())).collect();
            let meant = did_you_mean(name, PACES.iter().map(|pace| (pace.name(), "")));
            let meant = meant.map_or(String::new(), |meant| format!("; {meant}"));
            return Err(format!("unknown pace `{name}`, expected one of {}{meant}", names.join(", ")));
        };
        match (found, params) {
            (found, None) => Ok(found),
            (Self::Recorded(_), Some(params)) => Ok(Self::Recorded(params.parse()?)),
            (Self::Eager(_), Some(params)) => Ok(Self::Eager(params.parse()?)),
            (_, Some(_)) => Err(format!("`{written}`: the pace `{name}` takes no parameters")),
        }
    }
}

impl TryFrom<String> for Pace {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse()
    }
}

impl From<Pace> for String {
    fn from(pace: Pace) -> Self {
        pace.to_string()
    }
}

impl fmt::Display for Pace {
    /// With the parameters that are not as by default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Recorded(timing) if *timing != Timing::AS_RECORDED => write!(f, ":{timing}"),
            Self::Eager(inflight) if *inflight != Inflight::USUAL => write!(f, ":{inflight}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pace_is_read_as_it_is_written() {
        let fast = "recorded:speed=10,idle=2500ms,content=000000000000000000000000000000ff";
        for written in PACES.map(|pace| pace.to_string()).iter().map(String::as_str).chain([fast, "eager:inflight=8"]) {
            assert_eq!(written.parse::<Pace>().map(|pace| pace.to_string()), Ok(written.to_owned()));
            assert_eq!(serde_json::from_str::<Pace>(&format!("\"{written}\"")).unwrap(), written.parse().unwrap());
        }
        assert_eq!("recorded:speed=1".parse(), Ok(PACES[4]));
        assert_eq!("eager:inflight=64".parse(), Ok(Pace::Eager(Inflight::USUAL)));
        assert_eq!("recorded:idle=2.5s,speed=10".parse::<Pace>().unwrap().to_string(), "recorded:speed=10,idle=2500ms");
    }

    #[test]
    fn wrong_paces_say_what_was_expected() {
        for (written, expected) in [
            ("posson", "unknown pace `posson`, expected one of `poisson`, `periodic`"),
            ("posson", "did you mean"),
            ("day:2", "the pace `day` takes no parameters"),
            ("recorded:speed=0", "`speed`: expected a number above 0"),
            ("recorded:speed=nan", "`speed`: expected a number above 0"),
            ("recorded:idle=5", "`idle`: expected a span such as"),
            ("recorded:10", "`10`: expected speed=NUMBER or idle=SPAN"),
            ("recorded:pace=2", "expected speed=NUMBER or idle=SPAN"),
            ("recorded:speed=2,speed=3", "`speed` is given twice"),
            ("recorded:content=zz", "`content`: expected 32 hexadecimal digits"),
            ("recorded:", "expected speed=NUMBER or idle=SPAN"),
            ("eager:8", "`8`: expected inflight=NUMBER"),
            ("eager:inflight=0", "`inflight`: expected 1 to 1000000 operations, such as 64 or 1k"),
        ] {
            let error = written.parse::<Pace>().unwrap_err();
            assert!(error.contains(expected), "{written}: {error}");
        }
    }
}
