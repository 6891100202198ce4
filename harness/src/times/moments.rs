//! From what a clock showed to the time of a run.

use std::str::FromStr;
use std::time::Duration;

use syncbench_strategies::replica::Time;
use syncbench_strategies::selector::format_span;
use toml::value::{Datetime, Offset};

use crate::pace::Timing;

/// What a clock showed: nanoseconds since the Unix epoch, or since any other moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub i64);

const NS_PER_S: i64 = 1_000_000_000;

impl FromStr for Stamp {
    type Err = ();

    /// Reads a date with a time, as RFC 3339 writes it; without an offset it is UTC.
    fn from_str(text: &str) -> Result<Self, ()> {
        let Datetime { date: Some(date), time: Some(time), offset } = text.parse().map_err(|_| ())? else {
            return Err(());
        };
        let minutes = match offset {
            Some(Offset::Custom { minutes }) => i128::from(minutes),
            Some(Offset::Z) | None => 0,
        };
        // Days from civil, by H. Hinnant: counted from 1 March, so that leap days end a year.
        let (month, day) = (i128::from(date.month), i128::from(date.day));
        let year = i128::from(date.year) - i128::from(month <= 2);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468;
        let seconds = i128::from(time.second.unwrap_or(0)) + 60 * (i128::from(time.minute) - minutes);
        let seconds = seconds + 3_600 * (i128::from(time.hour) + 24 * days);
        let ns = seconds * i128::from(NS_PER_S) + i128::from(time.nanosecond.unwrap_or(0));
        i64::try_from(ns).map(Self).map_err(|_| ())
    }
}

/// The times of a recording, ready to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moments {
    /// Since the first, by place in the recording.
    pub since_first: Vec<Duration>,
    /// How many had none and took that of their predecessor.
    pub missing: usize,
    /// How many were earlier than what their user had seen, and took its time: clocks differ.
    pub backwards: usize,
    /// A clock showed whole seconds only: what happened in one is spread over it.
    pub spread: bool,
}

impl Moments {
    /// Of what clocks showed, in an order in which each comes after all that its user had `seen`. `None` where no clock showed
    /// anything: the Unix epoch stands for none.
    pub fn of(stamps: &[Option<Stamp>], seen: impl Fn(usize) -> Vec<usize>) -> Option<Self> {
        let known = |stamp: &Option<Stamp>| stamp.filter(|stamp| stamp.0 > 0);
        let mut last = stamps.iter().find_map(known)?;
        let (mut missing, mut backwards) = (0, 0);
        let mut moments: Vec<Stamp> = Vec::with_capacity(stamps.len());
        for (at, stamp) in stamps.iter().enumerate() {
            missing += usize::from(known(stamp).is_none());
            let shown = known(stamp).unwrap_or(last);
            let latest = seen(at).into_iter().filter_map(|before| moments.get(before)).max().copied();
            backwards += usize::from(latest.is_some_and(|latest| shown < latest));
            last = latest.map_or(shown, |latest| latest.max(shown));
            moments.push(last);
        }
        let spread = moments.iter().all(|stamp| stamp.0 % NS_PER_S == 0);
        if spread {
            spread_seconds(&mut moments);
        }
        Some(Self { missing, backwards, spread, ..Self::since_first(&moments) })
    }

    /// Of numbers that are what they are.
    pub fn since_first(moments: &[Stamp]) -> Self {
        let first = moments.iter().min().copied().unwrap_or(Stamp(0));
        let since = |stamp: &Stamp| Duration::from_nanos(stamp.0.abs_diff(first.0));
        Self { since_first: moments.iter().map(since).collect(), missing: 0, backwards: 0, spread: false }
    }

    /// The same in the time of a run: from its start, with long gaps cut, and as fast as `timing` says.
    pub fn taken(&self, timing: Timing) -> Vec<Time> {
        let mut order: Vec<usize> = (0..self.since_first.len()).collect();
        order.sort_by_key(|at| self.since_first[*at]);
        let mut taken = vec![Time::ZERO; order.len()];
        let (mut last, mut now) = (Duration::ZERO, Duration::ZERO);
        for at in order {
            let gap = self.since_first[at] - last;
            last = self.since_first[at];
            now += timing.idle.map_or(gap, |idle| gap.min(idle));
            let run_s = now.as_secs_f64() / timing.speed;
            taken[at] = Time::ZERO + Duration::try_from_secs_f64(run_s).unwrap_or(LONGEST).min(LONGEST);
        }
        taken
    }

    /// What their reader should know, each in a line.
    pub fn notes(&self, timing: Timing) -> Vec<String> {
        let mut sorted = self.since_first.clone();
        sorted.sort_unstable();
        let span = sorted.last().copied().unwrap_or_default();
        let longest = sorted.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
        let rate = sorted.len() as f64 / span.as_secs_f64().max(1e-6);
        let mut notes = Vec::new();
        if self.missing > 0 {
            notes.push(format!("{} of {} have no time and take that of the one before", self.missing, sorted.len()));
        }
        if self.backwards > 0 {
            notes.push(format!(
                "{} are earlier than what their users had seen, and take its time: clocks differ",
                self.backwards
            ));
        }
        if self.spread {
            notes.push("times in whole seconds: what happened in one second is spread over it".to_owned());
        }
        if rate > FASTEST_PER_S {
            notes.push(format!("{rate:.0} operations a second: times of an export rather than of users"));
        }
        if timing.idle.is_none() && span > LONG {
            notes.push(format!(
                "recorded over {}, with up to {} in which nobody acts; --pace recorded:idle=5s cuts such gaps",
                rounded(span),
                rounded(longest)
            ));
        }
        notes
    }
}

/// A span in its largest unit, rounded: as people say it.
fn rounded(span: Duration) -> String {
    let unit = [86_400, 3_600, 60, 1].into_iter().find(|unit| span.as_secs() >= 2 * unit).unwrap_or(1);
    format_span(Duration::from_secs(span.as_secs() / unit * unit))
}

/// The latest moment: a century, far below where nanoseconds overflow.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Longer recordings are said to be long: a meeting.
const LONG: Duration = Duration::from_secs(3_600);

/// Above this many operations a second no users are behind a recording: a thousand at ten keys a second.
const FASTEST_PER_S: f64 = 10_000.0;

/// Spreads what a clock showed in one second evenly over it, in order.
fn spread_seconds(moments: &mut [Stamp]) {
    let mut order: Vec<usize> = (0..moments.len()).collect();
    order.sort_by_key(|at| moments[*at]);
    for second in order.chunk_by(|one, other| moments[*one] == moments[*other]).map(<[_]>::to_vec).collect::<Vec<_>>() {
        let within = second.len() as i64;
        for (nth, at) in second.into_iter().enumerate() {
            moments[at].0 += (i128::from(NS_PER_S) * nth as i128 / i128::from(within)) as i64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With times in milliseconds, and for each what its user had seen.
    fn of(stamps: &[(Option<i64>, &[usize])]) -> Option<Moments> {
        let shown: Vec<_> = stamps.iter().map(|(ms, _)| ms.map(|ms| Stamp(ms * 1_000_000))).collect();
        Moments::of(&shown, |at| stamps[at].1.to_vec())
    }

    fn since_first(moments: &Moments) -> Vec<u128> {
        moments.since_first.iter().map(Duration::as_millis).collect()
    }

    #[test]
    fn dates_are_read_as_rfc_3339_writes_them() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-02T00:00:01+00:00", 86_401),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2023-11-22T03:57:32+00:00", 1_700_625_452),
            ("2023-11-22T05:57:32+02:00", 1_700_625_452),
            ("2100-03-01 00:00:00", 4_107_542_400),
        ] {
            assert_eq!(text.parse(), Ok(Stamp(seconds * NS_PER_S)), "{text}");
        }
        assert_eq!("2021-04-19T06:06:58.219Z".parse(), Ok(Stamp(1_618_812_418_219_000_000)));
        for text in ["", "today", "2023-11-22", "03:57:32", "2023-13-01T00:00:00Z"] {
            assert_eq!(text.parse::<Stamp>(), Err(()), "{text}");
        }
    }

    #[test]
    fn missing_and_backward_times_take_that_of_the_one_before() {
        let moments = of(&[
            (None, &[]),
            (Some(5_500), &[0]),
            (Some(0), &[]),
            (Some(5_200), &[1]),
            (Some(5_300), &[]),
            (Some(7_000), &[3, 4]),
            (Some(6_000), &[5]),
        ]);
        let moments = moments.unwrap();
        assert_eq!(since_first(&moments), [200, 200, 200, 200, 0, 1_700, 1_700]);
        assert_eq!((moments.missing, moments.backwards, moments.spread), (2, 2, false));
        assert_eq!(of(&[(None, &[]), (Some(0), &[])]), None, "the epoch stands for no time");
    }

    #[test]
    fn what_happens_within_a_second_of_a_coarse_clock_is_spread_over_it() {
        let seconds = [2_000, 2_000, 4_000, 2_000, 2_000].map(|ms| (Some(ms), [].as_slice()));
        let moments = of(&seconds).unwrap();
        assert!(moments.spread);
        assert_eq!(since_first(&moments), [0, 250, 2_000, 500, 750]);
        // One who had seen what happened in the next second, by another clock, comes after it.
        let moments = of(&[(Some(2_000), &[]), (Some(3_000), &[0]), (Some(2_000), &[1])]).unwrap();
        assert_eq!((since_first(&moments), moments.backwards), (vec![0, 1_000, 1_500], 1));
    }

    #[test]
    fn gaps_are_cut_and_speed_divides_what_is_left() {
        let stamps = [1_001, 2_001, 62_001, 63_001].map(|ms| (Some(ms), [].as_slice()));
        let moments = of(&stamps).unwrap();
        let taken = |speed, idle: Option<u64>| {
            let timing = Timing { speed, idle: idle.map(Duration::from_secs), content: None };
            let taken = moments.taken(timing).into_iter();
            taken.map(|at| at.since(Time::ZERO).as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(taken(1.0, None), [0, 1_000, 61_000, 62_000]);
        assert_eq!(taken(1.0, Some(5)), [0, 1_000, 6_000, 7_000]);
        assert_eq!(taken(10.0, Some(5)), [0, 100, 600, 700]);
        assert_eq!(taken(0.5, None), [0, 2_000, 122_000, 124_000]);
    }

    #[test]
    fn what_is_odd_about_a_recording_is_said() {
        let notes = |stamps: &[(Option<i64>, &[usize])], idle| {
            let timing = Timing { idle, ..Timing::AS_RECORDED };
            of(stamps).unwrap().notes(timing).join("\n")
        };
        let long = [(Some(1_001), [].as_slice()), (Some(90_000_001), &[])];
        assert!(notes(&long, None).contains("recorded over 1d, with up to 1d"), "{}", notes(&long, None));
        assert_eq!(notes(&long, Some(Duration::from_secs(5))), "");
        assert!(notes(&[(Some(5), [].as_slice()); 30_000], None).contains("times of an export"));
    }
}
