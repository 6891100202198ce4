//! A condition as a table: every figure with its confidence interval.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::LOST_INTENTS;

use super::mapped::Mapped;
use super::places::Places;
use crate::aggregate::{Group, Row, Status};
use crate::columns::{COLUMNS, Filled, Place, TALLIES};
use crate::exact;
use crate::format::{NONE, count, counts, figure, list};
use crate::stats::{BEYOND, Estimate, Interval, Spread};
use crate::table::{claims_kept, seeds};

/// How to read the tables.
pub(super) fn reading(mapped: &Mapped<'_, '_>) -> Markup {
    html! {
        details.reading {
            summary { "How to read the tables" }
            p {
                "Small figures below a figure are its 95 % confidence interval over seeds; with fewer than ten seeds they are the range "
            "from seed to seed, and say so. Quantiles are of all seeds together; "
            "counts are sums over the seeds, or means where a heading says /seed. A 99th percentile is shown where at least " (BEYOND as u64) " samples lie beyond it in "
            "every row, and the 90th otherwise. Bold: the best of a column, and those that a comparison seed by seed does not "
            "tell from it; there is no overall score. Not kept: operations lost or rejected, because refusing everything is no "
            "victory. Claims kept says whether "
            "the strategy kept its own claims. The " a href="#glossary" { "glossary" } " says what each column means."
            }
            (mapped.reading())
        }
    }
}

/// The table of a condition, with the columns that it has no room for folded below it.
pub(super) fn table(group: &Group<'_>, places: &Places<'_>) -> Markup {
    let summary = COLUMNS.iter().filter(|column| column.place == Place::Summary);
    let columns: Vec<_> = summary.filter_map(|column| Filled::new(column, group)).collect();
    let all = group.uneven_seeds();
    html! {
        h3 id=(places.group(group)) { (group.title) }
        p.muted {
            (group.condition.describe()) ", " (seeds(group)) "."
            @for met in group.coverage() {
                " " code { (met.fault) } ": " (met.sentence()) "."
            }
        }
        div.wide tabindex="0" role="region" aria-label={ (group.title) ": figures" } { table.data {
            caption.vh { (group.title) ": figures of each strategy" }
            thead { tr {
                th scope="col" { "strategy" } th.words scope="col" { "lost by kind" } th scope="col" { "claims kept" }
                @for filled in &columns { (heading(filled)) }
            } }
            tbody { @for (index, row) in group.rows.iter().enumerate() { tr data-s=(row.strategy) data-f=(family(row)) {
                (name(row, all.as_ref())) (lost(group, row, all.is_none(), places)) (claims_cell(row))
                @if row.status() == Status::Measured {
                    @for filled in &columns { (cell(filled, index)) }
                } @else {
                    @for _ in &columns { td.muted { (NONE) } }
                }
            } } }
        } }
        (details(group))
    }
}

/// The family of a row's strategy.
pub(super) fn family<'a>(row: &Row<'a>) -> &'a str {
    row.cells.first().map_or("", |cell| &cell.family)
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
                div.wide tabindex="0" role="region" aria-label={ (group.title) ": further figures" } { table.data {
                    caption.vh { (group.title) ": further figures of each strategy" }
                    thead { tr {
                        th scope="col" { "strategy" }
                        @for filled in &columns { (heading(filled)) }
                        @for metric in &tallies { th scope="col" data-g=(metric.name) { (metric.name.replace('_', " ")) br; small { "by name" } } }
                    } }
                    tbody { @for (index, row) in &rows { tr data-s=(row.strategy) data-f=(family(row)) {
                        th scope="row" { (row.strategy) }
                        @for filled in &columns { td data-v=[exact::data(&filled.texts[*index], &filled.estimates[*index])] { (filled.texts[*index]) } }
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
    html! { th scope="col" data-g=(filled.column.source.metric().name) { (filled.column.head) br; small { (filled.unit) } } }
}

/// The strategy with its library, its window and the edits that it emulates; and its seeds where others have others.
pub(super) fn name(row: &Row<'_>, all: Option<&BTreeSet<u64>>) -> Markup {
    let emulated: Vec<_> = row.emulated().into_keys().map(|edit| edit.replace('_', " ")).collect();
    let library = row.cells.iter().find_map(|cell| cell.library.as_deref());
    html! {
            th scope="row" {
                (row.strategy)
                @if let Some(library) = library { small { (library) } }
                @if let Some(window) = row.window_ms() { small { "window " (figure(window)) " ms" } }
                @if let Some(all) = all { small { (row.seeds().len()) " of " (all.len()) " seeds" } }
    @if !emulated.is_empty() { small.emulated { "not native: " (emulated.join(", ")) } }
            }
        }
}

fn claims_cell(row: &Row<'_>) -> Markup {
    let text = claims_kept(row);
    let class = text.starts_with(|c: char| c.is_uppercase()).then_some("bad");
    let reasons = row.measured().flat_map(|cell| &cell.claims_reasons).next();
    html! { td class=[class] title=[reasons] { (text) } }
}

/// Losses by kind, which lead to what was found.
fn lost(group: &Group<'_>, row: &Row<'_>, even: bool, places: &Places<'_>) -> Markup {
    let rate = row.lost_per_1000();
    let value = rate.map(|rate| exact::exact(rate.value));
    html! {
        td.words data-v=[value] {
            @match (row.status(), row.counts(&LOST_INTENTS)) {
                (Status::Missing(_, reason), _) => span.muted { (reason) },
                (_, None) => (NONE),
                (_, Some(kinds)) if kinds.is_empty() => "0",
                (_, Some(kinds)) => {
                    a.bad href={ "#" (places.findings(group, row.strategy)) } { (if even { counts(&kinds) } else { list(&kinds.keys().collect::<Vec<_>>(), usize::MAX) }) }
                    @if let Some(rate) = rate { small { (figure(rate.value)) " per 1,000 ops" @if rate.spread.is_some() { ", " (spread(&rate, figure)) } } }
                }
            }
        }
    }
}

fn cell(filled: &Filled, index: usize) -> Markup {
    let text = &filled.texts[index];
    html! {
        td data-v=[exact::data(&filled.texts[index], &filled.estimates[index])] {
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
