//! What few operations can come to on a workload, beside what its runs have found.

use maud::{Markup, html};

use crate::aggregate::Summary;
use crate::anomalies::Maps;
use crate::mapped::{MEANING, MappedRow, MappedTable, THEN, program, tables, unexplored, within};

/// Longer examples are left to the command that tells them: they name whole operations.
const EXAMPLE: usize = 60;

/// What few operations can come to on every workload.
pub(super) struct Mapped<'s, 'm> {
    tables: Vec<MappedTable<'s, 'm>>,
    source: String,
    program: &'s str,
}

impl<'s, 'm> Mapped<'s, 'm> {
    /// What maps say of what was measured.
    pub(super) fn of(summary: &'s Summary<'_>, maps: &'m Maps) -> Self {
        Self { tables: tables(summary, maps), source: maps.source(), program: program(summary) }
    }

    /// How to read the tables.
    pub(super) fn reading(&self) -> Markup {
        html! {
            p {
                b { "What few operations can come to. " } (MEANING) " From " (self.source) ". Step by step: "
                code { (self.program) " explore -s STRATEGY -w WORKLOAD" } "."
            }
        }
    }

    /// The table of a workload; nothing where none was measured.
    pub(super) fn on(&self, workload: &str, place: &str) -> Markup {
        let table = self.tables.iter().find(|table| table.workload == workload);
        html! { @if let Some(table) = table { (few(table, self.program, place)) } }
    }
}

/// A table with a row for each worst anomaly; `place` is the anchor of its workload's section.
fn few(table: &MappedTable<'_, '_>, program: &str, place: &str) -> Markup {
    let title = format!("{}: what few operations can come to", table.workload);
    let known: Vec<_> = table.rows.iter().filter(|row| row.quote.is_some()).collect();
    let mut alike: Vec<Vec<&MappedRow<'_, '_>>> = Vec::new();
    for row in &known {
        let same = |rows: &&mut Vec<&MappedRow<'_, '_>>| (rows[0].story, rows[0].takes()) == (row.story, row.takes());
        match alike.iter_mut().find(same) {
            Some(rows) => rows.push(row),
            None => alike.push(vec![row]),
        }
    }
    let beyond = table.beyond();
    html! {
        h3 id={ (place) "-few" } { (title) }
        @if !known.is_empty() {
            p.muted { "Every schedule of " (within(table)) "." }
            div.wide tabindex="0" role="region" aria-labelledby={ (place) "-few" } { table.data {
                caption.vh { "The worst of few operations" }
                thead { tr {
                    th scope="col" { "the worst" }
                    th scope="col" { "operations" }
                    th.words scope="col" { "its shortest story" }
                    th.words scope="col" { "lost here this way" }
                } }
                tbody { @for rows in &alike { (line(table, rows)) } }
            } }
            @if !beyond.is_empty() { p { "Lost here beyond the bound: " (beyond) "." } }
        }
        @if let Some((what, command)) = unexplored(table, program) {
            p.muted { (what) "." span.screen { " To explore: " code { (command) } ", then: " code { (THEN) } } }
        }
    }
}

/// Strategies that come to the same.
fn line(table: &MappedTable<'_, '_>, rows: &[&MappedRow<'_, '_>]) -> Markup {
    let told = rows[0].story.map(|story| &table.stories[story]);
    html! {
        tr {
            th scope="row" class=[rows[0].loses().then_some("bad")] { (rows[0].worst()) }
            td { (rows[0].takes()) }
            td.words { @if let Some(told) = told {
                (told.actions) "." @if told.worst.anomaly.example.chars().count() <= EXAMPLE { " " (told.worst.anomaly.example) } } }
            td.each { @for row in rows {
                span data-s=(row.strategy) data-f=(row.family) {
                    (row.strategy) @if let Some(note) = row.note() { " (" (note) ")" } ": " (row.here())
                }
            } }
        }
    }
}
