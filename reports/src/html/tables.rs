//! The summary as tables: every figure with its confidence interval.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{CPU_US_LOCAL, CPU_US_REMOTE, LOST_INTENTS};

use crate::aggregate::{Group, Row, Status, Summary, Sweep};
use crate::columns::{COLUMNS, Filled, Place, TALLIES};
use crate::format::{NONE, count, counts, figure, list};
use crate::stats::{BEYOND, Estimate, Interval, Spread};
use crate::table::{claims_kept, seeds};

/// A table for each condition.
pub(super) fn all(summary: &Summary<'_>) -> Markup {
    html! {
        p {
            "Small figures below a figure are its 95 % confidence interval over seeds; with fewer than ten seeds they are the range "
            "from seed to seed, and say so. Quantiles are of all seeds together; "
            "counts are sums over the seeds, or means where a heading says /seed. A 99th percentile is shown where at least " (BEYOND as u64) " samples lie beyond it in "
            "every row, and the 90th otherwise. Bold: the best of a column, and those that a comparison seed by seed does not "
            "tell from it; there is no overall score. Not kept: operations lost or rejected, because refusing everything is no "
            "victory. Claims kept says whether "
            "the strategy kept its own claims. The " a href="#glossary" { "glossary" } " says what each column means."
        }
        @for group in summary.by_workload() { (table(group)) }
        @for sweep in &summary.sweeps { (growth(sweep)) }
    }
}

fn table(group: &Group<'_>) -> Markup {
    let summary = COLUMNS.iter().filter(|column| column.place == Place::Summary);
    let columns: Vec<_> = summary.filter_map(|column| Filled::new(column, group)).collect();
    let all = group.uneven_seeds();
    html! {
        h3 { (group.title) }
        p.muted {
            (group.condition.describe()) ", " (seeds(group)) "."
            @for met in group.coverage() {
                " " code { (met.fault) } ": " (met.sentence()) "."
            }
        }
        div.wide { table {
            thead { tr {
                th { "strategy" } th { "claims kept" } th { "lost by kind" }
                @for filled in &columns { (heading(filled)) }
            } }
            tbody { @for (index, row) in group.rows.iter().enumerate() { tr {
                (name(row, all.as_ref())) (claims_cell(row)) (lost(row, all.is_none()))
                @if row.status() == Status::Measured {
                    @for filled in &columns { (cell(filled, index)) }
                } @else {
                    @for _ in &columns { td.num.muted { (NONE) } }
                }
            } } }
        } }
        (details(group))
    }
}

/// The columns that the table has no room for.
fn details(group: &Group<'_>) -> Markup {
    let rows: Vec<_> = group.rows.iter().enumerate().filter(|(_, row)| row.status() == Status::Measured).collect();
    let columns = COLUMNS.iter().filter(|column| column.place == Place::Details);
    let columns: Vec<_> = columns.filter_map(|column| Filled::new(column, group)).collect();
    let counted =
        |metric: &&&MetricSpec| rows.iter().any(|(_, row)| row.counts(metric).is_some_and(|names| !names.is_empty()));
    let tallies: Vec<_> = TALLIES.iter().filter(counted).collect();
    html! {
        @if !columns.is_empty() || !tallies.is_empty() {
            details {
                summary { "Further figures" }
                div.wide { table {
                    thead { tr {
                        th { "strategy" }
                        @for filled in &columns { (heading(filled)) }
                        @for metric in &tallies { th title=(metric.meaning) { (metric.name.replace('_', " ")) br; small { "by name" } } }
                    } }
                    tbody { @for (index, row) in &rows { tr {
                        th scope="row" { (row.strategy) }
                        @for filled in &columns { td.num { (filled.texts[*index]) } }
                        @for metric in &tallies { td.words { (row.counts(metric).map_or(NONE.to_owned(), |names| tally(&names))) } }
                    } } }
                } }
            }
        }
    }
}

fn tally(names: &BTreeMap<&str, u64>) -> String {
    let words: Vec<_> = names.iter().map(|(name, n)| format!("{} {}", name.replace('_', " "), count(*n))).collect();
    if words.is_empty() { "0".to_owned() } else { words.join(", ") }
}

fn heading(filled: &Filled) -> Markup {
    html! { th.num title=(filled.column.help()) { (filled.column.head) br; small { (filled.unit) } } }
}

/// The strategy with its library, its window and the edits that it emulates; and its seeds where others have others.
fn name(row: &Row<'_>, all: Option<&BTreeSet<u64>>) -> Markup {
    let library = row.cells.iter().find_map(|cell| cell.library.as_deref());
    html! {
        th scope="row" {
            (row.strategy)
            @if let Some(library) = library { small { (library) } }
            @if let Some(window) = row.window_ms() { small { "window " (figure(window)) " ms" } }
            @if let Some(all) = all { small { (row.seeds().len()) " of " (all.len()) " seeds" } }
            @for (edit, how) in row.emulated() { small.emulated { (edit) ": " (how) } }
        }
    }
}

fn claims_cell(row: &Row<'_>) -> Markup {
    let text = claims_kept(row);
    let class = if text.starts_with(|c: char| c.is_uppercase()) { "bad" } else { "" };
    let reasons = row.measured().flat_map(|cell| &cell.claims_reasons).next();
    html! { td class=(class) title=[reasons] { (text) } }
}

fn lost(row: &Row<'_>, even: bool) -> Markup {
    let rate = row.lost_per_1000();
    html! {
        td.words {
            @match (row.status(), row.counts(&LOST_INTENTS)) {
                (Status::Missing(_, reason), _) => span.muted { (reason) },
                (_, None) => (NONE),
                (_, Some(kinds)) if kinds.is_empty() => "0",
                (_, Some(kinds)) => {
                    span.bad { (if even { counts(&kinds) } else { list(&kinds.keys().collect::<Vec<_>>(), usize::MAX) }) }
                    @if let Some(rate) = rate { small { (figure(rate.value)) " per 1,000 ops" @if rate.spread.is_some() { ", " (spread(&rate, figure)) } } }
                }
            }
        }
    }
}

fn cell(filled: &Filled, index: usize) -> Markup {
    let text = &filled.texts[index];
    html! {
        td.num {
            @if filled.best[index] { b { (text) } } @else { (text) }
            @for estimate in &filled.estimates[index] {
                @if estimate.spread.is_some() { small { (spread(estimate, filled.column.show)) } }
            }
        }
    }
}

/// Both ends; a range says that it is one.
fn spread(estimate: &Estimate, show: fn(f64) -> String) -> String {
    let between = |ends: Interval| format!("{}–{}", show(ends.low), show(ends.high));
    match estimate.spread {
        Some(Spread::Interval(ends)) => between(ends),
        Some(Spread::Range(ends)) => format!("range {}", between(ends)),
        None => String::new(),
    }
}

fn growth(sweep: &Sweep<'_>) -> Markup {
    let row_at = |group: &Group<'_>, strategy: &str| {
        let row = group.rows.iter().find(|row| row.strategy == strategy);
        let cost = |metric: &MetricSpec| {
            row.and_then(|row| row.quantile(metric, 0.5)).map_or(NONE.to_owned(), |median| figure(median.value))
        };
        format!("{} / {}", cost(&CPU_US_LOCAL), cost(&CPU_US_REMOTE))
    };
    html! {
        h3 { (sweep.groups[0].sizeless) ": what an operation costs as the document grows" }
        p.muted {
            (sweep.groups[0].condition.describe_sizes()) ", " (seeds(&sweep.groups[0])) ". "
            "Median processor time in µs: at its issuer / at another replica."
        }
        div.wide { table {
            thead { tr { th { "strategy" } @for group in &sweep.groups { th.num { "size " (count(group.condition.size())) } } } }
            tbody { @for row in &sweep.groups[0].rows { tr {
                (name(row, None))
                @match row.status() {
                    Status::Missing(_, reason) => td.words colspan=(sweep.groups.len()) { span.muted { (reason) } },
                    Status::Measured => @for group in &sweep.groups { td.num { (row_at(group, row.strategy)) } },
                }
            } } }
        } }
    }
}
