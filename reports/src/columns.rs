//! The columns of the summary, one line each: the same in the terminal and on the page.
//!
//! What a column measures, and which end is better, comes from its metric.

use syncbench_harness::metric::{Better, MetricSpec, TOTAL};
use syncbench_harness::metrics::*;

use crate::aggregate::Row;
use crate::format::{NONE, figure, percent};
use crate::stats::Estimate;

/// Where the figures of a column come from; several are shown with a slash between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Quantiles of a metric over all seeds together.
    Quantiles(&'static MetricSpec, &'static [f64]),
    /// The means over seeds of a metric's fields.
    Mean(&'static MetricSpec, &'static [&'static str]),
    /// The sums over seeds of a metric's fields.
    Total(&'static MetricSpec, &'static [&'static str]),
}

/// Where on the page a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the table of each condition.
    Summary,
    /// In the table of further figures below it.
    Details,
}

/// A column: its heading, and how a row fills it.
pub struct Column {
    /// First line of its heading.
    pub head: &'static str,
    /// Second line: unit and statistic.
    pub unit: &'static str,
    /// Where on the page it is; a terminal shows as many as fit.
    pub place: Place,
    /// How soon a narrow terminal drops it: the highest rank first.
    pub rank: u8,
    /// Where its figures come from.
    pub source: Source,
    /// How one figure is shown.
    pub show: fn(f64) -> String,
}

use Place::{Details, Summary};
use Source::{Mean, Quantiles, Total};

/// The field of a metric that is one number.
const IT: &[&str] = &[""];
const MEDIAN: &[f64] = &[0.5];
const MEDIAN_AND_TAIL: &[f64] = &[0.5, 0.99];

/// One line per column, in the order in which they are shown.
#[rustfmt::skip]
pub static COLUMNS: &[Column] = &[
    Column { head: "echo", unit: "ms p50", place: Summary, rank: 5, source: Quantiles(&ECHO_MS, MEDIAN), show: figure },
    Column { head: "confirmed", unit: "ms p50/p99", place: Summary, rank: 2, source: Quantiles(&CONFIRMED_MS, MEDIAN_AND_TAIL), show: figure },
    Column { head: "replicated", unit: "ms p50/p99", place: Summary, rank: 3, source: Quantiles(&REPLICATED_MS, MEDIAN_AND_TAIL), show: figure },
    Column { head: "visible", unit: "ms p50/p99", place: Summary, rank: 0, source: Quantiles(&VISIBLE_MS, MEDIAN_AND_TAIL), show: figure },
    Column { head: "diverged", unit: "of time", place: Summary, rank: 3, source: Mean(&DIVERGED_SHARE, IT), show: percent },
    Column { head: "rejected", unit: "ops", place: Summary, rank: 1, source: Total(&REJECTED, &[TOTAL]), show: figure },
    Column { head: "rolled back", unit: "ops", place: Summary, rank: 6, source: Total(&ROLLED_BACK, IT), show: figure },
    Column { head: "sent", unit: "B/op", place: Summary, rank: 4, source: Mean(&WIRE_BYTES_PER_OP, IT), show: figure },
    Column { head: "messages", unit: "per op", place: Summary, rank: 8, source: Mean(&MESSAGES_PER_OP, IT), show: figure },
    Column { head: "resync", unit: "B/missed", place: Summary, rank: 9, source: Mean(&RESYNC_BYTES, &["per_missed_op"]), show: figure },
    Column { head: "ops per", unit: "CPU s", place: Summary, rank: 4, source: Mean(&OPS_PER_CPU_S, IT), show: figure },
    Column { head: "saturation", unit: "ops/s", place: Summary, rank: 7, source: Mean(&SATURATION_OPS_PER_S, IT), show: figure },
    Column { head: "half visible", unit: "ms p50/p99", place: Details, rank: 10, source: Quantiles(&VISIBLE_HALF_MS, MEDIAN_AND_TAIL), show: figure },
    Column { head: "stale", unit: "ops mean/max", place: Details, rank: 11, source: Mean(&STALENESS_OPS, &["mean", "max"]), show: figure },
    Column { head: "converged", unit: "ms after", place: Details, rank: 12, source: Mean(&CONVERGENCE_MS, IT), show: figure },
    Column { head: "divergence", unit: "mean/peak", place: Details, rank: 13, source: Mean(&DIVERGENCE, &["mean", "peak"]), show: figure },
    Column { head: "client memory", unit: "B end/peak", place: Details, rank: 14, source: Mean(&RESIDENT_BYTES, &["steady", "peak"]), show: figure },
    Column { head: "server memory", unit: "B end/peak", place: Details, rank: 15, source: Mean(&SERVER_RESIDENT_BYTES, &["steady", "peak"]), show: figure },
    Column { head: "stored", unit: "B", place: Details, rank: 16, source: Mean(&STORED_BYTES, IT), show: figure },
    Column { head: "payload", unit: "B/op", place: Details, rank: 17, source: Mean(&PAYLOAD_BYTES_PER_OP, IT), show: figure },
    Column { head: "CPU at issuer", unit: "µs p50/p99", place: Details, rank: 18, source: Quantiles(&CPU_US_LOCAL, MEDIAN_AND_TAIL), show: figure },
    Column { head: "CPU elsewhere", unit: "µs p50/p99", place: Details, rank: 19, source: Quantiles(&CPU_US_REMOTE, MEDIAN_AND_TAIL), show: figure },
    Column { head: "concurrent", unit: "of ops", place: Details, rank: 20, source: Mean(&CONCURRENCY, IT), show: percent },
    Column { head: "issued", unit: "ops", place: Details, rank: 21, source: Total(&OPS_ISSUED, IT), show: figure },
    Column { head: "censored", unit: "confirmed/replicated/visible", place: Details, rank: 22, source: Total(&CENSORED, &["confirmed", "replicated", "visible"]), show: figure },
    Column { head: "SEC", unit: "violations", place: Details, rank: 23, source: Total(&SEC_VIOLATIONS, IT), show: figure },
    Column { head: "protocol", unit: "errors", place: Details, rank: 24, source: Total(&PROTOCOL_ERRORS, IT), show: figure },
    Column { head: "serial order", unit: "of runs", place: Details, rank: 25, source: Mean(&SERIAL_ORDER, IT), show: percent },
    Column { head: "inexact", unit: "ops", place: Details, rank: 26, source: Total(&INEXACT_EDITS, IT), show: figure },
    Column { head: "limit", unit: "ms p99", place: Details, rank: 27, source: Mean(&SATURATION_LIMIT_MS, IT), show: figure },
    Column { head: "catching up", unit: "B/ops missed/times", place: Details, rank: 28, source: Total(&RESYNC_BYTES, &["total", "missed_ops", "episodes"]), show: figure },
    Column { head: "messages", unit: "sent/delivered/dropped/duplicated", place: Details, rank: 29, source: Total(&TRAFFIC, &["sent", "delivered", "dropped", "duplicated"]), show: figure },
];

/// Counts by name, which the page shows in words beside the columns of details.
pub static TALLIES: &[&MetricSpec] = &[&REJECTED, &COUNTERS];

impl Source {
    /// The metric.
    pub fn metric(&self) -> &'static MetricSpec {
        match self {
            Quantiles(metric, _) | Mean(metric, _) | Total(metric, _) => metric,
        }
    }
}

impl Column {
    /// What it says, as a phrase.
    pub fn help(&self) -> &'static str {
        self.source.metric().meaning
    }

    /// The figures of a row with their intervals; empty when it has none.
    pub fn estimates(&self, row: &Row<'_>) -> Vec<Estimate> {
        match self.source {
            Quantiles(metric, qs) => qs.iter().filter_map(|q| row.quantile(metric, *q)).collect(),
            Mean(metric, fields) => fields.iter().filter_map(|field| row.mean(metric, field)).collect(),
            Total(..) => {
                let exact = |value| Estimate { value, interval: None, seeds: row.cells.len() };
                self.values(row).into_iter().map(exact).collect()
            }
        }
    }

    /// The figures of a row without their intervals; empty when it has none.
    pub fn values(&self, row: &Row<'_>) -> Vec<f64> {
        match self.source {
            Quantiles(metric, qs) => qs.iter().filter_map(|q| row.quantile_value(metric, *q)).collect(),
            Mean(metric, fields) => fields.iter().filter_map(|field| Some(row.mean(metric, field)?.value)).collect(),
            Total(metric, fields) => fields.iter().filter_map(|field| row.total(metric, field)).collect(),
        }
    }

    /// A row's figures as text, a dash where there are none.
    pub fn text(&self, values: &[f64]) -> String {
        let texts: Vec<_> = values.iter().map(|value| (self.show)(*value)).collect();
        if texts.is_empty() { NONE.to_owned() } else { texts.join("/") }
    }

    /// The best among rows as it is shown, compared by their first figure. `None` when neither end is better, or when
    /// most rows show the same.
    pub fn best(&self, rows: &[Vec<f64>]) -> Option<String> {
        let keys = || rows.iter().filter_map(|values| values.first().copied());
        let best = match self.source.metric().better {
            Better::Low => keys().reduce(f64::min)?,
            Better::High => keys().reduce(f64::max)?,
            Better::Neither => return None,
        };
        let best = (self.show)(best);
        let alike = keys().filter(|key| (self.show)(*key) == best).count();
        (alike * 2 <= keys().count()).then_some(best)
    }

    /// Whether a row's first figure shows as `best`.
    pub fn is_best(&self, values: &[f64], best: Option<&str>) -> bool {
        values.first().is_some_and(|key| best == Some((self.show)(*key).as_str()))
    }
}

#[cfg(test)]
mod tests {
    use syncbench_harness::metric::Form;

    use super::*;

    #[test]
    fn a_column_reads_its_metric_in_the_metrics_form() {
        for column in COLUMNS {
            let metric = column.source.metric();
            let fits = |fields: &[&str]| match metric.form {
                Form::Number => fields == IT,
                Form::Tally => fields == [TOTAL],
                Form::Numbers(known) | Form::Counts(known) => fields.iter().all(|field| known.contains(field)),
                Form::Distribution => false,
            };
            let right = match column.source {
                Quantiles(..) => metric.form == Form::Distribution,
                Mean(_, fields) | Total(_, fields) => fits(fields),
            };
            assert!(right, "{} of {}", column.head, metric.name);
        }
        assert!(TALLIES.iter().all(|metric| metric.form == Form::Tally));
    }

    #[test]
    fn a_narrow_terminal_drops_details_first() {
        let ranks = |place| COLUMNS.iter().filter(move |column| column.place == place).map(|column| column.rank);
        assert!(ranks(Summary).max() < ranks(Details).min());
    }
}
