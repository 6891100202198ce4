//! Probes: they see every event, keep what they need, and give their figures at the end. They influence nothing.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::replica::{OpId, Time};

use crate::by_name::ByName;
use crate::event::Event;
use crate::finding::Finding;
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
    /// Whether states were looked at on a grid of times and not after every event.
    pub sampled: bool,
    /// Bytes that a replica saves, largest over the clients.
    pub stored_bytes: u64,
    /// Whether the strategy claims that operations go with their user.
    pub ephemeral: bool,
    /// The operations that the oracles found lost; `None` where the run was not judged.
    pub lost: Option<&'a BTreeSet<OpId>>,
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
    /// What probes noted, by kinds that any workload can have.
    pub notes: Vec<Finding>,
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

    /// The metric is not defined for this run.
    pub fn absent(&mut self, spec: &MetricSpec) {
        self.metrics.insert(spec.name, Metric::Absent);
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
        let samples = distribution.sparse();
        let quantiles = Quantiles::of(&samples, spec.ns_per_unit()).map_or(Metric::Absent, Metric::Quantiles);
        self.metrics.insert(spec.name, quantiles);
        self.histograms.insert(spec.name.into(), samples);
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

/// A distribution of spans of time. Up to [`EXACT`] latencies are kept as they are; costs, and latencies beyond that number,
/// are kept in an HDR histogram of three significant digits. The largest sample is always exact.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// How many samples are kept as they are.
    exact: usize,
    samples: Vec<u64>,
    rest: Option<hdrhistogram::Histogram<u64>>,
    max: u64,
}

/// Most latencies that are kept exactly: those of any run by hand, at 80 kB. A histogram is coarser than the clocks that it
/// is read against: it shows 80 ms as 80.063.
pub const EXACT: usize = 10_000;

impl Distribution {
    /// For latencies.
    pub fn latency() -> Self {
        Self::new(EXACT)
    }

    /// For costs, which differ from run to run by more than a histogram's buckets are wide.
    pub fn cost() -> Self {
        Self::new(0)
    }

    fn new(exact: usize) -> Self {
        Self { exact, samples: Vec::new(), rest: None, max: 0 }
    }

    /// Adds one sample in nanoseconds.
    pub fn record(&mut self, ns: u64) {
        self.max = self.max.max(ns);
        if self.samples.len() < self.exact {
            self.samples.push(ns);
            return;
        }
        // The constructor accepts up to five digits; three is the usual precision.
        let rest = self.rest.get_or_insert_with(|| hdrhistogram::Histogram::new(3).expect("three digits are valid"));
        // The histogram grows as needed. If the machine has no memory for that, the largest bucket takes the sample.
        for ns in self.samples.drain(..).chain([ns]) {
            if rest.record(ns).is_err() {
                rest.saturating_record(ns);
            }
        }
        self.exact = 0;
    }

    /// How many samples.
    pub fn count(&self) -> u64 {
        self.samples.len() as u64 + self.rest.as_ref().map_or(0, hdrhistogram::Histogram::len)
    }

    /// (Nanoseconds, count) in ascending order. A bucket stands at its middle, and the last one at the largest sample.
    fn sparse(&self) -> Histogram {
        if let Some(rest) = &self.rest {
            let middle = |value| rest.median_equivalent(value).min(self.max);
            let buckets = rest.iter_recorded().map(|step| (middle(step.value_iterated_to()), step.count_at_value()));
            let mut buckets: Histogram = buckets.collect();
            if let Some(last) = buckets.last_mut() {
                last.0 = self.max;
            }
            return buckets;
        }
        let mut samples = self.samples.clone();
        samples.sort_unstable();
        samples.chunk_by(|a, b| a == b).map(|alike| (alike[0], alike.len() as u64)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Better, Measured};

    #[test]
    fn few_latencies_are_exact() {
        let mut latency = Distribution::latency();
        let samples = [80_000_001, 80_000_000, 1, 80_000_000, 3_600_000_000_000];
        samples.into_iter().for_each(|ns| latency.record(ns));
        assert_eq!(latency.count(), 5);
        assert_eq!(latency.sparse(), [(1, 1), (80_000_000, 2), (80_000_001, 1), (3_600_000_000_000, 1)]);
        assert_eq!(Quantiles::of(&latency.sparse(), 1e6).map(|q| (q.p50, q.max)), Some((80.0, 3_600_000.0)));
    }

    #[test]
    fn many_latencies_keep_three_digits_and_the_largest() {
        let mut latency = Distribution::latency();
        (0..=EXACT as u64).for_each(|n| latency.record(n * 7_001));
        let sparse = latency.sparse();
        assert_eq!((latency.count(), sparse.last().map(|last| last.0)), (EXACT as u64 + 1, Some(EXACT as u64 * 7_001)));
        assert!(sparse.is_sorted_by(|a, b| a.0 < b.0) && sparse.len() < EXACT);
        let all = Quantiles::of(&sparse, 1.0).expect("not empty");
        assert!((all.p50 / (5_000.0 * 7_001.0) - 1.0).abs() < 1e-3, "{all:?}");
        assert!((all.p99 / (9_900.0 * 7_001.0) - 1.0).abs() < 1e-3, "{all:?}");
    }

    #[test]
    fn no_sample_is_no_distribution() {
        let spec = MetricSpec {
            name: "x",
            unit: "ms",
            better: Better::Low,
            form: Form::Distribution,
            meaning: "planted",
            measured: Measured::Events,
        };
        let mut figures = Figures::default();
        figures.distribution(&spec, &Distribution::latency());
        assert_eq!(figures.metrics["x"], Metric::Absent);
    }
}
