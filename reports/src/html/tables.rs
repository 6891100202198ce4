//! The summary as tables: every figure with its confidence interval.

use std::collections::BTreeMap;

use maud::{Markup, html};
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{CPU_US_LOCAL, CPU_US_REMOTE, LOST_INTENTS};

use crate::aggregate::{Group, Row, Status, Summary, Sweep};
use crate::columns::{COLUMNS, Column, Place, TALLIES};
use crate::format::{NONE, count, counts, figure, plural};
use crate::stats::{Estimate, Interval, Spread};
use crate::table::verdict;

/// A table for each condition.
pub(super) fn all(summary: &Summary<'_>) -> Markup {
    html! {
        p {
            "Small figures below a figure are its 95 % confidence interval over seeds; with fewer than ten seeds they are the range "
            "from seed to seed, and say so. Quantiles are of all seeds together; "
            "counts are sums over the seeds. The best of a column is bold; there is no overall score. A verdict says whether "
            "the strategy kept its own claims. The " a href="#glossary" { "glossary" } " says what each column means."
        }
        @for group in summary.by_workload() { (table(group)) }
        @for sweep in &summary.sweeps { (growth(sweep)) }
    }
}

fn table(group: &Group<'_>) -> Markup {
    let figures = |column: &'static Column| {
        let estimates: Vec<_> = group.rows.iter().map(|row| column.estimates(row)).collect();
        let values: Vec<Vec<f64>> = estimates.iter().map(|row| row.iter().map(|one| one.value).collect()).collect();
        (column, column.best(&values), estimates)
    };
    let summary = COLUMNS.iter().filter(|column| column.place == Place::Summary);
    let columns: Vec<_> = summary.map(figures).filter(|(_, _, rows)| rows.iter().any(|row| !row.is_empty())).collect();
    html! {
        h3 { (group.title) }
        p.muted {
            (group.condition.describe()) ", " (plural(group.seeds(), "seed")) "."
            @for met in group.coverage() {
                " " code { (met.fault) } ": " (met.sentence()) "."
            }
        }
        div.wide { table {
            thead { tr {
                th { "strategy" } th { "verdict" } th { "lost intents" }
                @for (column, _, _) in &columns { (heading(column)) }
            } }
            tbody { @for (index, row) in group.rows.iter().enumerate() { tr {
                (name(row)) (verdict_cell(row)) (lost(row))
                @if row.status() == Status::Measured {
                    @for (column, best, rows) in &columns { (cell(column, best.as_deref(), &rows[index])) }
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
    let rows: Vec<_> = group.measured().collect();
    let figures = |column: &'static Column| (column, rows.iter().map(|row| column.values(row)).collect::<Vec<_>>());
    let columns = COLUMNS.iter().filter(|column| column.place == Place::Details).map(figures);
    let columns: Vec<_> = columns.filter(|(_, rows)| rows.iter().any(|values| !values.is_empty())).collect();
    let counted =
        |metric: &&&MetricSpec| rows.iter().any(|row| row.counts(metric).is_some_and(|names| !names.is_empty()));
    let tallies: Vec<_> = TALLIES.iter().filter(counted).collect();
    html! {
        @if !columns.is_empty() || !tallies.is_empty() {
            details {
                summary { "Further figures" }
                div.wide { table {
                    thead { tr {
                        th { "strategy" }
                        @for (column, _) in &columns { (heading(column)) }
                        @for metric in &tallies { th title=(metric.meaning) { (metric.name.replace('_', " ")) br; small { "by name" } } }
                    } }
                    tbody { @for (index, row) in rows.iter().enumerate() { tr {
                        th scope="row" { (row.strategy) }
                        @for (column, rows) in &columns { td.num { (column.text(&rows[index])) } }
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

fn heading(column: &Column) -> Markup {
    html! { th.num title=(column.help()) { (column.head) br; small { (column.unit) } } }
}

fn name(row: &Row<'_>) -> Markup {
    let library = row.cells.iter().find_map(|cell| cell.library.as_deref());
    html! {
        th scope="row" {
            (row.strategy)
            @if let Some(library) = library { small { (library) } }
            @for (edit, how) in row.emulated() { small.emulated { (edit) ": " (how) } }
        }
    }
}

fn verdict_cell(row: &Row<'_>) -> Markup {
    let text = verdict(row);
    let class = if text.starts_with(|c: char| c.is_uppercase()) { "bad" } else { "" };
    let reasons = row.measured().flat_map(|cell| &cell.verdict_reasons).next();
    html! { td class=(class) title=[reasons] { (text) } }
}

fn lost(row: &Row<'_>) -> Markup {
    let rate = row.lost_per_1000();
    html! {
        td.words {
            @match (row.status(), row.counts(&LOST_INTENTS)) {
                (Status::Missing(_, reason), _) => span.muted { (reason) },
                (_, None) => (NONE),
                (_, Some(kinds)) if kinds.is_empty() => "0",
                (_, Some(kinds)) => {
                    span.bad { (counts(&kinds)) }
                    @if let Some(rate) = rate { small { (figure(rate.value)) " per 1,000 ops" @if rate.spread.is_some() { ", " (spread(&rate, figure)) } } }
                }
            }
        }
    }
}

fn cell(column: &Column, best: Option<&str>, estimates: &[Estimate]) -> Markup {
    let values: Vec<_> = estimates.iter().map(|one| one.value).collect();
    let (text, is_best) = (column.text(&values), column.is_best(&values, best));
    html! {
        td.num {
            @if is_best { b { (text) } } @else { (text) }
            @for estimate in estimates { @if estimate.spread.is_some() { small { (spread(estimate, column.show)) } } }
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
    let condition = &sweep.groups[0].condition;
    let row_at = |group: &Group<'_>, strategy: &str| {
        let row = group.rows.iter().find(|row| row.strategy == strategy);
        let cost =
            |metric: &MetricSpec| row.and_then(|row| row.quantile_value(metric, 0.5)).map_or(NONE.to_owned(), figure);
        format!("{} / {}", cost(&CPU_US_LOCAL), cost(&CPU_US_REMOTE))
    };
    html! {
        h3 { (condition.workload) " (" (condition.part) "): what an operation costs as the document grows" }
        p.muted { "Median processor time in µs: at its issuer / at another replica." }
        div.wide { table {
            thead { tr { th { "strategy" } @for group in &sweep.groups { th.num { "size " (count(group.condition.size)) } } } }
            tbody { @for row in &sweep.groups[0].rows { tr {
                (name(row))
                @match row.status() {
                    Status::Missing(_, reason) => td.words colspan=(sweep.groups.len()) { span.muted { (reason) } },
                    Status::Measured => @for group in &sweep.groups { td.num { (row_at(group, row.strategy)) } },
                }
            } } }
        } }
    }
}
