//! The columns of the summary, one line each: the same in the terminal and on the page.
//!
//! What a column measures, and which end is better, comes from its metric.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use syncbench_harness::metric::{Better, MetricSpec, TOTAL};
use syncbench_harness::metrics::*;

use crate::aggregate::{Group, Row};
use crate::format::{NONE, figure, millis, percent, seconds};
use crate::stats::{BEYOND, Estimate, paired_difference};

/// Where the figures of a column come from; several are shown with a slash between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Quantiles of a metric over all seeds together. The 99th percentile becomes the 90th where too few samples lie beyond
    /// it: see [`BEYOND`].
    Quantiles(&'static MetricSpec, &'static [f64]),
    /// The means over seeds of a metric's fields.
    Mean(&'static MetricSpec, &'static [&'static str]),
    /// The sums over seeds of a metric's fields; means where the seeds of a group's rows are not the same.
    Total(&'static MetricSpec, &'static [&'static str]),
    /// Operations lost or rejected, as [`Source::Total`].
    NotKept,
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
use Source::{Mean, NotKept, Quantiles, Total};

/// The field of a metric that is one number.
const IT: &[&str] = &[""];
const MEDIAN_AND_TAIL: &[f64] = &[0.5, 0.99];

/// One line per column, in the order in which they are shown.
#[rustfmt::skip]
pub static COLUMNS: &[Column] = &[
    Column { head: "lost", unit: "ops", place: Summary, rank: 0, source: Total(&LOST_INTENTS, &[TOTAL]), show: figure },
    Column { head: "rejected", unit: "ops", place: Summary, rank: 2, source: Total(&REJECTED, &[TOTAL]), show: figure },
    Column { head: "not kept", unit: "ops", place: Summary, rank: 1, source: NotKept, show: figure },
    Column { head: "echo", unit: "ms p50/p99", place: Summary, rank: 4, source: Quantiles(&ECHO_MS, MEDIAN_AND_TAIL), show: millis },
    Column { head: "confirmed", unit: "ms p50/p99", place: Summary, rank: 2, source: Quantiles(&CONFIRMED_MS, MEDIAN_AND_TAIL), show: millis },
    Column { head: "replicated", unit: "ms p50/p99", place: Summary, rank: 3, source: Quantiles(&REPLICATED_MS, MEDIAN_AND_TAIL), show: millis },
    Column { head: "visible", unit: "ms p50/p99", place: Summary, rank: 0, source: Quantiles(&VISIBLE_MS, MEDIAN_AND_TAIL), show: millis },
    Column { head: "diverged", unit: "of time", place: Summary, rank: 4, source: Mean(&DIVERGED_SHARE, IT), show: percent },
    Column { head: "rolled back", unit: "ops", place: Summary, rank: 7, source: Total(&ROLLED_BACK, IT), show: figure },
    Column { head: "sent", unit: "B/op", place: Summary, rank: 5, source: Mean(&WIRE_BYTES_PER_OP, IT), show: figure },
    Column { head: "messages", unit: "per op", place: Summary, rank: 8, source: Mean(&MESSAGES_PER_OP, IT), show: figure },
    Column { head: "resync", unit: "B/missed", place: Summary, rank: 9, source: Mean(&RESYNC_BYTES, &["per_missed_op"]), show: figure },
    Column { head: "ops per", unit: "CPU s", place: Summary, rank: 5, source: Mean(&OPS_PER_CPU_S, IT), show: figure },
    Column { head: "saturation", unit: "ops/s", place: Summary, rank: 8, source: Mean(&SATURATION_OPS_PER_S, IT), show: figure },
    Column { head: "carried", unit: "ops/s", place: Summary, rank: 1, source: Mean(&CARRIED_OPS_PER_S, IT), show: figure },
    Column { head: "carried", unit: "deliveries/s", place: Summary, rank: 1, source: Mean(&CARRIED_DELIVERIES_PER_S, IT), show: figure },
    Column { head: "batch", unit: "ops/message", place: Summary, rank: 5, source: Mean(&OPS_PER_MESSAGE, IT), show: figure },
    Column { head: "half visible", unit: "ms p50/p99", place: Details, rank: 10, source: Quantiles(&VISIBLE_HALF_MS, MEDIAN_AND_TAIL), show: millis },
    Column { head: "stale", unit: "ops mean/max", place: Details, rank: 11, source: Mean(&STALENESS_OPS, &["mean", "max"]), show: figure },
    Column { head: "converged", unit: "ms after", place: Details, rank: 12, source: Mean(&CONVERGENCE_MS, IT), show: millis },
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
    Column { head: "sessions", unit: "broken: own/reads/writes/causes", place: Details, rank: 24, source: Total(&SESSION_BREAKS, &["read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads"]), show: figure },
    Column { head: "protocol", unit: "errors", place: Details, rank: 24, source: Total(&PROTOCOL_ERRORS, IT), show: figure },
    Column { head: "serial order", unit: "of runs", place: Details, rank: 25, source: Mean(&SERIAL_ORDER, IT), show: percent },
    Column { head: "inexact", unit: "ops", place: Details, rank: 26, source: Total(&INEXACT_EDITS, IT), show: figure },
    Column { head: "limit", unit: "ms p99", place: Details, rank: 27, source: Mean(&SATURATION_LIMIT_MS, IT), show: millis },
    Column { head: "reference", unit: "µs", place: Details, rank: 30, source: Mean(&REFERENCE_US, IT), show: figure },
    Column { head: "catching up", unit: "B/ops missed/times", place: Details, rank: 28, source: Total(&RESYNC_BYTES, &["total", "missed_ops", "episodes"]), show: figure },
    Column { head: "while away", unit: "ops kept/rejected/lost", place: Details, rank: 29, source: Total(&AWAY_OPS, &["kept", "rejected", "lost"]), show: figure },
    Column { head: "meanwhile", unit: "others' ops lost/of", place: Details, rank: 30, source: Total(&AWAY_OTHERS_OPS, &["lost", "issued"]), show: figure },
    Column { head: "back after", unit: "s away", place: Details, rank: 31, source: Mean(&AWAY_S, IT), show: seconds },
    Column { head: "received", unit: "s after return", place: Details, rank: 32, source: Mean(&AWAY_RECEIVED_S, IT), show: seconds },
    Column { head: "delivered", unit: "s after return", place: Details, rank: 33, source: Mean(&AWAY_DELIVERED_S, IT), show: seconds },
    Column { head: "after return", unit: "B up/down", place: Details, rank: 34, source: Mean(&AWAY_BYTES, &["up", "down"]), show: figure },
    Column { head: "at return", unit: "B memory", place: Details, rank: 35, source: Mean(&AWAY_RESIDENT_BYTES, IT), show: figure },
    Column { head: "messages", unit: "sent/delivered/dropped/duplicated", place: Details, rank: 36, source: Total(&TRAFFIC, &["sent", "delivered", "dropped", "duplicated"]), show: figure },
];

/// Counts by name, which the page shows in words beside the columns of details.
pub static TALLIES: &[&MetricSpec] = &[&REJECTED, &COUNTERS];

impl Source {
    /// The metric; of what is put together, the first.
    pub fn metric(&self) -> &'static MetricSpec {
        match self {
            Quantiles(metric, _) | Mean(metric, _) | Total(metric, _) => metric,
            NotKept => &LOST_INTENTS,
        }
    }
}

impl Column {
    /// What it says, as a phrase.
    pub fn help(&self) -> &'static str {
        match self.source {
            NotKept => "Lost and rejected operations together: refusing everything is no victory.",
            _ => self.source.metric().meaning,
        }
    }

    /// Whether it is about what became of operations: those stand first, and whether claims were kept behind them.
    pub fn is_loss(&self) -> bool {
        [&LOST_INTENTS, &REJECTED].contains(&self.source.metric())
    }

    /// A row's figures as text, a dash where there are none.
    fn text(&self, estimates: &[Estimate]) -> String {
        let texts: Vec<_> = estimates.iter().map(|estimate| (self.show)(estimate.value)).collect();
        if texts.is_empty() { NONE.to_owned() } else { texts.join("/") }
    }
}

/// A column with the figures of a group's rows.
pub struct Filled {
    /// The column.
    pub column: &'static Column,
    /// Second line of its heading here.
    pub unit: String,
    /// By row: its figures, none where it has none.
    pub estimates: Vec<Vec<Estimate>>,
    /// By row: its figures as text.
    pub texts: Vec<String>,
    /// By row: whether it is the best, or the seeds do not tell it from the best.
    pub best: Vec<bool>,
}

impl Filled {
    /// The figures of a group; `None` when no row has any.
    pub fn new(column: &'static Column, group: &Group<'_>) -> Option<Self> {
        let even = group.uneven_seeds().is_none();
        let (mut unit, tail) = (column.unit.to_owned(), tail(column, group));
        if tail != NEARLY_ALL {
            unit = unit.replace("p99", "p90");
        }
        if !even && matches!(column.source, Total(..) | NotKept) {
            unit.push_str("/seed");
        }
        let estimates: Vec<_> = group.rows.iter().map(|row| estimates(column, row, even, tail)).collect();
        let texts = estimates.iter().map(|figures| column.text(figures)).collect();
        let mut filled = Self { column, unit, estimates, texts, best: vec![false; group.rows.len()] };
        if even {
            filled.mark_best(group);
        }
        filled.estimates.iter().any(|row| !row.is_empty()).then_some(filled)
    }

    /// Marks the best row by the first figure, and those that are not worse in a comparison paired by seed. Marks nothing
    /// where neither end is better or most rows would be marked. Fewest losses are not best: a strategy that refuses
    /// everything loses nothing.
    fn mark_best(&mut self, group: &Group<'_>) {
        let source = self.column.source;
        let worse = match source.metric().better {
            _ if source == Total(&LOST_INTENTS, &[TOTAL]) => return,
            Better::Low => Ordering::Greater,
            Better::High => Ordering::Less,
            Better::Neither => return,
        };
        let figures = self.estimates.iter().enumerate();
        let figures: Vec<_> = figures.filter_map(|(index, row)| Some((index, row.first()?.value))).collect();
        let order = |a: &f64, b: &f64| if worse == Ordering::Greater { a.total_cmp(b) } else { b.total_cmp(a) };
        let Some((best, _)) = figures.iter().min_by(|(_, a), (_, b)| order(a, b)) else { return };
        let by_seed: Vec<_> = group.rows.iter().map(|row| by_seed(source, row)).collect();
        let marked = figures.iter().filter(|(index, _)| {
            let side = paired_difference(&by_seed[*index], &by_seed[*best]);
            index == best
                || self.texts[*index] == self.texts[*best]
                || side.is_some_and(|difference| difference.seeds > 1 && difference.side() != Some(worse))
        });
        let marked: Vec<usize> = marked.map(|(index, _)| *index).collect();
        let alone = by_seed[*best].len() < 2;
        if !alone && marked.len() * 2 <= figures.len() {
            marked.into_iter().for_each(|index| self.best[index] = true);
        }
    }
}

const NEARLY_ALL: f64 = 0.99;
const MOST: f64 = 0.9;

/// The tail quantile that every row of a group has enough samples for.
fn tail(column: &Column, group: &Group<'_>) -> f64 {
    let Quantiles(metric, _) = column.source else { return NEARLY_ALL };
    let samples = group.rows.iter().map(|row| row.samples(metric)).filter(|samples| *samples > 0);
    let enough = samples.min().is_none_or(|samples| samples as f64 * (1.0 - NEARLY_ALL) + 1e-9 >= BEYOND);
    if enough { NEARLY_ALL } else { MOST }
}

fn estimates(column: &Column, row: &Row<'_>, even: bool, tail: f64) -> Vec<Estimate> {
    let exact = |value| Estimate { value, spread: None, seeds: row.cells.len() };
    match column.source {
        Quantiles(metric, qs) => {
            let shown = qs.iter().map(|q| if *q == NEARLY_ALL { tail } else { *q });
            shown.filter_map(|q| row.quantile(metric, q)).collect()
        }
        Total(metric, fields) if even => {
            fields.iter().filter_map(|field| row.total(metric, field)).map(exact).collect()
        }
        Mean(metric, fields) | Total(metric, fields) => {
            fields.iter().filter_map(|field| row.mean(metric, field)).collect()
        }
        NotKept => {
            let seeds: Vec<f64> = row.not_kept_by_seed().into_values().collect();
            let total = seeds.iter().sum::<f64>();
            let shown = if even { total } else { total / seeds.len() as f64 };
            if seeds.is_empty() { Vec::new() } else { vec![exact(shown)] }
        }
    }
}

/// The first figure of a row, seed by seed.
fn by_seed(source: Source, row: &Row<'_>) -> BTreeMap<u64, f64> {
    match source {
        Quantiles(metric, qs) => row.quantile_by_seed(metric, qs[0]),
        Mean(metric, fields) | Total(metric, fields) => row.by_seed(metric, fields[0]),
        NotKept => row.not_kept_by_seed(),
    }
}

#[cfg(test)]
mod tests {
    use syncbench_harness::metric::Form;

    use crate::aggregate::QUANTILES;

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
                Quantiles(_, qs) => metric.form == Form::Distribution && qs.iter().all(|q| QUANTILES.contains(q)),
                Mean(_, fields) | Total(_, fields) => fits(fields),
                NotKept => true,
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
