//! How fast the project itself is: measurements, each with a target that is held against it.
//!
//! A target is a rate, or a ratio to a peer that is measured in the same run, repetition by repetition in turns. Work on one
//! thread is measured in processor time, work on several in real time. Nothing here is a timed test: a figure holds for the
//! machine and the build that it was measured on.
//!
//! Each measurement is one line in [`MEASUREMENTS`]; those of one subject share a file.

mod absent;
mod channels;
mod cores;
mod delays;
mod deliveries;
mod documents;
mod elixir;
mod gossip;
mod push;
mod schedules;
mod side_by_side;

use std::time::Duration;

use serde::Serialize;

use crate::clock::Moment;
use crate::stopwatch::processor_ns;

/// One line per measurement.
pub static MEASUREMENTS: &[&Measurement] = &[
    &deliveries::GOSSIP_100,
    &deliveries::GOSSIP_100_PROBES,
    &deliveries::GOSSIP_1000,
    &absent::GOSSIP_100000,
    &absent::MADSIM,
    &absent::TURMOIL,
    &deliveries::SERIAL_100,
    &deliveries::LOOKING_1000,
    &deliveries::STAR_10000,
    &absent::STREAM,
    &absent::AUTOMERGE,
    &documents::LIST_PREPEND,
    &documents::LIST_INSERT,
    &documents::MAP_PUT,
    &documents::TEXT_SPLICE,
    &documents::CLONE,
    &push::PUSH,
    &cores::TWO_CORES,
    &schedules::SCHEDULES,
    &channels::THREADS,
    &elixir::ELIXIR,
    &elixir::ELIXIR_BATCHED,
    &delays::DELAYS,
];

/// What is measured, and the target that it is held against.
pub struct Measurement {
    /// The name on the command line.
    pub name: &'static str,
    /// What is measured, in a sentence without its end.
    pub what: &'static str,
    /// The unit of a reading; `times` for a ratio.
    pub unit: &'static str,
    /// What is wanted.
    pub target: Target,
    /// Where the target comes from.
    pub source: &'static str,
    /// The clock of a reading.
    pub clock: Clock,
    /// How long repetitions may take in all; the last of them may end later.
    pub share: Duration,
    /// Why it is measured only where it is named, if so.
    pub apart: Option<&'static str>,
    /// Whether one reading has to do, since another would take too long.
    pub once: bool,
    /// Prepares it, or says why this build on this machine cannot measure it.
    pub begin: fn() -> Result<Repeat, String>,
}

/// Measures once: a reading in the unit of the measurement, or why there is none.
pub type Repeat = Box<dyn FnMut() -> Result<f64, String>>;

/// The clock of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Processor time of one thread.
    Processor,
    /// Real time, in which other processes may run.
    Real,
}

/// What is wanted of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
}

impl Target {
    /// Whether a reading keeps it.
    pub fn kept(self, reading: f64) -> bool {
        match self {
            Self::AtLeast(least) => reading >= least,
            Self::AtMost(most) => reading <= most,
        }
    }

    /// How much of the target a reading reaches: 1 where it is just kept, 0.5 at half the rate or twice the time.
    pub fn reached(self, reading: f64) -> f64 {
        match self {
            Self::AtLeast(least) => reading / least,
            Self::AtMost(most) => most / reading,
        }
    }
}

/// Readings of a measurement whose share of the time allows them. Their number does not depend on what they say: to stop where
/// the first few agree would favour one side. The median of 25 lies with 95 % between the 8th and the 18th of them.
const ENOUGH: usize = 25;

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Every reading, in the order of measuring. At least one.
    pub readings: Vec<f64>,
    /// Real time and processor time of the repetitions, where they are measured in processor time: the difference is what
    /// other processes took.
    pub spans: Option<(Duration, Duration)>,
}

impl Measured {
    /// The median of the readings.
    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
    }

    /// The least and the greatest reading.
    pub fn range(&self) -> (f64, f64) {
        let sorted = self.sorted();
        (sorted[0], sorted[sorted.len() - 1])
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.readings.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

impl Measurement {
    /// Repeats it 25 times, or until its share of the time is over, but at least once. Calls `each` after each repetition. The error says why it was not measured.
    pub fn measure(&self, each: &mut dyn FnMut()) -> Result<Measured, String> {
        let begun = Moment::now();
        let mut repeat = (self.begin)()?;
        let mut readings = Vec::new();
        let (mut real, mut processor) = (Duration::ZERO, Duration::ZERO);
        loop {
            let mut reading = Err(String::new());
            let started = Moment::now();
            processor += Duration::from_nanos(processor_ns(|| reading = repeat()));
            real += started.elapsed();
            readings.push(reading?);
            each();
            if self.once || readings.len() == ENOUGH || begun.elapsed() >= self.share {
                break;
            }
        }
        Ok(Measured { readings, spans: (self.clock == Clock::Processor).then_some((real, processor)) })
    }
}

/// The measurement of this name.
pub fn find(name: &str) -> Option<&'static Measurement> {
    MEASUREMENTS.iter().copied().find(|measurement| measurement.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn measurement(share: Duration, begin: fn() -> Result<Repeat, String>) -> Measurement {
        Measurement {
            name: "fixed",
            what: "fixed readings",
            unit: "times",
            target: Target::AtMost(2.0),
            source: "a test",
            clock: Clock::Processor,
            share,
            apart: None,
            once: false,
            begin,
        }
    }

    #[test]
    fn it_repeats_until_there_are_enough_readings_or_its_time_is_over() {
        let fixed = || -> Result<Repeat, String> { Ok(Box::new(|| Ok(1.0))) };
        let mut count = 0;
        let enough = measurement(Duration::MAX, fixed).measure(&mut || count += 1).unwrap();
        assert_eq!((enough.readings.len(), count), (ENOUGH, ENOUGH));
        assert!(enough.spans.is_some());
        let over = measurement(Duration::ZERO, fixed).measure(&mut || ()).unwrap();
        assert_eq!(over.readings, [1.0]);
        let once = Measurement { once: true, ..measurement(Duration::MAX, fixed) };
        assert_eq!(once.measure(&mut || ()).unwrap().readings, [1.0]);
    }

    #[test]
    fn what_cannot_be_measured_says_why() {
        let absent = measurement(Duration::ZERO, || Err("no peer".into()));
        assert_eq!(absent.measure(&mut || ()), Err("no peer".into()));
        let broken = measurement(Duration::ZERO, || Ok(Box::new(|| Err("it did not converge".into()))));
        assert_eq!(broken.measure(&mut || ()), Err("it did not converge".into()));
    }

    #[test]
    fn a_target_is_kept_from_its_own_side() {
        assert!(Target::AtLeast(2.0).kept(2.0) && !Target::AtLeast(2.0).kept(1.9));
        assert!(Target::AtMost(2.0).kept(2.0) && !Target::AtMost(2.0).kept(2.1));
        assert_eq!((Target::AtLeast(4.0).reached(1.0), Target::AtMost(4.0).reached(16.0)), (0.25, 0.25));
    }

    #[test]
    fn the_median_and_the_range_are_of_all_readings() {
        let of = |readings: &[f64]| Measured { readings: readings.to_vec(), spans: None };
        let odd = of(&[3.0, 1.0, 7.0]);
        assert_eq!((odd.median(), odd.range()), (3.0, (1.0, 7.0)));
        assert_eq!(of(&[3.0, 1.0]).median(), 2.0);
    }

    #[test]
    fn names_are_unique_and_can_be_written_on_a_command_line() {
        for (place, measurement) in MEASUREMENTS.iter().enumerate() {
            let name = measurement.name;
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(MEASUREMENTS[place + 1..].iter().all(|other| other.name != name), "{name} is there twice");
            assert!(!measurement.what.ends_with('.') && !measurement.source.ends_with('.'), "{name}");
        }
    }
}
