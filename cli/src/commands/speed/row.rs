//! What was measured, as data.

use std::time::Duration;

use serde::Serialize;
use syncbench_harness::speed::{Clock, Measured, Measurement, Target};

/// All that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    /// How many targets are kept.
    pub(super) kept: usize,
    /// How many are missed.
    pub(super) missed: usize,
    /// How many were not measured.
    pub(super) not_measured: usize,
    /// The measurement that reaches the least of its target, if one was measured.
    pub(super) furthest: Option<&'static str>,
    /// How long it took.
    pub(super) seconds: f64,
    /// Whether this is a debug build, whose figures mean nothing.
    pub(super) debug: bool,
    /// What disturbed.
    pub(super) machine: Machine,
    /// A row for each measurement.
    pub(super) targets: Vec<Row>,
}

/// A measurement beside its target.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) unit: &'static str,
    pub(super) clock: Clock,
    pub(super) target: Target,
    pub(super) source: &'static str,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

/// What became of a measurement.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Outcome {
    /// The median keeps the target.
    Kept(Figures),
    /// It does not.
    Missed(Figures),
    /// There is none, for this reason.
    NotMeasured { reason: String },
}

/// The readings of a measurement.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) greatest: f64,
    /// How much of the target the median reaches.
    pub(super) reached: f64,
    pub(super) readings: Vec<f64>,
}

/// What disturbed the measurements.
#[derive(Debug, Default, Serialize)]
pub(super) struct Machine {
    /// How long a fixed piece of work took, before the first measurement and after each: what else the machine did.
    pub(super) reference_us: Vec<f64>,
    /// Real time of what was measured in processor time.
    pub(super) real_s: f64,
    /// Its processor time.
    pub(super) processor_s: f64,
}

impl Machine {
    /// Adds the real time and the processor time of a measurement.
    pub(super) fn add(&mut self, spans: Option<(Duration, Duration)>) {
        if let Some((real, processor)) = spans {
            self.real_s += real.as_secs_f64();
            self.processor_s += processor.as_secs_f64();
        }
    }

    /// The share of the time in which other processes ran in place of this one.
    pub(super) fn taken(&self) -> f64 {
        if self.real_s > 0.0 { (1.0 - self.processor_s / self.real_s).max(0.0) } else { 0.0 }
    }
}

impl Row {
    pub(super) fn new(measurement: &Measurement, measured: Result<Measured, String>) -> Self {
        let Measurement { name, what, unit, clock, target, source, .. } = *measurement;
        let outcome = match measured {
            Err(reason) => Outcome::NotMeasured { reason },
            Ok(measured) => {
                let (median, (least, greatest)) = (measured.median(), measured.range());
                let reached = target.reached(median);
                let figures = Figures { median, least, greatest, reached, readings: measured.readings };
                if target.kept(median) { Outcome::Kept(figures) } else { Outcome::Missed(figures) }
            }
        };
        Self { name, what, unit, clock, target, source, outcome }
    }

    pub(super) fn figures(&self) -> Option<&Figures> {
        match &self.outcome {
            Outcome::Kept(figures) | Outcome::Missed(figures) => Some(figures),
            Outcome::NotMeasured { .. } => None,
        }
    }
}

impl Table {
    pub(super) fn new(targets: Vec<Row>, machine: Machine, took: Duration, debug: bool) -> Self {
        let count = |is: fn(&Outcome) -> bool| targets.iter().filter(|row| is(&row.outcome)).count();
        let reached = |row: &Row| row.figures().map(|figures| (figures.reached, row.name));
        let furthest = targets.iter().filter_map(reached).min_by(|(a, _), (b, _)| a.total_cmp(b));
        Self {
            kept: count(|outcome| matches!(outcome, Outcome::Kept(_))),
            missed: count(|outcome| matches!(outcome, Outcome::Missed(_))),
            not_measured: count(|outcome| matches!(outcome, Outcome::NotMeasured { .. })),
            furthest: furthest.map(|(_, name)| name),
            seconds: took.as_secs_f64(),
            debug,
            machine,
            targets,
        }
    }
}
