//! What is compared: every metric by its fields, and what cells say beside their metrics.

use syncbench_harness::metric::{Better, Form, Measured, MetricSpec, TOTAL};
use syncbench_harness::metrics::{self, LOST_INTENTS, OPS_ISSUED, REFERENCE_US, REJECTED, SATURATION_LIMIT_MS};
use syncbench_harness::results::{Cell, ClaimsKept, Outcome};
use syncbench_strategies::names::did_you_mean;

/// A figure of a row, such as `visible_ms.p99` or `lost`. Its name says all.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// As it is written in `--fail-on`.
    pub(super) name: String,
    /// Its unit, in the plural.
    pub(super) unit: &'static str,
    /// Which end is better.
    pub(super) better: Better,
    /// What it follows from.
    pub(super) measured: Measured,
    pub(super) reading: Reading,
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// How a figure is read from cells.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// A number of each cell: the mean over seeds.
    Mean(&'static MetricSpec, &'static str),
    /// A count of each cell: the sum over seeds.
    Sum(&'static MetricSpec, &'static str),
    /// A quantile of the samples of all seeds together.
    Quantile(&'static MetricSpec, f64),
    /// The mean of the samples of all seeds together.
    PooledMean(&'static MetricSpec),
    /// A count that no metric has; the sum over seeds.
    Cells(fn(&Cell) -> Option<f64>),
}

/// The quantiles of a distribution, by field.
const QUANTILES: [(&str, f64); 5] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)];

/// What cells say beside their metrics, and short names: name, unit, meaning, and how it is counted.
const OTHERS: [(&str, &str, &str, fn(&Cell) -> Option<f64>); 5] = [
    ("lost", "operations", "lost_intents, all kinds together", |cell| cell.number(&LOST_INTENTS, TOTAL)),
    ("not_kept", "operations", "lost and rejected together", |cell| {
        Some(cell.number(&LOST_INTENTS, TOTAL)? + cell.number(&REJECTED, TOTAL).unwrap_or(0.0))
    }),
    ("failed", "cells", "cells that broke off", |cell| Some(f64::from(u8::from(cell.outcome == Outcome::Failed)))),
    ("claims_broken", "cells", "cells whose strategy broke a claim", |cell| {
        Some(f64::from(u8::from(cell.claims_kept? == ClaimsKept::No)))
    }),
    ("not_converged", "cells", "cells that ended in several states", |cell| {
        Some(f64::from(u8::from(!cell.converged?)))
    }),
];

impl Figure {
    fn new(name: impl Into<String>, spec: &'static MetricSpec, reading: Reading) -> Self {
        Self { name: name.into(), unit: spec.unit, better: spec.better, measured: spec.measured, reading }
    }

    fn other(name: &'static str) -> Option<Self> {
        let (name, unit, _, count) = *OTHERS.iter().find(|(other, ..)| *other == name)?;
        let (better, measured) = (Better::Low, Measured::Events);
        Some(Self { name: name.to_owned(), unit, better, measured, reading: Reading::Cells(count) })
    }

    /// One field of a metric.
    fn field(spec: &'static MetricSpec, field: &'static str) -> Option<Self> {
        let name = if field.is_empty() { spec.name.to_owned() } else { format!("{}.{field}", spec.name) };
        let reading = match (spec.form, field) {
            (Form::Number | Form::Numbers(_), _) => Reading::Mean(spec, field),
            (Form::Counts(_) | Form::Tally, _) => Reading::Sum(spec, field),
            (Form::Distribution, "mean") => Reading::PooledMean(spec),
            (Form::Distribution, _) => Reading::Quantile(spec, QUANTILES.iter().find(|(name, _)| *name == field)?.1),
        };
        Some(Self::new(name, spec, reading))
    }

    /// Those that every comparison has, in the order of the metrics. Of a distribution they are the median and a tail; of
    /// processor time the median only, since its tail is the machine's interruptions, and what a strategy does now and then
    /// is in `ops_per_cpu_s`.
    pub(super) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = OTHERS.iter().filter_map(|(name, ..)| Self::other(name)).collect();
        // The ruler, its limit, and what `lost` stands for already.
        let left_out = [&REFERENCE_US, &SATURATION_LIMIT_MS, &OPS_ISSUED, &LOST_INTENTS];
        for spec in metrics::all().filter(|spec| !left_out.contains(spec)) {
            let fields: &[&'static str] = match spec.form {
                Form::Number => &[""],
                Form::Tally => &[TOTAL],
                Form::Numbers(fields) | Form::Counts(fields) => fields,
                Form::Distribution if spec.measured == Measured::Processor => &["p50"],
                Form::Distribution => &["p50", "p99"],
            };
            all.extend(fields.iter().filter_map(|field| Self::field(spec, field)));
        }
        all
    }

    /// The figure of this name, or why there is none.
    pub(super) fn find(written: &str) -> Result<Self, String> {
        if let Some(other) = Self::other(OTHERS.iter().find(|(name, ..)| *name == written).map_or("", |other| other.0))
        {
            return Ok(other);
        }
        let (metric, field) = written.split_once('.').map_or((written, None), |(metric, field)| (metric, Some(field)));
        let Some(spec) = metrics::find(metric) else { return Err(unknown(metric)) };
        let (known, usual): (Vec<&'static str>, _) = match spec.form {
            Form::Number => (Vec::new(), Some("")),
            Form::Tally => (vec![TOTAL], Some(TOTAL)),
            Form::Counts(fields) => (fields.iter().copied().chain([TOTAL]).collect(), None),
            Form::Numbers(fields) => (fields.to_vec(), None),
            Form::Distribution => (QUANTILES.iter().map(|(name, _)| *name).chain(["mean"]).collect(), None),
        };
        let field = match field {
            None => usual,
            Some(field) => known.iter().copied().find(|known| *known == field),
        };
        field.and_then(|field| Self::field(spec, field)).ok_or_else(|| match known.as_slice() {
            [] => format!("`{metric}` is one number: expected `{metric}` without a field"),
            _ => format!(
                "expected one of {}",
                known.iter().map(|field| format!("{metric}.{field}")).collect::<Vec<_>>().join(", ")
            ),
        })
    }

    /// Whether it counts something: then the same seeds count the same, and a difference of one is a difference.
    pub(super) fn counts(&self) -> bool {
        matches!(self.reading, Reading::Sum(..) | Reading::Cells(_))
    }

    /// Whether it is about cells and not about operations: one more is worse, without any statistics.
    pub(super) fn of_cells(&self) -> bool {
        self.unit == "cells"
    }
}

fn unknown(written: &str) -> String {
    let others = OTHERS.iter().map(|(name, _, meaning, _)| (*name, *meaning));
    let known: Vec<_> = others.chain(metrics::all().map(|spec| (spec.name, spec.meaning))).collect();
    let meant = did_you_mean(written, known).map(|meant| format!("{meant} ")).unwrap_or_default();
    let others: Vec<_> = OTHERS.iter().map(|(name, ..)| *name).collect();
    format!("no such figure: {meant}expected {}, or a metric of `syncbench list metrics`", others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_found_by_its_name() {
        for figure in Figure::all() {
            assert_eq!(Figure::find(&figure.name), Ok(figure.clone()), "{}", figure.name);
        }
    }

    #[test]
    fn a_name_that_nothing_has_is_answered_with_what_there_is() {
        for (written, said) in [
            ("visible_mss.p99", "did you mean `visible_ms`"),
            ("visible_ms", "expected one of visible_ms.p50, visible_ms.p90"),
            ("visible_ms.p95", "visible_ms.p99"),
            ("ops_per_cpu_s.p99", "is one number"),
            ("resident_bytes", "resident_bytes.steady, resident_bytes.peak"),
            ("losd", "did you mean `lost`"),
        ] {
            let error = Figure::find(written).expect_err(written);
            assert!(error.contains(said), "{written}: {error}");
        }
    }
}
