//! What few operations can come to on a workload, beside what its runs have found.

use maud::{Markup, html};

use crate::aggregate::Summary;
use crate::anomalies::Maps;
use crate::mapped::{MappedRow, MappedTable, THEN, program, tables, unexplored, within};

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

    /// The table of a workload; nothing where none was measured.
    pub(super) fn on(&self, workload: &str, place: &str) -> Markup {
        let table = self.tables.iter().find(|table| table.workload == workload);
        html! { @if let Some(table) = table { (few(table, &self.source, self.program, place)) } }
    }
}

/// A table with the shortest stories below it; `place` is the anchor of its workload's section.
fn few(table: &MappedTable<'_, '_>, source: &str, program: &str, place: &str) -> Markup {
    let title = format!("{}: what few operations can come to", table.workload);
    let known: Vec<_> = table.rows.iter().filter(|row| row.quote.is_some()).collect();
    let beyond = known.iter().any(|row| row.beyond().is_some());
    html! {
        h3 id={ (place) "-few" } { (title) }
        @if !known.is_empty() {
            p.muted { "Bound: " (within(table)) ", from " (source) "; " a href="#reading" { "how to read it" } "." }
            div.wide tabindex="0" role="region" aria-label=(title) { table.data {
                caption.vh { (title) }
                thead { tr {
                    th scope="col" { "strategy" }
                    th.words scope="col" { "the worst" }
                    th scope="col" { "takes" br; small { "operations" } }
                    th scope="col" { "here" br; small { "lost of operations" } }
                    @if beyond { th.words scope="col" { "beyond" br; small { "lost here in other ways" } } }
                } }
                tbody { @for row in known { (line(row, place, beyond)) } }
            } }
            (stories(table, place))
        }
        @if let Some((what, command)) = unexplored(table, program) {
            p.muted { (what) "." span.screen { " To explore: " code { (command) } ", then: " code { (THEN) } } }
        }
    }
}

fn line(row: &MappedRow<'_, '_>, place: &str, beyond: bool) -> Markup {
    html! {
        tr data-s=(row.strategy) data-f=(row.family) {
            th scope="row" { (row.strategy) }
            td.words {
                @match row.story {
                    Some(story) => a class=[row.loses().then_some("bad")] href={ "#" (place) "-few" (story) } { (row.worst()) },
                    None => (row.worst()),
                }
                @if let Some(note) = row.note() { small { (note) } }
            }
            td { (row.takes()) }
            td { (row.here()) }
            @if beyond { td.words { (row.beyond().unwrap_or_default()) } }
        }
    }
}

/// Each story once in a line, with the command that tells it step by step.
fn stories(table: &MappedTable<'_, '_>, place: &str) -> Markup {
    html! {
        @if !table.stories.is_empty() {
            ul.few { @for (index, told) in table.stories.iter().enumerate() {
                li id={ (place) "-few" (index) } {
                    b { (told.worst.anomaly.kind) } ": " (told.actions) ". " (told.worst.anomaly.example) "."
                    code.screen { (told.worst.command) }
                }
            } }
        }
    }
}
