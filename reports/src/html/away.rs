//! The tables of clients that were away.

use maud::{Markup, html};

use crate::aggregate::Summary;
use crate::away::{AwayTable, MEANING, tables};

/// A folded section with a table for each condition in which a client was away, nothing where none was.
pub(super) fn section(summary: &Summary<'_>) -> Markup {
    let tables = tables(summary);
    html! {
        @if !tables.is_empty() {
            details.section {
                summary { h2 id="away" { "The client that was away" } " what it kept, and what it takes until it is up to date" }
                p.muted { (MEANING) }
                @for away in &tables { (table(away)) }
            }
        }
    }
}

fn table(away: &AwayTable<'_>) -> Markup {
    let title = format!("{}: the client that was away", away.title);
    html! {
        div data-w=(away.workload) {
            h3 { (title) }
            p.muted { (away.about) }
            div.wide tabindex="0" role="region" aria-label=(title) { table.data {
                caption.vh { (title) }
                thead { tr {
                    th scope="col" { "strategy" }
                    @for (head, unit) in &away.heads { th scope="col" { (head) " " small { (unit) } } }
                } }
                tbody { @for row in &away.rows { tr data-s=(row.strategy) data-f=(row.family) {
                    th scope="row" { (row.strategy) }
                    @for figure in &row.figures { td.num { (figure) } }
                } } }
            } }
        }
    }
}
