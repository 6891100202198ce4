//! The columns of the summary, one line each: the same in the terminal and on the page.

use crate::aggregate::Row;
use crate::format::{NONE, figure, percent};
use crate::stats::Estimate;

/// Which end of a column is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Low,
    /// More is better.
    High,
    /// Neither: a refusal may be right.
    Neither,
}

/// Where the figures of a column come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Quantiles of a metric over all seeds together.
    Quantiles(&'static str, &'static [f64]),
    /// The mean over seeds of a metric's field.
    Mean(&'static str, &'static str),
    /// The sum over seeds of a metric's field.
    Total(&'static str, &'static str),
}

/// A column: what stands above it and how a row fills it.
pub struct Column {
    /// First line of its heading.
    pub head: &'static str,
    /// Second line: unit and statistic.
    pub unit: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// Which end is better.
    pub better: Better,
    /// How soon a narrow terminal goes without it: the highest number first.
    pub rank: u8,
    /// Where its figures come from; several are shown with a slash between them.
    pub source: Source,
    /// How one figure is shown.
    pub show: fn(f64) -> String,
}

/// One line per column, in the order in which they are shown.
#[rustfmt::skip]
pub static COLUMNS: &[Column] = &[
    Column { head: "echo", unit: "ms p50", rank: 5, better: Better::Low, source: Source::Quantiles("echo_ms", &[0.5]), show: figure, help: "from acting to the own screen" },
    Column { head: "acked", unit: "ms p50/p99", rank: 2, better: Better::Low, source: Source::Quantiles("ack_ms", &[0.5, 0.99]), show: figure, help: "from acting to being told that it stands, or that it was refused" },
    Column { head: "visible", unit: "ms p50/p99", rank: 0, better: Better::Low, source: Source::Quantiles("visible_ms", &[0.5, 0.99]), show: figure, help: "from acting to being taken into account at every replica" },
    Column { head: "diverged", unit: "of time", rank: 3, better: Better::Low, source: Source::Mean("diverged_share", ""), show: percent, help: "share of the time with more than one state" },
    Column { head: "refused", unit: "ops", rank: 1, better: Better::Neither, source: Source::Total("rejected", "total"), show: figure, help: "operations refused, and reported to their user" },
    Column { head: "undone", unit: "ops", rank: 6, better: Better::Low, source: Source::Total("rolled_back", "total"), show: figure, help: "operations shown and then taken back" },
    Column { head: "sent", unit: "B/op", rank: 4, better: Better::Low, source: Source::Mean("wire_bytes_per_op", ""), show: figure, help: "bytes on all links for each operation, envelopes included" },
    Column { head: "messages", unit: "per op", rank: 8, better: Better::Low, source: Source::Mean("messages_per_op", ""), show: figure, help: "messages on all links for each operation" },
    Column { head: "resync", unit: "B/missed", rank: 9, better: Better::Low, source: Source::Mean("resync_bytes", "per_missed_op"), show: figure, help: "bytes on all links for each missed operation, after connections were broken" },
    Column { head: "ops per", unit: "CPU s", rank: 4, better: Better::High, source: Source::Mean("ops_per_cpu_s", ""), show: figure, help: "operations through the whole group for each second of processor time" },
    Column { head: "saturated", unit: "ops/s", rank: 7, better: Better::High, source: Source::Mean("saturation_ops_per_s", ""), show: figure, help: "highest offered rate with an acceptable 99th percentile" },
];

impl Column {
    /// The figures of a row with their intervals; empty when it has none.
    pub fn estimates(&self, row: &Row<'_>) -> Vec<Estimate> {
        match self.source {
            Source::Quantiles(metric, quantiles) => quantiles.iter().filter_map(|q| row.quantile(metric, *q)).collect(),
            Source::Mean(metric, field) => row.mean(metric, field).into_iter().collect(),
            Source::Total(..) => {
                let plain = |value| Estimate { value, interval: None, seeds: row.cells.len() };
                self.values(row).into_iter().map(plain).collect()
            }
        }
    }

    /// The figures of a row without their intervals; empty when it has none.
    pub fn values(&self, row: &Row<'_>) -> Vec<f64> {
        match self.source {
            Source::Quantiles(metric, qs) => qs.iter().filter_map(|q| row.quantile_value(metric, *q)).collect(),
            Source::Mean(metric, field) => row.mean(metric, field).map(|mean| mean.value).into_iter().collect(),
            Source::Total(metric, field) => row.total(metric, field).into_iter().collect(),
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
        let best = match self.better {
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
