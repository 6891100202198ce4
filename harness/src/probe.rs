//! Probes: they see every event, keep what they need, and give their figures at the end. They influence nothing.

use std::collections::BTreeMap;

use syncbench_strategies::replica::Time;

use crate::by_name::ByName;
use crate::event::Event;
use crate::ledger::Ledger;
use crate::metric::{Form, Metric, MetricSpec, Quantiles};
use crate::results::Histogram;

/// What a probe says about itself.
pub struct ProbeSpec {
    /// What it measures.
    pub metrics: &'static [&'static MetricSpec],
    /// Makes a fresh one for a run.
    pub make: fn() -> Box<dyn Probe>,
}

/// A measurement.
pub trait Probe: Send {
    /// Something happened; the ledger has it already.
    fn event(&mut self, event: &Event, ledger: &Ledger);

    /// The run is over.
    fn finish(&mut self, end: &End<'_>, figures: &mut Figures);
}

/// The end of a run.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// When.
    pub at: Time,
    /// When the last operation was issued or the last fault healed, whichever is later.
    pub quiescing_since: Time,
    /// The ledger of the run.
    pub ledger: &'a Ledger,
    /// Bytes that a replica saves, largest over the clients.
    pub stored_bytes: u64,
}

/// The figures of all probes, by the name of their [`MetricSpec`].
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// See [`crate::results::Cell::metrics`].
    pub metrics: ByName<Metric>,
    /// See [`crate::results::Series::histograms`].
    pub histograms: BTreeMap<String, Histogram>,
    /// See [`crate::results::Series::curves`].
    pub curves: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Figures {
    /// Adds a number.
    pub fn number(&mut self, spec: &MetricSpec, value: f64) {
        debug_assert_eq!(spec.form, Form::Number, "{}", spec.name);
        self.metrics.insert(spec.name, Metric::Number(value));
    }

    /// Adds a number that is not defined for every run.
    pub fn number_if(&mut self, spec: &MetricSpec, value: Option<f64>) {
        debug_assert_eq!(spec.form, Form::Number, "{}", spec.name);
        self.metrics.insert(spec.name, value.map_or(Metric::Absent, Metric::Number));
    }

    /// Adds a value for each of the metric's fields.
    pub fn numbers<const N: usize>(&mut self, spec: &MetricSpec, values: [(&'static str, f64); N]) {
        debug_assert!(
            matches!(spec.form, Form::Numbers(fields) if fields == values.map(|(field, _)| field)),
            "{}",
            spec.name
        );
        let values = values.into_iter().collect();
        self.metrics.insert(spec.name, Metric::Numbers(values));
    }

    /// Adds a count for each of the metric's fields.
    pub fn counts<const N: usize>(&mut self, spec: &MetricSpec, counts: [(&'static str, u64); N]) {
        debug_assert!(
            matches!(spec.form, Form::Counts(fields) if fields == counts.map(|(field, _)| field)),
            "{}",
            spec.name
        );
        let counts = counts.into_iter().collect();
        self.metrics.insert(spec.name, Metric::Counts(counts));
    }

    /// Adds counts by names that only this run knows.
    pub fn tally(&mut self, spec: &MetricSpec, counts: BTreeMap<String, u64>) {
        debug_assert_eq!(spec.form, Form::Tally, "{}", spec.name);
        self.metrics.insert(spec.name, Metric::Counts(counts.into_iter().collect()));
    }

    /// Adds a distribution.
    pub fn distribution(&mut self, spec: &MetricSpec, distribution: &Distribution) {
        debug_assert_eq!(spec.form, Form::Distribution, "{}", spec.name);
        self.metrics.insert(spec.name, distribution.quantiles());
        self.histograms.insert(spec.name.into(), distribution.sparse());
    }

    /// Adds the curve of a metric whose value is taken again and again.
    pub fn curve(&mut self, spec: &MetricSpec, points: Vec<(f64, f64)>) {
        self.curves.insert(spec.name.into(), points);
    }

    /// A single value that was added: see [`Metric::get`].
    pub fn get(&self, spec: &MetricSpec, field: &str) -> Option<f64> {
        self.metrics.get(spec.name)?.get(field)
    }
}

/// A distribution in an HDR histogram: three significant digits, any range.
#[derive(Clone, Debug)]
pub struct Distribution {
    histogram: hdrhistogram::Histogram<u64>,
    per_unit: f64,
}

impl Distribution {
    /// For latencies: recorded in nanoseconds, kept in microseconds, shown in milliseconds.
    pub fn latency_ms() -> Self {
        Self::new(1e3)
    }

    /// For costs: recorded and kept in nanoseconds, shown in microseconds.
    pub fn cost_us() -> Self {
        Self::new(1e3)
    }

    fn new(per_unit: f64) -> Self {
        // The constructor accepts up to five digits; three is the usual precision.
        Self { histogram: hdrhistogram::Histogram::new(3).expect("three digits are valid"), per_unit }
    }

    /// Adds one sample, in the kept unit.
    pub fn record(&mut self, value: u64) {
        // The histogram grows as needed. If the machine has no memory for that, the largest bucket takes the sample.
        if self.histogram.record(value).is_err() {
            self.histogram.saturating_record(value);
        }
    }

    /// How many samples.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    fn quantiles(&self) -> Metric {
        if self.histogram.is_empty() {
            return Metric::Absent;
        }
        let at = |quantile| self.histogram.value_at_quantile(quantile) as f64 / self.per_unit;
        Metric::Quantiles(Quantiles {
            count: self.histogram.len(),
            mean: self.histogram.mean() / self.per_unit,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.histogram.max() as f64 / self.per_unit,
        })
    }

    fn sparse(&self) -> Histogram {
        self.histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_to_three_digits() {
        let mut latency = Distribution::latency_ms();
        for us in [1, 80_000, 3_600_000_000] {
            latency.record(us);
        }
        let sparse = latency.sparse();
        assert_eq!(latency.count(), 3);
        for ((value, count), wanted) in sparse.iter().zip([1.0, 8e4, 3.6e9]) {
            assert!((*value as f64 / wanted - 1.0).abs() < 1e-3 && *count == 1, "{sparse:?}");
        }
        let Metric::Quantiles(quantiles) = latency.quantiles() else { panic!("there are samples") };
        assert!((quantiles.p50 - 80.0).abs() < 0.1, "{quantiles:?}");
    }
}
